"""A JSON body with a file in it, written as it is sent. No I/O.

A file in base64 has tens of megabytes, and the same one is often in several requests at once. It
stays one text; each body refers to it.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Any

from zhipu_client import _check

__all__ = ["LongBody", "long_body"]

#: A text is long from so many characters on, and is sent in pieces of so many.
LONG, _PIECE = 256 * 1024, 128 * 1024


class LongBody:
    """The bytes of a body, made as they are read. Can be read again.

    Args:
        pieces: The parts of it: bytes, and ASCII texts.
    """

    __slots__ = ("_pieces",)

    def __init__(self, pieces: tuple[bytes | str, ...]) -> None:
        self._pieces = pieces

    def __len__(self) -> int:
        return sum(map(len, self._pieces))

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            if isinstance(piece, bytes):
                yield piece
                continue
            for start in range(0, len(piece), _PIECE):
                yield piece[start : start + _PIECE].encode("ascii")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece

    def __bytes__(self) -> bytes:
        return b"".join(self)

    def mark(self, request_id: bytes) -> int:
        """Return a number that is the same for bodies which differ by the id alone."""
        return hash(
            tuple(
                piece.replace(request_id, b"") if isinstance(piece, bytes) else piece
                for piece in self._pieces
            )
        )


def long_body(body: dict[str, Any]) -> LongBody | None:
    """Return a body that has a long text in it; None for any other.

    Raises:
        ValueError: It cannot be written as JSON.
    """
    if not _has_long(body):
        return None
    found: list[str] = []
    mark = uuid.uuid4().hex
    written = _check.as_json(_without(body, found, mark), separators=(",", ":"))
    pieces: list[bytes | str] = []
    for number, text in enumerate(found):
        before, _, written = written.partition(f"{mark}:{number};".encode())
        pieces += [before, text]
    return LongBody((*pieces, written))


def _has_long(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) >= LONG and _is_plain(value)
    if isinstance(value, dict):
        return any(map(_has_long, value.values()))
    return isinstance(value, list) and any(map(_has_long, value))


def _is_plain(text: str) -> bool:
    """Whether a text is in JSON as it is."""
    return text.isascii() and '"' not in text and "\\" not in text and text.isprintable()


def _without(value: Any, found: list[str], mark: str) -> Any:
    """Return a value with marks in place of its long texts, which are put into ``found``."""
    if isinstance(value, dict):
        return {name: _without(inner, found, mark) for name, inner in value.items()}
    if isinstance(value, list):
        return [_without(inner, found, mark) for inner in value]
    if isinstance(value, str) and _has_long(value):
        found.append(value)
        return f"{mark}:{len(found) - 1};"
    return value
