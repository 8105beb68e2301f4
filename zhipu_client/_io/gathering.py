"""The body of a whole answer, piece by piece: in memory, or on disk where it may be very large."""

from __future__ import annotations

import tempfile
from typing import Any, Self

from zhipu_client._io.call import Call
from zhipu_client._request import Request
from zhipu_client.errors import ZhipuError

__all__ = ["Gathered"]

#: Bytes of a large answer that are kept in memory, before it goes to disk.
IN_MEMORY = 8 * 1024 * 1024


class Gathered:
    """The pieces of one body.

    Args:
        call: The call that it answers; bounds it.
        status: The answer's status: only what was asked for is written to disk.
    """

    def __init__(self, call: Call, status: int) -> None:
        request = call.request
        self._call = call
        self._size = 0
        self._parts: list[bytes] = []
        self._file: Any = None
        if isinstance(request, Request) and request.spooled and status == 200:
            # Without a name: it is gone with its last reader, whatever happens.
            self._file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the caller's

    def add(self, part: bytes) -> None:
        """Take the next piece; raises when there are too many bytes."""
        self._size += len(part)
        if self._size > self._call.max_bytes:
            raise self._call.too_large()
        if self._file is None:
            self._parts.append(part)
        else:
            try:
                self._file.write(part)
            except OSError as error:
                raise ZhipuError(
                    "the answer cannot be kept in the folder for temporary files, "
                    f"{tempfile.gettempdir()}: {error.strerror}. TMPDIR names another one"
                ) from error

    def __enter__(self) -> Self:
        """Close the file where the block ends early."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and self._file is not None:
            self._file.close()

    def whole(self) -> Any:
        """Return the bytes, or for a spooled request the file, at its beginning."""
        if self._file is None:
            return b"".join(self._parts)
        self._file.seek(0)
        return self._file
