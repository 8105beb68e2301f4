"""One run over a document: which pages are asked for when, and in what order they come. Pure."""

from __future__ import annotations

import logging
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from zhipu_client._files import MAX_BYTES, data_url
from zhipu_client._request import Request
from zhipu_client.errors import (
    BadRequestError,
    ContextOverflowError,
    InvalidRequestError,
    NotFoundError,
    ServerError,
    ZhipuError,
)
from zhipu_client.errors._naming import name_source, shown_name
from zhipu_client.ocr._pages import OCRPage, OCRProgress, number_of_pages, pages_in, pages_of
from zhipu_client.ocr._parts import PDF, PagesJob, Part, Parts
from zhipu_client.work._job import Document, attach
from zhipu_client.work._refusals import MOST_LOST, is_about_an_item, may_be_skipped

__all__ = ["OCRWork"]

_log = logging.getLogger("zhipu_client.ocr")

_ABOUT_PAGES = re.compile(r"page|页", re.IGNORECASE)
#: A refusal of the page numbers themselves, not of a file ("a PDF may have 100 pages").
_NUMBERS_REFUSED = re.compile(r"(?:start|end)_?page|page.?(?:number|range)|页码", re.IGNORECASE)
#: The most bytes of one document in flight, where each request has the whole file.
_FLYING_BYTES = 24 * 1024 * 1024
#: After so many refused pages, and none that was read, it is the document that is refused.
_HOPELESS = 20
_IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg")


