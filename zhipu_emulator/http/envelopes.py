"""Answers of the routes beside the base URL: ``data`` in an envelope, failures with HTTP 200."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from zhipu_emulator.http.errors import ServiceError
from zhipu_emulator.http.responses import json_response, language

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from zhipu_emulator.http.params import Params
    from zhipu_emulator.http.state import State

__all__ = ["answered", "rows_of"]


async def answered(state: State, request: Request, make: Callable[[], Awaitable[Any]]) -> Response:
    """What ``make`` returns as ``data``; without any where it returns None."""
    spoken = language(request)
    try:
        data = await make()
    except ServiceError as error:
        return json_response({"code": 400, "message": error.message(spoken)})
    known = {} if data is None else {"data": data}
    message = "success" if spoken == "en" else "请求成功"
    stamp = int(state.options.clock() * 1000)
    return json_response({**known, "code": 200, "message": message, "timestamp": stamp})


def rows_of(params: Params, rows: list[Any]) -> dict[str, Any]:
    """One page of a list."""
    page, size = params.integer("page", 1) or 1, params.integer("size", 10) or 10
    return {"list": rows[(page - 1) * size :][:size], "total": len(rows)}
