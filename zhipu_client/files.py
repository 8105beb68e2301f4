"""Files: ``POST /files``, ``GET /files``, ``GET /files/{id}/content``, ``DELETE /files/{id}``."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping
from typing import IO, TYPE_CHECKING, Any, Literal

from pydantic import Field

from zhipu_client import _check
from zhipu_client._old_names import renamed
from zhipu_client._replies import ReplyModel, parse_as
from zhipu_client._request import Reply, Request, Upload
from zhipu_client._sound_types import HEAD, sound_type
from zhipu_client._uploads import content_of
from zhipu_client.errors import APIError
from zhipu_client.errors._gone import gone

__all__ = ["PURPOSES", "DeletedFile", "File", "FileList", "content", "create", "delete", "list"]

MiB = 1024 * 1024

#: What a file may be for, and the most bytes of it.
PURPOSES: Mapping[str, int] = {
    "batch": 100 * MiB,
    "code-interpreter": 20 * MiB,
    "agent": 100 * MiB,
    "voice-clone-input": 10 * MiB,
    "user_data": 100 * MiB,
}
_MOST = 100 * MiB
#: What the sample of a voice may be.
_SAMPLES = ("audio/wav", "audio/mpeg")


class File(ReplyModel):
    """A file that the service keeps.

    Attributes:
        id: Its id.
        bytes: Its size.
        created_at: Unix seconds.
        filename: Its name.
        purpose: What it is for.
    """

    id: str | None = None
    object: str | None = None
    bytes: int | None = None
    created_at: int | None = None
    filename: str | None = None
    purpose: str | None = None


class FileList(ReplyModel):
    """Some of the files; with ``has_more``, others follow the last."""

    object: str | None = None
    data: builtins.list[File] = Field(default_factory=builtins.list)
    has_more: bool | None = None


class DeletedFile(ReplyModel):
    """The answer to `delete`."""

    id: str | None = None
    object: str | None = None
    deleted: bool | None = None


def create(*, file: Any, filename: str | None = None, purpose: str) -> Request[File]:
    """Send a file to the service.

    Args:
        file: Its bytes, an open file, an upload of a web framework or a ``pathlib.Path``; up to
            100 MiB (20 for code-interpreter, 10 for voice-clone-input).
        filename: The name that the service sees; a batch needs ``.jsonl``. None for the file's own.
        purpose: ``batch``, ``agent``, ``voice-clone-input``, ``user_data``, ``code-interpreter``;
            others are sent unchecked.

    Raises:
        InvalidRequestError: Empty, too large, or a sample of a voice that is neither WAV nor MP3.

    Examples:
        >>> from zhipu_client import files
        >>> files.create(file=b"{}", filename="a.jsonl", purpose="batch").form
        (('purpose', 'batch'),)
    """
    _check.text("purpose", purpose)
    most = PURPOSES.get(purpose, _MOST)
    found = content_of(file, most)
    filename = found.filename if filename is None else filename
    _check.text("filename", filename)
    content = found.content
    if not content:
        raise _check.refuse("file", len(content), f"for {purpose} must have 1 to {most:,} bytes")
    if purpose == "voice-clone-input":
        kind = sound_type(content[:HEAD])
        if kind is None or kind.mime not in _SAMPLES:
            raise _check.refuse("file", content[:8], f"for {purpose} must be a WAV or MP3")
    if purpose == "batch" and not str(filename).endswith(".jsonl"):
        raise _check.refuse("filename", filename, "for batch must end in .jsonl")
    return Request(
        method="POST",
        path="/files",
        parse=parse_as(File),
        form=(("purpose", purpose),),
        uploads=(Upload("file", str(filename), content),),
        kind="generate",
    )


def list(
    *,
    purpose: str,
    after: str | None = None,
    order: Literal["created_at"] | None = None,
    limit: int | None = None,
) -> Request[FileList]:
    """List the files of one purpose.

    Args:
        purpose: ``batch``, ``code-interpreter`` or ``agent``.
        after: The id of the last file of the list before.
        order: ``created_at``.
        limit: How many, 1 to 100 (20 where none is given).

    Examples:
        >>> from zhipu_client import files
        >>> dict(files.list(purpose="batch").query)["purpose"]
        'batch'
    """
    _check.text("purpose", purpose)
    _check.within("limit", limit, 1, 100, whole=True)
    given = (("purpose", purpose), ("after", after), ("order", order), ("limit", limit))
    return Request(
        method="GET",
        path="/files",
        parse=parse_as(FileList),
        query=tuple((name, str(value)) for name, value in given if value is not None),
    )


def content(file_id: str, *, max_bytes: int = 256 * MiB) -> Request[bytes]:
    """Fetch the bytes of a file. The service has them for the results of batches and voices only.

    Args:
        file_id: Its id.
        max_bytes: The most bytes to take.

    Raises:
        GoneError: While sending: it has expired, was deleted, or is of another account.

    Examples:
        >>> from zhipu_client import files
        >>> files.content("file-1").path
        '/files/file-1/content'
    """
    return Request(
        method="GET",
        path=f"/files/{_check.segment('file_id', file_id)}/content",
        parse=_parse_content,
        raw=True,
        max_bytes=max_bytes,
        failed=_not_there(file_id),
    )


def open_content(file_id: str, *, max_bytes: int = 8 * 1024 * MiB) -> Request[IO[bytes]]:
    """Fetch a file that may be very large, as an open binary file. Close it after use.

    What does not fit into a few MiB of memory is kept in a temporary file without a name.

    Args:
        file_id: Its id.
        max_bytes: The most bytes to take.

    Raises:
        GoneError: While sending: it has expired, was deleted, or is of another account.

    Examples:
        >>> from zhipu_client import files
        >>> files.open_content("file-1").path
        '/files/file-1/content'
    """
    return Request(
        method="GET",
        path=f"/files/{_check.segment('file_id', file_id)}/content",
        parse=_parse_file,
        raw=True,
        spooled=True,
        max_bytes=max_bytes,
        failed=_not_there(file_id),
    )


def delete(file_id: str) -> Request[DeletedFile]:
    """Delete a file.

    Args:
        file_id: The file's id.

    Examples:
        >>> from zhipu_client import files
        >>> files.delete("file-1").method
        'DELETE'
    """
    return Request(
        method="DELETE",
        path=f"/files/{_check.segment('file_id', file_id)}",
        parse=parse_as(DeletedFile),
        kind="generate",
        # Any other refusal means that the file is still there.
        failed=_not_there(file_id, alone=False),
    )


def _not_there(file_id: str, *, alone: bool = True) -> Callable[[APIError], APIError]:
    remedy = "The service keeps files for a time only, and each for its own account"
    return gone(f"file {file_id}", remedy, file_id=file_id, alone=alone)


def _parse_content(reply: Reply) -> bytes:
    return reply.content


def _parse_file(reply: Reply) -> IO[bytes]:
    file: IO[bytes] = reply.data
    return file


if not TYPE_CHECKING:  # to a type checker it would permit any attribute
    __getattr__ = renamed(__name__, {"files": "list"})
