"""`ZhipuAIFallbackMiddleware`: the next model while one is at its limit."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Awaitable, Callable
from typing import Any

from langchain_core.language_models import BaseChatModel

from langchain_zhipu._agent_middleware import AgentMiddleware
from langchain_zhipu._errors import model_error
from langchain_zhipu.chat_models import ChatZhipuAI
from zhipu_client import InvalidRequestError, ZhipuError
from zhipu_client.adapting import Resting, named, refuse
from zhipu_client.models import find

__all__ = ["ZhipuAIFallbackMiddleware"]

_log = logging.getLogger(__name__)


class ZhipuAIFallbackMiddleware(AgentMiddleware):
    """Asks the next model when one is at a limit, and lets that one rest until it is over.

    For ``create_agent(..., middleware=[ZhipuAIFallbackMiddleware("zhipu:glm-4.5-air")])``; needs
    the package ``langchain``. The agent's own model comes first. LangChain's
    ``ModelFallbackMiddleware`` asks it again at every step and goes on after any error; this one

    * goes on only where another model may answer: rate limits (1302, 1305), plans and quotas that
      are used up (1308, 1310), a failure of the service or of the connection. A wrong key, a bad
      request, a prompt that is too long, refused content and errors of other packages' models
      are raised at once;
    * passes a model over while it rests: until ``reset_at`` of its error (1308), else for
      ``Retry-After``, else for ``rest`` seconds. When all rest, the one that is ready first is
      asked;
    * never starts again after a part of an answer was streamed: that error is raised, with the
      part that came (``partial``).

    Where all fail, the last error is raised; it says of each model what it failed with.

    The models' own retries come first: give them ``max_retries=0`` to go on at once. One
    middleware may serve several agents and threads, which then share what they learn, as long as
    they have the same model.

    Args:
        *models: The models to go on with, in order: chat models, or names. Those of GLM models
            (``"glm-4.5-air"``, ``"zhipu:glm-4.5-air"``) become a `ChatZhipuAI` with the key of the
            environment, others go to LangChain's ``init_chat_model``.
        rest: Seconds for which a model rests whose error says no time; at least 0.
        clock: The time in seconds since the epoch. For tests.

    Raises:
        ImportError: The package ``langchain`` is not installed.
        InvalidRequestError: No model is given, something else is, or ``rest`` is negative.

    Example:
        ```python
        from langchain.agents import create_agent
        from langchain_zhipu import ChatZhipuAI, ZhipuAIFallbackMiddleware

        agent = create_agent(
            ChatZhipuAI(model="glm-4.7"),
            middleware=[ZhipuAIFallbackMiddleware(ChatZhipuAI(model="glm-4.5-air"))],
        )
        answer = agent.invoke({"messages": [("user", "What is 17 * 19?")]})
        print(answer["messages"][-1].text)
        ```
    """

    def __init__(
        self,
        *models: BaseChatModel | str,
        rest: float = 60.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__()
        try:
            _check(models, rest)
        except InvalidRequestError as error:
            raise model_error(error) from None
        self.models = [_model(model) for model in models]
        self._resting = Resting(seconds=rest, clock=clock)

    def wrap_model_call(self, request: Any, handler: Callable[[Any], Any]) -> Any:
        """Call the first model that does not rest, and the next ones where it is at a limit."""
        failures: list[tuple[str, ZhipuError]] = []
        for place in self._resting.order(len(self.models) + 1):
            try:
                response = handler(self._asked(request, place))
            except ZhipuError as error:
                failures.append(self._failed(request, place, error))
            else:
                self._resting.answered(place)
                return response
        raise _of_all(failures)

    async def awrap_model_call(self, request: Any, handler: Callable[[Any], Awaitable[Any]]) -> Any:
        """Call the first model that does not rest, and the next ones, asynchronously."""
        failures: list[tuple[str, ZhipuError]] = []
        for place in self._resting.order(len(self.models) + 1):
            try:
                response = await handler(self._asked(request, place))
            except ZhipuError as error:
                failures.append(self._failed(request, place, error))
            else:
                self._resting.answered(place)
                return response
        raise _of_all(failures)

    def _asked(self, request: Any, place: int) -> Any:
        return request if place == 0 else request.override(model=self.models[place - 1])

    def _failed(self, request: Any, place: int, error: ZhipuError) -> tuple[str, ZhipuError]:
        """Let a model rest, and return its name with the error; raise where no other would help."""
        if not self._resting.rest(place, error):
            raise error
        which = "the agent's own model" if place == 0 else f"fallback {place}"
        _log.info("%s failed and rests: %s", which, error)
        name = getattr(self._asked(request, place).model, "model", None)
        return str(name or which), error


def _of_all(failures: list[tuple[str, ZhipuError]]) -> ZhipuError:
    """Return the last error, which says of each model what it failed with."""
    last = failures[-1][1]
    if len(failures) > 1:
        each = ", ".join(f"{name}: {named(error)}" for name, error in failures)
        last.explain(f"All {len(failures)} models failed, in this order: {each}")
    return last


def _check(models: tuple[Any, ...], rest: Any) -> None:
    if not models:
        raise refuse("models", models, "needs at least one model to go on with")
    for place, model in enumerate(models):
        if not isinstance(model, (BaseChatModel, str)):
            raise refuse(f"models[{place}]", model, "must be a chat model or a name of one")
    number = isinstance(rest, (int, float)) and not isinstance(rest, bool)
    if not number or not 0 <= rest < math.inf:
        raise refuse("rest", rest, "must be a number of seconds of at least 0")


#: Kinds of models that can take over an agent; other names are LangChain's to know.
_CHATS = ("chat", "vision", "voice", "character", "code")


def _model(model: BaseChatModel | str) -> BaseChatModel:
    if isinstance(model, BaseChatModel):
        return model
    provider, _, code = model.rpartition(":")
    info = find(code)
    if code and (provider == "zhipu" or (not provider and info and info.kind in _CHATS)):
        return ChatZhipuAI(model=code)
    from langchain.chat_models import init_chat_model

    return init_chat_model(model)
