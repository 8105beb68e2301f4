"""Turns httpx's errors into ours."""

from __future__ import annotations

import ipaddress
from types import TracebackType
from typing import TYPE_CHECKING

from zhipu_client.errors import (
    APIConnectionError,
    APITimeoutError,
    InvalidRequestError,
    ServerError,
    ZhipuError,
)
from zhipu_client.errors._kinds import comes_from

if TYPE_CHECKING:
    from zhipu_client._io.call import Call

__all__ = ["raise_ours", "translated"]

#: Seconds by which a socket's own timeout may end before the limit that set it.
SHORT = 0.01


class translated:  # noqa: N801 - reads as a word: ``with translated(call):``
    """A context manager that turns httpx's errors into ours; others pass as they are."""

    __slots__ = ("_call",)

    def __init__(self, call: Call) -> None:
        self._call = call

    def __enter__(self) -> None:
        return

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if isinstance(error, Exception):
            raise_ours(self._call, error)


def raise_ours(call: Call, error: Exception) -> None:
    """Raise our error for an error of httpx; return for any other error."""
    if isinstance(error, ZhipuError):
        return
    ours = _ours(call, error)
    if ours is not None and getattr(error, "_request", None) is not None:
        error._request = None  # type: ignore[attr-defined]  # it has the key in its headers
    if isinstance(ours, InvalidRequestError):
        raise ours from None  # the cause's text may quote a header
    if ours is not None:
        raise ours from error


def _ours(call: Call, error: Exception) -> ZhipuError | None:
    import httpx

    host, request_id = call.core.base_url, call.request_id
    connecting = call.deadline is not None and call.deadline.connecting is not None
    timeout = isinstance(error, httpx.TimeoutException)
    unmade = isinstance(error, (httpx.ConnectTimeout, httpx.ConnectError, httpx.ProxyError))
    if unmade and _is_of_another_library(error):
        text = f"the connection to {host} was not made, or broke: {_cause(error)}"
        return APIConnectionError(text, request_id=request_id)
    if timeout and call.own_times and (call.deadline is None or call.deadline.left >= SHORT):
        return _of_own_times(call, error)
    if isinstance(error, httpx.ConnectTimeout) or (connecting and timeout):
        return call.no_connection()
    if isinstance(error, httpx.PoolTimeout):
        return APITimeoutError("no free connection in time", sent=False, request_id=request_id)
    if timeout and call.deadline is not None and call.deadline.left < SHORT:
        return call.out_of_time()
    if timeout:
        text = f"no byte from {host} for timeout={call.silence:g} s"
        return APITimeoutError(text, request_id=request_id)
    if isinstance(error, httpx.ProxyError) and not call.own_client:
        text = f"{call.core.pool_key.described} does not lead to {host}: {_cause(error)}"
        return APIConnectionError(text, sent=False, request_id=request_id)
    if isinstance(error, (httpx.ConnectError, httpx.ProxyError)):
        text = f"cannot reach {call.peer}: {_cause(error)}{_if_local(call, error)}"
        return APIConnectionError(text, sent=False, request_id=request_id)
    if isinstance(error, (httpx.LocalProtocolError, httpx.UnsupportedProtocol)):
        return InvalidRequestError(
            f"the request cannot be sent to {host}: a header is malformed, or the URL is "
            f"({type(error).__name__})",
            field="default_headers",
        )
    if isinstance(error, httpx.DecodingError):
        return ServerError("the answer's compression is broken", request_id=request_id)
    if isinstance(error, httpx.RequestError):
        text = f"the connection to {host} broke: {_cause(error)}"
        return APIConnectionError(text, request_id=request_id)
    return None


def _of_own_times(call: Call, error: Exception) -> APITimeoutError:
    """Return the error for a time of the caller's own client that has passed."""
    host = call.core.base_url
    part, what = {
        "ConnectTimeout": ("connect", f"no connection to {call.peer}"),
        "PoolTimeout": ("pool", "no free connection"),
        "WriteTimeout": ("write", f"{host} took no byte"),
    }.get(type(error).__name__, ("read", f"no byte from {host}"))
    seconds = call.own_times.get(part)
    limit = "in time, by" if seconds is None else f"for {seconds:g} s,"
    return APITimeoutError(
        f"{what} {limit} the {part} timeout of your own httpx client: give that client another "
        "one, or timeout= here",
        sent=part not in {"connect", "pool"},
        request_id=call.request_id,
    )


def _is_of_another_library(error: Exception) -> bool:
    """Return whether a transport over another library than httpcore raised one of httpx's errors.

    It may say that no connection was made where one broke, and the request was sent: httpx-aiohttp
    0.2 calls both `httpx.ConnectTimeout`.
    """
    cause = error.__cause__
    return cause is not None and not type(cause).__module__.startswith("httpcore")


def _if_local(call: Call, error: Exception) -> str:
    """Return what to look at where nothing listens at a port of this machine."""
    import httpx

    url = httpx.URL(call.core.base_url)
    if call.own_client or not call.core.pool_key.direct or not _is_loopback(url.host):
        return ""  # what does not answer may be a proxy
    if comes_from(error, "SSLError"):  # something did answer
        return ""
    if call.core.dialect.name != "zhipu":
        return ". Is the server running?"
    port = url.port or {"https": 443}.get(url.scheme, 80)
    return f". Is the server running? The emulator: python -m zhipu_emulator --port {port}"


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _cause(error: Exception) -> str:
    return str(error) or type(error).__name__
