"""What both stream loops share: bytes in, chunks out, and when the answer is whole. No I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Generic, TypeVar

from zhipu_client._io.call import Call
from zhipu_client._io.replies import unreadable
from zhipu_client._io.trace import Deadline
from zhipu_client._request import StreamRequest
from zhipu_client._sse import SSEDecoder
from zhipu_client.errors import (
    APIConnectionError,
    APITimeoutError,
    StreamIncompleteError,
    ZhipuError,
)

__all__ = ["StreamState", "is_stream"]

E = TypeVar("E")

#: How long, and for how many bytes, a finished stream is read on so that its connection can serve
#: again: the end of the body is on its way, but must not be waited for.
DRAIN_SECONDS = 0.1
DRAIN_BYTES = 65536
#: How many of its reader's pauses between two contents are not counted as the service's silence.
#: A service that sends chunks without content as fast as they are read is silent all the same.
PAUSES = 100


def is_stream(content_type: str) -> bool:
    """Return whether an answer may be events. Another content type is read as one piece."""
    kind = content_type.partition(";")[0].strip().lower()
    return kind in ("text/event-stream", "application/octet-stream", "text/plain", "")


class StreamState(Generic[E]):
    """One attempt at one stream."""

    def __init__(
        self, call: Call, request: StreamRequest[E], now: float, headers: Mapping[str, str]
    ) -> None:
        self._call = call
        if request.opened is not None:
            request.opened(headers)
        self._reader = request.reader()
        self._decoder = SSEDecoder(call.core.max_event_bytes)
        self._error: ZhipuError | None = None
        self._last_content = self._seen = now
        self._contents = 0
        self._pauses = 0
        self._owned = self._counted = False
        self.ready: deque[E] = deque()
        #: True once an event was handed out: from then on nothing is replayed.
        self.delivered = False
        #: True when nothing more has to be read.
        self.ended = False

    @property
    def done(self) -> bool:
        """Whether the closing sentinel has come."""
        return self._reader.done

    def take(self) -> E:
        """Return the next chunk that is ready."""
        self.delivered = True
        return self.ready.popleft()

    def resume(self, now: float) -> None:
        """Start the clock again. What the reader did since the last bytes is not silence."""
        if self._pauses < PAUSES:
            self._pauses += 1
            self._last_content += now - self._seen
        self._seen = now

    def limit(self) -> Deadline:
        """Return the limit for each wait for bytes, which `bound` sets."""
        return Deadline(self._call.core.clock, "content", self._call.timeout.content)

    def bound(self, limit: Deadline, now: float) -> float:
        """Set how long the wait for the next bytes may be; return it, in seconds."""
        left = max(0.0, self._last_content + self._call.timeout.content - now)
        limit.restart(left, now)
        return left

    def feed(self, piece: bytes, now: float) -> None:
        """Read the next bytes. An error is kept until the chunks before it were taken."""
        self._seen = now
        reader = self._reader
        try:
            for event in self._decoder.feed(piece):
                if not self._owned:
                    self._check_owner(event.data)
                chunk = reader.feed(event.data, event.name)
                if chunk is not None:
                    self.ready.append(chunk)
                if reader.done:
                    self.ended = True
                    return
            if self._decoder.broken is not None:  # behind the events
                raise self._decoder.broken
        except ZhipuError as error:
            self._error = error
            self.ended = True
            return
        except Exception as error:  # noqa: BLE001 - it must be typed, whatever the service sent
            self._error = unreadable(error, self._call.request_id)
            self._error.__cause__ = error
            self.ended = True
            return
        contents = reader.contents
        if contents != self._contents:
            self._contents = contents
            self._pauses = 0
            self._last_content = now
        elif now - self._last_content > self._call.timeout.content:
            self._error = self._call.stalled()
            self.ended = True

    def _check_owner(self, data: bytes) -> None:
        """Look whose answer this is, at the first event."""
        self._owned = True
        if b'"request_id"' in data:
            from pydantic_core import from_json

            try:
                found = from_json(data)
            except ValueError:
                return  # the reader says what is wrong
            self._call.check_owner(found)

    def eof(self) -> None:
        """Note that the body is over."""
        self.ended = True
        try:
            rest = self._decoder.close()
        except StreamIncompleteError as error:
            self._error = error
            return
        if rest.strip() == b"[DONE]":
            self._reader.feed(rest, "")

    def broke(self, error: ZhipuError) -> None:
        """Note that the connection broke or stalled. After the whole answer that does no harm."""
        self.ended = True
        try:
            self._reader.finish()
        except StreamIncompleteError as incomplete:
            self._error = self._with_partial(error, incomplete)

    def count(self) -> None:
        """Count what the answer has used, once, however it ends; its usage comes last."""
        if self._call.counters and not self._counted and self._reader.contents:
            self._counted = True
            self._call.count(self._reader.partial())

    def finish(self) -> None:
        """Raise what is wrong with the answer, if anything is, once all chunks were taken."""
        if self._error is not None:
            error = self._error
            if getattr(error, "request_id", None) is None:
                error.request_id = self._call.request_id  # type: ignore[attr-defined]
            if getattr(error, "partial", None) is None:
                error.partial = self._reader.partial()  # type: ignore[attr-defined]
            raise error
        try:
            self._reader.finish()
        except StreamIncompleteError as error:
            error.request_id = self._call.request_id
            raise

    def _with_partial(self, error: ZhipuError, incomplete: StreamIncompleteError) -> ZhipuError:
        started = incomplete.partial is not None
        if isinstance(error, APITimeoutError) or not started:
            if isinstance(error, APIConnectionError):
                error.partial = incomplete.partial
            return error
        broken = StreamIncompleteError(
            f"the stream broke off in the middle of the answer: {error}",
            partial=incomplete.partial,
            request_id=self._call.request_id,
        )
        broken.__cause__ = error
        return broken
