"""`ChatZhipuAI`: GLM chat models for LangChain and LangGraph.

What is sent and what an answer means is decided in pure modules (``_plan``, ``_turn``,
``_messages``, ``_stream``); this one has the fields, and sends.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal, Self

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.language_models.base import LangSmithParams
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.language_models.model_profile import ModelProfile
from langchain_core.load import dumpd
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable, run_in_executor
from langchain_core.utils.utils import _build_model_kwargs
from pydantic import Field, model_validator
from typing_extensions import override
from zhipu_client import __version__

from langchain_zhipu import _structured, _translator
from langchain_zhipu._client import ZhipuSettings
from langchain_zhipu._counting import CountsTokens
from langchain_zhipu._errors import raised_as_model_errors
from langchain_zhipu._media import has_paths
from langchain_zhipu._messages import PROVIDER, ReasoningHistory
from langchain_zhipu._plan import Plan, ToolChoiceMode, make_plan
from langchain_zhipu._profiles import profile_of
from langchain_zhipu._tools import ToolLike, choice_of, redacted, wire_tools
from langchain_zhipu._turn import StreamTurn, Turn

__all__ = ["ChatZhipuAI"]

#: Fields that decide what is sent, and so what comes back.
_SENT = (
    "model", "temperature", "top_p", "max_tokens", "stop", "do_sample", "thinking",
    "reasoning_effort", "clear_thinking", "reasoning_history", "tool_stream", "tool_choice_mode",
    "request_id", "user_id", "response_format", "sensitive_word_check", "watermark_enabled",
    "meta", "extra_body", "model_kwargs",
)  # fmt: skip


class ChatZhipuAI(ZhipuSettings, CountsTokens, BaseChatModel):
    """A GLM chat model of Zhipu AI (BigModel, Z.ai), or of a server of yours that speaks like it.

    Setup:
        Set ``ZHIPUAI_API_KEY`` (a key of open.bigmodel.cn) or ``ZAI_API_KEY`` (of z.ai).

    Example:
        >>> from langchain_zhipu import ChatZhipuAI
        >>> model = ChatZhipuAI(model="glm-4.7", api_key="id.secret")
        >>> for chunk in model.stream("17 * 19?"):  # doctest: +SKIP
        ...     print(chunk.content_blocks)
        >>> model.bind_tools([...]).invoke("...").tool_calls  # doctest: +SKIP

    Attributes:
        model: A model code, such as ``"glm-4.7"``.
        temperature: 0.0 to 1.0; None for the model's own.
        top_p: 0.01 to 1.0; None for the model's own.
        max_tokens: The most tokens of the answer, from 1 to the model's cap; reasoning counts.
        stop: Up to 4 stop words.
        do_sample: False makes the service ignore ``temperature`` and ``top_p``.
        thinking: True, False, ``"auto"`` (the service decides), or the wire's own dict.
        reasoning_effort: How much to think, for models from GLM-5.2 on (see ``profile``).
        clear_thinking: False keeps the reasoning of earlier turns in the conversation.
        reasoning_history: Which earlier reasoning is sent back: of the running ``"tool_loop"``,
            ``"all"`` or ``"none"``. None follows ``clear_thinking``.
        tool_stream: Stream the arguments of calls in pieces. None: where the model can.
        tool_choice_mode: How a demand that GLM does not honour by itself (a forced tool, a JSON
            schema) is met: ``"emulate"`` instructs the model, checks the answer and asks once
            more; ``"native"`` leaves it to the server; ``"auto"`` picks what is known to work,
            which today is to emulate, on every site.
        request_id: 6 to 64 characters, unique for each call; None for one made by the client.
        user_id: 6 to 128 characters; who is asking, against abuse.
        response_format: A schema class, or a dict of type json_object or json_schema.
        sensitive_word_check: As on the wire; needs an entitlement.
        watermark_enabled: For audio answers.
        meta: For character models, as on the wire.
        extra_body: Further fields of the body, sent unchecked.
        model_kwargs: Further parameters; unknown constructor arguments land here.
        streaming: Use the streaming endpoint for ``invoke`` too.
        repair_tool_calls: Read calls that the model wrote into its text as markup.
        token_counting: ``"service"`` asks the tokenizer endpoint, ``"estimate"`` stays offline;
            ``"auto"`` asks where that is possible and safe, and estimates elsewhere.

    Raises:
        InvalidRequestError: A value can never be accepted, or no key was found. While running,
            the classes of `langchain_zhipu._errors`: each is an error of ``zhipu_client`` and one
            of ``langchain_core.exceptions``.
    """

    model: str = "glm-4.7"
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    stop: list[str] | str | None = None
    do_sample: bool | None = None
    thinking: bool | dict[str, Any] | Literal["auto", "enabled", "disabled"] | None = None
    reasoning_effort: str | None = None
    clear_thinking: bool | None = None
    reasoning_history: ReasoningHistory | None = None
    tool_stream: bool | None = None
    tool_choice_mode: ToolChoiceMode = "auto"
    request_id: str | None = None
    user_id: str | None = None
    response_format: Any = None
    sensitive_word_check: dict[str, Any] | None = None
    watermark_enabled: bool | None = None
    meta: dict[str, Any] | None = None
    extra_body: dict[str, Any] | None = None
    model_kwargs: dict[str, Any] = Field(default_factory=dict)
    streaming: bool = False
    repair_tool_calls: bool = False
    token_counting: Literal["auto", "service", "estimate"] = "auto"

    _aliases: ClassVar[Mapping[str, str]] = {
        **ZhipuSettings._aliases,
        "model_name": "model",
        "stop_sequences": "stop",
        "max_completion_tokens": "max_tokens",
    }

    @model_validator(mode="before")
    @classmethod
    def _zhipu_extra(cls, values: Any) -> Any:
        """Unknown arguments become ``model_kwargs``, with a warning."""
        if not isinstance(values, dict):
            return values
        known = {*cls.model_fields, *cls._aliases}
        return _build_model_kwargs(values, known)

    @model_validator(mode="after")
    def _set_zhipu_version(self) -> Self:
        self._add_version("zhipu-integrations", __version__)
        return self

    # --- What LangChain asks about the model

    @property
    def model_name(self) -> str:
        """The model code, under the name that the community package has for it."""
        return self.model

    @property
    def zhipuai_api_key(self) -> Any:
        """The key, under the name that the community package has for it."""
        return self.api_key

    @property
    def zhipuai_api_base(self) -> str | None:
        """The base URL, under the name that the community package has for it."""
        return self.base_url

    @property
    def lc_secrets(self) -> dict[str, str]:
        """The field that is never written down, and the variable it is read from instead."""
        return {"api_key": "ZHIPUAI_API_KEY"}

    @classmethod
    @override
    def is_lc_serializable(cls) -> bool:
        return True

    @classmethod
    @override
    def get_lc_namespace(cls) -> list[str]:
        return ["langchain_zhipu", "chat_models"]

    @property
    @override
    def _llm_type(self) -> str:
        return "zhipu-chat"

    @property
    @override
    def _identifying_params(self) -> dict[str, Any]:
        return {"base_url": self.base_url, **self._settings()}

    @override
    def _resolve_model_profile(self) -> ModelProfile | None:
        return profile_of(self.model)

    @override
    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        found = super()._get_ls_params(stop=stop, **kwargs)
        found["ls_provider"] = PROVIDER
        words = stop or self.stop
        if words:
            found["ls_stop"] = [words] if isinstance(words, str) else list(words)
        return found

    @override
    def _get_invocation_params(
        self, stop: list[str] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        return super()._get_invocation_params(stop=stop, **redacted(kwargs))

    @override
    def _get_llm_string(self, stop: list[str] | None = None, **kwargs: Any) -> str:
        # Not from the cached `_serialized`: a copy with other settings has inherited that.
        own = json.dumps(dumpd(self), sort_keys=True, default=str)
        params = {**redacted(kwargs), "stop": stop}
        return f"{own}---{sorted(params.items(), key=lambda item: item[0])}"

    @override
    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        copied = super().model_copy(update=update, deep=deep)
        copied.__dict__.pop("_serialized", None)
        if update and "model" in update and "profile" not in update:
            copied.profile = copied._resolve_model_profile()
        return copied

    @override
    def _combine_llm_outputs(self, llm_outputs: list[dict[str, Any] | None], /) -> dict[str, Any]:
        usage: dict[str, int] = {}
        names = []
        for output in llm_outputs:
            for key, value in ((output or {}).get("token_usage") or {}).items():
                if isinstance(value, int):
                    usage[key] = usage.get(key, 0) + value
            names.append((output or {}).get("model_name"))
        return {"token_usage": usage, "model_name": next(filter(None, names), self.model)}

    # --- Calls

    @override
    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        with raised_as_model_errors():
            turn = Turn(self._plan(messages, stop, kwargs), repair_leaks=self.repair_tool_calls)
            client = self._sync_client()
            while not turn.done:
                turn.take(client.send(turn.plan.request(), **turn.plan.options))
        return _result(turn.message)

    @override
    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        with raised_as_model_errors():
            plan = await self._aplan(messages, stop, kwargs)
            turn = Turn(plan, repair_leaks=self.repair_tool_calls)
            client = self._async_client()
            while not turn.done:
                turn.take(await client.send(turn.plan.request(), **turn.plan.options))
        return _result(turn.message)

    @override
    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        with raised_as_model_errors():
            plan = self._plan(messages, stop, kwargs, streaming=True)
            turn = StreamTurn(plan, repair_leaks=self.repair_tool_calls)
            client = self._sync_client()
            while not turn.done:
                with client.stream(turn.plan.stream_request(), **turn.plan.options) as chunks:
                    for chunk in chunks:
                        for made in turn.read(chunk):
                            yield _told(made, run_manager)
                for made in turn.finish():
                    yield _told(made, run_manager)

    @override
    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        with raised_as_model_errors():
            plan = await self._aplan(messages, stop, kwargs, streaming=True)
            turn = StreamTurn(plan, repair_leaks=self.repair_tool_calls)
            client = self._async_client()
            while not turn.done:
                request = turn.plan.stream_request()
                async with client.stream(request, **turn.plan.options) as chunks:
                    async for chunk in chunks:
                        for made in turn.read(chunk):
                            yield await _atold(made, run_manager)
                for made in turn.finish():
                    yield await _atold(made, run_manager)

    def _settings(self) -> dict[str, Any]:
        found = {name: getattr(self, name) for name in _SENT}
        return {name: value for name, value in found.items() if value is not None}

    def _plan(
        self,
        messages: Sequence[BaseMessage],
        stop: Any,
        kwargs: Mapping[str, Any],
        *,
        streaming: bool = False,
    ) -> Plan:
        call = kwargs if stop is None else {**kwargs, "stop": stop}
        site = self._sync_client().site
        return make_plan(messages, self._settings(), call, site=site, streaming=streaming)

    async def _aplan(
        self,
        messages: Sequence[BaseMessage],
        stop: Any,
        kwargs: Mapping[str, Any],
        *,
        streaming: bool = False,
    ) -> Plan:
        if any(has_paths(message.content) for message in messages):
            # A file of 200 MB is not read on the event loop.
            return await run_in_executor(
                None, self._plan, messages, stop, kwargs, streaming=streaming
            )
        return self._plan(messages, stop, kwargs, streaming=streaming)

    # --- Tools and structured output

    @override
    def bind_tools(  # type: ignore[override]
        self,
        tools: Sequence[ToolLike],
        *,
        tool_choice: dict[str, Any] | str | bool | None = None,
        strict: bool | None = None,
        parallel_tool_calls: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Offer tools to the model.

        Args:
            tools: LangChain tools, functions, classes, tool dicts of any style, and tools that the
                service runs itself (``{"type": "web_search", "web_search": {...}}``).
            tool_choice: ``"auto"``, ``"any"`` (or ``"required"``, True), ``"none"``, or the name
                of the tool to call. See ``tool_choice_mode``.
            strict: True closes the schemas (``additionalProperties: false``).
            parallel_tool_calls: Accepted for compatibility; the service has no such switch.
            **kwargs: Further arguments of each call, such as ``response_format``.

        Raises:
            InvalidRequestError: A tool with a bad schema, or a choice that is not offered.
        """
        with raised_as_model_errors():
            offered = wire_tools(tools, strict=strict)
            choice = choice_of(tool_choice, offered)
        if choice is not None:
            kwargs["tool_choice"] = choice
        if offered:
            kwargs["tools"] = offered
        return self.bind(**kwargs)

    @override
    def with_structured_output(  # type: ignore[override]
        self,
        schema: _structured.Schema | None = None,
        *,
        method: _structured.Method = "function_calling",
        include_raw: bool = False,
        strict: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, Any]:
        """A model that answers with data of a given shape.

        Args:
            schema: A pydantic class (gives instances), a TypedDict, a JSON Schema or an OpenAI
                function (give dicts).
            method: ``"function_calling"``, ``"json_schema"``, or ``"json_mode"`` (which takes no
                schema if need be). All three are checked, and asked for once more if they fail.
            include_raw: Give ``{"raw", "parsed", "parsing_error"}`` and never raise for parsing.
            strict: True closes the schema.
            **kwargs: Further arguments of each call.

        Raises:
            InvalidRequestError: Unknown method, or no schema. While running,
                ``OutputParserException`` where the second attempt does not fit either.
        """
        with raised_as_model_errors():
            reader = _structured.parser(schema, method)
            if method != "function_calling":
                bound = _structured.binding(schema, method, lenient=include_raw)
                llm: Runnable[Any, Any] = self.bind(**bound, **kwargs)
                return _structured.chained(llm, reader, include_raw=include_raw)
            function = _structured.function_of(schema or {})
        llm = self.bind_tools(
            [schema if "title" in function or not isinstance(schema, Mapping) else function],
            tool_choice=function["name"],
            strict=strict,
            structured={"lenient": include_raw},
            ls_structured_output_format={"kwargs": {"method": method}, "schema": schema},
            **kwargs,
        )
        return _structured.chained(llm, reader, include_raw=include_raw)


def _result(message: AIMessage) -> ChatResult:
    metadata = message.response_metadata
    facts = {key: metadata[key] for key in ("token_usage", "model_name") if key in metadata}
    return ChatResult(generations=[ChatGeneration(message=message)], llm_output=facts)


def _told(
    message: AIMessageChunk, run_manager: CallbackManagerForLLMRun | None
) -> ChatGenerationChunk:
    chunk = ChatGenerationChunk(message=message)
    if run_manager is not None:
        run_manager.on_llm_new_token(chunk.text, chunk=chunk)
    return chunk


async def _atold(
    message: AIMessageChunk, run_manager: AsyncCallbackManagerForLLMRun | None
) -> ChatGenerationChunk:
    chunk = ChatGenerationChunk(message=message)
    if run_manager is not None:
        await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
    return chunk


_translator.register()
