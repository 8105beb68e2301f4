"""GET /files/{name}: pictures, videos and other things that answers link to.

The service hands out signed addresses that expire. So does this: each address carries its moment
of expiry, and is refused with 403 after it or when it was changed.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from starlette.responses import Response
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

    from zhipu_emulator.http.state import State

__all__ = ["DAY", "Medium", "publish", "routes"]

DAY = 24 * 3600
_DENIED = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    "<Error><Code>AccessDenied</Code><Message>{message}</Message></Error>"
)


@dataclass(frozen=True)
class Medium:
    """Something to fetch; ``make`` is called at each fetch, so that nothing large is kept."""

    make: Callable[[], bytes]
    content_type: str
    expires: int


def publish(
    request: Request,
    state: State,
    name: str,
    make: Callable[[], bytes],
    content_type: str,
    *,
    lifetime: int = DAY,
) -> str:
    """Make something fetchable.

    Args:
        request: The request that is answered: its address is the one that the link points to.
        state: The server's.
        name: Last part of the path, unique.
        make: Gives the bytes.
        content_type: Media type.
        lifetime: Seconds until the link expires.

    Returns:
        The link; it points to ``Options.media_base`` when that is set.
    """
    expires = state.now() + lifetime
    state.store("media")[name] = Medium(make, content_type, expires)
    base = state.options.media_base or str(request.base_url)
    query = urlencode({"Expires": expires, "Signature": _signature(name, expires)})
    return f"{base.rstrip('/')}/files/{quote(name)}?{query}"


def routes(state: State) -> list[Route]:  # noqa: ARG001 - every router has this form
    """None below the API's base."""
    return []


def absolute_routes(state: State) -> list[Route]:
    """GET /files/{name}."""

    async def fetch(request: Request) -> Response:
        name = request.path_params["name"]
        medium: Medium | None = state.store("media").get(name)
        if medium is None:
            return _refusal(404, "The specified key does not exist.")
        query = request.query_params
        if query.get("Signature") != _signature(name, medium.expires):
            return _refusal(403, "The signature does not match.")
        if query.get("Expires") != str(medium.expires) or state.now() > medium.expires:
            return _refusal(403, "Request has expired.")
        content = await asyncio.to_thread(medium.make)
        return Response(content, media_type=medium.content_type)

    return [Route("/files/{name:path}", fetch, methods=["GET"])]


def _signature(name: str, expires: int) -> str:
    return hashlib.sha256(f"{name}:{expires}".encode()).hexdigest()[:27]


def _refusal(status: int, message: str) -> Response:
    return Response(_DENIED.format(message=message), status, media_type="application/xml")
