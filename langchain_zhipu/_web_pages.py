"""Read web pages through the service, for the web reader loader."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from contextlib import aclosing, closing, contextmanager
from typing import Any, Literal

from langchain_core.documents import Document
from pydantic import ConfigDict, Field

from langchain_zhipu._errors import raised_as_model_errors
from langchain_zhipu._keeping import SeveralRequests
from langchain_zhipu._ocr.documents import stable_id
from langchain_zhipu._progress import ProgressBar
from zhipu_client import InvalidRequestError, ZhipuError, aiterate, iterate, reader
from zhipu_client.adapting import (
    FATAL,
    TrueOrFalse,
    aleave,
    attach,
    document_id,
    flat,
    keeping,
    leave,
    name_source,
    text_of,
)
from zhipu_client.work import Chain, Once, partial_of

__all__ = ["WebPageSettings"]

_log = logging.getLogger(__name__)

#: Tags of a page that name its language.
_LANGUAGES = ("lang", "language", "og:locale", "content-language")
_SUMMARIES = ("images", "links")

Reply = dict[str, Any]


class WebPageSettings(SeveralRequests):
    """The settings of reading web pages, see `ZhipuAIWebReaderLoader`."""

    model_config = ConfigDict(extra="forbid")

    return_format: Literal["markdown", "text"] | None = None
    no_cache: TrueOrFalse | None = None
    retain_images: TrueOrFalse | None = None
    with_images_summary: TrueOrFalse | None = None
    with_links_summary: TrueOrFalse | None = None
    page_timeout: int | None = Field(default=None, ge=1, le=600)
    max_in_flight: int = Field(default=4, ge=1, le=32)
    on_error: Literal["raise", "skip"] = "raise"
    show_progress: TrueOrFalse = False
    request_info: TrueOrFalse = False
    extra_body: dict[str, Any] | None = None

    def _read(self, urls: tuple[str, ...]) -> Iterator[Document]:
        with (
            raised_as_model_errors(),
            _named(),
            ProgressBar("pages", shown=self.show_progress) as bar,
            closing(iterate(self._sync_client(), self._chain(urls))) as pieces,
        ):
            try:
                for done, (url, reply) in enumerate(_whole(pieces), 1):
                    bar.at(done, len(urls))
                    yield self._told(self._document(url, reply))
            except BaseException as error:
                leave(pieces, error)
                raise

    async def _aread(self, urls: tuple[str, ...]) -> AsyncGenerator[Document]:
        done = 0
        with (
            raised_as_model_errors(),
            _named(),
            ProgressBar("pages", shown=self.show_progress) as bar,
        ):
            async with aclosing(aiterate(self._async_client(), self._chain(urls))) as pieces:
                try:
                    async for url, reply in pieces:
                        if reply is not None:
                            done += 1
                            bar.at(done, len(urls))
                            yield self._told(self._document(url, reply))
                except BaseException as error:
                    await aleave(pieces, error)
                    raise

    def _told(self, document: Document) -> Document:
        if self.on_result is not None:
            with keeping(unread=document):
                self.on_result(document)
        return document

    @contextmanager
    def _kept(self, found: list[Document]) -> Iterator[None]:
        """Put the pages that were read on an error as its ``partial``, later ones included."""
        try:
            yield
        except BaseException as error:  # an interrupt, too
            whole = [*found, *self._unseen(error)]
            attach(error, partial=whole, documents=whole)
            raise

    def _unseen(self, error: BaseException) -> Iterator[Document]:
        """Return the pages that were read and did not reach the caller."""
        # Of a StopIteration that left a generator they are on the cause.
        unread = partial_of(error, "unread")
        if unread is not None:
            yield unread
        first = partial_of(error)
        for reply in first if isinstance(first, list) else ():
            yield self._document(str(partial_of(error, "source") or ""), reply)
        for url, (replies, _) in (partial_of(error, "later") or {}).items():
            for reply in replies:
                yield self._document(url, reply)

    def _chain(self, urls: tuple[str, ...]) -> Chain[str, Reply]:
        # Every address is looked at before the first page is paid for.
        jobs = []
        for place, url in enumerate(urls):
            try:
                jobs.append((url, Once(self._request(url))))
            except InvalidRequestError as error:
                if len(urls) > 1:
                    error.explain(f"It was about urls[{place}]")
                raise
        return Chain(jobs, self.max_in_flight, _skip if self.on_error == "skip" else None)

    def _request(self, url: str) -> Any:
        return reader.create(
            url=url,
            timeout=self.page_timeout,
            no_cache=self.no_cache,
            return_format=self.return_format,
            retain_images=self.retain_images,
            with_images_summary=self.with_images_summary,
            with_links_summary=self.with_links_summary,
            extra_body=self.extra_body,
        ).as_dict()

    def _document(self, url: str, reply: Mapping[str, Any]) -> Document:
        page = reader.page_in(reply) or {}
        tags = page.get("metadata")
        tags = tags if isinstance(tags, Mapping) else {}
        found = {
            "title": page.get("title"),
            "description": page.get("description") or tags.get("description"),
            "language": next((tags[name] for name in _LANGUAGES if tags.get(name)), None),
            "published_date": page.get("publishedTime"),
            **{name: page.get(name) for name in _SUMMARIES},
        }
        if self.request_info:
            found["request_id"] = reply.get("request_id") or reply.get("id")
        known = flat({name: value for name, value in found.items() if value})
        return Document(
            text_of(page.get("content")),
            id=stable_id(document_id(url)),
            metadata={"source": url, **known},
        )


@contextmanager
def _named() -> Iterator[None]:
    """Name the address in an error of the chain, which has it as its ``source``."""
    try:
        yield
    except ZhipuError as error:
        name_source(error, getattr(error, "source", None))
        raise


def _skip(url: str, error: Exception) -> bool:
    if isinstance(error, FATAL):
        return False
    _log.warning("%s is skipped: %s", url, error)
    return True


def _whole(pieces: Iterable[tuple[str, Reply | None]]) -> Iterator[tuple[str, Reply]]:
    for url, reply in pieces:
        if reply is not None:
            yield url, reply
