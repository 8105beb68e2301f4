"""The chunks of an answer as they come, blocking."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from threading import get_ident
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar

from zhipu_client._io.call import Call
from zhipu_client._io.client_base import Core
from zhipu_client._io.clock import SystemClock
from zhipu_client._io.first_use import load_sync, loaded
from zhipu_client._io.gates import Slot
from zhipu_client._io.gc_safety import inside, kept, outside
from zhipu_client._io.httpx_errors import raise_ours
from zhipu_client._io.leftover_bytes import checked
from zhipu_client._io.stopping import Stop
from zhipu_client._io.stream_state import DRAIN_BYTES, DRAIN_SECONDS, StreamState, is_stream
from zhipu_client._io.trace import Deadline, shut_down
from zhipu_client._io.unpacking import unpacked
from zhipu_client._request import StreamRequest
from zhipu_client._retry import refused
from zhipu_client.errors import (
    APIConnectionError,
    ZhipuError,
)

__all__ = ["Stream"]

E = TypeVar("E")


class Opener(Protocol):
    """A client that can make one attempt of a call."""

    _core: Core

    def enter(self, call: Call, stop: Stop | None = None) -> list[Slot]: ...
    def open(self, call: Call) -> Any: ...
    def read(self, call: Call, response: Any) -> Any: ...


class Stream(Generic[E]):
    """The chunks of one stream: an iterator and a context manager.

    Leaving the ``with`` block, `close`, and dropping the last reference each close the connection
    and give the place back.

    Example:
        ```python
        with client.stream(chat.stream(model="glm-4.7", messages=messages)) as chunks:
            for chunk in chunks:
                print(chunk)
        ```
    """

    def __init__(self, client: Opener, call: Call, request: StreamRequest[E]) -> None:
        self._client = client
        self._call = call
        self._request = request
        self._response: Any = None
        self._bytes: Iterator[bytes] | None = None
        self._state: StreamState[E] | None = None
        self._slots: list[Slot] = []
        self._closed = False
        self._time = client._core.clock.monotonic
        #: The thread that reads just now.
        self._reader: int | None = None
        #: Ends what it waits for before there is a response.
        self._stop = Stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> E:
        while True:
            if self._closed:
                raise StopIteration
            state = self._state
            if state is not None and state.ready:
                return state.take()
            self._reader = get_ident()
            try:
                if not self._closed:  # by another thread, which saw no reader
                    self._pull()
            finally:
                self._reader = None

    def close(self) -> None:
        """Stop reading. What is on its way is dropped; may be called again, by any thread."""
        if not self._closed:
            self._closed = True
            if self._reader not in (None, get_ident()):
                self._stop.ask()
                if self._abort():
                    return  # the thread that reads wakes up, and does the rest
            outside(self._finish)

    def __del__(self) -> None:
        if not getattr(self, "_closed", True):
            self.close()

    def _abort(self) -> bool:
        """End the wait of the thread that reads; False when nothing can be done for that."""
        limit = self._call.deadline
        if limit is not None and limit.abort():
            return True
        # A caller's own client does not say where it blocks.
        response = self._response
        stream = response.extensions.get("network_stream") if response is not None else None
        blocking = stream.get_extra_info("socket") if stream is not None else None
        return blocking is not None and shut_down(blocking)

    def _finish(self) -> None:
        if self._state is not None and self._state.done:
            self._drain()
        self._drop()

    def _pull(self) -> None:
        """Get something ready, or close; retries while nothing was handed out."""
        try:
            if self._response is None:
                self._open()
            self._advance()
        except ZhipuError as error:
            delivered = self._state is not None and self._state.delivered
            if refused(error):
                for slot in self._slots:
                    slot.refused()
            self._drop()
            if self._closed:  # by another thread: that is what broke it
                return
            wait = self._call.next_delay(error, delivered=delivered)
            if wait is None:
                self._closed = True
                raise
            self._state = None
            self._sleep(wait)
        except BaseException:
            self.close()
            raise

    def _sleep(self, seconds: float) -> None:
        with suppress(APIConnectionError):  # closed by another thread
            self._stop.sleep(self._client._core.clock, seconds)

    def _open(self) -> None:
        if "sync" not in loaded:
            load_sync()
        from zhipu_client._io.deadlines import blocking

        call = self._call
        self._slots = self._client.enter(call, self._stop)
        for slot in self._slots:
            slot.hold()
        if self._was_closed():
            return
        self._response = response = self._client.open(call)
        if self._was_closed():
            return
        content_type = response.headers.get("content-type", "")
        if response.status_code != 200 or not is_stream(content_type):
            call.begin_whole()
            checked(call, response, self._client.read(call, response))
        self._bytes = unpacked(response, call.request_id)
        kept.add(self._bytes)
        state = StreamState(call, self._request, self._time(), response.headers)
        self._state = state
        call.deadline = self._limit = state.limit()
        self._guard = blocking(self._limit)
        if call.watch is not None:
            call.watch.opened()
        self._was_closed()  # by another thread, which did not see the new limit

    def _was_closed(self) -> bool:
        """Return whether another thread closed this while it waited. Then nothing is kept."""
        if self._closed:
            self._drop()
        return self._closed

    def _advance(self) -> None:
        """Read until a chunk is ready or the stream is over."""
        state = self._state
        if state is None or self._bytes is None:
            return  # closed by another thread or task
        for slot in self._slots:
            slot.reading()
        pieces, limit, guard, time = self._bytes, self._limit, self._guard, self._time
        now = time()
        state.resume(now)
        while not (state.ready or state.ended or self._closed):
            state.bound(limit, now)
            try:
                try:
                    with guard:
                        piece = next(pieces, None)
                except Exception as error:
                    raise_ours(self._call, error)
                    raise
            except ZhipuError as error:
                state.broke(error)
                break
            now = time()
            if piece is None:
                state.eof()
            else:
                state.feed(piece, now)
        if self._closed:
            self._drop()
        elif not state.ready:
            self._end(state)
        self._pause(state, now)

    def _pause(self, state: StreamState[E], now: float) -> None:
        """Note that the reader has what it wanted."""
        if self._call.watch is not None and state.ready:
            self._call.watch.first_chunk()
        for slot in self._slots:
            slot.idle(now)

    def _end(self, state: StreamState[E]) -> None:
        state.finish()
        for slot in self._slots:
            slot.succeeded()
        if self._call.watch is not None:
            self._call.watch.over("ended")
        self.close()

    def _drain(self) -> None:
        from zhipu_client._io.deadlines import blocking

        left = DRAIN_BYTES
        try:
            with blocking(Deadline(SystemClock(), "whole", DRAIN_SECONDS)):
                for piece in self._bytes or ():
                    left -= len(piece)
                    if left < 0:
                        return
        except Exception:  # noqa: BLE001 - the answer is whole; only the connection is lost
            return

    def _drop(self) -> None:
        response, pieces = self._response, self._bytes
        self._response = self._bytes = None
        slots, self._slots = self._slots, []
        if self._state is not None:
            self._state.count()
        try:
            if response is not None:
                with inside():
                    response.close()
        finally:
            kept.discard(pieces)
            for slot in slots:
                slot.release()
            self._report_left()

    def _report_left(self) -> None:
        if self._closed and self._call.watch is not None:
            whole = self._state is not None and self._state.done
            self._call.watch.over("ended" if whole else "left")
