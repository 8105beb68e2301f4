"""A direct reading of an answer: short, naive, and with nothing of the client in it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Answer", "read"]


@dataclass
class Answer:
    """What an answer says."""

    text: str = ""
    reasoning: str = ""
    #: Name and decoded arguments of each call.
    calls: list[tuple[str, Any]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    finish: str | None = None
    usage: tuple[int, int, int] | None = None


def read(body: str) -> Answer:
    """The answer in a stream of events, or in one JSON body."""
    stream = body.lstrip().startswith("data:")
    lines = body.split("\n") if stream else [f"data: {body}"]
    answer, calls = Answer(), []
    for line in lines:
        data = line.removeprefix("data:").strip()
        if not line.startswith("data:") or data == "[DONE]":
            continue
        chunk = json.loads(data)
        if usage := chunk.get("usage"):
            answer.usage = tuple(usage[f"{n}_tokens"] for n in ("prompt", "completion", "total"))
        for choice in chunk["choices"]:
            said = choice.get("delta") or choice.get("message") or {}
            answer.text += said.get("content") or ""
            answer.reasoning += said.get("reasoning_content") or said.get("reasoning") or ""
            # In all that was recorded, every call comes whole in one delta.
            calls += said.get("tool_calls") or []
            answer.finish = choice.get("finish_reason") or answer.finish
    answer.calls = [(c["function"]["name"], json.loads(c["function"]["arguments"])) for c in calls]
    answer.ids = [call["id"] for call in calls]
    return answer
