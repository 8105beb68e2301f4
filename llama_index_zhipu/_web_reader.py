"""`ZhipuAIWebReader`: read web pages; `readers` is where it is public."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import llama_index.core  # noqa: F401 - before any part of it, see `__getattr__` of the package
from llama_index.core.bridge.pydantic import Field
from llama_index.core.readers.base import BasePydanticReader
from llama_index.core.schema import Document

from zhipu_client import reader
from zhipu_client.adapting import attach, keeping, naming

from ._connection import SeveralRequests
from ._documents import Given

__all__ = ["ZhipuAIWebReader"]


class ZhipuAIWebReader(SeveralRequests, BasePydanticReader):
    """Reads web pages as Markdown; the service fetches them, this process does not.

    Attributes:
        return_format: ``"markdown"`` or ``"text"``.
        no_cache: Fetch each page anew.
        retain_images: Keep the images.
        with_links_summary: Append a list of the links.
        with_images_summary: Append a list of the images.
        request_info: Keep ``request_id`` as metadata; it differs at each load.
        max_in_flight: Pages at once in async calls, from 1.

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
    no_cache: bool | None = Field(default=None)
    retain_images: bool | None = Field(default=None)
    with_links_summary: bool | None = Field(default=None)
    with_images_summary: bool | None = Field(default=None)
    request_info: bool = Field(default=False, description="Keep ids of requests.")
    max_in_flight: int = Field(default=4, ge=1)

    @classmethod
    def class_name(cls) -> str:
        """Return the name of this class in dicts."""
        return "ZhipuAIWebReader"

    def lazy_load_data(
        self, urls: str | Sequence[str], extra_info: dict[str, Any] | None = None
    ) -> Iterator[Document]:
        """Read pages one after the other.

        Args:
            urls: An address, or several.
            extra_info: Metadata for every document.
        """
        for url in [urls] if isinstance(urls, str) else urls:
            with naming(url):
                reply = self._client.send(self._request(url))
            made = self._document(url, reply, extra_info)
            with keeping(unread=made):
                self._tell(made)
            yield made

    def load_data(
        self, urls: str | Sequence[str], extra_info: dict[str, Any] | None = None
    ) -> list[Document]:
        """Read pages; the arguments of `lazy_load_data`."""
        found: list[Document] = []
        try:
            for page in self.lazy_load_data(urls, extra_info):
                found.append(page)  # noqa: PERF402 - kept when the next one fails
        except BaseException as error:  # an interrupt, too
            unread = getattr(error, "unread", None)
            attach(error, partial=found if unread is None else [*found, unread])
            raise
        return found

    async def aload_data(
        self, urls: str | Sequence[str], extra_info: dict[str, Any] | None = None
    ) -> list[Document]:
        """Read pages asynchronously, several at once, in their order."""
        slots = asyncio.Semaphore(self.max_in_flight)
        found: dict[int, Document] = {}

        async def one(place: int, url: str) -> None:
            async with slots:
                with naming(url):
                    reply = await self._aclient.send(self._request(url))
            found[place] = self._document(url, reply, extra_info)
            self._tell(found[place])

        wanted = [urls] if isinstance(urls, str) else urls
        tasks = [asyncio.ensure_future(one(*each)) for each in enumerate(wanted)]
        try:
            await asyncio.gather(*tasks)
        except BaseException as error:  # a cancellation, too
            # After a failure, which is raised, the other pages are not needed.
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            attach(error, partial=[found[place] for place in sorted(found)])
            raise
        return [found[place] for place in sorted(found)]

    def _request(self, url: str) -> Any:
        return reader.create(
            url=url,
            return_format=self.return_format,
            no_cache=self.no_cache,
            retain_images=self.retain_images,
            with_links_summary=self.with_links_summary,
            with_images_summary=self.with_images_summary,
        )

    def _tell(self, made: Document) -> None:
        if self.on_result is not None:
            self.on_result(made)

    def _document(
        self, url: str, reply: reader.ReaderReply, extra_info: dict[str, Any] | None
    ) -> Document:
        page = reply.reader_result
        facts = {
            "url": (page.url if page else None) or url,
            "title": page.title if page else None,
            "description": page.description if page else None,
            "request_id": reply.request_id if self.request_info else None,
        }
        text = (page.content if page else None) or ""
        return Given(url, url, dict(extra_info or {})).document(text, facts)
