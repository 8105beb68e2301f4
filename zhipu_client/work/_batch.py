"""A batch as a job: its lines, its parts, what to ask next, and what its answers mean. Pure.

Above the service's limits (50,000 lines, 10,000 texts, 100 MiB) a job is several batches, its
parts. Its id is theirs, joined by commas: all that another process needs to collect it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any, Generic, Protocol, TypeAlias, TypeVar

from zhipu_client import _check, batches, files
from zhipu_client._numbers import whole_number
from zhipu_client._request import Reply, Request
from zhipu_client.errors import (
    GoneError,
    InvalidRequestError,
    ServerError,
    TaskFailedError,
    ZhipuError,
)
from zhipu_client.work._usage import Tally

__all__ = [
    "Anew", "BatchAnswer", "BatchLines", "Lost", "Part", "Plan", "Seen", "Steps", "known",
    "lines_of_chats", "lines_of_texts", "parts_of",
]  # fmt: skip

V = TypeVar("V")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Anew:
    """A request to send although a checkpoint has its answer, which is not true any more."""

    request: Request[Any]


#: Requests to send, one after the other; each yields its answer, or raises its error.
Steps: TypeAlias = Generator[Request[Any] | Anew, Any, R]

#: More lines than any job may have.
MOST_LINES = 1_000_000
_MARK = "line-"
#: Names of the pairs of metadata that a job adds to the caller's.
_JOB, _PART, _ITEMS = "job", "part", "items"
_OWN_PAIRS = 3
_MOST_PAIRS = 16
_MOST_BYTES = files.PURPOSES["batch"]


@dataclass(frozen=True, slots=True)
class BatchAnswer(Generic[V]):
    """The result of one item of a batch: a value, or an error.

    Attributes:
        value: What a single call would have returned; None after an error.
        error: The error that a single call would have raised; None after success.

    Example:
        ```python
        from zhipu_client import BatchAnswer

        print(BatchAnswer([0.5, 0.25]).get())
        ```
    """

    value: V | None = None
    error: ZhipuError | None = None

    def get(self) -> Any:
        """Return the value, or raise the error."""
        if self.error is not None:
            raise self.error
        return self.value


class BatchLines(Protocol):
    """The way from an item to its request, and from its answer to a value.

    Attributes:
        url: The endpoint of the lines, such as ``/v4/chat/completions``.
        most: The most lines of one batch.
    """

    url: str
    most: int

    @property
    def check(self) -> Callable[[Reply], None] | None:
        """What knows failures that look like answers: the ``check`` of the requests."""

    def request(self, item: Any) -> Request[Any]:
        """Return the request that a single call would send."""

    def read(self, body: Mapping[str, Any]) -> Any:
        """Return the value in an answer's body; raise a `ZhipuError` that a call would raise."""


@dataclass(slots=True)
class _Lines:
    """`BatchLines` of two functions."""

    url: str
    most: int
    request: Callable[[Any], Request[Any]]
    read: Callable[[Mapping[str, Any]], Any]

    @property
    def check(self) -> Callable[[Reply], None] | None:
        return self.request("any").check


def lines_of_chats(
    request: Callable[[Any], Request[Any]], read: Callable[[Mapping[str, Any]], Any]
) -> BatchLines:
    """Return the lines of prompts and conversations; see `BatchLines` for the two functions.

    Examples:
        >>> from zhipu_client import chat, lines_of_chats
        >>> lines_of_chats(lambda turns: chat.create(model="glm-4-flash", messages=turns), dict).url
        '/v4/chat/completions'
    """
    return _Lines("/v4/chat/completions", batches.MOST_LINES, request, read)


def lines_of_texts(
    request: Callable[[str], Request[Any]], read: Callable[[Mapping[str, Any]], Any]
) -> BatchLines:
    """Return the lines of texts to embed; what is not a text is refused.

    Examples:
        >>> from zhipu_client import embeddings, lines_of_texts
        >>> lines_of_texts(lambda text: embeddings.create(input=text), dict).url
        '/v4/embeddings'
    """

    def checked(item: Any) -> Request[Any]:
        if not isinstance(item, str):
            raise InvalidRequestError("an item must be a text", field="items", value=item)
        return request(item)

    return _Lines("/v4/embeddings", batches.MOST_TEXTS, checked, read)


@dataclass(frozen=True, slots=True)
class Part:
    """One batch of a job: the file of its lines, and how many they are."""

    content: bytes
    lines: int


