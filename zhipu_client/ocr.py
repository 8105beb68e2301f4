"""Reading documents: ``POST /layout_parsing`` (GLM-OCR) and the neighbours of it.

`create` is one call. For documents of any length, from files or addresses, use
`zhipu_client.ocr_pages`.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from pydantic import Field

from zhipu_client import _check
from zhipu_client._errors import InvalidRequestError
from zhipu_client._model import ReplyModel, read
from zhipu_client._request import Reply, Request, Upload

__all__ = [
    "LANGUAGES",
    "MAX_BYTES",
    "HandwritingReply",
    "LayoutReply",
    "create",
    "data_url",
    "handwriting",
    "page_limit",
    "sniff",
]

MiB = 1024 * 1024

#: The most bytes of a file, by its type, for ``/layout_parsing``.
MAX_BYTES: Mapping[str, int] = {
    "application/pdf": 50 * MiB,
    "image/png": 10 * MiB,
    "image/jpeg": 10 * MiB,
}

#: The most pages that one request may ask for, by site; 100 elsewhere.
_PAGES: Mapping[str | None, int] = {"zai": 30}

#: The values of ``language_type`` for handwriting.
# fmt: off
LANGUAGES = (
    "CHN_ENG", "AUTO", "ENG", "JAP", "KOR", "FRE", "SPA", "POR", "GER", "ITA", "RUS", "DAN",
    "DUT", "MAL", "SWE", "IND", "POL", "ROM", "TUR", "GRE", "HUN", "THA", "VIE", "ARA", "HIN",
)
# fmt: on


class LayoutReply(ReplyModel):
    """The answer of ``/layout_parsing``.

    Attributes:
        md_results: The text of all pages as Markdown, with HTML for tables.
        layout_details: A list a page, of regions ``{"index", "label", "native_label", "bbox_2d",
            "content", "height", "width"}``; boxes are pixels of the page, left, top, right, bottom.
        layout_visualization: Addresses of pictures of the layout, where they were asked for.
        data_info: ``{"num_pages", "pages": [{"height", "width"}]}``.
        usage: Tokens.
    """

    id: str | None = None
    created: int | None = None
    model: str | None = None
    request_id: str | None = None
    md_results: str | None = None
    layout_details: list[list[dict[str, Any]]] | None = None
    layout_visualization: list[str] | None = None
    data_info: dict[str, Any] | None = None
    usage: dict[str, Any] | None = None


class HandwritingReply(ReplyModel):
    """The answer of ``/files/ocr``: ``words_result`` has a line's words, place and certainty."""

    task_id: str | None = None
    status: str | None = None
    message: str | None = None
    words_result_num: int | None = None
    words_result: list[dict[str, Any]] = Field(default_factory=list)


def page_limit(site: str | None) -> int:
    """The most pages of one request: 30 on api.z.ai, else 100."""
    return _PAGES.get(site, 100)


def sniff(head: bytes) -> str | None:
    """The type of a file by its first bytes: PDF, PNG, JPEG, or None.

    Args:
        head: The first 1,024 bytes or more (a PDF may have other bytes before its mark).
    """
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    return "application/pdf" if b"%PDF-" in head[:1024] else None


def data_url(content: bytes) -> str:
    """The data URL of a file, typed by its content.

    Raises:
        InvalidRequestError: Empty, too large, or neither PDF, PNG nor JPEG.
    """
    if not content:
        raise InvalidRequestError("the file is empty (0 bytes)", field="file", value=b"")
    kind = sniff(content[:1024])
    if kind is None:
        raise InvalidRequestError(
            f"the file is neither PDF, PNG nor JPEG (it starts with {content[:8]!r})",
            field="file",
            value=content[:8],
        )
    check_bytes(kind, len(content))
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def check_bytes(kind: str, size: int) -> None:
    """Refuse a file that is larger than the endpoint takes for its type."""
    most = MAX_BYTES[kind]
    if size > most:
        name = kind.rsplit("/", 1)[1].upper()
        raise InvalidRequestError(
            f"a {name} may have at most {most // MiB} MiB, this one has {size / MiB:.1f}",
            field="file",
            value=size,
        )


