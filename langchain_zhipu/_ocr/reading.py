"""Read documents with GLM-OCR: the part that the loader and the parser share."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, ClassVar, Literal

from langchain_core.documents import Document
from pydantic import BeforeValidator, ConfigDict, Field, PrivateAttr

from langchain_zhipu._errors import raised_as_model_errors
from langchain_zhipu._keeping import SeveralRequests
from langchain_zhipu._ocr.documents import Mode, Shape, Tables
from langchain_zhipu._ocr.images import ImageSaver
from langchain_zhipu._ocr.sources import Origin, file_metadata, password_for
from langchain_zhipu._progress import ProgressBar
from zhipu_client import (
    aiterate,
    iterate,
    ocr,
)
from zhipu_client.adapting import (
    FATAL,
    GivenPath,
    TrueOrFalse,
    aleave,
    hidden_password,
    leave,
    name_source,
    shown_name,
)
from zhipu_client.ocr import OCRPage, OCRProgress
from zhipu_client.work import Chain

__all__ = ["OCRSettings", "Resume", "ResumePoint"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ResumePoint:
    """The place where reading broke off: the error's ``resume_from``. Can be pickled.

    Attributes:
        source: The document that failed.
        progress: Its next page, and the pages of it that were read but not yielded.
        later: The same for documents after it.

    Example:
        ```python
        from langchain_zhipu import ZhipuAIOCRLoader

        loader = ZhipuAIOCRLoader("report.pdf")
        try:
            pages = loader.load()
        except Exception as error:  # a limit was reached, say
            point = error.resume_from
            pages = ZhipuAIOCRLoader("report.pdf", resume_from=point).load()
        ```
    """

    source: str
    progress: OCRProgress
    later: Mapping[str, OCRProgress] = field(default_factory=dict)

    @property
    def next_page(self) -> int:
        """Return the number of the first missing page, from 1."""
        return self.progress.next_page


Resume = int | OCRProgress | ResumePoint | None


class OCRSettings(SeveralRequests):
    """The settings of reading documents, see `ZhipuAIOCRLoader`."""

    model_config = ConfigDict(extra="forbid")

    model: str = "glm-ocr"
    mode: Mode = "page"
    tables: Tables = "html"
    pages_delimiter: str = "\n\n"
    boxes: TrueOrFalse = False
    keep_empty: TrueOrFalse = False
    request_info: TrueOrFalse = False
    crops: TrueOrFalse = False
    layout_images: TrueOrFalse = False
    save_images_to: GivenPath | None = None
    first_page: int | None = Field(default=None, ge=1)
    last_page: int | None = Field(default=None, ge=1)
    pages_per_request: int | None = Field(default=None, ge=1, le=100)
    max_in_flight: int = Field(default=4, ge=1, le=32)
    root: GivenPath | None = None
    max_bytes: int = Field(default=512 * 1024 * 1024, ge=1)
    on_error: Literal["raise", "skip"] = "raise"
    show_progress: TrueOrFalse = False
    extra_body: dict[str, Any] | None = None
    password: Annotated[Any, BeforeValidator(hidden_password)] = Field(
        default=None, repr=False, exclude=True
    )
    endpoint: ocr.Endpoint | None = None
    task: ocr.Task | None = None
    prompt: str | None = None
    max_tokens: int | None = None
    dpi: int | None = None
    max_pixels: int | None = None

    def _check_values(self) -> None:
        super()._check_values()
        settings = self._client_settings()
        ocr.check_endpoint(
            settings.dialect.name,
            self.endpoint,
            settings.base_url,
            mode=self.mode == "element",
            crops=self.crops,
            layout_images=self.layout_images,
            **self._chat_options(),
        )

    def _chat_options(self) -> dict[str, Any]:
        names = ("task", "prompt", "max_tokens", "dpi", "max_pixels")
        return {name: getattr(self, name) for name in names}

    _aliases: ClassVar[Mapping[str, str]] = {**SeveralRequests._aliases, "with_regions": "boxes"}
    _left_off: ResumePoint | None = PrivateAttr(default=None)

    @property
    def left_off(self) -> ResumePoint | None:
        """Return where the last reading ended early, by an error or by closing its iterator.

        Give it to a loader as ``resume_from``: no page that was read is paid for again.
        """
        return self._left_off

    def _read(self, origins: Iterable[Origin], resume: Resume = None) -> Iterator[Document]:
        client = self._sync_client()
        run = _Run(self, resume)
        images = ImageSaver(self.save_images_to)
        with raised_as_model_errors(), ProgressBar("pages", shown=self.show_progress) as bar:
            pieces = iterate(client, run.chain(origins))
            try:
                for origin, page in pieces:
                    run.take(page)
                    if page is not None:
                        if run.is_new(origin):
                            run.about(origin, file_metadata(page))
                        page = images.save(client, origin.name, page)
                        bar.at(page.number, page.total_pages, origin.name)
                    yield from run.documents(origin, page)
            except BaseException as error:
                leave(pieces, error)
                self._left_off = run.attach(error)
                raise

    async def _aread(
        self, origins: Iterable[Origin], resume: Resume = None
    ) -> AsyncGenerator[Document]:
        client = self._async_client()
        run = _Run(self, resume)
        images = ImageSaver(self.save_images_to)
        with raised_as_model_errors(), ProgressBar("pages", shown=self.show_progress) as bar:
            pieces = aiterate(client, run.chain(origins))
            try:
                async for origin, page in pieces:
                    run.take(page)
                    if page is not None:
                        if run.is_new(origin):
                            run.about(origin, file_metadata(page))
                        page = await images.asave(client, origin.name, page)
                        bar.at(page.number, page.total_pages, origin.name)
                    for document in run.documents(origin, page):
                        yield document
            except BaseException as error:
                await aleave(pieces, error)
                self._left_off = run.attach(error)
                raise

    def _shape(self) -> Shape:
        return Shape(
            self.mode,
            self.tables,
            self.pages_delimiter,
            boxes=self.boxes,
            keep_empty=self.keep_empty,
            request_info=self.request_info,
        )

    def _job(self, origin: Origin, resume: int | OCRProgress | None) -> ocr.Pages:
        job = ocr.pages(
            origin.value,
            model=self.model,
            first_page=self.first_page,
            last_page=self.last_page,
            pages_per_request=self.pages_per_request,
            in_flight=self.max_in_flight,
            return_crop_images=self.crops or None,
            need_layout_visualization=self.layout_images or None,
            root=self.root,
            max_bytes=self.max_bytes,
            resume_from=resume,
            on_error=self.on_error,
            extra_body=self.extra_body,
            password=password_for(self.password, origin.name),
            endpoint=self.endpoint,
            **self._chat_options(),
        )
        return replace(job, name=origin.name)  # what is in memory has no name of its own


class _Run:
    """One run over documents: the pages read of each, and the documents made of them. Pure."""

    def __init__(self, settings: OCRSettings, resume: Resume) -> None:
        self._settings = settings
        self._shape = settings._shape()
        self._resume = resume
        self._about: dict[str, Any] = {}
        self._origin: Origin | None = None
        self._pages: list[OCRPage] = []
        #: Of this document: pages read, and those of them without text.
        self._read = 0
        self._blank: list[int] = []
        self._taken: OCRPage | None = None
        self._begun: dict[Origin, int | OCRProgress | None] = {}

    def chain(self, origins: Iterable[Origin]) -> Chain[Origin, OCRPage]:
        """Return all documents as one job."""
        skip = self._skip if self._settings.on_error == "skip" else None
        return Chain(self._jobs(origins), self._settings.max_in_flight, skip)

    def _jobs(self, origins: Iterable[Origin]) -> Iterator[tuple[Origin, ocr.Pages]]:
        resume = self._resume
        waiting = isinstance(resume, ResumePoint)
        for origin in origins:
            start: int | OCRProgress | None
            if not isinstance(resume, ResumePoint):
                # A page number alone means the first document.
                start, resume = resume, None
            elif waiting and origin.name != resume.source:
                continue
            elif waiting:
                start, waiting = resume.progress, False
            else:
                start = resume.later.get(origin.name)
            self._begun[origin] = start
            yield origin, self._settings._job(origin, start)

    def is_new(self, origin: Origin) -> bool:
        """Return True for the first page of a document."""
        return origin is not self._origin

    def about(self, origin: Origin, info: Mapping[str, str]) -> None:
        """Begin a document with its metadata."""
        self._origin = origin
        named = {"source": origin.name}
        # Twice: to be first in order, and to override.
        self._about = {**named, **info, **origin.metadata, **named}

    def documents(self, origin: Origin, page: OCRPage | None) -> Iterator[Document]:
        """Return the documents that are ready with this page, or at a document's end (None)."""
        if page is None:
            self._report_blank(origin)
            for document in self._shape.of_pages(self._pages, self._about):
                self._tell(document)
                self._pages = []
                yield document
            self._pages = []
            self._begun.pop(origin, None)
            return
        self._read += 1
        if page.empty:
            self._blank.append(page.number)
        if self._shape.mode == "single":
            self._pages.append(page)
            self._taken = None
        else:
            made = list(self._shape.of_page(page, self._about))
            for left, document in zip(reversed(range(len(made))), made, strict=True):
                self._tell(document)
                self._taken = page if left else None
                yield document
            self._taken = None

    def take(self, page: OCRPage | None) -> None:
        """Note the page that is in work: it is paid for, and has not reached the caller."""
        self._taken = page

    def _tell(self, document: Document) -> None:
        if self._settings.on_result is not None:
            self._settings.on_result(document)

    def _report_blank(self, origin: Origin) -> None:
        """Log which pages are left out; without any other, as a warning."""
        blank, read = self._blank, self._read
        self._blank, self._read = [], 0
        if not blank or self._settings.keep_empty:
            return
        level = logging.WARNING if len(blank) == read else logging.INFO
        shown = ", ".join(map(str, blank[:20])) + (", ..." if len(blank) > 20 else "")
        _log.log(level, "%s: no text on page %s, left out", shown_name(origin.label), shown)

    def _skip(self, origin: Origin, error: Exception) -> bool:
        if isinstance(error, FATAL):
            return False
        _log.warning("%s is skipped: %s", shown_name(origin.label), error)
        return True

    def attach(self, error: BaseException) -> ResumePoint | None:
        """Set ``resume_from`` on the error, with the pages that were read."""
        facts = error.__dict__
        origin, later = facts.pop("source", None), facts.pop("later", {})
        if not isinstance(origin, Origin):
            return None
        mine = [*self._pages, *([] if self._taken is None else [self._taken])]
        progress = self._progress(origin, mine, error)
        name_source(error, origin.label)
        facts["source"] = origin.name
        facts["resume_from"] = point = ResumePoint(
            origin.name,
            progress,
            {
                behind.name: self._progress(behind, pages, failed)
                for behind, (pages, failed) in later.items()
            },
        )
        return point

    def _progress(
        self, origin: Origin, pages: list[OCRPage], error: BaseException | None
    ) -> OCRProgress:
        partial = getattr(error, "partial", None)
        if isinstance(partial, OCRProgress):
            return OCRProgress(partial.next_page, (*pages, *partial.done))
        if pages:
            return OCRProgress(pages[-1].number + 1, tuple(pages))
        begun = self._begun.get(origin)
        if isinstance(begun, OCRProgress):
            return begun
        return OCRProgress(begun or self._settings.first_page or 1)
