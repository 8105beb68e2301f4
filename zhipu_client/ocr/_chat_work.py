"""One run over a document with a vision chat server: a request a page, pages in order. Pure."""

from __future__ import annotations

import logging
import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from zhipu_client._request import Request
from zhipu_client.errors import BadRequestError, ContextOverflowError, InvalidRequestError
from zhipu_client.errors._naming import name_source
from zhipu_client.ocr._chat import TASKS, Task, page_of, page_request
from zhipu_client.ocr._pages import OCRPage, OCRProgress
from zhipu_client.ocr._parts import PagesJob
from zhipu_client.work._job import attach
from zhipu_client.work._pictures import Bounds, Picture, Pictures
from zhipu_client.work._refusals import MOST_LOST, is_about_an_item, may_be_skipped

__all__ = ["DPI", "MAX_PIXELS", "ChatReading", "ChatWork"]

#: As the model's own SDK renders pages.
DPI = 200
#: vLLM reserves room for 3,721 tokens of an image of GLM-OCR, each of 28 x 28 pixels, and refuses
#: more; at Ollama, the rest of a short context must be enough for the answer. A page of A4 comes to
#: about 170 dpi.
MAX_PIXELS = 2_800_000
#: How vLLM words it.
#: After so many refused pages, and none that was read, it is the document that is refused.
_HOPELESS = 20
_log = logging.getLogger("zhipu_client.ocr")
_TOO_LARGE = re.compile(r"encoder cache|image item with length", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatReading:
    """How a chat server is asked; see `zhipu_client.ocr.pages`."""

    task: Task | None = None
    prompt: str | None = None
    max_tokens: int | None = None
    dpi: int | None = None
    max_pixels: int | None = None

    @property
    def given(self) -> dict[str, Any]:
        """Return what was set, by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def words(self) -> str:
        """Return the prompt."""
        return TASKS[self.task or "text"] if self.prompt is None else self.prompt

    @property
    def bounds(self) -> Bounds:
        """Return how large a picture is."""
        return Bounds(self.dpi or DPI, self.max_pixels or MAX_PIXELS)


class ChatWork:
    """A `zhipu_client.work._job.Work` over the pictures of one document."""

    blocking = True

    def __init__(self, job: PagesJob, reading: ChatReading, pictures: Pictures) -> None:
        self.in_flight = job.in_flight
        self._job = job
        self._reading = reading
        self._pictures = pictures
        resume = job.resume_from
        kept = resume.done if isinstance(resume, OCRProgress) else ()
        self._start = job.first_page or 1
        if resume is not None:
            gap = resume.next_page if isinstance(resume, OCRProgress) else resume
            self._start = max(self._start, min([gap, *(page.number for page in kept)]))
        self._end = min(job.last_page or pictures.pages, pictures.pages)
        if self._start > self._end and not isinstance(resume, OCRProgress):
            raise InvalidRequestError(
                f"first_page is {self._start}, but the document has {pictures.pages} pages",
                field="first_page",
                value=self._start,
            )
        wanted = range(self._start, self._end + 1)
        self._finished = {page.number: page for page in kept if page.number in wanted}
        self._todo = deque(number for number in wanted if number not in self._finished)
        self._expected = len(self._todo)
        self._read = 0
        self._next = self._start  # behind the last page that was handed over
        self._sent: dict[int, Picture] = {}  # whose answers have not come
        self._open: set[int] = set()  # asked for and not handed over
        self._bad = 0  # pages that were refused
        self._lost = 0  # pages that failed otherwise, one after the other
        self._error: Exception | None = None
        self._failed_at = 0

    def take(self) -> tuple[int, Request[Any]] | None:
        if self._error is not None or not self._todo or len(self._open) >= 2 * self.in_flight:
            return None
        number = self._todo.popleft()
        self._open.add(number)
        try:
            picture = self._pictures.picture(number)
            request = page_request(
                picture,
                model=self._job.model,
                prompt=self._reading.words,
                max_tokens=self._reading.max_tokens,
                extra_body=self._job.options.get("extra_body"),
            )
        except Exception as error:  # noqa: BLE001 - the pages before it are handed over first
            self.failed(number, error)
            return None
        # Without the image itself, which is large.
        self._sent[number] = Picture("", picture.width, picture.height)
        return number, request

    def done(self, number: int, value: Mapping[str, Any]) -> None:
        task = None if self._reading.prompt is not None else self._reading.task
        picture = self._sent[number]
        page = page_of(value, number, self._pictures.pages, picture, task)
        self._finished[number] = replace(page, file_info=self._pictures.info)
        del self._sent[number]
        self._read += 1
        self._lost = 0
        if self._job.progress is not None:
            self._job.progress(self._read, self._expected)

    def failed(self, number: int, error: Exception) -> None:
        self._sent.pop(number, None)
        too_large = isinstance(error, ContextOverflowError) or _TOO_LARGE.search(str(error))
        if too_large and isinstance(error, BadRequestError):
            error.explain(
                f"Images have up to {self._reading.bounds.max_pixels:,} pixels here: lower "
                "max_pixels, or start the server with a longer context"
            )
        attach(error, page=number)
        self._bad += 1
        hopeless = not self._read and self._bad in (_HOPELESS, self._expected)
        if may_be_skipped(error, self._job.on_error):
            self._lost = 0 if is_about_an_item(error) else self._lost + 1
            left = [number]
            if hopeless or self._lost > MOST_LOST:
                left += self._todo
                self._todo.clear()
            for each in left:
                page = OCRPage(each, "", total_pages=self._pictures.pages, error=error)
                self._finished[each] = replace(page, has_layout=False)
            label = self._pictures.label(number) + (" and all behind it" if left[1:] else "")
            _log.warning("%s: the page was refused and is left out: %s", label, error)
            return
        if self._error is None or number < self._failed_at:
            self._error, self._failed_at = error, number

    def ready(self) -> Iterator[OCRPage]:
        while self._next in self._finished:
            page = self._finished.pop(self._next)
            self._open.discard(self._next)
            self._next += 1
            yield page

    def result(self, pieces: list[OCRPage]) -> list[OCRPage]:
        if self._error is None:
            return pieces
        label = self._pictures.label(self._failed_at)
        if self._pictures.in_memory and self._job.name:
            label = f"{label} of {self._job.name}"
        name_source(self._error, label)
        self.report(self._error, pieces)
        raise self._error

    def report(self, error: BaseException, pieces: list[OCRPage]) -> None:
        # A page that came, but whose `progress` raised, has been handed over all the same.
        gap = max(self._failed_at, self._next)
        later = (self._finished[number] for number in sorted(self._finished))
        attach(error, resume_from=gap, partial=OCRProgress(gap, (*pieces, *later)))

    def close(self) -> None:
        self._pictures.close()
