"""Files that are there whole or not at all, in folders that were looked at first."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from zhipu_client.errors import InvalidRequestError

__all__ = ["check_folder", "write_whole"]


def write_whole(path: Path, content: bytes) -> None:
    """Write a file beside its place, then move it there.

    A disk that is full leaves no half of it, and a link that somebody put at its place is replaced,
    not followed.

    Raises:
        OSError: It cannot be written; nothing is left behind.
    """
    beside = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        beside.write_bytes(content)  # nobody can foresee its name, and put a link there
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def check_folder(field: str, folder: Path | None) -> None:
    """Make a folder, and refuse one that cannot be written to: before what goes there is paid for.

    Raises:
        InvalidRequestError: It cannot be made, or written to.
    """
    if folder is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        writable = os.access(folder, os.W_OK | os.X_OK)
        problem = "is not writable"
    except OSError as error:
        writable, problem = False, f"cannot be made: {error.strerror}"
    if not writable:
        raise InvalidRequestError(
            f"{field} is {str(folder)!r}, but this folder {problem}", field=field, value=str(folder)
        )
