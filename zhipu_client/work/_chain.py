"""Many jobs as one: they share the requests in flight, and their pieces come in order. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Generic, TypeVar

from zhipu_client._request import Request
from zhipu_client.errors import ZhipuError
from zhipu_client.work._job import Around, Job, Work, attach, settle

__all__ = ["Chain", "Once"]

K = TypeVar("K")
T = TypeVar("T")
Piece = tuple[K, T | None]


@dataclass(frozen=True, slots=True)
class Once(Generic[T]):
    """A job of one request; its piece is the answer."""

    request: Request[T]

    def begin(self, around: Around) -> Work[T, list[T]]:
        """Start a run."""
        del around
        return _OnceWork(self.request)


class _OnceWork(Generic[T]):
    in_flight = 1
    blocking = False

    def __init__(self, request: Request[T]) -> None:
        self._request: Request[T] | None = request
        self._answers: list[T] = []
        self._error: Exception | None = None

    def take(self) -> tuple[int, Request[T]] | None:
        request, self._request = self._request, None
        return None if request is None else (0, request)

    def done(self, number: int, value: T) -> None:
        del number
        self._answers.append(value)

    def failed(self, number: int, error: Exception) -> None:
        del number
        self._error = error

    def ready(self) -> list[T]:
        answers, self._answers = self._answers, []
        return answers

    def result(self, pieces: list[T]) -> list[T]:
        if self._error is not None:
            raise self._error
        return pieces

    def report(self, error: BaseException, pieces: list[T]) -> None:
        if pieces or self._answers:
            attach(error, partial=[*pieces, *self._answers])

    def close(self) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Chain(Generic[K, T]):
    """Jobs one after the other; a few of them are under way at once.

    Its pieces are ``(key, piece)``, and ``(key, None)`` after the last piece of each job. A job
    that fails ends the chain when its turn comes, after all pieces before it; the error then has
    ``source``, the key of the job that failed, and ``later``: what the jobs behind it had come
    to, by key, each a list of pieces and the error that ended it, or None. An interrupt has the
    same. Where ``run`` was to
    answer with all pieces at once, those before it are the error's ``partial``. An error of
    ``jobs`` itself, which has no key, comes after all that was begun before it, too.

    Attributes:
        jobs: Keys and jobs. Gone through as they are needed, so there may be very many.
        in_flight: The most requests at once.
        skip: Called with each failure of a job and its key; True leaves the rest of the job out.
    """

    jobs: Iterable[tuple[K, Job[T, Any]]]
    in_flight: int = 4
    skip: Callable[[K, Exception], bool] | None = None

    def begin(self, around: Around) -> Work[Piece[K, T], list[Piece[K, T]]]:
        """Start a run."""
        return _ChainWork(self, around)


@dataclass(slots=True)
class _Link(Generic[K, T]):
    """One job under way. ``pending`` counts its requests in flight; ``error`` kept it from
    beginning, ``failing`` says that one of its requests failed.
    """

    key: K
    work: Work[T, Any] | None
    error: Exception | None = None
    failing: bool = False
    broken_off: bool = False
    pending: int = 0
    exhausted: bool = False
    pieces: list[T] = field(default_factory=list)
    outcome: Exception | None = None

    def break_off(self) -> None:
        """Note how far it has come, once."""
        if self.broken_off:
            return
        self.broken_off = True
        if self.work is not None:
            self.pieces.extend(self.work.ready())
        try:
            self.finish()
        except Exception as error:  # noqa: BLE001 - reported with the result
            self.outcome = error
            return
        left = ZhipuError("this job was broken off")
        if self.work is not None and not self.exhausted:
            self.work.report(left, [])
        if getattr(left, "partial", None) is not None:
            self.outcome = left

    def finish(self) -> None:
        """Raise what went wrong, if anything did."""
        if self.error is not None:
            raise self.error
        if self.work is not None:
            self.work.result([])


class _ChainWork(Generic[K, T]):
    blocking = True

    def __init__(self, chain: Chain[K, T], around: Around) -> None:
        self.in_flight = chain.in_flight
        self._skip = chain.skip
        self._around = around
        self._jobs = iter(chain.jobs)
        self._links: deque[_Link[K, T]] = deque()
        self._routes: dict[int, tuple[_Link[K, T], int]] = {}
        self._numbers = count()
        self._error: Exception | None = None
        self._jobs_error: Exception | None = None
        self._closed = False

    def take(self) -> tuple[int, Request[Any]] | None:
        if self._error is not None or self._closed:
            return None
        for link in self._links:
            taken = self._from(link)
            if taken is not None:
                return taken
            if link.failing and self._skip is None:
                return None  # what is behind a failure will not be wanted
        # With nothing in flight, None would mean that all is done.
        while (len(self._links) < 2 * self.in_flight or not self._routes) and (
            begun := self._begin()
        ) is not None:
            taken = self._from(begun)
            if taken is not None:
                return taken
        return None

    def _begin(self) -> _Link[K, T] | None:
        if self._skip is None and self._links and self._links[-1].failing:
            return None
        try:
            item = next(self._jobs, None)
        except Exception as error:  # noqa: BLE001 - raised after what was begun before it
            self._jobs_error = error
            return None
        if item is None:
            return None
        key, job = item
        link: _Link[K, T] = _Link(key, None)
        try:
            link.work = job.begin(self._around)
        except Exception as error:  # noqa: BLE001 - raised when its turn comes
            link.error, link.failing = error, True
        self._links.append(link)
        if self._closed and link.work is not None:
            # A cancelled task does not wait for the thread in which this runs.
            link.work.close()
        return link

    def _from(self, link: _Link[K, T]) -> tuple[int, Request[Any]] | None:
        taken = link.work.take() if link.work is not None and link.error is None else None
        link.exhausted = taken is None and not link.pending
        if taken is None:
            return None
        number = next(self._numbers)
        self._routes[number] = (link, taken[0])
        link.pending += 1
        return number, taken[1]

    def done(self, number: int, value: Any) -> None:
        link, inner = self._routes.pop(number)
        link.pending -= 1
        if link.work is not None:
            settle(link.work, inner, value)

    def failed(self, number: int, error: Exception) -> None:
        link, inner = self._routes.pop(number)
        link.pending -= 1
        link.failing = True
        if link.work is not None:
            link.work.failed(inner, error)

    def ready(self) -> Iterator[Piece[K, T]]:
        while self._links and self._error is None:
            link = self._links[0]
            if link.work is not None:
                for piece in link.work.ready():
                    yield link.key, piece
            if not link.exhausted:
                return
            try:
                link.finish()
            except Exception as error:  # noqa: BLE001 - raised by `result`, or skipped
                if self._skip is None or not self._skip(link.key, error):
                    self._error = error
                    return
            self._links.popleft()
            if link.work is not None:
                link.work.close()
            yield link.key, None

    def result(self, pieces: list[Piece[K, T]]) -> list[Piece[K, T]]:
        error = self._error or self._jobs_error
        if error is None:
            return pieces
        if pieces:
            attach(error, partial=pieces)
        if self._error is not None:
            self._locate(error)
        raise error

    def report(self, error: BaseException, pieces: list[Piece[K, T]]) -> None:
        for position, link in enumerate(self._links):
            if position:
                link.break_off()
        here: list[Piece[K, T]] = []
        first = self._links[0] if self._links else None
        if first is not None and first.work is not None:
            found = list(first.work.ready())
            first.work.report(error, found)
            here = [(first.key, piece) for piece in found]
        if pieces:
            attach(error, partial=[*pieces, *here])
        if self._links:
            self._locate(error)

    def _locate(self, error: BaseException) -> None:
        failed, *later = self._links
        so_far = {link.key: (link.pieces, link.outcome) for link in later}
        attach(error, source=failed.key, later=so_far)

    def close(self) -> None:
        self._closed = True
        for position, link in enumerate(tuple(self._links)):
            if position:  # will not have its turn any more
                link.break_off()
            if link.work is not None:
                link.work.close()
