"""Add the tool calls of a further chunk, without reading again what was read before.

LangChain reads the JSON of every call anew with each piece that is added to it. The outcome here is
the same, but for calls that are not whole, which have no arguments yet.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from langchain_core.messages.tool import ToolCall, ToolCallChunk
from langchain_core.messages.tool import tool_call_chunk as normal
from langchain_core.utils._merge import merge_dicts, merge_lists

from zhipu_client.conversation import GrowingArguments

__all__ = ["CallsSoFar"]


@dataclass(frozen=True, slots=True)
class CallsSoFar:
    """The calls of a sum of chunks, and what was read of them. It is not changed.

    Attributes:
        pieces: As LangChain adds them up: one for each call.
        read: What is known of the arguments of each.
        calls: Those that are whole.
        ascending: Whether the indices are numbers, each larger than the one before. Then a piece
            finds its call without a search.
    """

    pieces: list[ToolCallChunk]
    read: list[GrowingArguments]
    calls: list[ToolCall]
    ascending: bool

    @classmethod
    def of(cls, pieces: list[ToolCallChunk]) -> CallsSoFar:
        """Read the pieces of one chunk."""
        return cls._made(pieces, [GrowingArguments.of(piece["args"] or "") for piece in pieces])

    @classmethod
    def _made(cls, pieces: list[ToolCallChunk], read: list[GrowingArguments]) -> CallsSoFar:
        indices = [piece["index"] for piece in pieces]
        numbers = all(type(index) is int for index in indices)
        ascending = numbers and all(one < other for one, other in pairwise(indices))  # type: ignore[operator]
        return cls(pieces, read, _whole(pieces, read), ascending)

    def plus(self, others: Sequence[ToolCallChunk]) -> CallsSoFar:
        """Return the sum with the pieces of the next chunk."""
        found: CallsSoFar = self
        for other in others:
            found = found._plus_one(other)
        return found

    def _plus_one(self, other: ToolCallChunk) -> CallsSoFar:
        place = self._place(other)
        if place is None:
            pieces = [normal(**_parts(p)) for p in merge_lists(self.pieces, [other]) or ()]
            return self._made(pieces, self._grown(pieces))
        pieces, read = self.pieces.copy(), self.read.copy()
        if place == len(pieces):
            pieces.append(normal(**_parts(other)))
            read.append(GrowingArguments.of(other["args"] or ""))
            before = None
        else:
            before = read[place].value
            pieces[place] = _merged(pieces[place], other)
            read[place] = read[place].grown(pieces[place]["args"] or "")
        calls = self.calls
        if read[place].value is not before:
            last = place == len(pieces) - 1 and before is None
            calls = (
                [*calls, *_whole([pieces[place]], [read[place]])] if last else _whole(pieces, read)
            )
        return CallsSoFar(pieces, read, calls, ascending=True)

    def _place(self, other: ToolCallChunk) -> int | None:
        """Return which call a piece belongs to, as LangChain decides it; None: ask LangChain."""
        index = other.get("index")
        if not self.ascending or type(index) is not int:
            return None
        place = len(self.pieces) - 1
        if place < 0 or index > self.pieces[place]["index"]:  # type: ignore[operator]
            return place + 1
        place = bisect_left(self.pieces, index, key=lambda piece: piece["index"])  # type: ignore[arg-type, return-value]
        known = self.pieces[place]
        if known["index"] != index or (known["id"] and other["id"] and known["id"] != other["id"]):
            return None
        return place

    def _grown(self, pieces: list[ToolCallChunk]) -> list[GrowingArguments]:
        known = [*self.read, *(GrowingArguments() for _ in pieces[len(self.read) :])]
        return [read.grown(piece["args"] or "") for read, piece in zip(known, pieces, strict=True)]


def _parts(piece: ToolCallChunk) -> dict[str, Any]:
    return {key: piece.get(key) for key in ("name", "args", "id", "index")}


def _merged(known: ToolCallChunk, other: ToolCallChunk) -> ToolCallChunk:
    if other["id"] is None and other["name"] is None and known["args"] and other["args"]:
        return {**known, "args": known["args"] + other["args"]}
    added = {key: value for key, value in other.items() if key != "type"}
    return normal(**_parts(merge_dicts(dict(known), added)))  # type: ignore[arg-type]


def _whole(pieces: Sequence[ToolCallChunk], read: Sequence[GrowingArguments]) -> list[ToolCall]:
    return [
        ToolCall(name=piece["name"] or "", args=known.value, id=piece["id"], type="tool_call")
        for piece, known in zip(pieces, read, strict=True)
        if known.value is not None and (piece["name"] or "").strip()
    ]
