"""Requests handed to httpx's transport, without what httpx's client does on the way.

The clients of `pools` have no authentication, redirects, cookies or hooks, and looking for them is
a tenth of a call. Where somebody watches httpx's client (its log at INFO, a tracer that has
replaced one of its methods), or a proxy has a transport of its own, the client sends as ever.
"""

from __future__ import annotations

import inspect
import logging
from typing import Any

import httpx

__all__ = ["asend", "send"]

_LOG = logging.getLogger("httpx")
#: The methods that a request passes in httpx's client, which tracers replace.
_METHODS = ("send", "_send_handling_auth", "_send_handling_redirects", "_send_single_request")


def send(http: Any, request: Any) -> Any:
    """Send a request by a blocking client of ours; return httpx's response, its body unread."""
    if not _is_plain(http, httpx.Client):
        return http.send(request, stream=True, auth=None, follow_redirects=False)
    response = http._transport.handle_request(request)
    response.request = request
    return response


async def asend(http: Any, request: Any) -> Any:
    """Send a request by an asynchronous client of ours. As `send`."""
    if not _is_plain(http, httpx.AsyncClient):
        return await http.send(request, stream=True, auth=None, follow_redirects=False)
    response = await http._transport.handle_async_request(request)
    response.request = request
    return response


def _methods(kind: type[Any]) -> tuple[Any, ...]:
    return tuple(getattr(kind, name, None) for name in _METHODS)


def _is_of_httpx(method: Any) -> bool:
    """Return whether a method is httpx's own, and not around it or in its place."""
    # Not by its `__module__`: `functools.wraps` copies that.
    return inspect.isfunction(method) and method.__globals__["__name__"] == "httpx._client"


_OWN = {
    kind: methods if all(map(_is_of_httpx, methods := _methods(kind))) else None
    for kind in (httpx.Client, httpx.AsyncClient)
}


def _is_plain(http: Any, kind: type[Any]) -> bool:
    """Return whether a client would do no more than hand a request to its one transport."""
    return (
        _methods(kind) == _OWN[kind]
        and not _LOG.isEnabledFor(logging.INFO)
        and getattr(http, "_mounts", None) == {}
        and hasattr(http, "_transport")
    )