def parts_of(work: BatchLines, items: Iterable[Any]) -> list[Part]:
    """Return the files of a job's lines, none above the service's limits.

    Raises:
        InvalidRequestError: An item that cannot be sent, named by its place; no items, or too many.
    """
    found: list[Part] = []
    lines: list[bytes] = []
    size = 0
    number = -1
    for number, item in enumerate(items):
        line = _line(work, number, item)
        if lines and (len(lines) >= work.most or size + len(line) > _MOST_BYTES):
            found.append(Part(b"".join(lines), len(lines)))
            lines, size = [], 0
        lines.append(line)
        size += len(line)
    if not 0 <= number < MOST_LINES:
        raise _check.refuse("items", number + 1, f"must be 1 to {MOST_LINES:,}")
    return [*found, Part(b"".join(lines), len(lines))]


def _line(work: BatchLines, number: int, item: Any) -> bytes:
    try:
        body = work.request(item).json or {}
        return batches.lines([batches.line(f"{_MARK}{number:06d}", body, url=work.url)])
    except InvalidRequestError as error:
        said = str(error)
        alone = said.removeprefix("input[0] ")  # the only text of its request
        error.args = (f"items[{number}]{': ' if alone == said else ' '}{alone}", *error.args[1:])
        error.field = f"items[{number}]"
        raise


@dataclass(frozen=True, slots=True)
class Plan:
    """What to ask for a job, and how its answers are read.

    Attributes:
        work: What its lines are.
        metadata: The caller's pairs.
    """

    work: BatchLines
    metadata: Mapping[str, str]

    def __post_init__(self) -> None:
        most = _MOST_PAIRS - _OWN_PAIRS
        own = {_JOB, _PART, _ITEMS} & self.metadata.keys()
        if own or len(self.metadata) > most:
            why = f"may have at most {most} pairs, none of them named {_JOB}, {_PART} or {_ITEMS}"
            raise _check.refuse("metadata", dict(self.metadata), why)

    def submit(self, parts: Sequence[Part], ids: list[str], job: str | None = None) -> Steps[None]:
        """Start the batches; ``ids`` has those that have begun, whatever ends this.

        ``job`` is what names the parts of one job; None for a new name.
        """
        job, items = job or uuid.uuid4().hex, sum(part.lines for part in parts)
        for number, part in enumerate(parts, 1):
            upload = files.create(file=part.content, filename="batch.jsonl", purpose="batch")
            file = yield upload
            pairs = dict(self.metadata)
            if len(parts) > 1:
                pairs |= {_JOB: job, _PART: f"{number}/{len(parts)}", _ITEMS: str(items)}
            try:
                batch = yield self._create(file, pairs)
            except GoneError:  # uploaded by an earlier run, or for a batch that came to nothing
                batch = yield self._create((yield Anew(upload)), pairs)
            if not batch.id:
                raise ServerError("the answer has no batch id", body=batch.model_dump())
            ids.append(batch.id)

    def _create(self, file: Any, pairs: dict[str, str]) -> Request[batches.Batch]:
        return batches.create(
            input_file_id=file.id or "", endpoint=self.work.url, metadata=pairs or None
        )

    def find(self, limit: int) -> Steps[list[str]]:
        """Look for jobs with this metadata, the newest first."""
        found: dict[str, dict[int, str]] = {}
        after: str | None = None
        while len(found) < limit:
            page = yield batches.list(after=after, limit=100)
            for batch in page.data:
                if batch.id and self._is_of(batch):
                    pairs = batch.metadata or {}
                    job = str(pairs.get(_JOB) or batch.id)
                    part = str(pairs.get(_PART)).partition("/")[0]
                    found.setdefault(job, {})[whole_number(part, most=MOST_LINES) or 1] = batch.id
            if not page.has_more or not page.data or page.last_id in (None, after):
                break
            after = page.last_id
        jobs = [",".join(parts[number] for number in sorted(parts)) for parts in found.values()]
        return jobs[:limit]

    def _is_of(self, batch: batches.Batch) -> bool:
        pairs = batch.metadata or {}
        return all(pairs.get(name) == value for name, value in self.metadata.items())

    def answers(
        self, file: IO[bytes], seen: Seen | None = None, tally: Tally | None = None
    ) -> Iterator[tuple[int | None, BatchAnswer[Any]]]:
        """Yield each answer of a result file with the place of its item; None if it is lost.

        Of two lines for one item the first is taken, unless it is an error and the other is not.

        Args:
            file: The file.
            seen: What the other files of the batch had.
            tally: Counts what the answers have used.
        """
        seen = Seen() if seen is None else seen
        for row in batches.read_output(file):
            number = _number(row)
            answer = self._answer(row)
            if number is None:
                seen.others += "response" in row
            elif number in seen.answered or (number in seen.failed and answer.error is not None):
                continue
            else:
                (seen.answered if answer.error is None else seen.failed).add(number)
                if tally is not None:
                    tally.take(row)
            yield number, answer

    def _answer(self, row: Mapping[str, Any]) -> BatchAnswer[Any]:
        try:
            return BatchAnswer(self.work.read(batches.answer(row, self.work.check)))
        except ZhipuError as error:
            return BatchAnswer(error=error)
        except Exception as error:  # noqa: BLE001 - the other lines are paid for
            typed = ServerError(
                f"the answer of this line has a shape that cannot be read ({type(error).__name__})"
            )
            typed.__cause__ = error
            return BatchAnswer(error=typed)


