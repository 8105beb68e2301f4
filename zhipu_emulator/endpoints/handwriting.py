"""POST /files/ocr: handwriting."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from zhipu_emulator.content.layout import Region, regions
from zhipu_emulator.content.pages import UnreadableError, kind_of, picture_page
from zhipu_emulator.http.errors import ServiceError, unparsable
from zhipu_emulator.http.forms import read_form
from zhipu_emulator.http.responses import json_response

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from zhipu_emulator.http.state import State

LANGUAGES = (
    "CHN_ENG AUTO ENG JAP KOR FRE SPA POR GER ITA RUS DAN DUT MAL SWE IND POL ROM TUR GRE HUN THA"
    " VIE ARA HIN"
)
_LANGUAGES = frozenset(LANGUAGES.split())
_MAX_BYTES = 8 * 1024 * 1024


def routes(state: State) -> list[Route]:
    """The endpoint; api.z.ai does not offer it."""
    if state.options.site == "zai":
        return []

    async def create(request: Request) -> Response:
        form = await read_form(request)
        file = form.file()
        form.params.text("tool_type", choices=("hand_write",))
        form.params.text("language_type", "CHN_ENG", choices=_LANGUAGES)
        sure = form.params.flag("probability")
        if kind_of(file.content) not in ("png", "jpeg"):
            raise ServiceError("1214", "不支持当前文件格式", "This file format is not supported")
        if len(file.content) > _MAX_BYTES:
            raise ServiceError("1210", "文件大小超过限制，最大8MB", "The file is larger than 8MB")
        try:
            page = await asyncio.to_thread(picture_page, file.content)
        except UnreadableError:
            raise unparsable() from None
        words = [_word(region, sure) for region in regions(page)]
        return json_response(
            {
                "task_id": state.new_hex(32),
                "message": "成功",
                "status": "succeeded",
                "words_result_num": len(words),
                "words_result": words,
            }
        )

    return [Route("/files/ocr", create, methods=["POST"])]


def _word(region: Region, sure: bool) -> dict[str, Any]:
    x1, y1, x2, y2 = region.box
    word: dict[str, Any] = {
        "location": {"left": x1, "top": y1, "width": x2 - x1, "height": y2 - y1},
        "words": region.content,
    }
    if sure:
        word["probability"] = {"average": 0.99, "variance": 0.0001, "min": 0.97}
    return word
