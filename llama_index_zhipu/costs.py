"""What a run costs: `ZhipuAICostHandler` and `track_costs`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.instrumentation.events.llm import LLMChatEndEvent, LLMCompletionEndEvent
from pydantic import PrivateAttr

from zhipu_client.models import Costs

__all__ = ["ZhipuAICostHandler", "track_costs"]


class ZhipuAICostHandler(BaseEventHandler):
    """Adds up what the answers of LLMs with ``cost=True`` cost. May be shared by threads.

    Example:
        ```python
        from llama_index.core.instrumentation import get_dispatcher
        from llama_index_zhipu import ZhipuAI, ZhipuAICostHandler

        handler = ZhipuAICostHandler()
        get_dispatcher().add_event_handler(handler)
        ZhipuAI(model="glm-4.7", cost="zai").complete("What is 17 * 19?")
        print(handler.costs.amounts)  # such as {"USD": 0.00006}
        ```
    """

    _lock: Any = PrivateAttr(default_factory=threading.Lock)
    _costs: Costs = PrivateAttr(default_factory=Costs)

    @classmethod
    def class_name(cls) -> str:
        """Return the name of this class."""
        return "ZhipuAICostHandler"

    @property
    def costs(self) -> Costs:
        """The sums: see `zhipu_client.models.Costs`."""
        return self._costs

    def handle(self, event: Any, **kwargs: Any) -> None:
        """Count an answer."""
        if not isinstance(event, (LLMChatEndEvent, LLMCompletionEndEvent)):
            return
        response = event.response
        if response is not None:
            with self._lock:
                self._costs.add((response.additional_kwargs or {}).get("cost"))


class _Tracking(BaseEventHandler):
    """Passes events on to the handlers of the blocks that they come from."""

    def handle(self, event: Any, **kwargs: Any) -> None:
        for handler in _tracked.get():
            handler.handle(event)


_tracked: ContextVar[tuple[ZhipuAICostHandler, ...]] = ContextVar("zhipuai_costs", default=())
_tracking = _Tracking()


@contextmanager
def track_costs() -> Iterator[ZhipuAICostHandler]:
    """Add up what LLMs with ``cost=True`` cost inside of the block, agents and engines included.

    Yields:
        The handler; its ``costs`` are the sums so far.

    Example:
        ```python
        from llama_index_zhipu import ZhipuAI, track_costs

        llm = ZhipuAI(model="glm-4.7", cost="zai")
        with track_costs() as tracked:
            llm.complete("What is 17 * 19?")
        print(tracked.costs)
        ```
    """
    root = get_dispatcher()
    if _tracking not in root.event_handlers:
        root.add_event_handler(_tracking)
    handler = ZhipuAICostHandler()
    token = _tracked.set((*_tracked.get(), handler))
    try:
        yield handler
    finally:
        _tracked.reset(token)
