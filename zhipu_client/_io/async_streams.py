"""The chunks of an answer as they come, asynchronous."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar

import anyio

from zhipu_client._io.call import Call
from zhipu_client._io.client_base import Core
from zhipu_client._io.first_use import load_async, loaded
from zhipu_client._io.gates import Slot
from zhipu_client._io.gc_safety import outside
from zhipu_client._io.httpx_errors import raise_ours, translated
from zhipu_client._io.leftover_bytes import checked
from zhipu_client._io.silence import Silence, silence_of
from zhipu_client._io.stream_state import DRAIN_BYTES, DRAIN_SECONDS, StreamState, is_stream
from zhipu_client._io.trace import within
from zhipu_client._io.unpacking import aunpacked
from zhipu_client._request import StreamRequest
from zhipu_client._retry import refused
from zhipu_client.errors import ZhipuError

__all__ = ["AsyncStream"]

E = TypeVar("E")


class Opener(Protocol):
    """A client that can make one attempt of a call."""

    _core: Core

    async def enter(self, call: Call) -> list[Slot]: ...
    async def open(self, call: Call) -> Any: ...
    async def read(self, call: Call, response: Any) -> Any: ...


class AsyncStream(Generic[E]):
    """The chunks of one stream: an asynchronous iterator and context manager.

    Leaving the ``async with`` block, `aclose`, cancellation of the reading task, and dropping the
    last reference each close the connection and give the place back.

    Example:
        ```python
        async def read(client: AsyncClient, request: StreamRequest) -> None:
            async with client.stream(request) as chunks:
                async for chunk in chunks:
                    print(chunk)
        ```
    """

    def __init__(self, client: Opener, call: Call, request: StreamRequest[E]) -> None:
        self._client = client
        self._call = call
        self._request = request
        self._response: Any = None
        self._bytes: AsyncIterator[bytes] | None = None
        self._state: StreamState[E] | None = None
        self._slots: list[Slot] = []
        self._closed = False
        self._time = client._core.clock.monotonic
        self._silence: Silence | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        #: Around what is awaited before there is a response.
        self._opening: anyio.CancelScope | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> E:
        while True:
            if self._closed:
                raise StopAsyncIteration
            state = self._state
            if state is not None and state.ready:
                return state.take()
            await self._pull()

    async def aclose(self) -> None:
        """Stop reading. What is on its way is dropped; may be called again, by any task."""
        if not self._closed:
            self._closed = True
            if self._opening is not None:  # another task waits for a place, the head, a retry
                self._opening.cancel()
            if self._loop is not None and self._response is not None:
                await _apart(self._end)
            else:
                await self._end()

    def __del__(self) -> None:
        if not getattr(self, "_closed", True):
            self._closed = True
            self._abandon()

    def _abandon(self) -> None:
        """Give everything back where nothing can be awaited."""
        for slot in self._slots:
            slot.release()
        if self._silence is not None:
            self._silence.end()
        outside(self._report_left)
        response, loop = self._response, self._loop
        self._response = None
        if response is not None and loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(_closing_of, loop, response.aclose)

    async def _pull(self) -> None:
        """Get something ready, or close; retries while nothing was handed out."""
        try:
            if self._response is None:
                if "async" not in loaded:
                    load_async()
                await self._unless_closed(self._open())
            await self._advance()
        except ZhipuError as error:
            delivered = self._state is not None and self._state.delivered
            if refused(error):
                for slot in self._slots:
                    slot.refused()
            await self._drop()
            if self._closed:  # by another task: that is what broke it
                return
            wait = self._call.next_delay(error, delivered=delivered)
            if wait is None:
                self._closed = True
                raise
            self._state = None
            await self._unless_closed(self._client._core.clock.asleep(wait))
        except BaseException as error:
            self._closed = True
            if _is_thrown_away(error):  # nothing may be awaited then
                self._abandon()
                raise GeneratorExit from None
            await self._drop()
            raise

    async def _unless_closed(self, work: Coroutine[Any, Any, None]) -> None:
        """Await ``work``, which ends where another task closes this. Then nothing is kept."""
        try:
            with anyio.CancelScope() as self._opening:
                await work
        finally:
            self._opening = None
        await self._was_closed()

    async def _open(self) -> None:
        call = self._call
        self._slots = await self._client.enter(call)
        for slot in self._slots:
            slot.hold()
        try:
            self._loop = asyncio.get_running_loop()
        except RuntimeError:
            self._loop = None  # trio closes what is dropped by itself
        self._response = response = await self._client.open(call)
        if self._closed:
            return
        content_type = response.headers.get("content-type", "")
        if response.status_code != 200 or not is_stream(content_type):
            call.begin_whole()
            checked(call, response, await self._client.read(call, response))
        self._silence = silence_of(self._loop, response)
        within = None if self._silence is None else call.timeout.content
        self._bytes = aunpacked(response, call.request_id, within=within)
        state = StreamState(call, self._request, self._time(), response.headers)
        self._state = state
        call.deadline = self._limit = state.limit()
        if call.watch is not None:
            call.watch.opened()

    async def _was_closed(self) -> bool:
        """Return whether another task closed this while it waited. Then nothing is kept."""
        if self._closed:
            await self._drop()
        return self._closed

    async def _advance(self) -> None:
        """Read until a chunk is ready or the stream is over."""
        state = self._state
        if state is None or self._bytes is None:
            return  # closed by another thread or task
        for slot in self._slots:
            slot.reading()
        pieces, limit, silence, time = self._bytes, self._limit, self._silence, self._time
        now = time()
        state.resume(now)
        while not (state.ready or state.ended or self._closed):
            left = state.bound(limit, now)
            try:
                if silence is None:
                    with translated(self._call), within(limit, self._call.out_of_time):
                        piece = await anext(pieces, None)
                else:
                    piece = await self._next(pieces, silence, left)
            except ZhipuError as error:
                state.broke(error)
                break
            now = time()
            if piece is None:
                state.eof()
            else:
                state.feed(piece, now)
        if self._closed:  # by another task, while the last bytes were on their way
            await self._drop()
        elif not state.ready:
            state.finish()
            for slot in self._slots:
                slot.succeeded()
            if self._call.watch is not None:
                self._call.watch.over("ended")
            self._closed = True
            await self._end()
        self._pause(state, now)

    def _pause(self, state: StreamState[E], now: float) -> None:
        """Note that the reader has what it wanted."""
        if self._call.watch is not None and state.ready:
            self._call.watch.first_chunk()
        for slot in self._slots:
            slot.idle(now)

    async def _next(
        self, pieces: AsyncIterator[bytes], silence: Silence, left: float
    ) -> bytes | None:
        """Return the next bytes; None at the end."""
        silence.begin(left)
        try:
            return await anext(pieces, None)
        except Exception as error:
            if silence.over:
                raise self._call.out_of_time() from None
            raise_ours(self._call, error)
            raise
        finally:
            silence.end()

    def _report_left(self) -> None:
        if self._state is not None:
            self._state.count()
        if self._closed and self._call.watch is not None:
            whole = self._state is not None and self._state.done
            self._call.watch.over("ended" if whole else "left")

    async def _end(self) -> None:
        try:
            if self._state is not None and self._state.done:
                await self._drain()
        except BaseException as error:
            if not _is_thrown_away(error):
                await self._drop()
            raise
        await self._drop()

    async def _drain(self) -> None:
        left = DRAIN_BYTES
        if self._bytes is None:
            return
        try:
            with anyio.move_on_after(DRAIN_SECONDS):
                async for piece in self._bytes:
                    left -= len(piece)
                    if left < 0:
                        return
        except Exception as error:  # the answer is whole; only the connection is lost
            if _is_thrown_away(error):
                raise

    async def _drop(self) -> None:
        response, self._response, self._bytes = self._response, None, None
        slots, self._slots = self._slots, []
        for slot in slots:
            slot.release()
        if self._silence is not None:
            self._silence.stop()
        self._report_left()
        if response is not None:
            with anyio.CancelScope(shield=True):
                await response.aclose()


def _is_thrown_away(error: BaseException) -> bool:
    """Return whether a coroutine is thrown away, whatever became of that on its way.

    Done by hand from another task, anyio's scopes complain in place of it.
    """
    while isinstance(error, RuntimeError) and error.__context__ is not None:
        error = error.__context__
    return isinstance(error, GeneratorExit)


_closing: set[asyncio.Task[None]] = set()


def _closing_of(
    loop: asyncio.AbstractEventLoop, close: Callable[[], Coroutine[Any, Any, None]]
) -> asyncio.Task[None]:
    """Close in a task of its own, which goes on where nobody waits for it."""
    task = loop.create_task(close())
    _closing.add(task)
    task.add_done_callback(_closed)
    return task


def _closed(task: asyncio.Task[None]) -> None:
    _closing.discard(task)
    if not task.cancelled():
        task.exception()  # who waits for it gets it; else the loop would report it


async def _apart(close: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Await a closing in a task of its own.

    Python may close a generator that is already closing: where a loop ends, the task that closes
    it is cancelled before its first step. What awaits then, as httpcore does to close a
    connection, fails with "coroutine ignored GeneratorExit".
    """
    task = _closing_of(asyncio.get_running_loop(), close)
    await asyncio.wait([task])
    if not task.cancelled():
        task.result()
