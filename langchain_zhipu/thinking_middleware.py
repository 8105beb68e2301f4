"""`ZhipuAIThinkingMiddleware`: when an agent's model thinks, and how much of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage

from langchain_zhipu._agent_middleware import AgentMiddleware
from langchain_zhipu._errors import model_error
from langchain_zhipu.chat_models import ChatZhipuAI
from zhipu_client import InvalidRequestError
from zhipu_client.adapting import refuse

__all__ = ["ZhipuAIThinkingMiddleware"]

_WHEN = ("always", "first", "never")


class ZhipuAIThinkingMiddleware(AgentMiddleware):
    """Turns a GLM model's thinking on and off from step to step, within a budget.

    For ``create_agent(..., middleware=[ZhipuAIThinkingMiddleware()])``; needs the package
    ``langchain``. An agent thinks best where it plans: by default it thinks in the first step
    after a question and answers the results of tools without. What was thought is counted from
    the messages (``usage_metadata``), so that a budget holds over a restart from a checkpoint, and
    messages of other models count, too. Models that are not `ChatZhipuAI` are left alone.

    Args:
        when: ``"first"``: in the first step after a question. ``"always"`` and ``"never"``. Or a
            function of LangChain's ``ModelRequest`` that says whether the model thinks in this
            step.
        question_budget: Tokens of reasoning for one question; from then on its steps do not
            think. None: no limit. A step that has begun is not cut short, so that one step more
            than the budget may be paid for.
        thread_budget: The same for the whole conversation.
        reasoning_effort: How hard it thinks where it does (``"low"`` to ``"max"``, of the models
            that have it); None leaves the model's own setting.

    Raises:
        ImportError: The package ``langchain`` is not installed.
        InvalidRequestError: A value is not one of those above.

    Example:
        ```python
        from langchain.agents import create_agent
        from langchain_zhipu import ChatZhipuAI, ZhipuAIThinkingMiddleware

        agent = create_agent(
            ChatZhipuAI(model="glm-4.7"),
            middleware=[ZhipuAIThinkingMiddleware(when="first", thread_budget=20_000)],
        )
        answer = agent.invoke({"messages": [("user", "What is 17 * 19?")]})
        print(answer["messages"][-1].text)
        ```
    """

    def __init__(
        self,
        *,
        when: Literal["always", "first", "never"] | Callable[[Any], bool] = "first",
        question_budget: int | None = None,
        thread_budget: int | None = None,
        reasoning_effort: str | None = None,
    ) -> None:
        super().__init__()
        try:
            if not callable(when) and when not in _WHEN:
                raise refuse("when", when, f"must be a function or one of {', '.join(_WHEN)}")
            _check_budget("question_budget", question_budget)
            _check_budget("thread_budget", thread_budget)
        except InvalidRequestError as error:
            raise model_error(error) from None
        self.when = when
        self.question_budget = question_budget
        self.thread_budget = thread_budget
        self.reasoning_effort = reasoning_effort

    def wrap_model_call(self, request: Any, handler: Callable[[Any], Any]) -> Any:
        """Call the model with thinking on or off."""
        return handler(self._set(request))

    async def awrap_model_call(self, request: Any, handler: Callable[[Any], Awaitable[Any]]) -> Any:
        """Call the model with thinking on or off, asynchronously."""
        return await handler(self._set(request))

    def _set(self, request: Any) -> Any:
        if not isinstance(request.model, ChatZhipuAI):
            return request
        settings = {**request.model_settings, "thinking": self._thinks(request)}
        if settings["thinking"] and self.reasoning_effort is not None:
            settings["reasoning_effort"] = self.reasoning_effort
        return request.override(model_settings=settings)

    def _thinks(self, request: Any) -> bool:
        messages: Sequence[AnyMessage] = request.messages
        asked = max((n for n, m in enumerate(messages) if isinstance(m, HumanMessage)), default=0)
        since = messages[asked:]
        if _spent(since, self.question_budget) or _spent(messages, self.thread_budget):
            return False
        if callable(self.when):
            return bool(self.when(request))
        first = not any(isinstance(message, AIMessage) for message in since)
        return self.when == "always" or (self.when == "first" and first)


def _spent(messages: Sequence[AnyMessage], budget: int | None) -> bool:
    """Return whether the answers have thought for as many tokens as they may."""
    if budget is None:
        return False
    thought = 0
    for message in messages:
        if isinstance(message, AIMessage) and message.usage_metadata is not None:
            thought += message.usage_metadata.get("output_token_details", {}).get("reasoning", 0)
    return thought >= budget


def _check_budget(name: str, value: Any) -> None:
    whole = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if value is not None and not whole:
        raise refuse(name, value, "must be a whole number of tokens of at least 0, or None")
