"""`ZhipuAIOCRReader` and `ZhipuAIWebReader`: read documents and web pages."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal

import llama_index.core  # noqa: F401 - before any part of it, see `__getattr__` of the package
from llama_index.core.bridge.pydantic import Field, PlainSerializer, PrivateAttr
from llama_index.core.schema import Document
from pydantic import BeforeValidator

from zhipu_client import aiterate, arun, iterate, ocr, run
from zhipu_client.adapting import (
    GivenPath,
    TrueOrFalse,
    aleave,
    attach,
    hidden_password,
    leave,
    naming,
    shown_name,
)

from ._documents import Given, given_file
from ._failures import NotesFailures
from ._keeping import SeveralRequests
from ._web_reader import ZhipuAIWebReader

__all__ = ["ZhipuAIOCRReader", "ZhipuAIWebReader"]

logger = logging.getLogger(__name__)

#: Name of a field -> name of the argument of `zhipu_client.ocr.pages`.
_PAGES = {"max_in_flight": "in_flight"}
#: The settings of a chat server.
_CHAT = ("task", "prompt", "max_tokens", "dpi", "max_pixels")


def _hidden(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a call with a password that no traceback shows."""
    if "password" not in arguments:
        return arguments
    return {**arguments, "password": hidden_password(arguments["password"])}


