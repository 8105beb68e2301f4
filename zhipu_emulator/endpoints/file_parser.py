"""POST /files/parser/create and /sync, GET /files/parser/result/{task}/{format}."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from zhipu_emulator.content.document_text import document_text
from zhipu_emulator.content.published import publish
from zhipu_emulator.http.errors import ServiceError, unparsable
from zhipu_emulator.http.forms import Upload, read_form, suffix_of
from zhipu_emulator.http.params import illegal
from zhipu_emulator.http.responses import api_key, json_response

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from zhipu_emulator.http.state import State

MIB = 1024 * 1024
_LITE = "PDF DOCX DOC XLS XLSX PPT PPTX PNG JPG JPEG CSV TXT MD"
_PRIME = f"{_LITE} HTML BMP GIF WEBP HEIC EPS ICNS IM PCX PPM TIFF XBM HEIF JP2"
TYPES: Mapping[str, frozenset[str]] = {
    "lite": frozenset(_LITE.split()),
    "expert": frozenset({"PDF"}),
    "prime": frozenset(_PRIME.split()),
    "prime-sync": frozenset({*_PRIME.split(), "WPS"}),
}
_SIZES: Mapping[str, int] = {"lite": 50, "expert": 100, "prime": 100, "prime-sync": 100}
FORMATS = ("text", "download_link")


def routes(state: State) -> list[Route]:
    """The three endpoints; api.z.ai does not offer them."""
    if state.options.site == "zai":
        return []

    async def create(request: Request) -> Response:
        file = await _upload(request, ("lite", "expert", "prime"))
        text = await asyncio.to_thread(document_text, file)
        task_id = state.new_hex(32)
        state.store("parser")[task_id] = {
            "owner": api_key(request),
            "text": text,
            "polls_left": state.options.polls,
        }
        return json_response({"success": True, "message": "任务创建成功", "task_id": task_id})

    async def result(request: Request) -> Response:
        task_id, form = request.path_params["task_id"], request.path_params["form"]
        task = state.store("parser").get(task_id)
        if task is None or task["owner"] != api_key(request):
            raise ServiceError(
                "1233", f"任务：{task_id}不存在。", f"Task {task_id} does not exist."
            )
        if form not in FORMATS:
            raise illegal("format_type")
        if task["polls_left"] != 0:
            task["polls_left"] -= 1
            return json_response(_result("processing", "任务处理中", task_id))
        return json_response(_finished(request, state, task_id, task["text"], form))

    async def sync(request: Request) -> Response:
        file = await _upload(request, ("prime-sync",))
        text = await asyncio.to_thread(document_text, file)
        return json_response(_finished(request, state, state.new_hex(32), text, "text"))

    return [
        Route("/files/parser/create", create, methods=["POST"]),
        Route("/files/parser/result/{task_id}/{form}", result, methods=["GET"]),
        Route("/files/parser/sync", sync, methods=["POST"]),
    ]


async def _upload(request: Request, tools: tuple[str, ...]) -> Upload:
    form = await read_form(request)
    file = form.file()
    tool = form.params.text("tool_type", choices=tools)
    kind = form.params.text("file_type", suffix_of(file.name).upper() or "TXT")
    if kind.upper() not in TYPES[tool]:
        raise ServiceError("1214", "不支持当前文件格式", "This file format is not supported")
    if not file.content:
        raise unparsable()
    if len(file.content) > _SIZES[tool] * MIB:
        raise ServiceError(
            "1210",
            f"文件大小超过限制，最大{_SIZES[tool]}MB",
            f"The file is larger than {_SIZES[tool]}MB",
        )
    return file


def _finished(request: Request, state: State, task_id: str, text: str, form: str) -> dict[str, Any]:
    found = _result("succeeded", "结果获取成功", task_id)
    if form == "text":
        return {**found, "content": text}
    make = partial(_archive, text)
    url = publish(request, state, f"parser/{task_id}.zip", make, "application/zip")
    return {**found, "parsing_result_url": url}


def _result(status: str, message: str, task_id: str) -> dict[str, Any]:
    return {
        "status": status,
        "message": message,
        "content": None,
        "task_id": task_id,
        "parsing_result_url": None,
    }


def _archive(text: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("full.md", text)
    return out.getvalue()
