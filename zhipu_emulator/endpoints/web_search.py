"""POST /web_search, and GET /pages/… where what it finds can be looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from zhipu_emulator.content import corpus
from zhipu_emulator.content.search_engine import ENGINES, answer
from zhipu_emulator.http.params import id_text
from zhipu_emulator.http.responses import json_response, read_json

if TYPE_CHECKING:
    from starlette.requests import Request

    from zhipu_emulator.http.state import State


def routes(state: State) -> list[Route]:
    """The endpoint."""

    async def create(request: Request) -> Response:
        body = await read_json(request)
        found = answer(body, ENGINES[state.options.site], state.options.clock())
        made_id = state.new_id()
        reply = {
            "created": state.now(),
            "id": made_id,
            "request_id": id_text(body.get("request_id")) or made_id,
            **found,
        }
        return json_response(reply)

    return [Route("/web_search", create, methods=["POST"])]


def absolute_routes(state: State) -> list[Route]:
    """GET /pages/{host}/{path}: our own pages as HTML."""

    async def page(request: Request) -> Response:
        document = corpus.find(f"https://{request.path_params['address']}")
        if document is None:
            return HTMLResponse("<h1>404</h1>", 404)
        return HTMLResponse(corpus.page_html(document))

    return [Route("/pages/{address:path}", page, methods=["GET"])]
