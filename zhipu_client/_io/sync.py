"""The blocking client: a thin half over the pure parts, and one attempt of a call."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from zhipu_client import _key
from zhipu_client._defaults import Timeout
from zhipu_client._io.call import Call
from zhipu_client._io.client_base import BaseClient
from zhipu_client._io.first_use import importing, load_sync, loaded
from zhipu_client._io.gates import Slot
from zhipu_client._io.gathering import Gathered
from zhipu_client._io.gc_safety import inside
from zhipu_client._io.httpx_errors import raise_ours, translated
from zhipu_client._io.leftover_bytes import checked
from zhipu_client._io.pools import sync_client
from zhipu_client._io.stopping import Stop
from zhipu_client._io.sync_streams import Stream
from zhipu_client._io.trace import Deadline, Trail
from zhipu_client._io.unpacking import unpacked
from zhipu_client._lazy import hint
from zhipu_client._learned import known_refusals, refusing
from zhipu_client._request import Conversing, Request, StreamRequest
from zhipu_client._retry import refused
from zhipu_client._safe_tracebacks import keeps_no_arguments
from zhipu_client.errors import (
    APIConnectionError,
    InvalidRequestError,
    ZhipuError,
)

if TYPE_CHECKING:
    from zhipu_client._io.aio import AsyncClient
else:
    AsyncClient = hint("zhipu_client._io.aio", "AsyncClient")

__all__ = ["Client"]

T = TypeVar("T")
E = TypeVar("E")


class Client(BaseClient):
    """Sends requests, blocking. Cheap to make; the connections belong to the process.

    There is nothing to close: a ``with`` statement may be written, and a client works after it
    too. An ``http_client`` of yours is for you to close.

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
        >>> with Client(api_key="id.secret", base_url="zai") as client:
        ...     client.site
        'zai'
    """

    _wrong_with = (
        "a Client is for blocking calls: write `with Client() as client:`, or "
        "`async with AsyncClient() as client:` (or `client.as_async()`) in a coroutine"
    )

    def __enter__(self) -> Self:
        return self

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

    # --- One attempt

    def enter(self, call: Call, stop: Stop | None = None) -> list[Slot]:
        """Take a place at each gate of the call, or at none."""
        if call.watch is not None:
            call.watch.waits()
        if call.unidentified:
            call.identify(self._key())
        if call.core.unprepared:
            call.core.prepare()
        slots: list[Slot] = []
        try:
            for gate in call.core.gates(call.request.model):
                slots.append(gate.enter(careful=call.careful, stop=stop))  # noqa: PERF401 - kept on an error
        except BaseException:
            for slot in slots:
                slot.release()
            raise
        if call.watch is not None:
            call.watch.goes()
        return slots

    @keeps_no_arguments
    def open(self, call: Call) -> Any:
        """Send one attempt; return httpx's response with its body unread."""
        if "sync" not in loaded:
            load_sync()
        from zhipu_client._io.deadlines import blocking
        from zhipu_client._io.direct import send

        core = self._core
        own = self._http is not None
        http = self._http if own else sync_client(core.pool_key)
        limit: Deadline | None = None
        while True:
            built = call.build(http, call.take_key() or self._key(), own_client=own)
            limit = limit or call.begin()  # one for all connections that this attempt needs
            trail = Trail(limit)
            built.extensions["trace"] = trail.hear
            try:
                try:
                    with blocking(limit):
                        if own:
                            sent = http.send(built, stream=True, auth=None, follow_redirects=False)
                        else:
                            sent = send(http, built)
                except Exception as error:
                    raise_ours(call, error)
                    raise
                if not trail.unasked(sent, call.request.kind):
                    if call.watch is not None:
                        call.watch.status = sent.status_code
                    return sent
                with inside():
                    sent.close()
            except APIConnectionError as error:
                # Each time one dead connection is gone, and at last there is a new one.
                if limit.aborted or not trail.stale(error, call.request.kind):
                    raise

    def _key(self) -> str:
        source = self._core.key
        return self._asked_key() if source.is_callable else cast(str, source.value)

    @keeps_no_arguments
    def _asked_key(self) -> str:
        value = self._core.key.value()
        if hasattr(value, "__await__"):
            if hasattr(value, "close"):  # a coroutine would warn that nobody awaited it
                value.close()
            raise InvalidRequestError(
                "api_key is an async function: use the async methods, or pass a plain function",
                field="api_key",
            )
        return _key.clean(value)

    def attempt(self, call: Call) -> Any:
        """Make one attempt; return the checked answer."""
        slots = self.enter(call)
        try:
            result = self._whole(call)
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

    def _whole(self, call: Call) -> Any:
        response = self.open(call)
        try:
            return checked(call, response, self.read(call, response))
        finally:
            with inside():
                response.close()

    def read(self, call: Call, response: Any) -> Any:
        """Read a whole body, within the limit of the attempt."""
        from zhipu_client._io.deadlines import blocking

        limit = call.deadline or call.begin_whole()
        with Gathered(call, response.status_code) as body, translated(call), blocking(limit):
            for part in unpacked(response, call.request_id):
                if limit.left < 0:  # a caller's own client knows nothing of the limit
                    raise call.too_slow()
                body.add(part)
        return body.whole()


def _managed(client: Client, exchange: Conversing[Any, Any]) -> AbstractContextManager[None]:
    with importing():
        from zhipu_client._io.managed_files import managed_files  # few conversations have files

    return managed_files(client, exchange)
