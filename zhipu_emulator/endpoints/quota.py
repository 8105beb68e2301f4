"""GET /api/monitor/usage/quota/limit: what is left of a coding plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from zhipu_emulator.http.responses import json_response

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from zhipu_emulator.http.state import State

#: Unit of the window -> its length in seconds, and how much is used at the start.
_WINDOWS = ((3, 5 * 3600, 12), (6, 7 * 86400, 4))


def absolute_routes(state: State) -> list[Route]:
    """GET /api/monitor/usage/quota/limit."""

    async def limits(_: Request) -> Response:
        rows = [
            {
                "type": "TOKENS_LIMIT",
                "unit": unit,
                "percentage": used,
                "nextResetTime": (state.now() + seconds) * 1000,
            }
            for unit, seconds, used in _WINDOWS
        ]
        found = {"code": 200, "msg": "ok", "success": True, "data": {"limits": rows}}
        return json_response(found)

    return [Route("/api/monitor/usage/quota/limit", limits, methods=["GET"])]
