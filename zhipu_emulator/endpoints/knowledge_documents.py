"""The routes of ``/api/llm-application/open/document``: what is in a knowledge base."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.routing import Route

from zhipu_emulator.content import corpus
from zhipu_emulator.content.document_text import document_text
from zhipu_emulator.content.fetching import UnreachableError, fetch
from zhipu_emulator.content.knowledge_bases import (
    StoredDocument,
    base_of,
    cut,
    document_of,
    documents_of,
)
from zhipu_emulator.http.envelopes import answered, rows_of
from zhipu_emulator.http.errors import ServiceError
from zhipu_emulator.http.forms import Upload, read_form
from zhipu_emulator.http.params import Params, illegal, missing
from zhipu_emulator.http.responses import api_key, read_json

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from zhipu_emulator.http.state import State

PATH = "/api/llm-application/open/document"
_MOST_BYTES = 50 * 1024 * 1024
_FAILED = {"embedding_code": 10002, "embedding_msg": "字数超出限制"}

Make = Callable[["State", "Request", str], Awaitable[Any]]


def routes(state: State) -> list[Route]:
    """Nothing: the knowledge bases lie beside the base URL."""
    return []


def absolute_routes(state: State) -> list[Route]:
    """All of them; api.z.ai does not offer them."""
    if state.options.site == "zai":
        return []

    def route(path: str, method: str, make: Make) -> Route:
        async def endpoint(request: Request) -> Response:
            return await answered(state, request, lambda: make(state, request, api_key(request)))

        return Route(PATH + path, endpoint, methods=[method])

    return [
        route("", "GET", _listed),
        route("/upload_document/{id}", "POST", _uploaded),
        route("/upload_url", "POST", _fetched),
        route("/slice/image_list/{id}", "POST", _images),
        route("/embedding/{id}", "POST", _embedded),
        route("/{id}", "GET", _described),
        route("/{id}", "DELETE", _removed),
    ]


async def _listed(state: State, request: Request, owner: str) -> dict[str, Any]:
    params = Params(dict(request.query_params))
    base = params.text("knowledge_id")
    base_of(state, owner, base)
    word = params.text("word", "")
    found = [one for one in documents_of(state, base) if word in one.name]
    return rows_of(params, [_facts(one) for one in found])


async def _uploaded(state: State, request: Request, owner: str) -> dict[str, Any]:
    base = request.path_params["id"]
    base_of(state, owner, base)
    form = await read_form(request)
    file = form.file("files")
    separators = form.lists.get("custom_separator", [])
    try:
        document = await _added(state, owner, base, file, "", form.params, separators)
    except ServiceError as error:
        reason = error.message("zh")
        return {"successInfos": [], "failedInfos": [{"fileName": file.name, "failReason": reason}]}
    row = {"documentId": document.id, "fileName": file.name}
    return {"successInfos": [row], "failedInfos": []}


async def _fetched(state: State, request: Request, owner: str) -> dict[str, Any]:
    params = Params(await read_json(request))
    base = params.text("knowledge_id")
    base_of(state, owner, base)
    rows = params.required("upload_detail")
    if not isinstance(rows, list) or not rows:
        raise illegal("upload_detail")
    fine: list[Any] = []
    failed: list[Any] = []
    for row in rows:
        if not isinstance(row, dict):
            raise illegal("upload_detail")
        given = Params(row)
        url = given.text("url")
        if given.get("knowledge_type") is None:
            raise missing("knowledge_type")
        try:
            file = Upload(_name_of(url), await _page(state, request, url))
            separators = given.get("custom_separator") or []
            document = await _added(state, owner, base, file, url, given, separators)
        except (ServiceError, UnreachableError) as error:
            reason = error.message("zh") if isinstance(error, ServiceError) else "无法访问该网址"
            failed.append({"url": url, "failReason": reason})
        else:
            fine.append({"documentId": document.id, "url": url})
    return {"successInfos": fine, "failedInfos": failed}


def _name_of(url: str) -> str:
    try:
        return PurePosixPath(urlsplit(url).path).name or url
    except ValueError:
        return url


async def _page(state: State, request: Request, url: str) -> bytes:
    try:
        known = corpus.find(url)
    except ValueError:
        known = None
    if known is not None:
        return known.text.encode()
    return await fetch(state, url, _MOST_BYTES, own=str(request.base_url))


async def _added(
    state: State,
    owner: str,
    base: str,
    file: Upload,
    url: str,
    params: Params,
    separators: list[str],
) -> StoredDocument:
    if not file.content:
        raise illegal("files", "文件内容为空", "The file is empty.")
    document = StoredDocument(
        id=str(state.new_number()),
        owner=owner,
        base=base,
        name=file.name,
        url=url,
        text=await asyncio.to_thread(document_text, file),
        kind=_whole(params, "knowledge_type") or 1,
        separators=[one for one in separators if isinstance(one, str) and one],
        size=_whole(params, "sentence_size"),
        polls=state.options.polls,
        failed=state.options.task_status != "SUCCESS",
    )
    document.pieces = await asyncio.to_thread(cut, document)
    state.store("documents")[document.id] = document
    return document


def _whole(params: Params, name: str) -> int:
    """A whole number, which a form has as text; 0 for none."""
    value = params.get(name)
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 100_000:
        raise illegal(name)
    return value


def _facts(document: StoredDocument) -> dict[str, Any]:
    seen = document.look()
    known = {
        "id": document.id,
        "knowledge_type": document.kind,
        "custom_separator": document.separators,
        "sentence_size": document.size or 300,
        "length": len(document.text.encode()),
        "word_num": len(document.text),
        "name": document.name,
        "url": document.url,
        "embedding_stat": seen,
    }
    return {**known, "failInfo": _FAILED} if seen == 2 else known


async def _described(state: State, request: Request, owner: str) -> dict[str, Any]:
    return _facts(document_of(state, owner, request.path_params["id"]))


async def _images(state: State, request: Request, owner: str) -> dict[str, Any]:
    document_of(state, owner, request.path_params["id"])
    return {"images": []}  # the emulator keeps the words of a document only


async def _embedded(state: State, request: Request, owner: str) -> None:
    document = document_of(state, owner, request.path_params["id"])
    document.polls = state.options.polls


async def _removed(state: State, request: Request, owner: str) -> None:
    document = document_of(state, owner, request.path_params["id"])
    state.store("documents").pop(document.id, None)
