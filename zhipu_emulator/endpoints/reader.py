"""POST /reader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.routing import Route

from zhipu_emulator.content import corpus
from zhipu_emulator.content.html import Reading, read
from zhipu_emulator.http.errors import ServiceError
from zhipu_emulator.http.params import Params, illegal
from zhipu_emulator.http.responses import json_response, read_json

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from zhipu_emulator.http.state import State

_MODEL = "web-reader"
_FORMATS = ("markdown", "text")


def routes(state: State) -> list[Route]:
    """The endpoint."""

    async def create(request: Request) -> Response:
        params = Params(await read_json(request))
        url = params.text("url")
        params.integer("timeout", 20, low=1, high=300)
        form = params.text("return_format", "markdown", choices=_FORMATS)
        images = params.flag("retain_images", True)
        request_id = params.caller_ids()
        for name in ("no_cache", "no_gfm", "keep_img_data_url"):
            params.flag(name)
        reading = read(
            _page(state, url, str(request.base_url)), plain=form == "text", images=images
        )
        result = _result(url, reading)
        if params.flag("with_images_summary"):
            result["images"] = reading.images
        if params.flag("with_links_summary"):
            result["links"] = reading.links
        made_id = state.new_id()
        return json_response(
            {
                "created": state.now(),
                "id": made_id,
                "model": _MODEL,
                "reader_result": result,
                "request_id": request_id or made_id,
            }
        )

    return [Route("/reader", create, methods=["POST"])]


def _page(state: State, url: str, base: str) -> str:
    """The HTML behind ``url``: what the options say, or one of our own pages, nothing else."""
    try:
        scheme = urlsplit(url).scheme
    except ValueError:  # half an address in brackets, say
        scheme = ""
    if scheme not in ("http", "https"):
        raise illegal("url")
    known = state.options.web.get(url)
    if known is not None:
        return known.decode("utf-8", "replace")
    own = f"{base}pages/"
    document = corpus.find(f"https://{url.removeprefix(own)}" if url.startswith(own) else url)
    if document is None:
        raise ServiceError("1214", "Access to the requested URL is forbidden")
    return corpus.page_html(document)


def _result(url: str, reading: Reading) -> dict[str, Any]:
    return {
        "content": reading.content,
        "description": reading.metadata.get("description", ""),
        "title": reading.title,
        "url": url,
        "external": {"stylesheet": {href: {"type": "text/css"} for href in reading.stylesheets}},
        "metadata": reading.metadata,
    }
