"""The blocking client: a thin half over the pure parts."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, TypeVar, cast

from zhipu_client._defaults import Timeout
from zhipu_client._io.call import Call
from zhipu_client._io.first_use import importing
from zhipu_client._io.sync_attempts import Attempts, Stream
from zhipu_client._learned import known_refusals, refusing
from zhipu_client._request import Conversing, Request, StreamRequest
from zhipu_client.errors import (
    ZhipuError,
)

if TYPE_CHECKING:
    from zhipu_client._io.aio import AsyncClient

__all__ = ["Client"]

T = TypeVar("T")
E = TypeVar("E")


class Client(Attempts):
    """Sends requests, blocking. Cheap to make; the connections belong to the process.

    Args:
        api_key: The key, a secret object, or a callable that gives the key (asked at each attempt);
            None takes it from ``ZHIPUAI_API_KEY``, ``ZHIPU_API_KEY`` or ``ZAI_API_KEY``.
        base_url: ``"bigmodel"``, ``"zai"``, ``"bigmodel-coding"``, ``"zai-coding"`` or a URL;
            None takes it from ``ZHIPUAI_BASE_URL``, ``ZAI_BASE_URL`` or ``ZHIPUAI_API_BASE``,
            else from where the key came from.
        timeout: Seconds for everything, or a `Timeout`.
        max_retries: Attempts after the first, for what can be tried again. Too many requests in
                flight (1302) is waited for besides, up to about a minute in which none is let
                in; 0 switches that off too.
        max_concurrency: The most requests in flight; None for no limit of our own.
        shared_limit: One limit for all processes of this machine that give the same name, or the
            same path of a file: what one learns from the service's refusals (1302) holds for all.
            A name is for processes of one user with one folder for temporary files.
        usage_counter: Adds up what all calls use: a `UsageCounter`.
        default_headers: Added to each request.
        http_client: Your own ``httpx.Client``; never closed by us.
        auth: ``"bearer"``, or ``"jwt"`` to sign a token with the key and not send it.
        proxy: A proxy URL; None leaves it to the environment.
        dialect: ``"zhipu"`` for a server that speaks like Zhipu's service, ``"openai"`` for vLLM,
                SGLang, llama.cpp and gateways; None decides by the base URL.
        on_attempt: A plain function that is called with an `AttemptEvent` for each attempt, and
            when a stream begins: in the thread or on the event loop of the call, so it must be
            quick. A stream that is dropped unclosed is reported where it is collected, which may
            be any thread. What it raises is logged once, and harms no call.
        clock: Time, for tests.

    Raises:
        InvalidRequestError: no key, or a setting that cannot be.

    Examples:
        >>> from zhipu_client import Client, chat
        >>> client = Client(api_key="id.secret")
        >>> client
        Client(base_url='https://open.bigmodel.cn/api/paas/v4')
    """

    def as_async(self, http_client: Any = None) -> AsyncClient:
        """Return the asynchronous twin: same key, settings and ceiling.

        Args:
            http_client: Your own ``httpx.AsyncClient``.
        """
        with importing():
            from zhipu_client._io.aio import AsyncClient

        return AsyncClient.sharing(self._core, http_client)

    def send(
        self,
        request: Request[T],
        *,
        timeout: float | Timeout | None = None,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> T:
        """Send a request and read its whole answer.

        Raises:
            APIError: the service refused or failed.
            APIConnectionError: no answer came.
            InvalidRequestError: it cannot be sent.
        """
        call = Call.of(self._core, request, timeout, max_retries, headers)
        if call.watch is None:
            return cast(T, self._send(call))
        with call.watch:
            return cast(T, self._send(call))

    def _send(self, call: Call) -> Any:
        while True:
            try:
                return self.attempt(call)
            except ZhipuError as error:
                wait = call.next_delay(error)
                if wait is None:
                    raise
            self._core.clock.sleep(wait)

    def stream(
        self,
        request: StreamRequest[E],
        *,
        timeout: float | Timeout | None = None,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Stream[E]:
        """Start a stream; use the result in a ``with`` statement. Raises as `send`, while read."""
        call = Call.of(self._core, request, timeout, max_retries, headers)
        return Stream(self, call, cast(StreamRequest[E], call.request))

    def converse(self, exchange: Conversing[T, Any]) -> T:
        """Send the requests of a `conversation.Exchange` until it has its answer.

        Raises:
            RequirementError: The second attempt is not what it must be either. And all of `send`.
        """
        if self.base_url in refusing:
            exchange.leave_out(known_refusals(self.base_url))
        with _managed(self, exchange) if exchange.files else nullcontext():
            while not exchange.done:
                try:
                    body = self.send(exchange.request(), **exchange.options)
                except ZhipuError as error:
                    if not self._goes_on(exchange, error):
                        raise
                else:
                    exchange.take(body)
        if exchange.notes:
            self._say_once(exchange)
        return exchange.answer

    def converse_stream(self, exchange: Conversing[Any, E]) -> Generator[E, None, None]:
        """The same, streamed: what each chunk shows. Afterwards, the exchange has its answer."""
        if self.base_url in refusing:
            exchange.leave_out(known_refusals(self.base_url))
        with _managed(self, exchange) if exchange.files else nullcontext():
            while not exchange.done:
                try:
                    with self.stream(exchange.stream_request(), **exchange.options) as deltas:
                        yield from deltas
                except ZhipuError as error:
                    if not self._goes_on(exchange, error):
                        raise
                else:
                    yield from exchange.end()
        if exchange.notes:
            self._say_once(exchange)


def _managed(client: Client, exchange: Conversing[Any, Any]) -> AbstractContextManager[None]:
    from zhipu_client._io.managed_files import managed_files  # few conversations have files

    return managed_files(client, exchange)
