"""`ZhipuAIWebReader`: read web pages; `readers` is where it is public."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import llama_index.core  # noqa: F401 - before any part of it, see `__getattr__` of the package
from llama_index.core.bridge.pydantic import Field
from llama_index.core.readers.base import BasePydanticReader
from llama_index.core.schema import Document

from zhipu_client import (
    InvalidRequestError,
    aiterate,
    iterate,
    reader,
)
from zhipu_client.adapting import FATAL, TrueOrFalse, aleave, attach, leave, name_source
from zhipu_client.work import Chain, Once, partial_of

from ._documents import Given
from ._keeping import SeveralRequests

__all__ = ["ZhipuAIWebReader"]

logger = logging.getLogger(__name__)


class ZhipuAIWebReader(SeveralRequests, BasePydanticReader, defer_build=False):
    """Reads web pages as Markdown; the service fetches them, this process does not.

    Attributes:
        return_format: ``"markdown"`` or ``"text"``.
        no_cache: Fetch each page anew.
        retain_images: Keep the images.
        with_links_summary: Append a list of the links.
        with_images_summary: Append a list of the images.
        page_timeout: How long the service may take to fetch a page, in seconds (20).
        request_info: Keep ``request_id`` as metadata; it differs at each load.
        max_in_flight: Pages at once, 1 to 32.
        on_error: ``"raise"``, or ``"skip"``: log a warning and leave out a page that fails.

    Raises:
        zhipu_client.InvalidRequestError: No key was found, or an address is not http(s).
        zhipu_client.ZhipuError: A call failed; the subclasses say how. Pages that `load_data` and
            `aload_data` had read by then are the error's ``partial``.

    Example:
        ```python
        from llama_index_zhipu import ZhipuAIWebReader

        (page,) = ZhipuAIWebReader().load_data("https://example.com/")
        print(page.metadata["title"], page.text)
        ```
    """

    is_remote: bool = True
    return_format: Literal["markdown", "text"] = Field(default="markdown")
    no_cache: TrueOrFalse | None = Field(default=None)
    retain_images: TrueOrFalse | None = Field(default=None)
    with_links_summary: TrueOrFalse | None = Field(default=None)
    with_images_summary: TrueOrFalse | None = Field(default=None)
    page_timeout: int | None = Field(default=None, ge=1, le=600, description="Of one page.")
    request_info: TrueOrFalse = Field(default=False, description="Keep ids of requests.")
    max_in_flight: int = Field(default=4, ge=1, le=32)
    on_error: Literal["raise", "skip"] = Field(default="raise", description="Of a page that fails.")

    @classmethod
    def class_name(cls) -> str:
        """Return the name of this class in dicts."""
        return "ZhipuAIWebReader"

    def lazy_load_data(
        self, urls: str | Sequence[str], extra_info: dict[str, Any] | None = None
    ) -> Iterator[Document]:
        """Read pages in their order, several at once.

        Args:
            urls: An address, or several.
            extra_info: Metadata for every document.
        """
        pieces = iterate(self._client, self._chain(urls))
        unread: Document | None = None
        try:
            for (_, url), reply in pieces:
                if reply is not None:
                    made = unread = self._document(url, reply, extra_info)
                    self._tell(made)
                    unread = None
                    yield made
        except BaseException as error:
            leave(pieces, error)
            self._note(error, unread, extra_info)
            raise

    def load_data(
        self, urls: str | Sequence[str], extra_info: dict[str, Any] | None = None
    ) -> list[Document]:
        """Read pages; the arguments of `lazy_load_data`."""
        found: list[Document] = []
        try:
            for page in self.lazy_load_data(urls, extra_info):
                found.append(page)  # noqa: PERF402 - kept when the next one fails
        except BaseException as error:  # an interrupt, too
            # Of a StopIteration that left a generator they are on the cause.
            attach(error, partial=[*found, *(partial_of(error, "unread") or ())])
            raise
        return found

    async def aload_data(
        self, urls: str | Sequence[str], extra_info: dict[str, Any] | None = None
    ) -> list[Document]:
        """Read pages asynchronously, several at once, in their order."""
        pieces = aiterate(self._aclient, self._chain(urls))
        found: list[Document] = []
        unread: Document | None = None
        try:
            async for (_, url), reply in pieces:
                if reply is not None:
                    made = unread = self._document(url, reply, extra_info)
                    self._tell(made)
                    unread = None
                    found.append(made)
        except BaseException as error:  # a cancellation, too
            await aleave(pieces, error)
            self._note(error, unread, extra_info)
            attach(error, partial=[*found, *getattr(error, "unread", ())])
            raise
        return found

    def _chain(self, urls: str | Sequence[str]) -> Chain[tuple[int, str], reader.ReaderReply]:
        """Return all pages as one job; every address is looked at before the first is paid for."""
        wanted = [urls] if isinstance(urls, str) else list(urls)
        jobs = []
        for place, url in enumerate(wanted):
            try:
                jobs.append(((place, url), Once(self._request(url))))
            except InvalidRequestError as error:
                if len(wanted) > 1:
                    error.explain(f"It was about urls[{place}]")
                raise
        skip = self._skip if self.on_error == "skip" else None
        return Chain(jobs, self.max_in_flight, skip)

    def _skip(self, key: tuple[int, str], error: Exception) -> bool:
        if isinstance(error, FATAL):
            return False
        logger.warning("%s is skipped: %s", key[1], error)
        return True

    def _note(
        self, error: BaseException, unread: Document | None, extra_info: dict[str, Any] | None
    ) -> None:
        """Name the page in an error, with the pages that did not reach the caller as `unread`."""
        place, url = getattr(error, "source", None) or (None, None)
        name_source(error, url)
        pages = [unread] if unread is not None else []
        for (_, behind), (replies, _) in getattr(error, "later", {}).items():
            pages += [self._document(behind, reply, extra_info) for reply in replies]
        attach(error, source=url, place=place, unread=pages, later={})

    def _request(self, url: str) -> Any:
        return reader.create(
            url=url,
            return_format=self.return_format,
            no_cache=self.no_cache,
            retain_images=self.retain_images,
            with_links_summary=self.with_links_summary,
            with_images_summary=self.with_images_summary,
            timeout=self.page_timeout,
        )

    def _tell(self, made: Document) -> None:
        if self.on_result is not None:
            self.on_result(made)

    def _document(
        self, url: str, reply: reader.ReaderReply, extra_info: dict[str, Any] | None
    ) -> Document:
        page = reply.page
        facts = {
            "url": page.url or url,
            "title": page.title,
            "description": page.description,
            "request_id": reply.request_id if self.request_info else None,
        }
        return Given(url, url, dict(extra_info or {})).document(reply.text, facts)
