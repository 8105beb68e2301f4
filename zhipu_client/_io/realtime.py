"""The connection of a GLM-Realtime session: a websocket, for asyncio."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Self

from zhipu_client._check import booleans
from zhipu_client._io.usage import counters_of
from zhipu_client._lazy import hint
from zhipu_client._request import Request
from zhipu_client._retry import refused
from zhipu_client.errors import (
    APITimeoutError,
    InvalidRequestError,
    StreamIncompleteError,
    ZhipuError,
)
from zhipu_client.realtime import (
    MAX_APPENDS_PER_SECOND,
    Answer,
    AudioDelta,
    Event,
    Failure,
    Heartbeat,
    ResponseStarted,
    Session,
    SessionState,
    TextDelta,
    append_audio,
    append_video_frame,
    cancel,
    clear,
    commit,
    function_output,
    message,
    read_event,
    respond,
    session_update,
)
from zhipu_client.telemetry._switch import SessionSpan, switch
from zhipu_client.work._usage import Used, counts_of

from .call import Call
from .realtime_opening import PATH, library, opened

if TYPE_CHECKING:
    from .aio import AsyncClient
    from .gates import Slot
else:
    AsyncClient = hint("zhipu_client._io.aio", "AsyncClient")
    Slot = hint("zhipu_client._io.gates", "Slot")

__all__ = ["RealtimeConnection", "connect_realtime"]

#: The service sends a heartbeat about every 30 seconds: three that are missing are a silence.
SILENCE_SECONDS = 95.0


@asynccontextmanager
async def connect_realtime(
    client: AsyncClient, session: Session
) -> AsyncIterator[RealtimeConnection]:
    """Open a session of GLM-Realtime for as long as the block lasts (extra ``realtime``).

    Args:
        client: Whose key, address and limits are used. Its gate counts sessions as calls.
        session: What the session is set to.

    Yields:
        The connection. One task reads it; others may send.

    Raises:
        InvalidRequestError: The site has no such endpoint, or ``websockets`` is not installed.
        AuthenticationError: The key is refused; `RateLimitError` and others as for every call.
        APITimeoutError: The server does not answer in time.
        APIConnectionError: It cannot be reached.

    Example:
        ```python
        from zhipu_client import AsyncClient, connect_realtime
        from zhipu_client.realtime import AudioDelta, Session


        async def speak(play) -> None:
            async with connect_realtime(AsyncClient(), Session(voice="tongtong")) as talk:
                await talk.say("Good morning!")
                async for event in talk:
                    if isinstance(event, AudioDelta):
                        play(event.audio)
        ```
    """
    connect = library()
    core = client._core
    call = Call.of(core, Request("GET", PATH, parse=_nothing, model=session.model), None, 0, None)
    tracing = switch.tracing
    span = None
    if tracing is not None:
        span = tracing.session_of(session, core.base_url, core.dialect)
    slots = await client.enter(call)
    socket: Any = None
    broken: BaseException | None = None
    if span:
        span.begin()
    try:
        try:
            socket = await opened(connect, client, call)
        except ZhipuError as error:
            if refused(error):
                for slot in slots:
                    slot.refused()
            raise
        connection = RealtimeConnection(client, socket, session, slots, span)
        await connection.send(session_update(session))
        yield connection
        for slot in slots:
            slot.succeeded()
    except ZhipuError as error:
        broken = error
        raise
    finally:
        if span:
            span.end(broken)
        try:
            if socket is not None:
                with suppress(Exception):
                    await socket.close()
        finally:  # a second cancel ends the closing, too
            for slot in slots:
                slot.release()


class RealtimeConnection:
    """A session that is open: iterate over it for what comes. Made by `connect_realtime`.

    Attributes:
        session: What it is set to.

    Example:
        ```python
        async def greet() -> None:
            async with connect_realtime(AsyncClient(), Session(voice="tongtong")) as talk:
                await talk.say("Good morning!")
                async for event in talk:
                    print(event)
        ```
    """

    def __init__(
        self,
        client: AsyncClient,
        socket: Any,
        session: Session,
        slots: list[Slot],
        span: SessionSpan | None = None,
    ) -> None:
        self.session = session
        self._socket = socket
        self._counters = counters_of(client.usage_counter)
        self._used = Used("realtime", session.model, client.site or "")
        self._clock = client._core.clock
        self._state = SessionState(session)
        self._slots = slots
        self._span = span
        self._appended: deque[float] = deque(maxlen=MAX_APPENDS_PER_SECOND)

    # --- Sending

    async def send(self, event: Mapping[str, Any]) -> None:
        """Send an event of `zhipu_client.realtime`, or one that it does not know.

        Raises:
            InvalidRequestError: The service would refuse it.
            StreamIncompleteError: The connection is gone; ``partial`` is the answer so far.
        """
        self._state.check(event)
        await self._write(event)

    async def append_audio(self, content: bytes) -> None:
        """Send a piece of what the user says, in the session's ``input_audio_format``.

        Waits where more than 50 pieces a second would be sent.
        """
        event = append_audio(content)
        self._state.check(event, content)
        await self._paced(event)

    async def append_video_frame(self, content: bytes) -> None:
        """Send a picture of what the user shows, a JPEG; paced as `append_audio`."""
        event = append_video_frame(content)
        self._state.check(event)
        await self._paced(event)

    async def commit(self, *, answer: bool = True) -> None:
        """End the user's turn, and ask for an answer; not with ``server_vad``."""
        booleans(answer=answer)
        await self.send(commit())
        if answer:
            await self.send(respond())

    async def say(self, text: str) -> None:
        """Say something in words, and ask for an answer."""
        await self.send(message(text))
        await self.send(respond())

    async def give(self, call_id: str, output: str, *, answer: bool = True) -> None:
        """Give the result of a function that the model called, and have it go on.

        Args:
            call_id: Of the `FunctionCall`.
            output: The result as text.
            answer: False where results of other calls follow.
        """
        booleans(answer=answer)
        await self.send(function_output(call_id, output))
        if answer:
            await self.send(respond())

    async def interrupt(self) -> None:
        """Stop the answer that is going on; what came of it stays."""
        await self.send(cancel())

    async def clear(self) -> None:
        """Forget the sound of the turn that is going on."""
        await self.send(clear())

    async def _paced(self, event: Mapping[str, Any]) -> None:
        now = self._clock.monotonic()
        if len(self._appended) == MAX_APPENDS_PER_SECOND:
            wait = self._appended[0] + 1.0 - now
            if wait > 0:
                await self._clock.asleep(wait)
                now += wait
        self._appended.append(now)
        await self._write(event)

    async def _write(self, event: Mapping[str, Any]) -> None:
        if self._span and event.get("type") == "response.create":
            self._span.answering()
        try:
            await self._socket.send(json.dumps(event, ensure_ascii=False, allow_nan=False))
        except (ValueError, TypeError) as error:
            raise InvalidRequestError(
                f"the event cannot be written as JSON: {error}", field="event"
            ) from None
        except Exception as error:
            raise self._broken(error) from error

    # --- Reading

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        event = await self.read()
        if event is None:
            raise StopAsyncIteration
        return event

    async def read(self) -> Event | None:
        """Return the next event, heartbeats left out; None when the service has closed.

        A `Failure` is an event too: the session may go on after it.

        Raises:
            StreamIncompleteError: The connection broke; ``partial`` is the `Answer` so far.
            APITimeoutError: Not even a heartbeat came for 95 seconds; ``partial`` as before.
            ServerError: A frame cannot be read; the next one may be.
        """
        return (await self._next())[0]

    async def answer(self) -> Answer:
        """Read until an answer is over, and return it whole.

        Raises:
            ZhipuError: What `read` raises, or what a `Failure` says; ``partial`` is what came.
        """
        while True:
            event, ended = await self._next()
            if event is None:
                raise self._broken(None)
            if ended is not None:
                return ended
            if isinstance(event, Failure):
                error = event.error
                error.partial = self._state.so_far
                raise error

    async def _next(self) -> tuple[Event | None, Answer | None]:
        while True:
            frame = await self._frame()
            if frame is None:
                return None, None
            event = read_event(frame)
            ended = self._state.take(event)
            if ended is not None:
                self._count(ended)
            if self._span:
                _trace(self._span, event, ended)
            for slot in self._slots:
                slot.reading()
            if not isinstance(event, Heartbeat):
                return event, ended

    def _count(self, ended: Answer) -> None:
        for counter in self._counters:
            counter.add({self._used: counts_of(ended.usage)})

    async def _frame(self) -> str | bytes | None:
        from websockets.exceptions import ConnectionClosedOK

        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                return await self._socket.recv()  # type: ignore[no-any-return]
        except ConnectionClosedOK as error:
            if self._state.answering:
                raise self._broken(error) from error
            return None
        except TimeoutError:
            late = APITimeoutError(f"nothing came for {SILENCE_SECONDS:g} seconds")
            late.partial = self._state.so_far
            raise late from None
        except Exception as error:
            raise self._broken(error) from error

    def _broken(self, error: Exception | None) -> StreamIncompleteError:
        why = f" ({error})" if error is not None else ""
        return StreamIncompleteError(
            f"the realtime session is over before its answer was whole{why}",
            partial=self._state.so_far,
        )


def _trace(span: SessionSpan, event: Event, ended: Answer | None) -> None:
    """Tell the span of a session what came."""
    if isinstance(event, ResponseStarted):
        span.answering()
    elif isinstance(event, AudioDelta | TextDelta):
        span.piece()
    elif isinstance(event, Failure):
        span.failed(event.error)
    elif ended is not None:
        span.answered(ended)


def _nothing(reply: Any) -> None:
    del reply
