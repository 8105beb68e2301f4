"""Batches at half the price: ``/batches`` (open.bigmodel.cn only).

Write the lines with `line` and `lines`, send them with ``files.create(purpose="batch")``, start
with `create`, wait with ``zhipu_client.wait_for(client, batches.waiting(batch))``, fetch
``output_file_id`` and ``error_file_id`` with ``files.open_content``, read them with `read_output`
and `answer`.
"""

from __future__ import annotations

import builtins
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from zhipu_client import _check
from zhipu_client._numbers import whole_number
from zhipu_client._old_names import renamed
from zhipu_client._replies import ReplyModel, parse_as
from zhipu_client._request import Reply, Request
from zhipu_client._task import Plan
from zhipu_client.errors import APIError, error_in
from zhipu_client.errors._failures import error_from
from zhipu_client.errors._gone import gone

__all__ = [
    "ENDED",
    "MOST_LINES",
    "MOST_TEXTS",
    "Batch",
    "BatchList",
    "Waiting",
    "answer",
    "cancel",
    "create",
    "line",
    "lines",
    "list",
    "read_output",
    "retrieve",
    "waiting",
]

#: The states in which nothing changes any more.
ENDED = frozenset({"completed", "failed", "expired", "cancelled"})

#: The most lines of a batch: of requests, and of texts to embed.
MOST_LINES = 50_000
MOST_TEXTS = 10_000
_UPLOAD_AGAIN = "Files expire: upload it again, and begin the batch with its new id"
_LONGEST_LINE = 64 * 1024 * 1024
_BOM = b"\xef\xbb\xbf"
# Where the service writes it: before the answer, whose text may quote anything.
_CUSTOM_ID = re.compile(rb'^\s*\{\s*(?:"id"\s*:\s*"[^"\\]*"\s*,\s*)?"custom_id"\s*:\s*"([^"\\]*)"')


class Batch(ReplyModel):
    """A batch. Times are Unix **milliseconds**; counts stay 0 or None until the end.

    Attributes:
        status: validating, in_progress, finalizing, completed, failed, expired, cancelling or
            cancelled.
        output_file_id: The results; None or empty until they are there.
        error_file_id: The lines that failed.
        request_counts: ``{"total", "completed", "failed"}``.
    """

    id: str | None = None
    object: str | None = None
    endpoint: str | None = None
    status: str | None = None
    input_file_id: str | None = None
    output_file_id: str | None = None
    error_file_id: str | None = None
    created_at: int | None = None
    completed_at: int | None = None
    request_counts: Any = None
    metadata: dict[str, Any] | None = None

    @property
    def ended(self) -> bool:
        """True when nothing changes any more."""
        return self.status in ENDED


class BatchList(ReplyModel):
    """Some of the batches; with ``has_more``, others follow ``last_id``."""

    object: str | None = None
    data: builtins.list[Batch] = Field(default_factory=builtins.list)
    first_id: str | None = None
    last_id: str | None = None
    has_more: bool | None = None


def line(
    custom_id: str, body: Mapping[str, Any], *, url: str = "/v4/chat/completions"
) -> dict[str, Any]:
    """Return one line of a batch.

    Args:
        custom_id: Your id of it, at least 6 characters, unique in the file.
        body: The body of the call, as ``chat.create(...).json`` has it.
        url: The endpoint.

    Examples:
        >>> from zhipu_client import batches
        >>> batches.line("request-1", {"model": "glm-4-flash", "messages": []})["method"]
        'POST'
    """
    _check.text("custom_id", custom_id, least=6)
    return {"custom_id": custom_id, "method": "POST", "url": url, "body": dict(body)}


