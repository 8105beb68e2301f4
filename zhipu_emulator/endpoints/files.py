"""POST /files, GET /files, DELETE /files/{id}, GET /files/{id}/content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.routing import Route

from zhipu_emulator.content.batch_lines import check_lines
from zhipu_emulator.content.stored_files import shown, store_file, stored_file
from zhipu_emulator.http.errors import ServiceError
from zhipu_emulator.http.forms import Upload, read_form, suffix_of
from zhipu_emulator.http.paging import window
from zhipu_emulator.http.params import Params
from zhipu_emulator.http.responses import api_key, json_response

if TYPE_CHECKING:
    from starlette.requests import Request

    from zhipu_emulator.http.state import State

MIB = 1024 * 1024


@dataclass(frozen=True)
class Purpose:
    """What files of one purpose may be: bytes, extensions (empty: any)."""

    size: int
    suffixes: tuple[str, ...] = ()


PURPOSES: Mapping[str, Purpose] = {
    "batch": Purpose(100 * MIB, ("jsonl",)),
    "code-interpreter": Purpose(20 * MIB),
    "agent": Purpose(20 * MIB),
    "voice-clone-input": Purpose(10 * MIB, ("mp3", "wav")),
    "user_data": Purpose(100 * MIB),
    "fine-tune": Purpose(100 * MIB, ("jsonl",)),
    "retrieval": Purpose(100 * MIB),
    "file-extract": Purpose(50 * MIB),
}
_ZAI: Mapping[str, Purpose] = {
    "user_data": Purpose(100 * MIB),
    "agent": Purpose(100 * MIB),
}


def routes(state: State) -> list[Route]:
    """The four endpoints; api.z.ai has the upload only."""

    async def upload(request: Request) -> Response:
        form = await read_form(request)
        file = form.file()
        offered = _ZAI if state.options.site == "zai" else PURPOSES
        default = "user_data" if state.options.site == "zai" else None
        purpose = form.params.text("purpose", default, choices=offered)
        _check(file, purpose, offered[purpose])
        kept = store_file(state, api_key(request), file.name, purpose, file.content)
        return json_response(shown(kept))

    async def listing(request: Request) -> Response:
        params = Params({name: value for name, value in request.query_params.items() if value})
        purpose = params.text("purpose", choices=PURPOSES)
        limit = params.integer("limit", 20, low=1, high=100) or 20
        params.text("order", "created_at", choices=("created_at",))
        owner = api_key(request)
        files = [
            file
            for file in state.store("files").values()
            if file["purpose"] == purpose and file["owner"] == owner
        ]
        page, more = window(files, params.text("after", ""), limit)
        return json_response(
            {"object": "list", "data": [shown(file) for file in page], "has_more": more}
        )

    async def delete(request: Request) -> Response:
        file = _owned(state, request)
        del state.store("files")[file["id"]]
        return json_response({"id": file["id"], "object": "file", "deleted": True})

    async def content(request: Request) -> Response:
        file = _owned(state, request)
        return Response(file["content"], media_type="application/octet-stream")

    first = [Route("/files", upload, methods=["POST"])]
    if state.options.site == "zai":
        return first
    return [
        *first,
        Route("/files", listing, methods=["GET"]),
        Route("/files/{file_id}", delete, methods=["DELETE"]),
        Route("/files/{file_id}/content", content, methods=["GET"]),
    ]


def _owned(state: State, request: Request) -> dict[str, Any]:
    file = stored_file(state, request.path_params["file_id"])
    if file is None or file["owner"] != api_key(request):
        raise ServiceError("1214", "文件不存在", "The file does not exist")
    return file


def _check(file: Upload, purpose: str, rule: Purpose) -> None:
    if not file.content:
        raise ServiceError("1214", "文件内容不能为空", "The file must not be empty")
    if rule.suffixes and suffix_of(file.name) not in rule.suffixes:
        raise ServiceError("1214", "不支持当前文件格式", "This file format is not supported")
    if len(file.content) > rule.size:
        limit = rule.size // MIB
        raise ServiceError(
            "1210", f"文件大小超过限制，最大{limit}MB", f"The file is larger than {limit}MB"
        )
    if purpose == "batch":
        check_lines(file.content)
