"""GET /files/{name}: pictures, videos and other things that answers link to.

The service hands out signed addresses that expire. So does this: each address carries its moment
of expiry, and is refused with 403 after it or when it was changed.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Route

from zhipu_emulator.content.published import DeniedError, find

if TYPE_CHECKING:
    from starlette.requests import Request

    from zhipu_emulator.http.state import State


_DENIED = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    "<Error><Code>AccessDenied</Code><Message>{message}</Message></Error>"
)


def absolute_routes(state: State) -> list[Route]:
    """GET /files/{name}."""

    async def fetch(request: Request) -> Response:
        try:
            medium = find(state, request.path_params["name"], request.query_params)
        except DeniedError as error:
            text = _DENIED.format(message=error)
            return Response(text, error.status, media_type="application/xml")
        content = await asyncio.to_thread(medium.make)
        return Response(content, media_type=medium.content_type)

    return [Route("/files/{name:path}", fetch, methods=["GET"])]