class ZhipuAIOCRReader(SeveralRequests, NotesFailures, defer_build=False):
    """Reads PDFs and images with GLM-OCR: text, tables and formulas as Markdown.

    Documents of any length: PDF files are split by pages (with the extra ``ocr``), a few parts at
    a time. Works as a ``file_extractor`` of `SimpleDirectoryReader` too.

    With any other ``base_url`` than the service's (vLLM, SGLang, Ollama, see ``endpoint``) GLM-OCR
    is a vision chat model: each page is rendered, sent as an image with one of the model's prompts,
    and its text becomes the same document. Such a server reports no layout: there are no regions,
    and metadata has ``has_layout=False``. An answer that was cut raises, and is never returned as a
    page. PDFs at an address are not fetched; addresses of images are passed on.

    Metadata is flat, as many vector stores want it, and the same at each load, as is a document's
    id (``report.pdf#3``): an ``IngestionPipeline`` with a docstore pays for no page again.

    Attributes:
        model: ``glm-ocr``, or the name under which a server of your own serves it.
        split: ``"page"`` makes one document of each page, ``"none"`` one of the whole file.
        first_page: The first page to read, from 1; PDF only.
        last_page: The last page to read, itself included.
        pages_per_request: The most pages in one request, 1 to 100; None: 20, or more of a large
            file.
        max_in_flight: Requests at once, 1 to 32.
        with_regions: Keep the regions of each page, with boxes in pixels, as metadata, which is
            nested then: ``regions``, or with ``split="none"`` ``pages`` with the regions of each.
        on_error: What a page is that the service refuses: ``"raise"`` names it; ``"skip"`` logs a
            warning and leaves it out (with ``keep_empty`` it is there, with its ``error``), and
            what else cannot be read of a document.
        keep_empty: Make documents of pages without text too, marked by ``empty`` in the metadata.
        request_info: Keep ``request_id`` and ``token_usage`` of each request as metadata, which
            differ at each load. ``on_attempt`` is given each id without that.
        tables: ``"html"`` as the service writes them, or ``"markdown"``.
        root: A folder that all paths must be in, links followed.
        max_bytes: The most bytes of a file, checked before it is read.
        password: Of encrypted PDFs: a string, or a function that is given the file and returns its
            password; called only for files that need one. Not part of ``to_dict``.
        endpoint: ``"layout"`` or ``"chat"``: which endpoint of the server reads. None decides by
            its dialect: the service and its relays (``…/paas/v4``, or ``dialect="zhipu"``) have the
            first, every other server the second; so a chat server needs its path (``…/v1``).
        task: For a chat server: what pages are read for, ``"text"``, ``"table"``, ``"formula"`` or
            ``"figure"``.
        prompt: For a chat server: a prompt of your own in place of the task's.
        max_tokens: For a chat server: the most tokens of a page's answer. None leaves it to the
            server.
        dpi: For a chat server: dots per inch at which pages are rendered, 36 to 1200 (200).
        max_pixels: For a chat server: the most pixels of an image (2,800,000, which vLLM takes);
            larger pages and images are made smaller.

    Raises:
        zhipu_client.InvalidRequestError: No key was found, or the file cannot be sent.
        zhipu_client.ZhipuError: A call failed; the subclasses say how. That of an answer that was
            cut has ``cut_page``, as far as it came.

    Examples: GLM-OCR of your own
        >>> from llama_index_zhipu import ZhipuAIOCRReader
        >>> ours = {"base_url": "http://localhost:8000/v1", "api_key": "not-needed"}
        >>> reader = ZhipuAIOCRReader(model="zai-org/GLM-OCR", **ours)
        >>> reader.load_data("report.pdf")  # doctest: +SKIP

    Example:
        ```python
        from llama_index_zhipu import ZhipuAIOCRReader

        for page in ZhipuAIOCRReader().lazy_load_data("report.pdf"):
            print(page.metadata["page_label"], page.text)
        ```
    """

    is_remote: bool = True
    model: str = Field(default="glm-ocr", description="The model code.")
    split: Literal["page", "none"] = Field(default="page", description="A document a page.")
    first_page: int | None = Field(default=None, ge=1)
    last_page: int | None = Field(default=None, ge=1)
    pages_per_request: int | None = Field(default=None, ge=1, le=100)
    max_in_flight: int = Field(default=4, ge=1, le=32)
    with_regions: TrueOrFalse = Field(default=False, description="Keep regions as metadata.")
    on_error: Literal["raise", "skip"] = Field(default="raise", description="Of a refused page.")
    keep_empty: TrueOrFalse = Field(default=False, description="Keep pages without text.")
    request_info: TrueOrFalse = Field(default=False, description="Keep ids and tokens of requests.")
    tables: Literal["html", "markdown"] = Field(default="html")
    root: Annotated[GivenPath, PlainSerializer(str)] | None = Field(
        default=None, description="A folder that all paths must be in."
    )
    max_bytes: int = Field(default=512 * 1024 * 1024, gt=0)
    password: Annotated[Any, BeforeValidator(hidden_password)] = Field(
        default=None, repr=False, exclude=True
    )
    endpoint: ocr.Endpoint | None = Field(default=None, description="Which endpoint reads.")
    task: ocr.Task | None = Field(default=None, description="What a chat server reads for.")
    prompt: str | None = Field(default=None, description="A prompt in place of the task's.")
    max_tokens: int | None = Field(default=None, description="The most tokens of a page.")
    dpi: int | None = Field(default=None, description="Dots per inch of rendered pages.")
    max_pixels: int | None = Field(default=None, description="The most pixels of an image.")

    _aliases: ClassVar[Mapping[str, str]] = {**SeveralRequests._aliases, "boxes": "with_regions"}
    _left_off: ocr.OCRProgress | None = PrivateAttr(default=None)

    @property
    def left_off(self) -> ocr.OCRProgress | None:
        """Return where the last iteration ended early, by an error or by closing its iterator.

        Give it to the next call as ``resume_from``: no page that was read is paid for again.
        """
        return self._left_off

    @classmethod
    def class_name(cls) -> str:
        """Return the name of this class in dicts."""
        return "ZhipuAIOCRReader"

    def _check_values(self) -> None:
        super()._check_values()
        settings = self._client_settings()
        where = (settings.dialect.name, self.endpoint, settings.base_url)
        ocr.check_endpoint(*where, **self._chat_options())

    def _chat_options(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _CHAT}

    def lazy_load_data(
        self,
        file: Any,
        extra_info: dict[str, Any] | None = None,
        fs: Any = None,
        **load_kwargs: Any,
    ) -> Iterator[Document]:
        """Read a document, page after page, while the next ones are being read.

        Args:
            file: A path, bytes, an open file or ``io.BytesIO``, an upload of a web framework, a
                data URL, or an http(s) address, which only the service fetches.
            extra_info: Metadata for every document.
            fs: A file system of fsspec that the path is on.
            **load_kwargs: Anything that `zhipu_client.ocr.pages` takes.
        """
        load_kwargs = _hidden(load_kwargs)
        if self.split != "page":
            yield from self.load_data(file, extra_info, fs, **load_kwargs)
            return
        given = given_file(file, extra_info, fs, self.max_bytes)
        with naming(given.name):
            pages = iterate(self._client, self._job(given, load_kwargs))
            page = None
            try:
                for page in pages:
                    if page.empty and not self.keep_empty:
                        page = None
                        continue
                    made = self._document(page, given)
                    self._tell(made)
                    page = None
                    yield made
            except BaseException as error:
                leave(pages, error)
                self._note(error, page)
                raise

    async def alazy_load_data(
        self,
        file: Any,
        extra_info: dict[str, Any] | None = None,
        fs: Any = None,
        **load_kwargs: Any,
    ) -> Iterable[Document]:
        """Read a document asynchronously; the arguments of `lazy_load_data`."""
        return await self.aload_data(file, extra_info, fs, **load_kwargs)

    async def apages(
        self,
        file: Any,
        extra_info: dict[str, Any] | None = None,
        fs: Any = None,
        **load_kwargs: Any,
    ) -> AsyncIterator[Document]:
        """Read a document page by page, asynchronously; the arguments of `lazy_load_data`."""
        load_kwargs = _hidden(load_kwargs)
        given = await asyncio.to_thread(given_file, file, extra_info, fs, self.max_bytes)
        with naming(given.name):
            pages = aiterate(self._aclient, self._job(given, load_kwargs))
            page = None
            try:
                async for page in pages:
                    if page.empty and not self.keep_empty:
                        page = None
                        continue
                    made = self._document(page, given)
                    self._tell(made)
                    page = None
                    yield made
            except BaseException as error:
                await aleave(pages, error)
                self._note(error, page)
                raise

    def load_data(
        self,
        file: Any,
        extra_info: dict[str, Any] | None = None,
        fs: Any = None,
        **load_kwargs: Any,
    ) -> list[Document]:
        """Read a document; the arguments of `lazy_load_data`.

        When a part fails, the error's ``partial`` has all pages that were read; to read only the
        others, give it to the next call as ``resume_from``. Ctrl-C and a cancellation have it too,
        see `zhipu_client.work.partial_of`. Where `SimpleDirectoryReader` only prints the error,
        `failures` has it.
        """
        load_kwargs = _hidden(load_kwargs)
        given = given_file(file, extra_info, fs, self.max_bytes)
        with self._noting(given.name), naming(given.name):
            job, tell = self._job(given, load_kwargs), self._teller(given)
            pages = run(self._client, job, on_result=tell)
        return self._documents(pages, given)

    async def aload_data(
        self,
        file: Any,
        extra_info: dict[str, Any] | None = None,
        fs: Any = None,
        **load_kwargs: Any,
    ) -> list[Document]:
        """Read a document asynchronously; see `load_data`."""
        load_kwargs = _hidden(load_kwargs)
        given = await asyncio.to_thread(given_file, file, extra_info, fs, self.max_bytes)
        with self._noting(given.name), naming(given.name):
            job, tell = self._job(given, load_kwargs), self._teller(given)
            pages = await arun(self._aclient, job, on_result=tell)
        return self._documents(pages, given)

    def _tell(self, made: Document) -> None:
        if self.on_result is not None:
            self.on_result(made)

    def _teller(self, given: Given) -> Callable[[ocr.OCRPage], None] | None:
        """Return what makes of each page, as it comes, what `on_result` gets."""
        if self.on_result is None:
            return None

        def tell(page: ocr.OCRPage) -> None:
            if self.keep_empty or not page.empty:
                self._tell(self._document(page, given))

        return tell

    def _note(self, error: BaseException, page: ocr.OCRPage | None) -> None:
        """Note where an iteration was left, with the page that did not reach the caller."""
        partial = getattr(error, "partial", None)
        if isinstance(partial, ocr.OCRProgress):
            if page is not None:
                partial = ocr.OCRProgress(partial.next_page, (page, *partial.done))
                attach(error, partial=partial)
            self._left_off = partial

    def _job(self, file: Given, given: dict[str, Any]) -> ocr.Pages:
        settings: dict[str, Any] = {
            "model": self.model,
            "first_page": self.first_page,
            "last_page": self.last_page,
            "pages_per_request": self.pages_per_request,
            "in_flight": self.max_in_flight,
            "root": self.root,
            "on_error": self.on_error,
            "max_bytes": self.max_bytes,
            "password": self._password(file),
            "endpoint": self.endpoint,
            **self._chat_options(),
        }
        given = {_PAGES.get(name, name): value for name, value in given.items()}
        job = ocr.pages(file.source, **{**settings, **given})
        return replace(job, name=file.name or job.name)

    def _password(self, file: Given) -> Any:
        given = hidden_password(self.password)
        # What is in memory is named by what the caller said of it.
        return (lambda source: given(file.name or source)) if callable(given) else given

    def _documents(self, pages: list[ocr.OCRPage], given: Given) -> list[Document]:
        kept = [page for page in pages if self.keep_empty or not page.empty]
        if len(kept) < len(pages):
            blank = [str(page.number) for page in pages if page.empty]
            level = logging.INFO if kept else logging.WARNING
            shown = ", ".join(blank[:20]) + (", ..." if len(blank) > 20 else "")
            logger.log(
                level, "%s: no text on page %s, left out", shown_name(given.name or "file"), shown
            )
        if self.split == "page":
            return [self._document(page, given) for page in kept]
        return [self._joined(kept, given, len(pages))] if kept else []

    def _document(self, page: ocr.OCRPage, given: Given) -> Document:
        facts: dict[str, Any] = {
            "converted_from": page.file_info.get("converted_from"),
            "page_label": str(page.number),
            "total_pages": page.total_pages,
            "width": page.width,
            "height": page.height,
            "empty": page.empty or None,
            "error": None if page.error is None else str(page.error),
        }
        if self.request_info:
            facts |= {"request_id": page.request_id, "token_usage": page.usage}
        if not page.has_layout:
            facts["has_layout"] = False
        elif self.with_regions:
            facts["regions"] = page.regions
        return given.document(self._text(page), facts, page.number, nested=self.with_regions)

    def _joined(self, pages: Sequence[ocr.OCRPage], given: Given, total: int) -> Document:
        text = "\n\n".join(self._text(page) for page in pages)
        facts: dict[str, Any] = {"total_pages": total}
        facts |= {"converted_from": pages[0].file_info.get("converted_from")} if pages else {}
        if self.request_info:
            ids = dict.fromkeys(page.request_id for page in pages if page.request_id)
            facts["request_ids"] = list(ids)
        if not all(page.has_layout for page in pages):
            facts["has_layout"] = False
        elif self.with_regions:
            facts["pages"] = [
                {
                    "page_label": str(page.number),
                    "width": page.width,
                    "height": page.height,
                    "regions": page.regions,
                }
                for page in pages
            ]
        return given.document(text, facts, nested=self.with_regions)

    def _text(self, page: ocr.OCRPage) -> str:
        return page.text if self.tables == "html" else ocr.tables_as_markdown(page.text)
