"""POST /layout_parsing: GLM-OCR."""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from zhipu_emulator.chat.tokens import count_text
from zhipu_emulator.content import drawing
from zhipu_emulator.content.fetching import UnreachableError, fetch
from zhipu_emulator.content.layout import Region, markdown, regions
from zhipu_emulator.content.pages import (
    Page,
    UnreadableError,
    kind_of,
    page_count,
    pdf_pages,
    picture_page,
)
from zhipu_emulator.content.published import DAY, publish
from zhipu_emulator.http.errors import ServiceError, unparsable
from zhipu_emulator.http.params import Params, illegal, out_of_range
from zhipu_emulator.http.responses import alphabetical, json_response, read_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from starlette.requests import Request
    from starlette.responses import Response

    from zhipu_emulator.http.state import State

MODELS = ("glm-ocr",)
PAGES = {"bigmodel": 100, "zai": 30}
MIB = 1024 * 1024
BYTES = {"pdf": 50 * MIB, "png": 10 * MIB, "jpeg": 10 * MIB}
_PAGE_TOKENS = 1500
_DATA_URI = re.compile(r"data:[\w.+-]+/[\w.+-]+(?:;[\w.+-]+=[\w.+-]+)*;base64,", re.IGNORECASE)


@dataclass
class Result:
    """What was read so far."""

    details: list[list[dict[str, Any]]] = field(default_factory=list)
    sizes: list[dict[str, int]] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    drawings: list[str] = field(default_factory=list)


def routes(state: State) -> list[Route]:
    """The endpoint."""

    async def create(request: Request) -> Response:
        params = Params(await read_json(request))
        params.model(MODELS)
        crops = params.flag("return_crop_images")
        drawn = params.flag("need_layout_visualization")
        first = params.integer("start_page_id", 1) or 1
        last = params.integer("end_page_id")
        request_id = params.caller_ids()
        content = await _content(state, params.text("file"), str(request.base_url))
        made_id = state.new_id()
        link = partial(_link, request, state, made_id)
        limit = state.options.ocr_pages or PAGES[state.options.site]
        result = await asyncio.to_thread(
            lambda: _analyse(
                _pages(content, first, last, limit, crops or drawn), crops, drawn, link
            )
        )
        return json_response(_answer(result, state.now(), made_id, request_id or made_id))

    return [Route("/layout_parsing", create, methods=["POST"])]


async def _content(state: State, file: str, own: str) -> bytes:
    """The document behind the ``file`` parameter, its size checked."""
    uri = _DATA_URI.match(file)
    if uri is not None:
        try:
            content = base64.b64decode(file[uri.end() :], validate=True)
        except (binascii.Error, ValueError):
            raise illegal("file") from None
    elif file.startswith(("http://", "https://")):
        try:
            content = await fetch(state, file, max(BYTES.values()), own=own)
        except UnreachableError:
            raise unparsable() from None
    else:
        raise illegal("file")  # bare base64, a path: the service takes a URL or a data URI
    kind = kind_of(content)
    if not content:
        raise unparsable()
    if kind is None:
        raise ServiceError(
            "1214", "layout_parsing不支持当前文件格式", "This file format is not supported"
        )
    if len(content) > BYTES[kind]:
        raise ServiceError(
            "1210",
            f"文件大小超过限制，最大{BYTES[kind] // MIB}MB",
            f"The file is larger than {BYTES[kind] // MIB}MB",
        )
    return content


def _pages(
    content: bytes, first: int, last: int | None, limit: int, render: bool
) -> Iterator[Page]:
    try:
        if kind_of(content) != "pdf":
            yield picture_page(content, render=render)
            return
        count = page_count(content)
        end = count if last is None else min(last, count)
        if first > count:
            raise out_of_range("start_page_id", 1, count)
        if last is not None and last < first:
            raise out_of_range("end_page_id", first, count)
        if end - first + 1 > limit:
            raise ServiceError(
                "1210",
                f"文件页数超过限制，最多{limit}页",
                f"The file has too many pages, at most {limit} are allowed",
            )
        yield from pdf_pages(content, first, end, render=render)
    except UnreadableError:
        raise unparsable() from None


def _analyse(
    pages: Iterable[Page], crops: bool, drawn: bool, link: Callable[[str, bytes], str]
) -> Result:
    result = Result()
    for index, page in enumerate(pages):
        found = regions(page)
        if crops and page.image is not None:
            found = [_with_crop(r, page, f"{index}_{i}", link) for i, r in enumerate(found)]
        if drawn and page.image is not None:
            boxes = [(region.box, region.native_label) for region in found]
            picture = drawing.outline(page.image, boxes)
            result.drawings.append(link(f"layout_vis_{index}.png", picture))
        result.sizes.append({"height": page.height, "width": page.width})
        result.details.append([_detail(i, region, page) for i, region in enumerate(found)])
        # Page numbers are regions, but no part of the text.
        shown = [region for region in found if region.native_label != "number"]
        result.parts.extend(markdown(region, index) for region in shown)
    return result


def _with_crop(region: Region, page: Page, name: str, link: Callable[[str, bytes], str]) -> Region:
    if region.label != "image" or page.image is None:
        return region
    url = link(f"crop_{name}.png", drawing.crop(page.image, region.box))
    return Region(region.label, region.native_label, url, region.box)


def _detail(index: int, region: Region, page: Page) -> dict[str, Any]:
    return {
        "bbox_2d": list(region.box),
        "content": region.content,
        "height": page.height,
        "index": index,
        "label": region.label,
        "native_label": region.native_label,
        "width": page.width,
    }


def _link(request: Request, state: State, made_id: str, name: str, content: bytes) -> str:
    path = f"ocr/crop/{made_id}/{name}"
    return publish(request, state, path, lambda: content, "image/png", lifetime=7 * DAY)


def _answer(result: Result, created: int, made_id: str, request_id: str) -> dict[str, Any]:
    text = "\n\n".join(result.parts)
    prompt, completion = _PAGE_TOKENS * len(result.sizes), count_text(text)
    body = {
        "created": created,
        "data_info": {"num_pages": len(result.sizes), "pages": result.sizes},
        "id": made_id,
        "layout_details": result.details,
        "md_results": text,
        "model": "GLM-OCR",
        "request_id": request_id,
        "usage": {
            "completion_tokens": completion,
            "prompt_tokens": prompt,
            "prompt_tokens_details": {"cached_tokens": 0},
            "total_tokens": prompt + completion,
        },
    }
    if result.drawings:
        body["layout_visualization"] = result.drawings
    ordered: dict[str, Any] = alphabetical(body)
    return ordered
