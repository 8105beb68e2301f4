"""Exchanges of the conversation core that need no server: events go in, deltas come out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from zhipu_client.conversation import Delta, Exchange, build
from zhipu_client.dialects import DIALECTS

__all__ = ["TOOL", "answered", "deltas_of", "exchange"]

TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
ASKED = [{"role": "user", "content": "hi"}]


def exchange(*, streaming: bool = False, site: str | None = "bigmodel", **values: Any) -> Exchange:
    """An exchange with ``values`` set; without an id of its own, as a whole answer has one."""
    messages = values.pop("messages", ASKED)
    own = {key: values.pop(key) for key in ("calls_in_text", "refuse_filtered") if key in values}
    dialect = replace(DIALECTS["zhipu"], site=site)
    built = build({"model": "glm-4.7", **values}, dialect=dialect, streaming=streaming)
    if "request_id" not in values:
        built.params.pop("request_id", None)
    return Exchange(messages, built, **own)


def answered(body: Mapping[str, Any], **values: Any) -> Any:
    """The answer that a whole body gives."""
    asked = exchange(**values)
    asked.take(body)
    return asked.answer


def deltas_of(asked: Exchange, events: Iterable[Mapping[str, Any]]) -> Iterator[Delta]:
    """What the events of one attempt show."""
    reader = asked.stream_request().reader()
    for event in events:
        delta = reader.feed(json.dumps(event).encode(), "")
        if delta is not None:
            yield delta
    yield from asked.end()
