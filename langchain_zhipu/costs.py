"""What a run costs: `ZhipuAICostHandler` and `track_costs`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, LLMResult
from langchain_core.tracers.context import register_configure_hook
from typing_extensions import override

from zhipu_client.models import Costs

__all__ = ["ZhipuAICostHandler", "track_costs"]


class ZhipuAICostHandler(BaseCallbackHandler):
    """Adds up what the answers of chat models with ``cost=True`` cost. May be shared by threads.

    Attributes:
        costs: The sums: see `zhipu_client.models.Costs`.

    Example:
        ```python
        from langchain_zhipu import ChatZhipuAI, ZhipuAICostHandler

        handler = ZhipuAICostHandler()
        model = ChatZhipuAI(model="glm-4.7", cost="zai", callbacks=[handler])
        model.invoke("What is 17 * 19?")
        print(handler.costs.amounts)  # such as {"USD": 0.00006}
        ```
    """

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self.costs = Costs()

    @override
    def __repr__(self) -> str:
        return repr(self.costs)

    @override
    def on_llm_end(self, response: LLMResult, **kwargs: Any) -> None:
        """Count an answer."""
        found = [one for some in response.generations for one in some[:1]]
        with self._lock:
            for generation in found:
                message = generation.message if isinstance(generation, ChatGeneration) else None
                if isinstance(message, AIMessage) and not _is_cached(message):
                    self.costs.add(message.response_metadata.get("cost"))


def _is_cached(message: AIMessage) -> bool:
    """Return whether LangChain's cache has answered: it puts a price of 0 on the usage."""
    usage: Any = message.usage_metadata or {}
    return bool(usage.get("total_cost") == 0)


_tracked: ContextVar[ZhipuAICostHandler | None] = ContextVar("zhipuai_costs", default=None)
register_configure_hook(_tracked, inheritable=True)


@contextmanager
def track_costs() -> Iterator[ZhipuAICostHandler]:
    """Add up what chat models with ``cost=True`` cost inside of the block, agents included.

    Yields:
        The handler; its ``costs`` are the sums so far.

    Example:
        ```python
        from langchain_zhipu import ChatZhipuAI, track_costs

        model = ChatZhipuAI(model="glm-4.7", cost="zai")
        with track_costs() as tracked:
            model.batch(["What is 17 * 19?", "What is 6 * 7?"])
        print(tracked.costs)
        ```
    """
    handler = ZhipuAICostHandler()
    token = _tracked.set(handler)
    try:
        yield handler
    finally:
        _tracked.reset(token)
