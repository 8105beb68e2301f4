"""`ZhipuAIModerationMiddleware`: content safety for LangChain's agents."""

from __future__ import annotations

import hashlib
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal, Unpack

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, HumanMessage, ToolMessage

from langchain_zhipu._agent_middleware import AgentMiddleware, hook_config
from langchain_zhipu._errors import model_error
from langchain_zhipu.moderation import ZhipuAIModeration
from zhipu_client import (
    AuthenticationError,
    ContentFilterError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    ZhipuError,
    moderations,
)
from zhipu_client.adapting import (
    ConnectionOptions,
    KeepsNoArguments,
    attach,
    boolean,
    choice,
    refuse,
)
from zhipu_client.moderations import Verdict

__all__ = ["ZhipuAIModerationMiddleware"]

_log = logging.getLogger(__name__)

Stage = Literal["input", "output", "tool"]
#: What a template may contain.
_NAMES = ("categories", "risk_level", "original_content")
_TEMPLATE = "This content was blocked by the content check ({categories})."
#: What keeps the tokens of a model out of LangGraph's stream.
_NO_STREAM = "nostream"
#: So many verdicts are remembered: an agent looks at the same messages before each model call.
_REMEMBERED = 256
#: Errors that every further check would meet, too, so that nothing would ever be checked; and a
#: refusal of the content itself.
_RAISED = (
    *(AuthenticationError, PermissionDeniedError, NotFoundError, InvalidRequestError),
    ContentFilterError,
)


