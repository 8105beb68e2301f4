"""The asynchronous client: the other thin half, for asyncio and trio."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, TypeVar, cast

from zhipu_client._defaults import Timeout
from zhipu_client._io.async_attempts import AsyncAttempts, AsyncStream
from zhipu_client._io.call import Call
from zhipu_client._io.client_base import Core
from zhipu_client._io.client_settings import own
from zhipu_client._learned import known_refusals, refusing
from zhipu_client._request import Conversing, Request, StreamRequest
from zhipu_client.errors import ZhipuError

__all__ = ["AsyncClient"]

T = TypeVar("T")
E = TypeVar("E")


class AsyncClient(AsyncAttempts):
    """Sends requests without blocking the event loop. Arguments as in `Client`.

    One object serves any number of event loops, one after the other or at once in several
    threads. ``http_client`` is an ``httpx.AsyncClient`` here, and ``api_key`` may also be an
    async function (a blocking one is called in a thread).

    Examples:
        >>> from zhipu_client import AsyncClient
        >>> AsyncClient(api_key="id.secret", base_url="zai")
        AsyncClient(base_url='https://api.z.ai/api/paas/v4')
    """

    _wrong_http = "Client"

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


def _managed(
    client: AsyncClient, exchange: Conversing[Any, Any]
) -> AbstractAsyncContextManager[None]:
    from zhipu_client._io.managed_files import amanaged_files  # few conversations have files

    return amanaged_files(client, exchange)
