"""Reading documents: ``POST /layout_parsing`` (GLM-OCR) and the neighbours of it.

`create` is one call. For documents of any length, from files or addresses, use `pages`, which reads
with GLM-OCR on your own server, too.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zhipu_client import _check
from zhipu_client._files import MAX_BYTES, data_url, sniff
from zhipu_client._replies import ReplyModel, parse_as
from zhipu_client._request import Request
from zhipu_client._secrets import hidden_password
from zhipu_client._uploads import content_of, read_upload
from zhipu_client.errors import ZhipuError
from zhipu_client.errors._naming import name_source, naming, shown_name
from zhipu_client.ocr._chat import TASKS, Task
from zhipu_client.ocr._chat_work import DPI, MAX_PIXELS, ChatReading, ChatWork
from zhipu_client.ocr._endpoints import NOT_FOUND, Endpoint, check_endpoint, endpoint_of
from zhipu_client.ocr._handwriting import (
    LANGUAGES,
    HandwritingReply,
    Handwritten,
    handwriting,
    handwritten,
)
from zhipu_client.ocr._pages import (
    OCRPage,
    OCRProgress,
    region_markdown,
    table_to_markdown,
)
from zhipu_client.ocr._parts import PagesJob
from zhipu_client.ocr._tables import tables_as_markdown
from zhipu_client.ocr._work import OCRWork
from zhipu_client.work._job import Around, Password, Progress, Source, Work  # noqa: F401 - for hints
from zhipu_client.work._refusals import Nothing, OnError, may_be_skipped

__all__ = [
    "DPI",
    "LANGUAGES",
    "MAX_BYTES",
    "MAX_PIXELS",
    "TASKS",
    "Endpoint",
    "HandwritingReply",
    "Handwritten",
    "LayoutReply",
    "OCRPage",
    "OCRProgress",
    "Pages",
    "Task",
    "check_endpoint",
    "create",
    "data_url",
    "endpoint_of",
    "handwriting",
    "handwritten",
    "page_limit",
    "pages",
    "region_markdown",
    "sniff",
    "table_to_markdown",
    "tables_as_markdown",
]

_log = logging.getLogger("zhipu_client.ocr")

#: The most pages that one request may ask for, by site; 100 elsewhere.
_PAGES: Mapping[str | None, int] = {"zai": 30}

#: The most bytes that are read of what a caller gives; the limits of each type are below it.
_MOST = 512 * 1024 * 1024


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


def page_limit(site: str | None) -> int:
    """Return the most pages of one request: 30 on api.z.ai, else 100.

    Args:
        site: The site's preset, such as ``zai``; None for another server.

    Examples:
        >>> from zhipu_client.ocr import page_limit
        >>> page_limit("zai"), page_limit("bigmodel")
        (30, 100)
    """
    return _PAGES.get(site, 100)


def create(
    *,
    model: str = "glm-ocr",
    file: Any,
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
        file: An address, a data URL, or the file itself: bytes, an open file, an upload of a web
            framework or a ``pathlib.Path``. PNG and JPEG up to 10 MiB, PDF up to 50 MiB and 100
            pages (30 on api.z.ai).
        start_page_id: The first page, from 1; PDF only.
        end_page_id: The last page, itself included.
        return_crop_images: Answer with addresses of the pictures in the document (good for 7 days).
        need_layout_visualization: Answer with pictures of the layout that was found.
        request_id: Your own id of the call, 6 to 64 characters.
        user_id: Your own id of the end user, 6 to 128 characters.
        extra_body: Further fields of the body, sent unchecked.

    Raises:
        InvalidRequestError: A value is outside of its limits; ``field`` names it.

    Examples:
        >>> from zhipu_client import ocr
        >>> ocr.create(file="https://example.com/report.pdf", end_page_id=3).json["end_page_id"]
        3
    """
    _check.booleans(
        return_crop_images=return_crop_images, need_layout_visualization=need_layout_visualization
    )
    _check.text("model", model)
    if not isinstance(file, str):
        file = data_url(content_of(file, _MOST).content)
    elif not file[:8].lower().startswith(("http://", "https://", "data:")):
        raise _check.refuse("file", file, "must be an http(s) address, a data URL or bytes")
    for name, page in (("start_page_id", start_page_id), ("end_page_id", end_page_id)):
        _check.within(name, page, 1, 1_000_000, whole=True)
    if start_page_id and end_page_id and end_page_id < start_page_id:
        raise _check.refuse("end_page_id", end_page_id, f"must be at least {start_page_id}")
    _check.ids(request_id, user_id)
    return Request(
        method="POST",
        path="/layout_parsing",
        parse=parse_as(LayoutReply),
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


def pages(
    source: Any,
    *,
    model: str = "glm-ocr",
    first_page: int | None = None,
    last_page: int | None = None,
    pages_per_request: int | None = None,
    in_flight: int = 4,
    return_crop_images: bool | None = None,
    need_layout_visualization: bool | None = None,
    root: str | Path | None = None,
    max_bytes: int = 512 * 1024 * 1024,
    resume_from: int | OCRProgress | None = None,
    progress: Progress | None = None,
    extra_body: Mapping[str, Any] | None = None,
    endpoint: Endpoint | None = None,
    task: Task | None = None,
    prompt: str | None = None,
    max_tokens: int | None = None,
    dpi: int | None = None,
    max_pixels: int | None = None,
    password: Password = None,
    on_error: OnError = "raise",
) -> Pages:
    """Read a document of any length page by page: a job for `zhipu_client.iterate`.

    A PDF file within the site's limits (50 MiB and 100 pages, 30 on api.z.ai) is sent as it is,
    and read by page numbers, several parts at once. A larger one is cut by pages, forms, layers and
    fonts as they are (which needs the extra ``ocr``). The pages come in order; no more than a few
    parts are in memory. An address is read by page numbers. When a part fails, the pages before it
    are handed over first; the error then has ``resume_from``, the first page that is missing, and
    ``partial``, an `OCRProgress`.

    On a server that is not the service (vLLM, SGLang, Ollama) GLM-OCR is a vision model behind
    ``/chat/completions``: each page is rendered (which needs the extra ``ocr``) and sent as an
    image with one of the model's prompts. Such pages have text, and no regions: ``has_layout`` is
    False. An answer that was cut is an error, with the page as far as it came as ``cut_page``.

    Args:
        source: A path, bytes, an open file or ``io.BytesIO``, an upload of a web framework, a data
            URL, or an http(s) address, which only the service fetches (a chat server takes those
            of images). PDF, PNG or JPEG, recognised by the content.
        model: ``glm-ocr``, or the name under which a server of your own serves it.
        first_page: The first page to read, from 1; PDF only.
        last_page: The last page to read, itself included.
        pages_per_request: The most pages of a part, 1 to 100; the site's limit bounds it too, and
            what is cut comes in parts of about 1 MiB. None: 20, or more of a large file that is
            sent whole with each request. A chat server gets one page a request.
        in_flight: The most requests at once, 1 to 32.
        return_crop_images: Ask for addresses of the pictures in the document.
        need_layout_visualization: Ask for a picture of the layout that was found, for each page.
        root: A folder that a path must lie in, links followed.
        max_bytes: The most bytes of a file, looked at before it is read.
        resume_from: Where to go on after a failure: a page, or the error's ``partial``, which
            also keeps pages after the gap that were read, and paid for, already.
        progress: Called with the numbers of pages done and of all pages (None while unknown). What
            it raises ends the run like a failed part.
        extra_body: Further fields of each body, sent unchecked (``{"temperature": 0}``).
        endpoint: ``"layout"`` for ``/layout_parsing``, ``"chat"`` for ``/chat/completions``. None
            decides by what the server speaks: the service and its relays have the first, every
            other server the second.
        task: For a chat server: what the pages are read for, ``"text"`` (also None), ``"table"``,
            ``"formula"`` or ``"figure"``; see `TASKS`.
        prompt: For a chat server: a prompt in place of the task's.
        max_tokens: For a chat server: the most tokens of a page's answer; None leaves it to the
            server.
        dpi: For a chat server: dots per inch of a rendered page, 36 to 1200; None for `DPI`.
        max_pixels: For a chat server: the most pixels of an image, 10,000 to 200,000,000; None for
            `MAX_PIXELS`. Larger pages and images are made smaller.
        password: Of an encrypted PDF: a string, or a function that is given ``source`` and returns
            it, which is called only if the file needs one. Such a file is sent without encryption.
        on_error: What a page of a file is that the service refuses: the pages that it was sent with
            are halved until it is alone. It ends the run (``"raise"``; ``page`` of the error is its
            number), or comes without text and with its ``error`` (``"skip"``). So does what else
            cannot be read of a document, with a warning in the log, up to the document itself;
            a wrong key, a missing permission and a used-up account end the run all the same.

    Raises:
        InvalidRequestError: A value is outside of its limits. For the file itself, and for what
            the server does not have (crops of a chat server), it is raised when the job is run.

    Examples:
        >>> from zhipu_client import ocr
        >>> ocr.pages("report.pdf", first_page=3, last_page=4).last_page
        4
    """
    password = hidden_password(password)
    _check.text("model", model)
    _check_range(first_page, last_page, resume_from)
    _check_bounds(pages_per_request, in_flight, max_bytes)
    _check.choice("on_error", on_error, ("raise", "skip"))
    reading = ChatReading(
        task=task, prompt=prompt, max_tokens=max_tokens, dpi=dpi, max_pixels=max_pixels
    )
    check_endpoint("openai", "chat", **reading.given)
    return Pages(
        **_content(source, max_bytes),
        model=model,
        first_page=first_page,
        last_page=last_page,
        pages_per_request=pages_per_request,
        in_flight=in_flight,
        options=_options(return_crop_images, need_layout_visualization, extra_body),
        root=None if root is None else Path(root),
        max_bytes=max_bytes,
        resume_from=resume_from,
        progress=progress,
        endpoint=endpoint,
        reading=reading,
        password=password,
        on_error=on_error,
    )


def _options(crops: bool | None, layout: bool | None, extra: Any) -> dict[str, Any]:
    found = {"return_crop_images": crops, "need_layout_visualization": layout}
    _check.booleans(**found)
    return {**found, "extra_body": extra}


def _content(source: Any, max_bytes: int) -> dict[str, Any]:
    """Return what an upload contains and its name; anything else as it is."""
    found = read_upload(source, max_bytes, "source")
    if found is None:
        return {"source": source}
    return {"source": found.content, "name": found.name}


def _check_range(first_page: int | None, last_page: int | None, resume: Any) -> None:
    if not isinstance(resume, OCRProgress):
        _check.within("resume_from", resume, 1, 1_000_000, whole=True)
    for name, page in (("first_page", first_page), ("last_page", last_page)):
        _check.within(name, page, 1, 1_000_000, whole=True)
    if first_page and last_page and last_page < first_page:
        raise _check.refuse("last_page", last_page, f"must be at least {first_page}")


def _check_bounds(pages_per_request: int | None, in_flight: int, max_bytes: int) -> None:
    _check.within("pages_per_request", pages_per_request, 1, 100, whole=True)
    _check.within("in_flight", in_flight, 1, 32, whole=True)
    _check.within("max_bytes", max_bytes, 1, 2**40, whole=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages(PagesJob):
    """A job for `zhipu_client.iterate` and `run`, see `pages`."""

    endpoint: Endpoint | None = None
    reading: ChatReading = field(default_factory=ChatReading)

    def begin(self, around: Around) -> Work[OCRPage, list[OCRPage]]:
        """Start a run: opens the document."""
        dialect, base_url = around.dialect, around.base_url
        options = {**self.reading.given, **self.options}
        check_endpoint(dialect, self.endpoint, base_url, **options)
        chat = endpoint_of(dialect, self.endpoint, base_url) == "chat"
        try:
            with naming(self.name):
                return self._begin_chat(around) if chat else self._begin_layout(around)
        except ZhipuError as error:
            if not may_be_skipped(error, self.on_error):
                raise
            name_source(error, self.source)
            _log.warning("%s is skipped: %s", shown_name(self.name or "a document"), error)
            return Nothing()

    def _begin_layout(self, around: Around) -> OCRWork:
        document = around.open(self.source, self.root, self.max_bytes, self.password)
        try:
            asked = self.endpoint is not None
            hint = None if asked else NOT_FOUND.get(around.dialect)
            return OCRWork(self, document, page_limit(around.site), create, hint)
        except BaseException:
            document.close()
            raise

    def _begin_chat(self, around: Around) -> ChatWork:
        if around.open_pictures is None:
            raise TypeError("pages cannot be rendered here: this client opens no pictures")
        given = (self.source, self.root, self.max_bytes, self.reading.bounds, self.password)
        pictures = around.open_pictures(*given)
        try:
            return ChatWork(self, self.reading, pictures)
        except BaseException:
            pictures.close()
            raise
