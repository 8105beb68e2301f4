"""Loaders of files and web pages: GLM-OCR and the web reader."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import aclosing
from typing import Any, Unpack

from langchain_core.document_loaders import BaseLoader
from langchain_core.documents import Document
from langchain_core.documents.base import Blob
from pydantic import ConfigDict, Field, SkipValidation

from langchain_zhipu._collecting import CollectingLoader, CollectingParser
from langchain_zhipu._errors import raised_as_model_errors
from langchain_zhipu._ocr.reading import OCRSettings, Resume, ResumePoint
from langchain_zhipu._ocr.sources import FilePath, Origin, blob_origin, origins
from langchain_zhipu._options import OCROptions, WebPageOptions
from langchain_zhipu._web_pages import WebPageSettings
from zhipu_client.adapting import refuse, strings
from zhipu_client.ocr import OCRProgress

__all__ = ["ResumePoint", "ZhipuAIOCRLoader", "ZhipuAIOCRParser", "ZhipuAIWebReaderLoader"]


class ZhipuAIOCRLoader(OCRSettings, CollectingLoader, defer_build=False):
    """Reads PDFs and pictures with GLM-OCR: of the service, or on a server of your own.

    The service (``POST /layout_parsing``, billed by tokens) finds the layout too. Documents of any
    length are read: above the limits of the site (100 pages, 30 on api.z.ai; 50 MiB) they are sent
    in parts, several at once, and come in order. For local PDFs that needs the extra ``ocr``. An
    http(s) address is passed to the service, which fetches it itself.

    With any other ``base_url`` (vLLM, SGLang, Ollama, see ``endpoint``) GLM-OCR is a vision chat
    model: each page is rendered, sent as an image with one of the model's prompts, and its text
    becomes the same document. Such a server reports no layout: ``boxes``, ``images`` and
    ``layout_image`` are missing, metadata has ``has_layout=False``, and mode ``"element"``,
    ``crops`` and ``layout_images`` are refused. An answer that was cut raises, and is never
    returned as a page. PDFs at an address are not fetched; addresses of images are passed on.

    Metadata follows LangChain's PDF loaders: ``source``, ``file_path``, ``total_pages``, ``page``
    (from 0), ``page_label``, and the metadata of a local PDF (``producer``, ``creator``,
    ``creationdate``, ``title``, ...). Beyond that: ``page_width`` and ``page_height`` in pixels,
    ``model``; ``images``, ``layout_image`` where asked for. It is flat, as many vector stores
    want it (lists are JSON text), and the same at each load, so that ``index()`` and record
    managers pay for no unchanged page again. A document's ``id`` is the same at each load too: a
    UUID made of its source and page.

    Args:
        file_path: A path, a folder, a pattern (``"scans/*.pdf"``), an http(s) address, a data
            URL, bytes, an open file or ``io.BytesIO``, an upload of a web framework, a blob, or
            several of these. PDF, PNG or JPEG, recognised by the content.
        glob: Which files of a folder; None for all PDF, PNG and JPEG files in it and below.
        resume_from: Where to go on after a failure: the error's ``resume_from``, or a page
            (from 1) of the first document.
        mode: A document for each ``"page"``, a ``"single"`` one for a whole file, or one for each
            ``"element"`` (title, paragraph, table, ...).
        tables: ``"html"``, as the service reads them, or ``"markdown"``.
        pages_delimiter: The text between pages in mode ``"single"``.
        boxes: Whether metadata has the place of each element (``label``, ``category`` and
            ``bbox``: left, top, right, bottom in pixels). It is nested then.
        keep_empty: Whether pages without text become documents, marked by ``empty``. They are
            left out by default, as embeddings refuse them; the others keep their numbers.
        request_info: Whether metadata has ``request_id`` and ``token_usage`` (of a request, on
            its first document), which differ at each load. ``on_attempt`` is given each id
            without that.
        crops: Ask for the images in the document; their URLs expire after 7 days, and differ at
            each load: with `save_images_to` documents do not.
        layout_images: Ask for an image of each page's layout.
        save_images_to: A folder to save these images to; documents then link to the files.
        first_page: The first page to read, from 1.
        last_page: The last page to read, itself included.
        pages_per_request: The most pages of a part, 1 to 100; None: 20, or more of a large file.
        max_in_flight: The most requests at once, 1 to 32.
        root: A folder that all files must lie in, links followed.
        max_bytes: The most bytes of a file, checked before it is read (512 MiB).
        on_error: ``"raise"``, or ``"skip"``: log a warning, and leave out a page that the service
            refuses (with ``keep_empty`` it is there, with its ``error``), and what cannot be read
            of a document.
        show_progress: Show a progress bar on standard error.
        extra_body: Further fields of each request, sent unchecked.
        password: Of encrypted PDFs: a string, or a function that is given a document's ``source``
            and returns its password; called only for files that need one.
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
        api_key: This and the other settings that all adapters share: see ``ZhipuSettings``.

    Raises:
        InvalidRequestError: No key was found, or a value is out of its range; while loading:
            a file is missing, empty, too large, changes while it is read, or is of another type.
        ZhipuError: While loading, after the pages before the failure were yielded. The error
            has ``resume_from``: with it another loader goes on without paying twice. That of
            `load` and `aload` has the documents before the failure too, as ``documents``; that of
            an answer that was cut has ``cut_page``, as far as it came. Ctrl-C, a cancellation and
            an error of ``on_result`` have the same, see `zhipu_client.work.partial_of`; when the
            iterator is closed early, `left_off` has it.

    Examples: GLM-OCR of your own
        >>> from langchain_zhipu import ZhipuAIOCRLoader
        >>> ours = {"base_url": "http://localhost:8000/v1", "api_key": "not-needed"}
        >>> loader = ZhipuAIOCRLoader("report.pdf", model="zai-org/GLM-OCR", **ours)
        >>> loader.load()  # doctest: +SKIP

    Example:
        ```python
        from langchain_zhipu import ZhipuAIOCRLoader

        loader = ZhipuAIOCRLoader("report.pdf", tables="markdown")
        for page in loader.lazy_load():
            print(page.metadata["page"], page.page_content[:80])
        ```

    Example: continue after a failure
        ```python
        from zhipu_client import ZhipuError

        pages = []
        loader = ZhipuAIOCRLoader("report.pdf")
        for attempt in range(3):
            try:
                pages.extend(loader.lazy_load())
                break
            except ZhipuError as error:
                loader = ZhipuAIOCRLoader("report.pdf", resume_from=error.resume_from)
        ```
    """

    model_config = ConfigDict(extra="forbid")

    file_path: SkipValidation[Any] = Field(repr=False)
    glob: str | None = None
    resume_from: SkipValidation[Any] = Field(default=None, repr=False)

    def __init__(
        self,
        file_path: FilePath,
        *,
        glob: str | None = None,
        resume_from: Resume = None,
        **settings: Unpack[OCROptions],
    ) -> None:
        with raised_as_model_errors():
            if not isinstance(resume_from, (int, OCRProgress, ResumePoint, type(None))):
                raise refuse("resume_from", resume_from, "must be a page, or that of an error")
        own = {"file_path": file_path, "glob": glob, "resume_from": resume_from}
        super().__init__(**own, **settings)

    def lazy_load(self) -> Iterator[Document]:
        """Read page by page; only a few parts of a document are in memory at once."""
        yield from self._read(self._origins(), self.resume_from)

    async def alazy_load(self) -> AsyncGenerator[Document]:
        """Read page by page, asynchronously; files are read in threads."""
        async with aclosing(self._aread(self._origins(), self.resume_from)) as documents:
            async for document in documents:
                yield document

    def _origins(self) -> Iterator[Origin]:
        there = self.on_error == "raise" and self.resume_from is None
        yield from origins(self.file_path, self.glob, self.max_bytes, all_there=there)


class ZhipuAIOCRParser(OCRSettings, CollectingParser, defer_build=False):
    """Reads blobs with GLM-OCR: the parser for ``GenericLoader`` and other blob loaders.

    The documents are those of `ZhipuAIOCRLoader`, and have the blob's metadata too.

    Args:
        mode: ``"page"``, ``"single"`` or ``"element"``.
        tables: ``"html"`` or ``"markdown"``.
        api_key: This and all further arguments are those of `ZhipuAIOCRLoader`, except for its
            first three.

    Raises:
        InvalidRequestError: No key was found, or a value is out of its range.

    Example:
        ```python
        from langchain_core.documents.base import Blob
        from langchain_zhipu import ZhipuAIOCRParser

        parser = ZhipuAIOCRParser(mode="single")
        for document in parser.lazy_parse(Blob.from_path("report.pdf")):
            print(document.page_content)
        ```
    """

    model_config = ConfigDict(extra="forbid")

    def _of(self, blob: Blob) -> Iterator[Origin]:
        yield blob_origin(blob, self.max_bytes)


class ZhipuAIWebReaderLoader(WebPageSettings, BaseLoader, defer_build=False):
    """Loads the text of web pages, which the service fetches: ``POST /reader``. Billed by page.

    Nothing is fetched by this process. Metadata has ``source`` (the address), ``title``,
    ``description``, ``language``; ``images`` and ``links``, as JSON text, where asked for. It is
    flat, and the same as long as the page is, as is the document's ``id``.

    Args:
        urls: One address or several, http or https. Several are read at once; the documents come
            in order.
        return_format: ``"markdown"`` or ``"text"``.
        no_cache: Fetch each page anew.
        retain_images: Keep images (default).
        with_images_summary: List the images of a page.
        with_links_summary: List the links of a page.
        page_timeout: How long the service may take to fetch a page, in seconds (20).
        max_in_flight: The most requests at once, 1 to 32.
        on_error: ``"raise"``, or ``"skip"``: log a warning and skip the page.
        show_progress: Show a progress bar on standard error.
        request_info: Whether metadata has ``request_id``, which differs at each load.
        api_key: This and the other settings that all adapters share: see ``ZhipuSettings``.

    Raises:
        InvalidRequestError: No key was found, an address is not http(s), or a value is out of its
            range.
        ZhipuError: While loading, after the pages before the failure were yielded. From `load` and
            `aload`, the error has the pages that were read as ``partial``. So have Ctrl-C, a
            cancellation and an error of ``on_result``, see `zhipu_client.work.partial_of`.

    Example:
        ```python
        from langchain_zhipu import ZhipuAIWebReaderLoader

        for page in ZhipuAIWebReaderLoader("https://example.com").lazy_load():
            print(page.metadata["title"], page.page_content[:80])
        ```
    """

    model_config = ConfigDict(extra="forbid")

    urls: tuple[str, ...]

    def __init__(self, urls: str | Iterable[str], **settings: Unpack[WebPageOptions]) -> None:
        with raised_as_model_errors():
            given = (urls,) if isinstance(urls, str) else tuple(strings("urls", urls))
        own: dict[str, Any] = {"urls": given}
        super().__init__(**own, **settings)

    def lazy_load(self) -> Iterator[Document]:
        """Read page by page."""
        yield from self._read(self.urls)

    def load(self) -> list[Document]:
        """Read all pages."""
        found: list[Document] = []
        with self._kept(found):
            found.extend(self.lazy_load())
        return found

    async def aload(self) -> list[Document]:
        """Read all pages, asynchronously."""
        found: list[Document] = []
        with self._kept(found):
            async for document in self.alazy_load():
                found.append(document)  # noqa: PERF401 - kept when the next one fails
        return found

    async def alazy_load(self) -> AsyncGenerator[Document]:
        """Read page by page, asynchronously."""
        async with aclosing(self._aread(self.urls)) as documents:
            async for document in documents:
                yield document