class OCRWork:
    """A `zhipu_client.work._job.Work` over one opened document."""

    blocking = True

    def __init__(
        self,
        job: PagesJob,
        document: Document,
        limit: int,
        make: Callable[..., Request[Any]],
        not_found: str | None = None,
    ) -> None:
        self.in_flight = job.in_flight
        self._job = job
        self._document = document
        self._make = make
        self._not_found = not_found  # what to do where the server has no such endpoint
        self._limit = limit
        self._read = 0
        self._error: Exception | None = None
        self._failed_at = 0
        self._bad = 0  # pages that were refused
        self._lost = 0  # parts left out one after the other
        self._left_out = False
        self._text: str | None = None
        self._open: dict[int, Part] = {}  # asked for and not handed over, in order
        self._finished: dict[int, list[OCRPage]] = {}
        self._refused: dict[int, Exception] = {}  # perhaps behind the last page
        resume = job.resume_from
        kept = resume.done if isinstance(resume, OCRProgress) else ()
        self._kept = {page.number: page for page in kept}
        self._total = document.pages or max((page.total_pages or 0 for page in kept), default=0)
        self._start = job.first_page or 1
        if resume is not None:
            gap = resume.next_page if isinstance(resume, OCRProgress) else resume
            self._start = max(self._start, min([gap, *self._kept]))
        self._next = self._start  # behind the last page that was handed over
        self._parts = Parts(job, document, limit, self._kept)
        self._todo = deque(self._parts.planned(self._start, self._total))
        if not any(part.split for part in self._todo):
            document.whole_only()
        for remark in document.remarks:
            _log.warning("%s %s", self._shown(), remark)

    def take(self) -> tuple[int, Request[Any]] | None:
        while self._todo and self._error is None:
            part = self._todo[0]
            if not part.kept and not part.again and self._must_wait():
                return None
            self._todo.popleft()
            self._open[part.first] = part
            if part.kept:
                self._finished[part.first] = list(part.kept)
                continue
            try:
                request = self._request(part)
            except Exception as error:  # noqa: BLE001 - the pages before it are handed over first
                self.failed(part.first, error)
                continue
            if request is not None:
                return part.first, self._kept_if_whole(part, request)
        return None

    def _kept_if_whole(self, part: Part, request: Request[Any]) -> Request[Any]:
        """Have an answer with too few pages asked for again at the next run."""
        if self._document.pages is None or part.last is None:
            return request
        wanted = part.last - part.first + 1
        return replace(request, keep=lambda data: pages_in(data) >= wanted)

    def _whole(self) -> str:
        """Return the file as it is sent, once for all parts that are in flight together."""
        if 2 * self._document.size > _FLYING_BYTES or not self._parts.sent_whole:
            return self._document.whole()
        if self._text is None:
            self._text = self._document.whole()
        text = self._text
        if not any(not part.kept for part in self._todo):
            self._text = None  # this is the last
        return text

    def _must_wait(self) -> bool:
        """Return True when as many parts, or bytes of them, are in flight as there may be."""
        flying = len(self._open.keys() - self._finished.keys())
        too_many = flying and (flying + 1) * self._document.size > _FLYING_BYTES
        return len(self._open) >= 2 * self.in_flight or bool(self._parts.sent_whole and too_many)

    def _request(self, part: Part) -> Request[Any] | None:
        options = {"model": self._job.model, **self._job.options}
        document = self._document
        if not part.split:
            all_of_it = part.first == 1 and part.last == document.pages
            if part.last is not None and document.kind in (None, PDF) and not all_of_it:
                options |= {"start_page_id": part.first, "end_page_id": part.last}
            return self._make(file=self._whole(), **options).as_dict()
        last = part.last or self._total
        content = document.part(part.first, last)
        if len(content) <= MAX_BYTES[PDF]:
            return self._make(file=data_url(content), **options).as_dict()
        if part.first == last:
            raise InvalidRequestError(
                f"page {part.first} alone is larger than a PDF may be", field="source"
            )
        middle = (part.first + last) // 2
        del self._open[part.first]
        self._todo.appendleft(Part(middle + 1, last, split=True))
        self._todo.appendleft(Part(part.first, middle, split=True))
        return None

    def done(self, number: int, value: Mapping[str, Any]) -> None:
        part = self._open[number]
        reported = number_of_pages(value)
        if part.last is None and reported is not None:
            self._total = reported
        pages = pages_of(value, part.first, self._total or None)
        if len(pages) > 1 and pages[0].text and not any(page.regions for page in pages):
            why = "%s: the service did not report which of the pages %d to %d has what text"
            _log.warning(why, self._shown(), pages[0].number, pages[-1].number)
        wanted = None if part.last is None else part.last - part.first + 1
        if wanted is not None and len(pages) > wanted:
            came = len(pages)
            if came < part.first - 1 + wanted:
                pages = [] if self._job.on_error == "skip" else pages[:wanted]
                message = (
                    f"the service sent {came} pages where {wanted} were asked for, from page "
                    f"{part.first} on: which pages these are is not known"
                )
                self._fail(number, ServerError(message, request_id=value.get("request_id")))
            else:
                # A service that answers with the whole document, whatever pages it was asked for.
                pages = pages_of(value, 1, self._total or None)[part.first - 1 :][:wanted]
        if self._document.info:
            pages = [replace(page, file_info=self._document.info) for page in pages]
        at = part.first + len(pages) - 1
        if self._document.pages is None and part.last and at < min(part.last, reported or 0):
            self._total = max(
                self._total, reported or 0
            )  # it has more pages, and they did not come
        self._finished[number] = pages
        self._read += len(pages)
        self._lost = 0
        if self._document.pages is not None and wanted is not None and len(pages) < wanted:
            message = (
                f"the service read {len(pages)} of {wanted} pages from page {part.first} on; "
                "those that came are numbered as if the missing ones were the last of them"
            )
            self._fail(number, ServerError(message, request_id=value.get("request_id")))
            return
        if part.last is None or part.walk:
            self._go_on(part, len(pages), reported or 0)
        if self._job.progress is not None:
            self._job.progress(self._read, self._expected())

    def _go_on(self, part: Part, read: int, reported: int) -> None:
        """Ask for the next part where the end is not known and pages may follow."""
        at = part.first + read - 1
        if reported > max(at, read):
            self._total = reported
            self._todo.extend(self._parts.of(at + 1, reported, split=False))
        elif part.last is None or at < part.last:
            self._total = at
        else:
            self._todo.append(Part(at + 1, at + self._limit, walk=True))

    def _expected(self) -> int | None:
        last = self._job.last_page or self._total
        if not last:
            return None
        last = min(last, self._total) if self._total else last
        return last - self._start + 1 - len(self._kept)

    def failed(self, number: int, error: Exception) -> None:
        part = self._open[number]
        refused = isinstance(error, BadRequestError) and not isinstance(error, ContextOverflowError)
        if refused and self._may_be_too_long(part):
            # Nothing was paid for. Asked for by page numbers, a long document may still be read;
            # what else is wrong with it comes up again there.
            del self._open[number]
            self._todo.append(Part(1, self._limit, walk=True))
            return
        behind = part.first > self._start and self._document.pages is None
        if refused and behind and _ABOUT_PAGES.search(str(error)):
            self._refused[number] = error  # the parts before it show whether it is the end
            return
        if self._document.pages is None or part.last is None or not is_about_an_item(error):
            self._fail(number, error)
        elif part.last > part.first:
            self._halve(part, part.last)
        else:
            self._refuse(part.first, error)

    def _halve(self, part: Part, last: int) -> None:
        """Ask for the halves of a part that was refused, down to the page that is."""
        middle = (part.first + last) // 2
        del self._open[part.first]
        for first, end in ((middle + 1, last), (part.first, middle)):
            self._todo.appendleft(Part(first, end, split=part.split, again=True))

    def _refuse(self, number: int, error: Exception) -> None:
        """Take one page for refused: the end, or a page without text."""
        if isinstance(error, ZhipuError) and self._document.kind == PDF:
            error.explain(f"It was about page {number}")
        attach(error, page=number)
        self._bad += 1
        hopeless = not self._read and (self._bad > _HOPELESS or self._bad == self._total)
        if self._job.on_error == "raise" or hopeless:
            self._lost = MOST_LOST
            self._fail(number, error)
            return
        _log.warning("%s: page %d was refused and is left out: %s", self._shown(), number, error)
        self._finished[number] = [OCRPage(number, "", total_pages=self._total, error=error)]

    def _fail(self, number: int, error: Exception) -> None:
        if may_be_skipped(error, self._job.on_error):
            self._leave_out(number, error)
        elif self._error is None or number < self._failed_at:
            self._error, self._failed_at = error, number

    def _leave_out(self, number: int, error: Exception) -> None:
        """Go on without a part; without all that was not asked for, where nothing comes any more.

        Its pages have no text, and the error. What is in flight is still handed over.
        """
        if self._not_found and isinstance(error, NotFoundError):
            error.explain(self._not_found)
        part, came = self._open[number], self._finished.get(number, [])
        left = [part]
        self._left_out = True
        self._lost += 1
        if self._lost > MOST_LOST or (self._lost == MOST_LOST and not self._read):
            left += [each for each in self._todo if not each.kept]
            self._todo = deque(each for each in self._todo if each.kept)
        for each in left:
            self._open[each.first] = each
            known = each.last if self._document.pages is not None else None
            first = each.first + (len(came) if each is part else 0)
            self._finished[each.first] = (came if each is part else []) + [
                OCRPage(page, "", total_pages=self._total or None, error=error)
                for page in range(first, (known or 0) + 1)
            ]
        pages = (
            f"page {part.first} on" if part.last is None else f"pages {part.first} to {part.last}"
        )
        if len(left) > 1:
            pages += " and all behind them"
        _log.warning("%s: %s could not be read and are left out: %s", self._shown(), pages, error)

    def _may_be_too_long(self, part: Part) -> bool:
        if part.last is not None or self._document.pages is not None:
            return False
        path = urlsplit(self._document.name).path if self._document.kind is None else ""
        return not path.lower().endswith(_IMAGE_SUFFIXES)

    def ready(self) -> Iterator[OCRPage]:
        for number in sorted(self._open):
            # Halves of an earlier part may wait behind those of a later one, refused after it.
            if any(part.again and part.first < number for part in self._todo):
                return
            if number in self._refused:
                self._judge(number, self._refused.pop(number))
            if number not in self._finished or self._has_gap_before(number):
                return
            pages = self._finished[number]
            while pages:  # one by one: whoever is interrupted in between has the others left
                page = pages.pop(0)
                self._next = page.number + 1
                yield page
            del self._open[number], self._finished[number]

    def _judge(self, number: int, error: Exception) -> None:
        """Take a refused part for the end of the document, or for a failure.

        It is the end where the part before it came short, or the page numbers are what is refused.
        """
        if self._next < number or _NUMBERS_REFUSED.search(str(error)):
            self._finished[number] = []
        else:
            self._fail(number, error)

    def _has_gap_before(self, number: int) -> bool:
        """Return True when pages before a part with pages are missing, which ends the run."""
        if self._next >= number or not self._finished[number]:
            return False
        self._miss(number - 1)
        return self._error is not None

    def _miss(self, last: int) -> None:
        """Fail because the service left out the pages from the next one to a last one."""
        message = f"the service did not send pages {self._next} to {last} of the document"
        error = ServerError(message)
        if may_be_skipped(error, self._job.on_error):
            _log.warning("%s: %s", self._shown(), error)
        else:
            self._fail(self._next, error)

    def result(self, pieces: list[OCRPage]) -> list[OCRPage]:
        end = min(self._job.last_page or self._total, self._total)
        ended = self._document.pages is not None or self._left_out or self._next > end
        if self._error is None and not ended:
            self._miss(end)
        if self._error is None:
            return pieces
        if self._not_found and isinstance(self._error, NotFoundError):
            self._error.explain(self._not_found)
        self.report(self._error, pieces)
        raise self._error

    def report(self, error: BaseException, pieces: list[OCRPage]) -> None:
        later = [page for number in sorted(self._finished) for page in self._finished[number]]
        # A part whose pages came, but whose `progress` raised, has been handed over all the same.
        at = self._failed_at if self._error and self._failed_at in self._open else self._next
        partial = OCRProgress(at, (*pieces, *later, *self._unreached()))
        # Bytes have no name here; their caller may know one.
        name_source(error, self._name())
        attach(error, resume_from=at, partial=partial)

    def _name(self) -> str | None:
        return self._job.name if self._in_memory() else self._document.name

    def _shown(self) -> str:
        return shown_name(self._name() or "the document")

    def _in_memory(self) -> bool:
        source = self._job.source
        return isinstance(source, (bytes, bytearray, memoryview)) or str(source).startswith("data:")

    def _unreached(self) -> Iterator[OCRPage]:
        for part in self._todo:
            yield from part.kept

    def close(self) -> None:
        # What is left to do stays: `result`, which comes after, reports the pages kept in it.
        self._text = None
        self._document.close()