class ZhipuAIModerationMiddleware(KeepsNoArguments, AgentMiddleware):
    """Checks what goes into an agent and what comes out by the service's content safety.

    For ``create_agent(..., middleware=[ZhipuAIModerationMiddleware()])``; needs the package
    ``langchain``, and a key of open.bigmodel.cn, whatever model the agent has. Before each call of
    the model it checks the user's messages (the last one, and all since the last answer) and, if
    wanted, the results of tools since then; after the call, the text of the answer, and the value
    of a structured one. Each text is paid for once; long ones are sent in parts.

    Flagged content does not stay in the agent's state, but with ``"flag"``: the violation message
    takes its place, so that no later call of the model sees it. Calls of tools in a flagged answer
    never run.

    **Streams.** By default an answer is held back until it was checked: no stream of the agent
    (``"messages"``, ``"updates"``, ``"values"``) shows flagged text, and answers come whole. With
    ``stream_unchecked=True`` tokens come as the model writes them, before they are checked: only
    the final messages and the state are clean then. Callbacks and traces always see what the model
    wrote. Reasoning, arguments of calls, images and sound are not checked.

    Args:
        check_input: Check the user's messages.
        check_output: Check the model's answers.
        check_tool_results: Check the results of tools.
        exit_behavior: What happens to flagged content. ``"end"``: the agent ends with the
            violation message as its answer. ``"error"``: `ContentFilterError` is raised, with
            ``stage`` (``"input"``, ``"output"`` or ``"tool"``) and ``verdict``. ``"replace"``: the
            violation message takes its place, and the agent goes on. ``"flag"``: it stays, and the
            message's ``response_metadata["moderation"]`` has ``risk_level`` and ``risk_types``.
        violation_message: A text for flagged content; ``{categories}``, ``{risk_level}`` and
            ``{original_content}`` are filled in.
        on_failure: What happens when the check itself fails. ``"closed"``: the error is raised, and
            nothing unchecked goes on. ``"open"``: a warning is logged, and the content passes;
            errors that last (a wrong key, a wrong model) and refusals of the content itself are
            raised all the same.
        stream_unchecked: Whether tokens are streamed before they are checked.
        model: ``moderation``.
        flag_from: The lowest level that is flagged: ``"REVIEW"`` (doubtful and unsafe content) or
            ``"REJECT"`` (unsafe content only).
        api_key: The key; None takes it from the environment.
        **connection: ``base_url``, ``timeout`` and the other settings of all adapters, see
            `ZhipuSettings`.

    Raises:
        ImportError: The package ``langchain`` is not installed.
        InvalidRequestError: No key was found, or a value is not one of those above.

    Example:
        ```python
        from langchain.agents import create_agent
        from langchain_zhipu import ChatZhipuAI, ZhipuAIModerationMiddleware

        agent = create_agent(
            ChatZhipuAI(model="glm-4.7"),
            middleware=[ZhipuAIModerationMiddleware(flag_from="REJECT")],
        )
        answer = agent.invoke({"messages": [("user", "How do I make a bomb?")]})
        print(answer["messages"][-1].text)
        ```
    """

    def __init__(
        self,
        *,
        check_input: bool = True,
        check_output: bool = True,
        check_tool_results: bool = False,
        exit_behavior: Literal["end", "error", "replace", "flag"] = "end",
        violation_message: str | None = None,
        on_failure: Literal["closed", "open"] = "closed",
        stream_unchecked: bool = False,
        model: str = "moderation",
        flag_from: moderations.FlagFrom = "REVIEW",
        api_key: Any = None,
        **connection: Unpack[ConnectionOptions],
    ) -> None:
        super().__init__()
        try:
            choice("exit_behavior", str(exit_behavior), ("end", "error", "replace", "flag"))
            choice("on_failure", str(on_failure), ("closed", "open"))
            _check_template(violation_message)
            for name, value in (
                ("check_input", check_input),
                ("check_output", check_output),
                ("check_tool_results", check_tool_results),
                ("stream_unchecked", stream_unchecked),
            ):
                boolean(name, value, optional=False)
        except InvalidRequestError as error:
            raise model_error(error) from None
        self.check_input = check_input
        self.check_output = check_output
        self.check_tool_results = check_tool_results
        self.exit_behavior = exit_behavior
        self.violation_message = violation_message
        self.on_failure = on_failure
        self.stream_unchecked = stream_unchecked
        self.moderation = ZhipuAIModeration(
            model=model, flag_from=flag_from, api_key=api_key, **connection
        )
        #: By a hash of the text: the texts themselves need not stay in memory.
        self._verdicts: OrderedDict[bytes, Verdict] = OrderedDict()

    @hook_config(can_jump_to=["end"])
    def before_model(self, state: Any, runtime: Any) -> dict[str, Any] | None:
        """Check the user's messages and the results of tools."""
        to_check = self._inputs(state["messages"])
        verdicts = self._judge([message.text for message in to_check])
        return self._before(to_check, verdicts)

    @hook_config(can_jump_to=["end"])
    async def abefore_model(self, state: Any, runtime: Any) -> dict[str, Any] | None:
        """Check the user's messages and the results of tools, asynchronously."""
        to_check = self._inputs(state["messages"])
        verdicts = await self._ajudge([message.text for message in to_check])
        return self._before(to_check, verdicts)

    def wrap_model_call(self, request: Any, handler: Callable[[Any], Any]) -> Any:
        """Call the model, and check its answer before anybody else has it."""
        if not self.check_output:
            return handler(request)
        response = handler(self._held_back(request))
        return self._after(response, self._judge(_outputs(response)))

    async def awrap_model_call(self, request: Any, handler: Callable[[Any], Awaitable[Any]]) -> Any:
        """Call the model, and check its answer, asynchronously."""
        if not self.check_output:
            return await handler(request)
        response = await handler(self._held_back(request))
        return self._after(response, await self._ajudge(_outputs(response)))

    def _inputs(self, messages: Sequence[AnyMessage]) -> list[BaseMessage]:
        """Return what has to be checked: what is new since the last answer, and the question."""
        answers = [place for place, one in enumerate(messages) if isinstance(one, AIMessage)]
        new = messages[answers[-1] + 1 :] if answers else messages
        asked = [message for message in messages if isinstance(message, HumanMessage)]
        found: list[BaseMessage] = []
        if self.check_tool_results:
            found += [message for message in new if isinstance(message, ToolMessage)]
        if self.check_input:
            found += [message for message in new if isinstance(message, HumanMessage)]
            found += [message for message in asked[-1:] if message not in found]
        return [message for message in found if message.text.strip()]

    def _judge(self, texts: list[str]) -> list[Verdict]:
        new = self._unknown(texts)
        if new:
            try:
                self._remember(new, self.moderation.batch(list(new)))
            except ZhipuError as error:
                self._failed(error)
        return self._known(texts)

    async def _ajudge(self, texts: list[str]) -> list[Verdict]:
        new = self._unknown(texts)
        if new:
            try:
                self._remember(new, await self.moderation.abatch(list(new)))
            except ZhipuError as error:
                self._failed(error)
        return self._known(texts)

    def _unknown(self, texts: list[str]) -> list[str]:
        return [text for text in dict.fromkeys(texts) if _key(text) not in self._verdicts]

    def _remember(self, texts: list[str], verdicts: list[Verdict]) -> None:
        self._verdicts.update(zip(map(_key, texts), verdicts, strict=True))

    def _known(self, texts: list[str]) -> list[Verdict]:
        found = [self._verdicts.get(_key(text), Verdict(())) for text in texts]
        while len(self._verdicts) > _REMEMBERED:
            self._verdicts.popitem(last=False)
        return found

    def _failed(self, error: ZhipuError) -> None:
        """Raise, or let content pass that could not be checked."""
        if self.on_failure == "closed" or isinstance(error, _RAISED):
            raise error
        _log.warning("content passes without a check, which failed: %s", error)

    def _before(
        self, messages: Sequence[BaseMessage], verdicts: Sequence[Verdict]
    ) -> dict[str, Any] | None:
        changed: list[BaseMessage] = []
        words = ""
        for message, verdict in zip(messages, verdicts, strict=True):
            if verdict.flagged:
                stage: Stage = "tool" if isinstance(message, ToolMessage) else "input"
                words = self._violation(stage, message.text, verdict)
                changed.append(self._instead(message, words, verdict))
        if not changed:
            return None
        if self.exit_behavior != "end":
            return {"messages": changed}
        return {"messages": [*changed, AIMessage(words)], "jump_to": "end"}

    def _after(self, response: Any, verdicts: Sequence[Verdict]) -> Any:
        flagged = next((verdict for verdict in verdicts if verdict.flagged), None)
        if flagged is None:
            return response
        from langchain.agents.middleware import ModelResponse

        message = _answer(response) or AIMessage("")
        words = self._violation("output", message.text, flagged)
        instead = self._instead(message, words, flagged)
        if self.exit_behavior == "flag":
            result = [instead if one is message else one for one in response.result]
            return ModelResponse(result, response.structured_response)
        # Without calls of tools it is the agent's last message.
        return ModelResponse([instead])

    def _violation(self, stage: Stage, text: str, verdict: Verdict) -> str:
        """Return the text for flagged content; raise, if that is wanted."""
        if self.exit_behavior == "error":
            what = {"input": "the input", "output": "the answer", "tool": "the result of a tool"}
            error = model_error(verdict.error(what[stage]))
            raise attach(error, stage=stage, verdict=verdict)
        return (self.violation_message or _TEMPLATE).format(
            categories=", ".join(verdict.risk_types) or verdict.risk_level,
            risk_level=verdict.risk_level,
            original_content=text,
        )

    def _instead(self, message: BaseMessage, words: str, verdict: Verdict) -> BaseMessage:
        """Return a message in the place of a flagged one; it has its id."""
        found = {"risk_level": verdict.risk_level, "risk_types": verdict.risk_types}
        known = {**message.response_metadata, "moderation": found}
        changes: dict[str, Any] = {"response_metadata": known}
        if self.exit_behavior != "flag":
            changes |= {"content": words, "additional_kwargs": {}}
            if isinstance(message, AIMessage):
                changes |= {"tool_calls": [], "invalid_tool_calls": []}
            if isinstance(message, ToolMessage):
                changes |= {"artifact": None}
        return message.model_copy(update=changes)

    def _held_back(self, request: Any) -> Any:
        """Return the request with a model whose tokens are in no stream of the agent."""
        model = request.model
        if self.stream_unchecked or not isinstance(model, BaseChatModel):
            return request
        tags = [*(model.tags or ()), _NO_STREAM]
        quiet = model.model_copy(update={"tags": tags, "disable_streaming": True})
        return request.override(model=quiet)


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest()


def _outputs(response: Any) -> list[str]:
    """Return the texts of an answer."""
    message = _answer(response)
    texts = [] if message is None else [message.text]
    value = getattr(response, "structured_response", None)
    if value is not None:
        dump = getattr(value, "model_dump_json", None)
        texts.append(dump() if callable(dump) else str(value))
    return [text for text in texts if text.strip()]


def _answer(response: Any) -> Any:
    """Return the model's message of a response."""
    found: Sequence[Any] = getattr(response, "result", ())
    return next((one for one in found if isinstance(one, AIMessage)), None)


def _check_template(given: str | None) -> None:
    if given is None:
        return
    try:
        given.format(**dict.fromkeys(_NAMES, ""))
    except (ValueError, KeyError, IndexError, AttributeError) as error:
        known = ", ".join(f"{{{name}}}" for name in _NAMES)
        raise refuse("violation_message", given, f"may contain {known}") from error
