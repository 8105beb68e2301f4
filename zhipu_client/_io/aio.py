"""The asynchronous client: the other thin half, for asyncio and trio, and one attempt of a call."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, Self, TypeVar, cast

import anyio

from zhipu_client import _key
from zhipu_client._defaults import Timeout
from zhipu_client._io.async_streams import AsyncStream
from zhipu_client._io.call import Call
from zhipu_client._io.client_base import BaseClient, Core
from zhipu_client._io.client_settings import own
from zhipu_client._io.first_use import importing, load_async, loaded
from zhipu_client._io.gates import Slot
from zhipu_client._io.gathering import Gathered
from zhipu_client._io.httpx_errors import raise_ours, translated
from zhipu_client._io.leftover_bytes import checked
from zhipu_client._io.pools import async_client
from zhipu_client._io.trace import Deadline, Trail, within
from zhipu_client._io.unpacking import aunpacked
from zhipu_client._learned import known_refusals, refusing
from zhipu_client._request import Conversing, Request, StreamRequest
from zhipu_client._retry import refused
from zhipu_client._safe_tracebacks import akeeps_no_arguments
from zhipu_client.errors import APIConnectionError, ZhipuError

__all__ = ["AsyncClient"]

T = TypeVar("T")
E = TypeVar("E")


class AsyncClient(BaseClient):
    """Sends requests without blocking the event loop. Arguments as in `Client`.

    One object serves any number of event loops, one after the other or at once in several
    threads. ``http_client`` is an ``httpx.AsyncClient`` here, and ``api_key`` may also be an
    async function (a blocking one is called in a thread).

    There is nothing to close: an ``async with`` statement may be written, and a client works after
    it too. An ``http_client`` of yours is for you to close.

    Examples:
        >>> from zhipu_client import AsyncClient
        >>> AsyncClient(api_key="id.secret", base_url="zai")
        AsyncClient(base_url='https://api.z.ai/api/paas/v4')
    """

    _wrong_http = "Client"
    _wrong_with = (
        "an AsyncClient is for coroutines: write `async with AsyncClient() as client:`, or "
        "`with Client() as client:` for blocking calls"
    )

    async def __aenter__(self) -> Self:
        return self

    @classmethod
    def sharing(cls, core: Core, http_client: Any = None) -> AsyncClient:
        """Return the twin of a blocking client: see ``Client.as_async``."""
        made = cls.__new__(cls)
        made._core = core
        made._http = own(http_client, cls._wrong_http)
        return made

    async def send(
        self,
        request: Request[T],
        *,
        timeout: float | Timeout | None = None,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> T:
        """Send a request and read its whole answer. Raises as `Client.send`."""
        call = Call.of(self._core, request, timeout, max_retries, headers)
        if call.watch is None:
            return cast(T, await self._send(call))
        with call.watch:
            return cast(T, await self._send(call))

    async def _send(self, call: Call) -> Any:
        while True:
            try:
                return await self.attempt(call)
            except ZhipuError as error:
                wait = call.next_delay(error)
                if wait is None:
                    raise
            await self._core.clock.asleep(wait)

    def stream(
        self,
        request: StreamRequest[E],
        *,
        timeout: float | Timeout | None = None,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncStream[E]:
        """Start a stream; use the result in an ``async with`` statement."""
        call = Call.of(self._core, request, timeout, max_retries, headers)
        return AsyncStream(self, call, cast(StreamRequest[E], call.request))

    async def converse(self, exchange: Conversing[T, Any]) -> T:
        """Send the requests of an exchange until it has its answer. As `Client.converse`."""
        if self.base_url in refusing:
            exchange.leave_out(known_refusals(self.base_url))
        async with _managed(self, exchange) if exchange.files else nullcontext():
            while not exchange.done:
                try:
                    body = await self.send(exchange.request(), **exchange.options)
                except ZhipuError as error:
                    if not self._goes_on(exchange, error):
                        raise
                else:
                    exchange.take(body)
        if exchange.notes:
            self._say_once(exchange)
        return exchange.answer

    async def converse_stream(self, exchange: Conversing[Any, E]) -> AsyncGenerator[E, None]:
        """The same, streamed. As `Client.converse_stream`; close it when leaving early."""
        if self.base_url in refusing:
            exchange.leave_out(known_refusals(self.base_url))
        async with _managed(self, exchange) if exchange.files else nullcontext():
            while not exchange.done:
                try:
                    async with self.stream(exchange.stream_request(), **exchange.options) as deltas:
                        async for delta in deltas:
                            yield delta
                except ZhipuError as error:
                    if not self._goes_on(exchange, error):
                        raise
                else:
                    for delta in exchange.end():
                        yield delta
        if exchange.notes:
            self._say_once(exchange)

    # --- One attempt

    async def enter(self, call: Call) -> list[Slot]:
        """Take a place at each gate of the call, or at none."""
        if call.watch is not None:
            call.watch.waits()
        if call.unidentified:
            call.identify(await _bounded(call, self._key()))
        if call.core.unprepared:
            await anyio.to_thread.run_sync(call.core.prepare)
        slots: list[Slot] = []
        try:
            for gate in call.core.gates(call.request.model):
                slots.append(await gate.aenter(careful=call.careful))  # noqa: PERF401 - kept on an error
        except BaseException:
            for slot in slots:
                slot.release()
            raise
        if call.watch is not None:
            call.watch.goes()
        return slots

    @akeeps_no_arguments
    async def open(self, call: Call) -> Any:
        """Send one attempt; return httpx's response with its body unread."""
        core = self._core
        own = self._http is not None
        http = self._http if own else await async_client(core.pool_key)
        from zhipu_client._io.direct import asend  # now that httpx is there

        limit: Deadline | None = None
        while True:
            built = call.build(http, call.take_key() or await self._key(), own_client=own)
            limit = limit or call.begin()  # one for all connections that this attempt needs
            trail = Trail(limit)
            built.extensions["trace"] = trail.ahear
            try:
                try:
                    with within(limit, call.out_of_time):
                        if own:
                            sent = await http.send(
                                built, stream=True, auth=None, follow_redirects=False
                            )
                        else:
                            sent = await asend(http, built)
                except Exception as error:
                    raise_ours(call, error)
                    raise
                if not trail.unasked(sent, call.request.kind):
                    if call.watch is not None:
                        call.watch.status = sent.status_code
                    return sent
                await sent.aclose()  # a connection that closes: httpx keeps nothing of it
            except APIConnectionError as error:
                # Each time one dead connection is gone, and at last there is a new one.
                if not trail.stale(error, call.request.kind):
                    raise

    async def _key(self) -> str:
        source = self._core.key
        return await self._asked_key() if source.is_callable else cast(str, source.value)

    @akeeps_no_arguments
    async def _asked_key(self) -> str:
        function = self._core.key.value
        if _is_async(function):
            return _key.clean(await function())
        # It may read a vault over the network: not on the loop.
        value = await anyio.to_thread.run_sync(function, abandon_on_cancel=True)
        if hasattr(value, "__await__"):
            value = await value
        return _key.clean(value)

    async def attempt(self, call: Call) -> Any:
        """Make one attempt; return the checked answer."""
        if "async" not in loaded:
            load_async()
        slots = await self.enter(call)
        try:
            work = self._whole(call)  # which has a limit of its own, once there is a key
            result = await (_bounded(call, work) if self._core.key.is_callable else work)
            for slot in slots:
                slot.succeeded()
            return result
        except ZhipuError as error:
            if refused(error):
                for slot in slots:
                    slot.refused()
            raise
        finally:
            for slot in slots:
                slot.release()

    async def _whole(self, call: Call) -> Any:
        response = await self.open(call)
        try:
            return checked(call, response, await self.read(call, response))
        finally:
            await response.aclose()

    async def read(self, call: Call, response: Any) -> Any:
        """Read a whole body, bounded."""
        limit = call.deadline or call.begin_whole()
        with (
            Gathered(call, response.status_code) as body,
            translated(call),
            within(limit, call.out_of_time),
        ):
            async for part in aunpacked(response, call.request_id):
                body.add(part)
        return body.whole()


async def _bounded(call: Call, work: Awaitable[T]) -> T:
    """Return what ``work`` gives, within the time for a whole answer."""
    # Not `fail_after`: a TimeoutError of the caller's own key function is not ours to rename.
    with anyio.move_on_after(call.timeout.total):
        return await work
    raise call.out_of_time()


def _is_async(function: Any) -> bool:
    import inspect

    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004 - the method, not whether there is one
    )


def _managed(
    client: AsyncClient, exchange: Conversing[Any, Any]
) -> AbstractAsyncContextManager[None]:
    with importing():
        from zhipu_client._io.managed_files import amanaged_files  # few conversations have files

    return amanaged_files(client, exchange)
