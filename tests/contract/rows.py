"""A row of a table, and what holds an outcome against it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from .server import Reply, said, scripted
from .subjects import ADAPTERS, WAYS, Ask, Outcome, Way, run

__all__ = ["ABSENT", "Per", "Row", "check", "has", "in_turn", "table"]


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


#: A field that is not in the request.
ABSENT = _Absent()


@dataclass(frozen=True)
class Per:
    """What is rightly different between the adapters; the row says why."""

    langchain: Any
    llama_index: Any


@dataclass(frozen=True)
class has:  # a word of the tables
    """A text that has these words in it."""

    words: tuple[str, ...]

    def __init__(self, *words: str) -> None:
        object.__setattr__(self, "words", words)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and all(word in other for word in self.words)

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True)
class Row:
    """One input and its right outcome.

    Attributes:
        id: What the row is about, in words.
        script: What the server answers.
        want: Field of the outcome -> its value. Beside the fields of `Outcome` there are
            ``tries`` (how many requests), ``sent`` (fields of the first request; `ABSENT` for one
            that must not be there), ``message`` (the error's text) and what `SEEN` reads.
        ask: What the caller asks for.
        settings: Fields of the model.
        ways: The ways in which it is asked.
        adapters: The adapters that have the question.
    """

    id: str
    script: Reply | Sequence[Reply] = field(default_factory=said)
    want: Mapping[str, Any] = field(default_factory=dict)
    ask: Ask = field(default_factory=Ask)
    settings: Mapping[str, Any] = field(default_factory=dict)
    ways: Sequence[Way] = WAYS
    adapters: Sequence[str] = tuple(ADAPTERS)


def table(rows: Sequence[Row]) -> pytest.MarkDecorator:
    """Run a test for each row, adapter and way; it takes ``row``, ``adapter`` and ``way``."""
    cases = [
        pytest.param(row, adapter, way, id=f"{row.id}-{adapter}-{way}")
        for row in rows
        for adapter in row.adapters
        for way in row.ways
    ]
    ids = [case.id for case in cases]
    assert len(set(ids)) == len(ids), "two cases of one name"
    return pytest.mark.parametrize(("row", "adapter", "way"), cases)


def in_turn(rows: Iterable[Row]) -> list[Row]:
    """Each row in one way only, the next row in the next way.

    For long tables of what is sent: that does not depend on the way, and all of them are seen.
    """
    ways = itertools.cycle(WAYS)
    return [replace(row, ways=(next(ways),)) for row in rows]


def check(row: Row, adapter: str, way: Way) -> Outcome:
    """Ask, and compare everything that the row says."""
    script = [row.script] if isinstance(row.script, Reply) else row.script
    with scripted(*script) as server:
        outcome = run(server, adapter, way, row.ask, row.settings)
    want = {name: _for(adapter, value) for name, value in row.want.items()}
    want.setdefault("error", None)
    found = {name: _seen(outcome, name, value) for name, value in want.items()}
    if found != want:
        raise AssertionError(f"wanted {want}\n found {found}") from outcome.exception
    return outcome


def _for(adapter: str, value: Any) -> Any:
    return getattr(value, adapter) if isinstance(value, Per) else value


def _seen(outcome: Outcome, name: str, wanted: Any) -> Any:
    if name == "sent":
        body = outcome.requests[0] if outcome.requests else {}
        return {field: body.get(field, ABSENT) for field in wanted}
    reader = SEEN.get(name)
    return reader(outcome) if reader is not None else getattr(outcome, name)


def _system(outcome: Outcome) -> str | None:
    """The system message of the first request."""
    first = outcome.requests[0]["messages"][0]
    return first["content"] if first["role"] == "system" else None


def _reasoning(outcome: Outcome) -> list[str | None]:
    messages = outcome.requests[0]["messages"]
    return [m.get("reasoning_content") for m in messages if m["role"] == "assistant"]


def _media(outcome: Outcome) -> list[tuple[str, Any]]:
    """The role and the part of everything that is no text."""
    return [
        (message["role"], part)
        for message in outcome.requests[0]["messages"]
        if isinstance(message["content"], list)
        for part in message["content"]
        if part["type"] != "text"
    ]


def _tools(outcome: Outcome) -> list[str]:
    return [tool["function"]["name"] for tool in outcome.requests[0].get("tools") or ()]


def _partial(outcome: Outcome) -> str:
    partial = getattr(outcome.exception, "partial", None)
    return partial["choices"][0]["message"]["content"]


def _paid(outcome: Outcome) -> tuple[int, ...] | None:
    """What the tries of a call that failed took, as its error says: ``usage`` as on the wire."""
    usage = getattr(outcome.exception, "usage", None) or {}
    found = [usage.get(f"{kind}_tokens") for kind in ("prompt", "completion", "total")]
    return tuple(found) if all(found) else None


#: What a row may ask for beside the outcome's own fields.
SEEN: Mapping[str, Callable[[Outcome], Any]] = {
    "tries": lambda outcome: len(outcome.requests),
    "paid": _paid,
    "calls_shown": lambda outcome: repr(outcome.calls),
    "message": lambda outcome: str(outcome.exception),
    "system": _system,
    "reasoning_sent": _reasoning,
    "tools_sent": _tools,
    "media_sent": _media,
    "all_sent": lambda outcome: json.dumps(outcome.requests[0]["messages"], ensure_ascii=False),
    "partial": _partial,
    "status": lambda outcome: getattr(outcome.exception, "status", None),
    "code": lambda outcome: getattr(outcome.exception, "code", None),
    "retryable": lambda outcome: getattr(outcome.exception, "retryable", None),
}
