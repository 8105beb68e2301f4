"""Which pages one request asks for: a document cut into parts. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zhipu_client._files import MAX_BYTES
from zhipu_client.errors import InvalidRequestError
from zhipu_client.ocr._pages import OCRPage, OCRProgress
from zhipu_client.work._job import Document, Password, Progress, Source
from zhipu_client.work._refusals import OnError

__all__ = ["PDF", "PagesJob", "Part", "Parts"]

PDF = "application/pdf"
#: About how large a part is. With 4 in flight, a run stays some 40 MB above what imports take.
_PART_BYTES = 1024 * 1024
#: A file is sent whole as often as it has parts: pages of a part, and the most bytes sent, where
#: the caller leaves the number of pages to us.
_PAGES, _SENT_BYTES = 20, 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class PagesJob:
    """What is to be read, and how; see `zhipu_client.ocr.pages`."""

    source: Source = field(repr=False)
    model: str
    first_page: int | None
    last_page: int | None
    pages_per_request: int | None
    in_flight: int
    options: Mapping[str, Any]
    root: Path | None
    max_bytes: int
    resume_from: int | OCRProgress | None
    progress: Progress | None
    name: str | None = None
    on_error: OnError = "raise"
    password: Password = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Part:
    """Pages that one request asks for.

    Attributes:
        first: The first page.
        last: The last page; None for all that there are.
        split: Sent as a file of its own; else the whole is sent, with page numbers.
        walk: The document's end is not known: this part's answer shows whether another follows.
        kept: The pages themselves, read by an earlier run.
        again: A part of one that was refused: other parts wait for it.
    """

    first: int
    last: int | None
    split: bool = False
    walk: bool = False
    kept: tuple[OCRPage, ...] = ()
    again: bool = False


class Parts:
    """A document's parts, as many pages in each as its size and the server permit.

    Attributes:
        sent_whole: Each request has the user's own file, with page numbers; else what is cut.
    """

    def __init__(
        self, job: PagesJob, document: Document, limit: int, kept: Mapping[int, OCRPage]
    ) -> None:
        self._job = job
        self._document = document
        self._limit = limit
        self._kept = kept
        self.sent_whole = self._is_sent_whole()
        self._size = self._pages_of_a_part(job.pages_per_request)

    def _is_sent_whole(self) -> bool:
        """Return True for a PDF within the limits: what the service gets is the user's document.

        Its parts are asked for by page numbers. Only what is larger is cut.
        """
        document = self._document
        fits = document.size <= MAX_BYTES[PDF] and (document.pages or 0) <= self._limit
        return document.kind == PDF and document.pages is not None and fits

    def _pages_of_a_part(self, wanted: int | None) -> int:
        """Return how many: of what is cut, fewer where pages are large; see `_SENT_BYTES`."""
        most = min(wanted or _PAGES, self._limit)
        pages, size = self._document.pages, self._document.size
        if not pages or not size:
            return most
        if self.sent_whole:
            parts = max(1, _SENT_BYTES // size)
            return most if wanted else max(most, -(-pages // parts))
        return max(1, min(most, _PART_BYTES * pages // size))

    def planned(self, first: int, total: int) -> Iterator[Part]:
        """Return the parts from a page on, as far as they are known.

        Args:
            first: The first page that is missing.
            total: How many pages there are; 0 for not known.
        """
        job, document = self._job, self._document
        last = job.last_page
        if total:
            last = min(last or total, total)
            if first > last and isinstance(job.resume_from, OCRProgress):
                return  # nothing was missing
            if first > last:
                raise InvalidRequestError(
                    f"first_page is {first}, but the document has {total} pages",
                    field="first_page",
                    value=first,
                )
        if document.kind not in (None, PDF):
            yield Part(1, 1)
        elif last is not None:
            split = document.pages is not None and not self.sent_whole
            yield from self.of(first, last, split=split)
        elif first == 1:
            yield Part(1, None)
        else:
            yield Part(first, first + self._limit - 1, walk=True)

    def of(self, first: int, last: int, *, split: bool) -> Iterator[Part]:
        """Cut a range into parts; pages that are there already are not asked for again."""
        while first <= last:
            here = first in self._kept
            end = first
            while (
                end < last
                and (end + 1 in self._kept) == here
                and (here or end - first + 1 < self._size)
            ):
                end += 1
            kept = tuple(self._kept[number] for number in range(first, end + 1)) if here else ()
            yield Part(first, end, split=split, kept=kept)
            first = end + 1
