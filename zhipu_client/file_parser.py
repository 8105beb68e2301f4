"""Parsing documents of nearly any format: ``/files/parser/...`` (open.bigmodel.cn only)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ConfigDict

from zhipu_client import _check
from zhipu_client._old_names import renamed
from zhipu_client._replies import ReplyModel, parse_as
from zhipu_client._request import Request, Upload
from zhipu_client._task import Plan
from zhipu_client._uploads import content_of

__all__ = [
    "TOOLS",
    "ParserReply",
    "ParserTask",
    "Parsing",
    "ToolType",
    "Waiting",
    "create",
    "create_sync",
    "retrieve",
    "waiting",
]

MiB = 1024 * 1024

#: The parser's tools; the last one answers at once.
ToolType = Literal["lite", "expert", "prime", "prime-sync"]

# fmt: off
_COMMON = (
    "PDF", "DOCX", "DOC", "XLS", "XLSX", "PPT", "PPTX", "PNG", "JPG", "JPEG", "CSV", "TXT",
    "MD",
)
_PRIME = (
    *_COMMON, "HTML", "BMP", "GIF", "WEBP", "HEIC", "EPS", "ICNS", "IM", "PCX", "PPM", "TIFF",
    "XBM", "HEIF", "JP2",
)
# fmt: on

#: What each tool of the parser reads, and the most bytes of a file.
TOOLS: Mapping[str, tuple[tuple[str, ...], int]] = {
    "lite": (_COMMON, 50 * MiB),
    "expert": (("PDF",), 100 * MiB),
    "prime": (_PRIME, 100 * MiB),
    "prime-sync": ((*_PRIME, "WPS"), 100 * MiB),
}


class ParserTask(ReplyModel):
    """The answer of ``/files/parser/create``."""

    # An id that came as a number is used as an id all the same: what it is of is paid for.
    model_config = ConfigDict(coerce_numbers_to_str=True)

    success: bool | None = None
    message: str | None = None
    task_id: str | None = None


class ParserReply(ReplyModel):
    """What the file parser has made: ``status`` is processing, succeeded or failed.

    Attributes:
        content: The text, for the format ``text``.
        parsing_result_url: Where the result is for 24 hours, for the format ``download_link``.
    """

    status: str | bool | None = None
    message: str | None = None
    task_id: str | None = None
    content: str | None = None
    parsing_result_url: str | None = None


def create(
    *,
    file: Any,
    filename: str | None = None,
    tool_type: Literal["lite", "expert", "prime"] = "lite",
    file_type: str | None = None,
) -> Request[ParserTask]:
    """Have a document of nearly any format parsed: ``POST /files/parser/create``.

    Args:
        file: The bytes, an open file, an upload of a web framework or a ``pathlib.Path``; up to 50
            MiB for ``lite``, 100 MiB for ``expert`` and ``prime``.
        filename: Its name; its ending is the format where ``file_type`` is not given. None for the
            file's own.
        tool_type: ``lite``, ``expert`` (PDF only) or ``prime``.
        file_type: The format in upper case (``"DOCX"``).

    Raises:
        InvalidRequestError: Empty, too large, or a format that the tool does not read.

    Examples:
        >>> from zhipu_client import file_parser
        >>> file_parser.create(file=b"%PDF-", filename="a.pdf").path
        '/files/parser/create'
    """
    return Request(
        method="POST",
        path="/files/parser/create",
        parse=parse_as(ParserTask),
        kind="paid",
        **_parser_parts(file, filename, tool_type, file_type),
    )


def create_sync(
    *, file: Any, filename: str | None = None, file_type: str | None = None
) -> Request[ParserReply]:
    """Parse a document and wait for it: ``POST /files/parser/sync``; see `create`.

    Examples:
        >>> from zhipu_client import file_parser
        >>> file_parser.create_sync(file=b"%PDF-", filename="a.pdf", file_type="PDF").path
        '/files/parser/sync'
    """
    return Request(
        method="POST",
        path="/files/parser/sync",
        parse=parse_as(ParserReply),
        kind="paid",
        **_parser_parts(file, filename, "prime-sync", file_type),
    )


def retrieve(
    task_id: str, format_type: Literal["text", "download_link"] = "text"
) -> Request[ParserReply]:
    """Ask what a parser task has come to: ``GET /files/parser/result/{task}/{format}``.

    Args:
        task_id: The id that `create` answered with.
        format_type: The text itself, or an address to fetch it from.

    Examples:
        >>> from zhipu_client import file_parser
        >>> file_parser.retrieve("task-1").path
        '/files/parser/result/task-1/text'
    """
    _check.choice("format_type", format_type, ("text", "download_link"))
    return Request(
        method="GET",
        path=f"/files/parser/result/{_check.segment('task_id', task_id)}/{format_type}",
        parse=parse_as(ParserReply),
    )


@dataclass(frozen=True, slots=True)
class Waiting(Plan[ParserReply]):
    """How to wait for a parsed document, in seconds; see `waiting`."""

    def request(self) -> Request[ParserReply]:
        """Return the request that asks how far it is."""
        return retrieve(self.task_id)

    def ended(self, found: ParserReply) -> bool:
        """Return True once the document is parsed; raise `TaskFailedError` when that has failed."""
        status = str(found.status).lower()
        if status in ("failed", "false"):
            raise self.failed(found.message or found.status, found)
        return status in ("succeeded", "true")


def waiting(task: ParserTask | str, *, interval: float = 1.0, timeout: float = 900.0) -> Waiting:
    """Return how to wait for a document, for `zhipu_client.wait_for` and `await_for`.

    Args:
        task: What `create` answered, or its task's id.
        interval: Seconds between the first two looks, above 0 to 3600; later ones are further
            apart, up to 10 seconds.
        timeout: Seconds to wait in all, above 0 to a week.

    Examples:
        >>> from zhipu_client import file_parser
        >>> file_parser.waiting("42").request().path
        '/files/parser/result/42/text'
    """
    task_id = task if isinstance(task, str) else task.task_id or ""
    return Waiting(task_id, interval, timeout=timeout)


@dataclass(frozen=True, slots=True)
class Parsing:
    """How documents are parsed, by whichever tool: what is sent, and whether it is waited for.

    Attributes:
        tool_type: One of `TOOLS`.
        interval: Seconds between the first two looks.
        timeout: Seconds to wait in all.

    Examples:
        >>> from zhipu_client import file_parser
        >>> file_parser.Parsing("prime-sync").request(b"%PDF-", "a.pdf").path
        '/files/parser/sync'
    """

    tool_type: ToolType = "lite"
    interval: float = 1.0
    timeout: float = 900.0

    @property
    def max_bytes(self) -> int:
        """Return the most bytes of a file."""
        return TOOLS[self.tool_type][1]

    @property
    def suffixes(self) -> frozenset[str]:
        """Return the endings of the files that the tool reads, in lower case."""
        return frozenset(f".{kind.lower()}" for kind in TOOLS[self.tool_type][0])

    def request(
        self, file: Any, filename: str | None, file_type: str | None = None
    ) -> Request[Any]:
        """Return the request that sends a document; see `create`."""
        if self.tool_type == "prime-sync":
            return create_sync(file=file, filename=filename, file_type=file_type)
        return create(file=file, filename=filename, file_type=file_type, tool_type=self.tool_type)

    def waiting(self, answer: ParserTask | ParserReply) -> Waiting | None:
        """Return how to wait for what was answered; None for the result itself."""
        if isinstance(answer, ParserReply):
            return None
        return waiting(answer, interval=self.interval, timeout=self.timeout)


def _parser_parts(
    file: Any, filename: str | None, tool: str, file_type: str | None
) -> dict[str, Any]:
    _check.choice("tool_type", tool, TOOLS)
    kinds, most = TOOLS[tool]
    found = content_of(file, most)
    filename = found.filename if filename is None else filename
    _check.text("filename", filename)
    if not found.content:
        raise _check.refuse("file", len(found.content), f"must have 1 to {most} bytes")
    _check.choice("file_type", file_type, kinds, tool)
    form = [("tool_type", tool)] + ([("file_type", file_type)] if file_type else [])
    return {"form": tuple(form), "uploads": (Upload("file", str(filename), found.content),)}


if not TYPE_CHECKING:  # to a type checker it would permit any attribute
    __getattr__ = renamed(__name__, {"result": "retrieve"})
