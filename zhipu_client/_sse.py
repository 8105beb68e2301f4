"""Server-sent events, from bytes. Pure; linear in the size of the stream.

https://html.spec.whatwg.org/multipage/server-sent-events.html, with two departures: bytes are not
decoded here (the reader's JSON parser refuses bad UTF-8, nothing is replaced silently), and only
CR, LF and CRLF end a line (``str.splitlines`` would also split at U+2028 inside a token).
"""

from __future__ import annotations

from typing import NamedTuple

from zhipu_client.errors import StreamIncompleteError

__all__ = ["Event", "SSEDecoder"]

_BOM = b"\xef\xbb\xbf"


class Event(NamedTuple):
    """One event that carried data."""

    data: bytes
    name: str


class SSEDecoder:
    """Feed it bytes cut anywhere, get whole events.

    Args:
        max_event_bytes: The most that one event may have; None for no limit. Above it
            ``feed`` raises `StreamIncompleteError`.
    """

    __slots__ = (
        "_cr", "_data", "_data_size", "_first", "_limit", "_name", "_parts", "_size", "broken",
    )  # fmt: skip

    def __init__(self, max_event_bytes: int | None) -> None:
        self._limit = max_event_bytes
        self._parts: list[bytes] = []  # pieces of a line that has not ended yet
        self._size = 0
        self._data: list[bytes] = []  # data lines of the event under way
        self._data_size = 0
        self._name = ""
        self._cr = False  # the last piece ended in CR: a leading LF belongs to it
        self._first = True
        #: What is wrong behind the events that were returned last.
        self.broken: StreamIncompleteError | None = None

    def feed(self, piece: bytes) -> list[Event]:
        """Take the next bytes; return the events that they complete.

        What is wrong behind such an event is raised by the next call (``b""`` will do), so that
        no event is lost, however the bytes were cut.
        """
        if self.broken is not None:
            raise self.broken
        if self._cr or b"\r" in piece:
            piece = self._normalise(piece)
        if b"\n" not in piece:
            if piece:
                self._parts.append(piece)
                self._grow(len(piece))
            return []
        lines = piece.split(b"\n")
        if self._parts:
            self._parts.append(lines[0])
            lines[0] = b"".join(self._parts)
            self._parts.clear()
        rest = lines.pop()
        self._size = 0
        events: list[Event] = []
        try:
            for line in lines:
                self._line(line, events)
            if rest:
                self._parts.append(rest)
                self._grow(len(rest))
        except StreamIncompleteError as error:
            if not events:
                raise
            self.broken = error
        return events

    def close(self) -> bytes:
        """Return the data of an event that had no blank line after it, at the stream's end."""
        if self._parts:
            line = b"".join(self._parts)
            self._parts.clear()
            self._line(line, [])
        return b"\n".join(self._data)

    def _normalise(self, piece: bytes) -> bytes:
        follows_cr, self._cr = self._cr, piece.endswith(b"\r") if piece else self._cr
        if follows_cr and piece.startswith(b"\n"):
            piece = piece[1:]
        return piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _line(self, line: bytes, events: list[Event]) -> None:
        if self._first:
            self._first = False
            line = line.removeprefix(_BOM)
        if line.startswith(b"data:"):
            data = line[6:] if line[5:6] == b" " else line[5:]
            self._add(data)
        elif not line:
            if self._data:
                data = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
                if data:  # without any it is a ping
                    events.append(Event(data, self._name))
                self._data = []
                self._data_size = 0
            self._name = ""
        elif line.startswith(b"event:"):
            self._name = line[6:].strip().decode("ascii", "replace")
        elif line == b"data":
            self._add(b"")
        elif b"{" in line and not line.startswith((b":", b"id:", b"retry:")):
            # The letter says to ignore unknown fields; but the service has cut frames and glued
            # others to them, and a piece of the answer must not vanish in silence.
            raise StreamIncompleteError(
                f"the stream has a line of {len(line)} bytes that belongs to no event "
                "(a frame that was cut, or two frames glued together)"
            )

    def _add(self, data: bytes) -> None:
        self._data.append(data)
        self._data_size += len(data) + 1  # with its line end, or empty ones would be free
        self._check(self._data_size)

    def _grow(self, size: int) -> None:
        self._size += size
        self._check(self._size + self._data_size)

    def _check(self, size: int) -> None:
        if self._limit is not None and size > self._limit:
            raise StreamIncompleteError(
                f"one event of the stream is larger than {self._limit} bytes (max_event_bytes); "
                "refused to keep memory bounded"
            )