def create(
    *,
    model: str = "glm-ocr",
    file: str | bytes,
    start_page_id: int | None = None,
    end_page_id: int | None = None,
    return_crop_images: bool | None = None,
    need_layout_visualization: bool | None = None,
    request_id: str | None = None,
    user_id: str | None = None,
    extra_body: Mapping[str, Any] | None = None,
) -> Request[LayoutReply]:
    """Read the text and layout of one document.

    Args:
        model: ``glm-ocr``.
        file: An address, a data URL, or the bytes themselves. PNG and JPEG up to 10 MiB, PDF up to
            50 MiB and 100 pages (30 on api.z.ai).
        start_page_id: The first page, from 1; PDF only.
        end_page_id: The last page, itself included.
        return_crop_images: Answer with addresses of the pictures in the document (good for 7 days).
        need_layout_visualization: Answer with pictures of the layout that was found.
        request_id: Your own id of the call, 6 to 64 characters.
        user_id: Your own id of the end user, 6 to 128 characters.
        extra_body: Further fields of the body, sent unchecked.

    Raises:
        InvalidRequestError: A value is outside of its limits; ``field`` names it.

    Example:
        >>> from zhipu_client import ocr
        >>> ocr.create(file="https://example.com/report.pdf", end_page_id=3).json["end_page_id"]
        3
    """
    _check.text("model", model)
    if isinstance(file, bytes):
        file = data_url(file)
    elif not str(file).startswith(("http://", "https://", "data:")):
        raise _check.refuse("file", file, "must be an http(s) address, a data URL or bytes")
    for field, page in (("start_page_id", start_page_id), ("end_page_id", end_page_id)):
        _check.within(field, page, 1, 1_000_000, whole=True)
    if start_page_id and end_page_id and end_page_id < start_page_id:
        raise _check.refuse("end_page_id", end_page_id, f"must be at least {start_page_id}")
    _check.ids(request_id, user_id)
    return Request(
        method="POST",
        path="/layout_parsing",
        parse=_parse_layout,
        json=_check.body(
            extra_body,
            model=model,
            file=file,
            start_page_id=start_page_id,
            end_page_id=end_page_id,
            return_crop_images=return_crop_images,
            need_layout_visualization=need_layout_visualization,
            request_id=request_id,
            user_id=user_id,
        ),
        kind="generate",
        model=model,
    )


def handwriting(
    *,
    file: bytes,
    filename: str = "image.png",
    language_type: str | None = None,
    probability: bool | None = None,
) -> Request[HandwritingReply]:
    """Read handwriting in a picture: ``POST /files/ocr`` (open.bigmodel.cn only).

    Args:
        file: The bytes of a PNG or JPEG.
        filename: The name that the service sees.
        language_type: One of `LANGUAGES`; ``CHN_ENG`` where none is given.
        probability: Answer with the certainty of each line.

    Raises:
        InvalidRequestError: No picture, or a language that is not known.
    """
    kind = sniff(file[:1024])
    if kind not in ("image/png", "image/jpeg"):
        raise _check.refuse("file", file[:8], "must be a PNG or JPEG")
    check_bytes(kind, len(file))
    _check.choice("language_type", language_type, LANGUAGES)
    form = [("tool_type", "hand_write")]
    if language_type is not None:
        form.append(("language_type", language_type))
    if probability is not None:
        form.append(("probability", "true" if probability else "false"))
    return Request(
        method="POST",
        path="/files/ocr",
        parse=_parse_handwriting,
        form=tuple(form),
        uploads=(Upload("file", filename, file, kind),),
        kind="generate",
    )


def _parse_layout(reply: Reply) -> LayoutReply:
    found: LayoutReply = read(LayoutReply, reply.data)
    return found


def _parse_handwriting(reply: Reply) -> HandwritingReply:
    found: HandwritingReply = read(HandwritingReply, reply.data)
    return found
