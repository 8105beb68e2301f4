"""Requests handed to httpx's transport, without what httpx's client does on the way.

The clients of `pools` have no authentication, redirects, cookies or hooks, and looking for them is
a tenth of a call. Where somebody watches httpx's client (its log at INFO, a tracer that has
replaced one of its methods), or a proxy has a transport of its own, the client sends as ever.
"""

from __future__ import annotations

import inspect
import logging
from operator import attrgetter
from typing import Any

import httpx

__all__ = ["asend", "send"]

_LOG = logging.getLogger("httpx")
#: Returns the methods that a request passes in httpx's client, which tracers replace.
_methods = attrgetter(
    "send", "_send_handling_auth", "_send_handling_redirects", "_send_single_request"
)


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


def _is_of_httpx(method: Any) -> bool:
    """Return whether a method is httpx's own, and not around it or in its place."""
    # Not by its `__module__`: `functools.wraps` copies that.
    return inspect.isfunction(method) and method.__globals__["__name__"] == "httpx._client"


def _own_methods(kind: type[Any]) -> tuple[Any, ...] | None:
    """Return httpx's methods; None where one of them is missing or not httpx's."""
    try:
        found: tuple[Any, ...] = _methods(kind)
    except AttributeError:
        return None
    return found if all(map(_is_of_httpx, found)) else None


_OWN = {kind: _own_methods(kind) for kind in (httpx.Client, httpx.AsyncClient)}


def _is_plain(http: Any, kind: type[Any]) -> bool:
    """Return whether a client would do no more than hand a request to its one transport."""
    own = _OWN[kind]
    return (
        own is not None
        and _methods(kind) == own
        and not _LOG.isEnabledFor(logging.INFO)
        and getattr(http, "_mounts", None) == {}
        and hasattr(http, "_transport")
    )