@dataclass(slots=True)
class Seen:
    """The lines of a batch's files that were read.

    Attributes:
        answered: Places of items with a value.
        failed: Places of items with an error.
        others: Number of answers to lines that are not of a `Plan`.
    """

    answered: set[int] = field(default_factory=set)
    failed: set[int] = field(default_factory=set)
    others: int = 0

    def check(self) -> None:
        """Raise when all answers are to others' lines."""
        if self.others and not (self.answered or self.failed):
            raise _check.refuse("job_id", None, "is of a batch that was not made by ZhipuAIBatch")


class Lost:
    """What cannot be collected of a job, noted while the rest of it is.

    Attributes:
        batch_ids: The batches of which a file is gone.
    """

    def __init__(self) -> None:
        self.batch_ids: list[str] = []
        self._first: ZhipuError | None = None

    @contextmanager
    def noted(self, batch: batches.Batch | None = None) -> Iterator[None]:
        """Note what is gone, or has failed as a whole, instead of raising it.

        Args:
            batch: The batch whose file is fetched; None for the batch itself.
        """
        try:
            yield
        except (GoneError, TaskFailedError) as error:
            if isinstance(error, GoneError) and batch is not None:
                error.batch_id = batch.id
                self.batch_ids.append(str(batch.id))
                error.explain(
                    f"It had results of the batch {batch.id}: those that were read are kept; to "
                    "have the others, submit their items again, which are paid for again"
                )
            self._first = self._first or error

    def check(self) -> None:
        """Raise the first of them, once the rest is collected."""
        if self._first is not None:
            raise self._first


def results_of(batch: batches.Batch) -> list[Request[IO[bytes]]]:
    """Return the requests of the files of answers and errors; either may be missing."""
    found = (batch.output_file_id, batch.error_file_id)
    return [files.open_content(file_id) for file_id in found if file_id]


def ids_of(job_id: str) -> list[str]:
    """Return the ids of a job's batches.

    Raises:
        InvalidRequestError: It has no id.
    """
    found = [part.strip() for part in str(job_id).split(",") if part.strip()]
    if not found:
        raise _check.refuse("job_id", job_id, "must be what submit answered")
    return found


def lines_in(batch: batches.Batch) -> int:
    """Return how many lines a batch reports to have; 0 where it does not say so."""
    counts = batch.request_counts if isinstance(batch.request_counts, dict) else {}
    return whole_number(counts.get("total"), most=MOST_LINES) or 0


def items_of(batch: batches.Batch) -> int:
    """Return how many items a batch, or the job that it is a part of, says to have."""
    reported = whole_number((batch.metadata or {}).get(_ITEMS), most=MOST_LINES) or 0
    return max(reported, lines_in(batch))


def missing(batch: batches.Batch, unread: str) -> BatchAnswer[Any]:
    """Return the answer of an item without one."""
    message = f"batch {batch.id} ended ({batch.status}) without an answer for this item{unread}"
    return BatchAnswer(error=ServerError(message, retryable=True))


def known(error: BaseException, job_id: str) -> None:
    """Put a job's id on whatever ended waiting for it: it is paid for, and can be collected."""
    error.task_id = job_id  # type: ignore[attr-defined]
    if isinstance(error, ZhipuError) and job_id not in str(error):
        error.explain(f"The batch is {job_id}: its answers can be collected again")


def _number(row: Mapping[str, Any]) -> int | None:
    """Return the place of the item of a line; None for a damaged line, or one of others."""
    mark = str(row.get("custom_id"))
    number = mark.removeprefix(_MARK)
    return None if number == mark else whole_number(number, most=MOST_LINES)
