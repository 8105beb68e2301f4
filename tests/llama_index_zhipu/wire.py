"""Messages, bodies and chunks through the adapter and the core, for tests that need no server."""

from __future__ import annotations

from typing import Any

from llama_index.core.base.llms.types import ChatResponse

from llama_index_zhipu._chat.messages import to_response
from llama_index_zhipu._chat.messages import to_wire as mapped
from llama_index_zhipu._chat.stream import ResponseMaker
from tests.support.exchanges import answered, deltas_of, exchange
from zhipu_client.conversation import prepared

__all__ = ["from_wire", "read", "to_wire"]


def to_wire(
    messages: Any, *, model: str | None = None, reasoning_history: Any = "tool_loop"
) -> list[dict[str, Any]]:
    return prepared(mapped(messages, model), reasoning=reasoning_history, model=model)


def from_wire(body: dict[str, Any], **values: Any) -> ChatResponse:
    return to_response(answered(body, **values))


def read(events: Any, **values: Any) -> list[ChatResponse]:
    asked = exchange(streaming=True, **values)
    maker = ResponseMaker(asked)
    made = [r for d in deltas_of(asked, events) if (r := maker.response(d)) is not None]
    return [*made, maker.last()]
