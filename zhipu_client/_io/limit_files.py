"""The file in which the processes of a machine write down a limit that they share.

SQLite, since it is in the standard library, safe for several processes, and whole again after a
kill at any moment. It is opened for each use. What is in it: numbers of processes, and counts; of
keys, addresses and models it has one hash.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from zhipu_client._shared_limit import SharedLimit, is_name, shared_name
from zhipu_client.errors import InvalidRequestError

__all__ = ["LimitFile", "limit_path"]

T = TypeVar("T")

#: What SQLite calls the file's kind; the letters "zhil".
_KIND = 0x7A68696C
_TABLE = "CREATE TABLE IF NOT EXISTS limits (key TEXT PRIMARY KEY, state TEXT NOT NULL)"
#: How long another process may keep the file locked, in seconds: it takes milliseconds.
_BUSY = 2.0


class _OutsideForks:
    """Lets nothing of SQLite run while the process forks: the child would have its locks, taken."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._taken = False

    def before_fork(self) -> None:
        """Wait until nobody uses a file."""
        self._taken = self.lock.acquire(timeout=2 * _BUSY)

    def after_fork(self) -> None:
        """Let the parent go on."""
        if self._taken:
            self.lock.release()

    def in_child(self) -> None:
        """Begin with a free lock."""
        self.lock = threading.Lock()


_outside = _OutsideForks()


def limit_path(value: Any) -> Path | None:
    """Return the file that a setting ``shared_limit`` means; None for None.

    Raises:
        InvalidRequestError: It is neither a name nor a path, or its folder is missing.
    """
    text = shared_name(value)
    if text is None:
        return None
    if is_name(text):
        return _folder() / f"{text}.sqlite"
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

    def prepare(self) -> None:
        """Make the file where it is missing, and write to it.

        Raises:
            InvalidRequestError: It cannot be used.
        """
        try:
            self._make()
            with self._opened(new=True) as database:
                database.execute("INSERT OR REPLACE INTO limits VALUES ('', '')")
        except (sqlite3.Error, OSError) as error:
            raise _refused(
                str(self.path), f"cannot be used, which each process must read and write: {error}"
            ) from error

    def look(self, key: str) -> SharedLimit:
        """Return what is written down under a key."""
        with self._opened() as database:
            return _read(database, key)

    def change(self, key: str, work: Callable[[SharedLimit], T]) -> tuple[T, SharedLimit]:
        """Change what is written down under a key, while nobody else does.

        Returns:
            What ``work`` returns, and what is written down now.
        """
        with self._opened(new=True) as database:
            found = _read(database, key)
            result = work(found)
            database.execute("INSERT OR REPLACE INTO limits VALUES (?, ?)", (key, found.written()))
            return result, found

    def _make(self) -> None:
        folder = self.path.parent
        if folder == _folder():
            with contextlib.suppress(FileExistsError):
                folder.mkdir(0o700)
            found = folder.lstat()
            ours = not hasattr(os, "getuid") or found.st_uid == os.getuid()
            if not stat.S_ISDIR(found.st_mode) or not ours:
                raise PermissionError(f"{folder} belongs to another user")
        # As the umask has it: with a path, those who share it may be a group of users.
        with contextlib.suppress(FileExistsError):
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666))

    @contextmanager
    def _opened(self, *, new: bool = False) -> Iterator[sqlite3.Connection]:
        with _outside.lock:
            database = sqlite3.connect(
                f"{self.path.as_uri()}?mode=rw", timeout=_BUSY, isolation_level=None, uri=True
            )
            try:
                # A machine that loses its power has no requests in flight afterwards.
                database.execute("PRAGMA synchronous = OFF")
                database.execute("BEGIN IMMEDIATE" if new else "BEGIN")
                if new:
                    self._check(database)
                yield database
                database.execute("COMMIT")
            finally:
                database.close()

    def _check(self, database: sqlite3.Connection) -> None:
        """Make the table in a new file; leave the databases of others alone."""
        (kind,) = database.execute("PRAGMA application_id").fetchone()
        if kind == _KIND:
            return
        (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if kind or tables:
            raise sqlite3.DatabaseError("it is the database of another program")
        database.execute(f"PRAGMA application_id = {_KIND}")
        database.execute(_TABLE)


def _read(database: sqlite3.Connection, key: str) -> SharedLimit:
    row = database.execute("SELECT state FROM limits WHERE key = ?", (key,)).fetchone()
    return SharedLimit.read(row and row[0])


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_outside.before_fork,
        after_in_parent=_outside.after_fork,
        after_in_child=_outside.in_child,
    )
