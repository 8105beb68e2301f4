"""Files that are there whole or not at all, in folders that were looked at first."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from zhipu_client._download_rules import DownloadError
from zhipu_client.errors import InvalidRequestError, ZhipuError
from zhipu_client.work._job import attach, keeping

__all__ = ["check_folder", "file_of_task", "save_paid", "saving", "write_whole"]


def write_whole(path: Path, content: bytes) -> None:
    """Write a file beside its place, then move it there.

    A disk that is full leaves no half of it, and a link that somebody put at its place is replaced,
    not followed.

    Args:
        path: The file; what is there is replaced.
        content: All its bytes.

    Raises:
        OSError: It cannot be written; nothing is left behind.

    Examples:
        >>> import tempfile
        >>> from zhipu_client.adapting import write_whole
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_whole(Path(folder) / "kite.png", b"PNG")
        ...     (Path(folder) / "kite.png").read_bytes()
        b'PNG'
    """
    beside = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        beside.write_bytes(content)  # nobody can foresee its name, and put a link there
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def save_paid(
    path: Path,
    content: bytes,
    what: str,
    *,
    partial: Any,
    failed: Callable[[str], ZhipuError] = ZhipuError,
) -> None:
    """Write a file whose content is paid for; whatever ends that has it as ``partial``.

    Args:
        path: The file.
        content: Its bytes.
        what: What it is, in the error: ``"the image"``.
        partial: What the error has.
        failed: Makes the error of a disk that is full, say, from its message.

    Raises:
        ZhipuError: It cannot be written; nothing is left behind.

    Examples:
        >>> import tempfile
        >>> from zhipu_client.adapting import save_paid
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     try:
        ...         save_paid(Path(folder) / "none" / "a.png", b"PNG", "the image", partial=b"PNG")
        ...     except ZhipuError as error:
        ...         print(error.partial)
        b'PNG'
    """
    try:
        with keeping(partial=partial):
            write_whole(path, content)
    except OSError as error:
        message = f"{what} is not saved to {path}: {error.strerror}"
        raise attach(failed(message), partial=partial) from error


def check_folder(field: str, folder: str | Path | None) -> None:
    """Make a folder, and refuse one that cannot be written to: before what goes there is paid for.

    Args:
        field: The argument that names the folder, for the error.
        folder: The folder, made with those above it; None passes.

    Raises:
        InvalidRequestError: It cannot be made, or written to.

    Examples:
        >>> from zhipu_client.adapting import check_folder
        >>> check_folder("save_to", __file__)
        Traceback (most recent call last):
        ...
        zhipu_client.errors.InvalidRequestError: save_to is '...', but this folder cannot be ...
    """
    if folder is None:
        return
    folder = Path(folder)
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


def file_of_task(folder: str | Path, task_id: str, suffix: str) -> Path:
    """Return the file for what a task made: the same one each time that it is fetched.

    Args:
        folder: Where it goes.
        task_id: The task's id, as the service gave it; any text is safe.
        suffix: How the name ends: ``".mp4"``.

    Examples:
        >>> from zhipu_client.adapting import file_of_task
        >>> file_of_task("videos", "8868902201637896192", ".mp4").name
        'e01dada3cc61ba63.mp4'
        >>> file_of_task("videos", "../../.bashrc", ".mp4").parent.name
        'videos'
    """
    # Not the id itself: it is the server's text.
    return Path(folder) / f"{hashlib.sha256(task_id.encode()).hexdigest()[:16]}{suffix}"


@contextmanager
def saving(what: str, url: str, *, partial: Any, task_id: str) -> Iterator[None]:
    """Have whatever ends the download of what a task made name the task, with ``partial``.

    Args:
        what: What it is, in the error: ``"the video"``.
        url: Where it is fetched from.
        partial: What the error has: what there is without the file.
        task_id: The task that made it.

    Raises:
        DownloadError: The file cannot be written: the disk is full, say.

    Examples:
        >>> from zhipu_client.adapting import saving
        >>> url = "https://cdn.example.com/a.mp4"
        >>> try:
        ...     with saving("the video", url, partial=url, task_id="8868"):
        ...         raise OSError(28, "No space left on device")
        ... except DownloadError as error:
        ...     print(error, error.task_id)
        the video is not saved: No space left on device: https://cdn.example.com/a.mp4 8868
    """
    try:
        with keeping(partial=partial, task_id=task_id):
            yield
    except OSError as error:
        failed = DownloadError(f"{what} is not saved: {error.strerror}", url=url)
        raise attach(failed, partial=partial, task_id=task_id) from error