def lines(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Return the file of a batch, from what `line` made.

    Args:
        rows: The lines, each with an id of its own.

    Raises:
        InvalidRequestError: No line, too many (50,000; 10,000 for embeddings), an id twice, more
            than one model, or a line that cannot be written as JSON.

    Examples:
        >>> from zhipu_client import batches
        >>> batches.lines([batches.line("request-1", {"model": "glm-4-flash"})]).count(b"request-1")
        1
    """
    found = builtins.list(rows)
    seen: set[str] = set()
    models = {str(row["body"].get("model")) for row in found}
    most = MOST_TEXTS if any(name.startswith("embedding") for name in models) else MOST_LINES
    if not 1 <= len(found) <= most:
        raise _check.refuse("rows", len(found), f"must have 1 to {most:,} lines")
    if len(models) > 1:
        raise _check.refuse("rows", sorted(models), "must be for one model")
    for row in found:
        if row["custom_id"] in seen:
            raise _check.refuse("custom_id", row["custom_id"], "must be unique")
        seen.add(row["custom_id"])
    return b"".join(map(_written, found))


def _written(row: Mapping[str, Any]) -> bytes:
    try:
        return _check.as_json(row) + b"\n"
    except ValueError as error:
        name = row["custom_id"]
        raise _check.refuse("custom_id", name, f"is of a line that is not JSON ({error})") from None


def read_output(content: bytes | IO[bytes]) -> Iterator[dict[str, Any]]:
    """Yield the lines of a result file, in no order: ``{"custom_id", "id", "response"}``.

    Args:
        content: The bytes of the file (``files.content``), or the file itself, which is read line
            by line (``files.open_content``).

    ``response`` has ``status_code`` and ``body``, the answer of the call. Blank lines are skipped.
    A line that is cut, or not a JSON object, is ``{"custom_id", "error": {"message"}}``, with
    the id if it can still be read, else None: `answer` raises it, the other lines are not lost.

    Examples:
        >>> from zhipu_client import batches
        >>> [row["custom_id"] for row in batches.read_output(b'{"custom_id": "request-1"}')]
        ['request-1']
    """
    rows = content.split(b"\n") if isinstance(content, bytes) else _rows(content)
    for number, row in enumerate(rows, 1):
        if row.strip():
            yield _read(number, row)


def _rows(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the lines of a file; of one that is longer than any answer, the beginning."""
    while row := file.readline(_LONGEST_LINE):
        rest = row
        while not rest.endswith(b"\n") and (rest := file.readline(_LONGEST_LINE)):
            pass
        yield row


def _read(number: int, row: bytes) -> dict[str, Any]:
    try:
        found = json.loads(row.removeprefix(_BOM))
        problem = "" if isinstance(found, dict) else "it is not an object"
    except (ValueError, RecursionError) as error:
        found, problem = None, str(error)
    if not problem:
        return dict(found)
    mark = _CUSTOM_ID.search(row)
    message = f"line {number} of the result file is cut, or not JSON ({problem})"
    return {
        "custom_id": mark[1].decode(errors="replace") if mark else None,
        "error": {"message": message},
    }


def answer(row: Mapping[str, Any], check: Callable[[Reply], None] | None = None) -> dict[str, Any]:
    """Return the body that one line was answered with.

    Args:
        row: A line of `read_output`, from the file of results or of errors.
        check: The ``check`` of the request that the line was made of, such as
            ``chat.create(...).check``, which knows failures that look like answers.

    Raises:
        APIError: The line failed; the error is the one that the call itself would have raised.

    Examples:
        >>> from zhipu_client import batches
        >>> batches.answer({"response": {"status_code": 200, "body": {"id": "1"}}})
        {'id': '1'}
    """
    response = row.get("response")
    response = response if isinstance(response, dict) else {}
    code, body = response.get("status_code"), response.get("body")
    status = whole_number(code, most=999)
    fine = code is None or 200 <= (status or 0) < 300
    if not fine or not isinstance(body, dict) or error_in(body):
        found = body or row.get("error") or row
        body = found if isinstance(found, dict) else {"message": str(found)}
        raise error_from(status, {}, body, request_id=row.get("custom_id"))
    if check is not None:
        check(Reply(status or 200, {}, b"", body))
    return body


def create(
    *,
    input_file_id: str,
    endpoint: str = "/v4/chat/completions",
    auto_delete_input_file: bool | None = None,
    metadata: Mapping[str, str] | None = None,
    extra_body: Mapping[str, Any] | None = None,
) -> Request[Batch]:
    """Start a batch.

    Args:
        input_file_id: The file of lines, sent with ``purpose="batch"``.
        endpoint: The endpoint of all lines.
        auto_delete_input_file: Delete that file afterwards (the service does by default).
        metadata: Up to 16 pairs, keys to 64 and values to 512 characters.
        extra_body: Further fields of the body, sent unchecked.

    Raises:
        InvalidRequestError: Too much metadata, or no file.
        GoneError: While sending: the file has expired, was deleted, or is of another account.

    Examples:
        >>> from zhipu_client import batches
        >>> batches.create(input_file_id="file-1").kind
        'paid'
    """
    _check.booleans(auto_delete_input_file=auto_delete_input_file)
    _check.text("input_file_id", input_file_id)
    _check.text("endpoint", endpoint)
    if metadata is not None:
        if len(metadata) > 16:
            raise _check.refuse("metadata", len(metadata), "may have at most 16 pairs")
        for key, value in metadata.items():
            _check.text("metadata key", key, 64)
            _check.text(f"metadata[{key!r}]", value, 512, least=0)
    return Request(
        method="POST",
        path="/batches",
        parse=parse_as(Batch),
        json=_check.body(
            extra_body,
            input_file_id=input_file_id,
            endpoint=endpoint,
            auto_delete_input_file=auto_delete_input_file,
            metadata=dict(metadata) if metadata else None,
        ),
        kind="paid",
        failed=gone(f"file {input_file_id}", _UPLOAD_AGAIN, file_id=input_file_id),
    )


def retrieve(batch_id: str) -> Request[Batch]:
    """Ask how far a batch is.

    Args:
        batch_id: The batch's id.

    Examples:
        >>> from zhipu_client import batches
        >>> batches.retrieve("batch_42").path
        '/batches/batch_42'
    """
    return Request(
        method="GET",
        path=f"/batches/{_check.segment('batch_id', batch_id)}",
        parse=parse_as(Batch),
        failed=_not_there(batch_id),
    )


def _not_there(batch_id: str) -> Callable[[APIError], APIError]:
    remedy = "Is it of another account, or too old? What it was to answer can be submitted again"
    return gone(f"batch {batch_id}", remedy, batch_id=batch_id, alone=True)


def list(*, after: str | None = None, limit: int | None = None) -> Request[BatchList]:
    """List the batches.

    Args:
        after: The ``last_id`` of the list before.
        limit: How many, 1 to 100 (20 where none is given).

    Examples:
        >>> from zhipu_client import batches
        >>> dict(batches.list(limit=10).query)["limit"]
        '10'
    """
    _check.within("limit", limit, 1, 100, whole=True)
    given = (("after", after), ("limit", limit))
    return Request(
        method="GET",
        path="/batches",
        parse=parse_as(BatchList),
        query=tuple((name, str(value)) for name, value in given if value is not None),
    )


@dataclass(frozen=True, slots=True)
class Waiting(Plan[Batch]):
    """How to wait for a batch, in seconds; see `waiting`."""

    what: ClassVar[str] = "batch"

    def request(self) -> Request[Batch]:
        """Return the request that asks how far it is."""
        return retrieve(self.task_id)

    def ended(self, found: Batch) -> bool:
        """Return True once nothing changes any more.

        Raises:
            TaskFailedError: It has failed as a whole: there are no results, nor errors of lines.
        """
        there = found.output_file_id or found.error_file_id
        if found.status == "failed" and not there:
            raise self.failed(found.status, found)
        return found.ended


def waiting(batch: Batch | str, *, interval: float = 10.0, timeout: float = 2 * 86400.0) -> Waiting:
    """Return how to wait for a batch, for `zhipu_client.wait_for` and `await_for`.

    A batch that has expired, was cancelled, or failed after some of its lines, has ended too: what
    was done by then is kept.

    Args:
        batch: What `create` answered, or its id.
        interval: Seconds between the first two looks, above 0 to 3600; later ones are further
            apart, up to 5 minutes.
        timeout: Seconds to wait in all, above 0 to a week. (The service takes up to 24 hours.)

    Examples:
        >>> from zhipu_client import batches
        >>> batches.waiting("batch_42").request().path
        '/batches/batch_42'
    """
    batch_id = batch if isinstance(batch, str) else batch.id or ""
    return Waiting(batch_id, interval, longest=300.0, timeout=timeout)


def cancel(batch_id: str) -> Request[Batch]:
    """Stop a batch; what is done is kept and billed.

    Args:
        batch_id: The batch's id.

    Examples:
        >>> from zhipu_client import batches
        >>> batches.cancel("batch_42").path
        '/batches/batch_42/cancel'
    """
    path = f"/batches/{_check.segment('batch_id', batch_id)}/cancel"
    # An act, and how far it is now: no answer that a later run could use.
    return Request(
        method="POST",
        path=path,
        parse=parse_as(Batch),
        json={},
        kind="generate",
        keep=lambda _: False,
        failed=gone(f"batch {batch_id}", "Is it of another account?", batch_id=batch_id),
    )


if not TYPE_CHECKING:  # to a type checker it would permit any attribute
    __getattr__ = renamed(__name__, {"batches": "list", "get": "retrieve"})
