"""The file in which the processes of a machine write down a limit that they share.

One line of JSON under a lock of the system, which ends with its process. It is opened for each use,
which takes a tenth of a millisecond: SQLite takes five times as long, and where fifty processes
ask for it, some of them never get it. What is in the file: numbers of processes, and counts; of
keys, addresses and models it has one hash.

A process that is killed while it writes may leave half a line. Then the file counts as empty: each
process writes down its own places again, and the limit is learnt anew.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from zhipu_client._limit_names import is_name, shared_name
from zhipu_client._shared_limit import SharedLimit
from zhipu_client.errors import InvalidRequestError

__all__ = ["LimitFile", "limit_path"]

T = TypeVar("T")

#: How each of these files begins.
_HEAD = b'{"zhipu_client shared_limit":1,'
#: How long others may have the file locked, in seconds: each of them takes much less than that,
#: unless it is stopped just then.
_BUSY, _BUSY_AT_FIRST = 5.0, 15.0
#: The first and the longest pause between two attempts to lock it.
_FIRST_PAUSE, _PAUSE = 0.0005, 0.02

if os.name == "nt":
    import msvcrt

    def _locked(file: int) -> bool:
        try:
            os.lseek(file, 1 << 30, os.SEEK_SET)  # nothing is there: it may be read all the same
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        except OSError:
            return False
        return True

    def _unlock(file: int) -> None:
        os.lseek(file, 1 << 30, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_UNLCK, 1)  # type: ignore[attr-defined]

else:
    import fcntl

    def _locked(file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(file: int) -> None:
        # Not only by closing it: a child that was forked meanwhile has it open, too.
        fcntl.flock(file, fcntl.LOCK_UN)


def limit_path(value: Any) -> Path | None:
    """Return the file that a setting ``shared_limit`` means; None for None.

    Raises:
        InvalidRequestError: It is neither a name nor a path, or its folder is missing.
    """
    text = shared_name(value)
    if text is None:
        return None
    if is_name(text):
        return _folder() / f"{text}.limit"
    path = Path(text)
    if not path.parent.is_dir():
        raise _refused(value, f"is a path, and there is no folder {path.parent}")
    return path


def _folder() -> Path:
    """Return where the files of names are: one folder a user."""
    user = os.getuid() if hasattr(os, "getuid") else "user"
    return Path(tempfile.gettempdir()) / f"zhipu-limits-{user}"


def _refused(value: Any, why: str) -> InvalidRequestError:
    return InvalidRequestError(f"shared_limit {value!r} {why}", field="shared_limit", value=value)


class LimitFile:
    """What processes have written down about the limits that they share."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def prepare(self, *, again: bool = False) -> None:
        """Make the file where it is missing, and write to it.

        Args:
            again: Calls wait for it that know what to do without: not for long.

        Raises:
            InvalidRequestError: It cannot be used.
        """
        try:
            self._make()
            with self._opened(_BUSY if again else _BUSY_AT_FIRST) as file:
                _write(file, _read(file))
        except OSError as error:
            why = error.strerror or error
            raise _refused(
                str(self.path), f"cannot be used, which each process must read and write: {why}"
            ) from error

    def look(self, key: str) -> SharedLimit:
        """Return what is written down under a key."""
        with self._opened() as file:
            return SharedLimit.read(_read(file).get(key))

    def change(self, key: str, work: Callable[[SharedLimit], T]) -> tuple[T, SharedLimit]:
        """Change what is written down under a key, while nobody else does.

        Returns:
            What ``work`` returns, and what is written down now.
        """
        with self._opened() as file:
            states = _read(file)
            found = SharedLimit.read(states.pop(key, None))
            result = work(found)
            if found.known:
                states[key] = found.written()
            _write(file, states)
            return result, found

    def keys(self) -> list[str]:
        """Return what something is written down under."""
        with self._opened() as file:
            return list(_read(file))

    def _make(self) -> None:
        folder = self.path.parent
        if folder == _folder():
            with contextlib.suppress(FileExistsError):
                folder.mkdir(0o700)
            found = folder.lstat()
            ours = not hasattr(os, "getuid") or found.st_uid == os.getuid()
            if not stat.S_ISDIR(found.st_mode) or not ours:
                raise PermissionError(f"{folder} belongs to another user")
        if self.path.exists() and not self.path.is_file():  # a pipe would never be opened
            raise OSError("it is not a file")
        # As the umask has it: with a path, those who share it may be a group of users.
        with contextlib.suppress(FileExistsError):
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666))

    @contextmanager
    def _opened(self, busy: float = _BUSY) -> Iterator[int]:
        file = os.open(self.path, os.O_RDWR | getattr(os, "O_BINARY", 0))
        try:
            until, pause = time.monotonic() + busy, _FIRST_PAUSE
            while not _locked(file):
                if time.monotonic() > until:
                    raise TimeoutError(f"another process has had it locked for {busy:g} s")
                time.sleep(pause * random.uniform(0.5, 1.5))
                pause = min(2 * pause, _PAUSE)
            try:
                yield file
            finally:
                _unlock(file)
        finally:
            os.close(file)


def _read(file: int) -> dict[str, Any]:
    """Return what is written down under each key.

    Raises:
        OSError: It is the file of another program.
    """
    os.lseek(file, 0, os.SEEK_SET)
    text = b""
    while part := os.read(file, 1 << 16):
        text += part
    if not text:
        return {}
    if not text.startswith(_HEAD):
        raise OSError("it is the file of another program")
    try:
        found: dict[str, Any] = json.loads(text.partition(b"\n")[0])["limits"]
    except (ValueError, KeyError):
        return {}
    return found


def _write(file: int, states: dict[str, Any]) -> None:
    text = _HEAD + b'"limits":' + json.dumps(states, separators=(",", ":")).encode() + b"}\n"
    os.lseek(file, 0, os.SEEK_SET)
    if os.write(file, text) != len(text):
        raise OSError("the disk is full")
    os.ftruncate(file, len(text))
