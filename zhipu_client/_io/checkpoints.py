"""Answers that were paid for, in one SQLite file: a program that was killed goes on with them.

`with_checkpoint` makes a client that looks there before it sends, and keeps there what it gets
before anybody else sees it. Several threads and processes may share a file: what one of them has in
flight, the others wait for.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

from zhipu_client._io.notes import notes
from zhipu_client._io.processes import host, runs, started
from zhipu_client._request import Request
from zhipu_client.errors import InvalidRequestError
from zhipu_client.work._job import keeping
from zhipu_client.work._kept import KeptRequest, can_be_kept, key_of

if TYPE_CHECKING:
    import sqlite3

    from zhipu_client._io.aio import AsyncClient
    from zhipu_client._io.sync import Client

__all__ = ["AsyncKeptClient", "Checkpoint", "KeptClient", "begun_key", "forget", "with_checkpoint"]

T = TypeVar("T")

#: What SQLite calls the file's kind; the letters "zhip".
_KIND = 0x7A686970
_TABLES = tuple(
    """
    CREATE TABLE answers (key BLOB PRIMARY KEY, content BLOB NOT NULL);
    CREATE TABLE claims (key BLOB PRIMARY KEY, owner TEXT NOT NULL, host TEXT NOT NULL,
      pid INTEGER NOT NULL, started TEXT NOT NULL, at REAL NOT NULL)
    """.split(";")
)
#: How long a claim of another machine is believed, in seconds: longer than any answer takes.
_LEASE = 1200.0
#: How long another process may keep the file locked, in seconds.
_BUSY = 60.0
#: How many keys one statement may ask for.
_MOST_KEYS = 500
_FIRST_WAIT, _LONGEST_WAIT = 0.02, 0.5


class Checkpoint:
    """The answers in one file. Opened for each use, so that forks and threads need no care.

    Args:
        path: The file; it is made at the first use, readable by its owner alone.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._owner = secrets.token_hex(8)

    def find(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        """Return what is there of these keys."""
        with self._opened() as database:
            return _found(database, keys)

    def claim(self, keys: Sequence[bytes]) -> tuple[list[bytes], dict[bytes, bytes]]:
        """Claim what nobody has in flight. Return these keys, and what is there by now."""
        with self._opened() as database:
            database.execute("BEGIN IMMEDIATE")
            found = _found(database, keys)
            ours = [key for key in keys if key not in found and _is_free(database, key)]
            now, pid = time.time(), os.getpid()
            facts = (self._owner, host(), pid, started(pid), now)
            database.executemany(
                "INSERT OR REPLACE INTO claims VALUES (?, ?, ?, ?, ?, ?)",
                [(key, *facts) for key in ours],
            )
            return ours, found

    def keep(self, found: Mapping[bytes, bytes], claimed: Sequence[bytes]) -> None:
        """Keep answers, and give the claims back."""
        with self._opened() as database:
            database.executemany("INSERT OR REPLACE INTO answers VALUES (?, ?)", found.items())
            self._release(database, claimed)

    def release(self, keys: Iterable[bytes]) -> None:
        """Give claims back."""
        with self._opened() as database:
            self._release(database, keys)

    def _release(self, database: sqlite3.Connection, keys: Iterable[bytes]) -> None:
        rows = [(key, self._owner) for key in keys]
        database.executemany("DELETE FROM claims WHERE key = ? AND owner = ?", rows)

    def settle(self, key: bytes, content: bytes) -> bytes:
        """Keep what nobody has kept yet under a key; return what is there now."""
        with self._opened() as database:
            database.execute("INSERT OR IGNORE INTO answers VALUES (?, ?)", (key, content))
            return _found(database, [key])[key]

    def forget(self, keys: Iterable[bytes]) -> None:
        """Remove answers that cannot be read."""
        with self._opened() as database:
            database.executemany("DELETE FROM answers WHERE key = ?", [(key,) for key in keys])

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        import sqlite3  # whoever keeps nothing does without its library

        try:
            self._make()
            database = sqlite3.connect(self.path, timeout=_BUSY)
            try:
                self._prepare(database)
                with database:
                    yield database
            finally:
                database.close()
        except (sqlite3.Error, OSError) as error:
            raise InvalidRequestError(
                f"checkpoint {self.path} cannot be used: {error}",
                field="checkpoint",
                value=str(self.path),
            ) from error

    def _make(self) -> None:
        """Make the file for its owner alone: it has what was read and said."""
        if not self.path.exists():
            flags = os.O_CREAT | os.O_RDWR | getattr(os, "O_NOFOLLOW", 0)
            os.close(os.open(self.path, flags, 0o600))

    def _prepare(self, database: sqlite3.Connection) -> None:
        import sqlite3

        if _kind_of(database) == _KIND:
            return
        with database:
            database.execute("BEGIN IMMEDIATE")
            kind = _kind_of(database)
            if kind == _KIND:  # another process was faster
                return
            (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if kind or tables:
                raise sqlite3.DatabaseError("it is the database of another program")
            database.execute(f"PRAGMA application_id = {_KIND}")
            for statement in _TABLES:
                database.execute(statement)


def _kind_of(database: sqlite3.Connection) -> int:
    (kind,) = database.execute("PRAGMA application_id").fetchone()
    return int(kind)


def _found(database: sqlite3.Connection, keys: Sequence[bytes]) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for start in range(0, len(keys), _MOST_KEYS):
        some = keys[start : start + _MOST_KEYS]
        marks = ",".join("?" * len(some))
        rows = database.execute(
            f"SELECT key, content FROM answers WHERE key IN ({marks})",  # noqa: S608 - marks only
            some,
        )
        found.update(rows)
    return found


def _is_free(database: sqlite3.Connection, key: bytes) -> bool:
    """Return whether nobody has a key in flight, as far as that can be seen."""
    row = database.execute(
        "SELECT host, pid, started, at FROM claims WHERE key = ?", (key,)
    ).fetchone()
    if row is None:
        return True
    machine, pid, began, at = row
    if time.time() - at > _LEASE:
        return True
    if machine != host():
        return False
    # Of this machine: does the process that made the claim still run?
    return not runs(pid, began)


class _Kept:
    """What the two clients with a checkpoint share. What it does not know, the client does."""

    def __init__(self, client: Any, checkpoint: Checkpoint) -> None:
        self._client = client
        self._checkpoint = checkpoint

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._client, name)

    @property
    def checkpoint(self) -> Checkpoint:
        """The answers that are there."""
        return self._checkpoint

    def __repr__(self) -> str:
        return f"with_checkpoint({self._client!r}, {str(self._checkpoint.path)!r})"


class KeptClient(_Kept):
    """A `Client` that keeps what it pays for; see `with_checkpoint`."""

    def as_async(self, http_client: Any = None) -> AsyncKeptClient:
        """Return the asynchronous twin, with the same checkpoint."""
        return AsyncKeptClient(self._client.as_async(http_client), self._checkpoint)

    def send(self, request: Request[T], **options: Any) -> T:
        """Return the answer: the one that is there, or else the service's."""
        if not can_be_kept(request):
            return cast(T, self._client.send(request, **options))
        steps = _Steps(request, self._client.base_url, self._checkpoint)
        waits = _waits()
        while not steps.begin():
            if not steps.claimed:
                steps.note_wait()
                time.sleep(next(waits))
                continue
            try:
                steps.end(self._client.send(steps.to_send(), **options))
            finally:
                steps.release()
        return cast(T, steps.result)


class AsyncKeptClient(_Kept):
    """An `AsyncClient` that keeps what it pays for; see `with_checkpoint`."""

    async def send(self, request: Request[T], **options: Any) -> T:
        """Return the answer: the one that is there, or else the service's."""
        import anyio

        if not can_be_kept(request):
            return cast(T, await self._client.send(request, **options))
        steps = await _in_thread(_Steps, request, self._client.base_url, self._checkpoint)
        waits = _waits()
        while not await _in_thread(steps.begin):
            if not steps.claimed:
                steps.note_wait()
                await anyio.sleep(next(waits))
                continue
            try:
                reply = await self._client.send(steps.to_send(), **options)
                # What is paid for is written down, whoever cancels in the meantime.
                with anyio.CancelScope(shield=True):
                    await _in_thread(steps.end, reply)
            finally:
                with anyio.CancelScope(shield=True):
                    await _in_thread(steps.release)
        return cast(T, steps.result)


class _Steps:
    """The blocking steps of one request: what is there, what is claimed, what came."""

    def __init__(self, request: Request[Any], base_url: str, checkpoint: Checkpoint) -> None:
        self._kept = KeptRequest(request, base_url)
        self._base_url = base_url
        self._checkpoint = checkpoint
        self._done = False
        self.claimed: list[bytes] = []
        self.result: Any = None

    def begin(self) -> bool:
        """Return True when the result is there; else claim what can be sent."""
        if self._done:
            return True
        kept = self._kept
        missing = kept.missing()
        if missing:
            kept.found |= self._checkpoint.find(missing)
        if kept.missing():
            self.claimed, found = self._checkpoint.claim(kept.missing())
            kept.found |= found
            if self.claimed:
                return False
        if kept.missing():
            return False
        try:
            self.result = kept.read()
        except Exception:  # noqa: BLE001 - written by another version: asked for again
            self._checkpoint.forget(kept.keys)
            kept.found.clear()
            return False
        return True

    def note_wait(self) -> None:
        """Say in the log that another process is waited for."""
        path, text = self._checkpoint.path, "checkpoint %s: waiting for what others have in flight"
        notes.say(time.monotonic(), ("claims", path), text, path)

    def to_send(self) -> Request[Any]:
        """Return the request for what is claimed."""
        return self._kept.to_send(self.claimed)

    def end(self, reply: Any) -> None:
        """Keep an answer."""
        taken, found = self._kept.take(self.claimed, reply)
        task = _task_id(self._kept.request, reply)
        if found and task is not None:  # where to find the call again, if the task fails
            found[begun_key(self._base_url, task)] = self.claimed[0]
        with keeping(partial=taken.result):  # paid for, also where it cannot be written down
            self._checkpoint.keep(found, self.claimed)
        self.claimed = []
        self._kept.found |= found
        self._done, self.result = taken.whole, taken.result

    def release(self) -> None:
        """Give back what is claimed still: sending it failed."""
        claimed, self.claimed = self.claimed, []
        if claimed:
            with suppress(InvalidRequestError):  # whatever failed before says more
                self._checkpoint.release(claimed)


def forget(client: Any, request: Request[Any]) -> None:
    """Remove the answer to a request from a client's checkpoint, if it has one."""
    checkpoint = getattr(client, "checkpoint", None)
    if isinstance(checkpoint, Checkpoint) and can_be_kept(request):
        checkpoint.forget(KeptRequest(request, client.base_url).keys)


def begun_key(base_url: str, task_id: str) -> bytes:
    """Return where a checkpoint has the key of the call that began a task."""
    return key_of("begun", f"{base_url}\n{task_id}".encode(errors="surrogatepass"))


def _task_id(request: Request[Any], reply: Any) -> str | None:
    found = reply.data.get("id") if isinstance(reply.data, dict) else None
    if request.kind != "paid" or found is None or isinstance(found, (dict, list)):
        return None
    return str(found)


def _waits() -> Iterator[float]:
    wait = _FIRST_WAIT
    while True:
        yield wait
        wait = min(2 * wait, _LONGEST_WAIT)


async def _in_thread(call: Callable[..., T], *args: Any) -> T:
    from anyio import to_thread

    return await to_thread.run_sync(lambda: call(*args))


@overload
def with_checkpoint(client: Client, path: str | os.PathLike[str] | None) -> Client: ...
@overload
def with_checkpoint(client: AsyncClient, path: str | os.PathLike[str] | None) -> AsyncClient: ...


def with_checkpoint(client: Any, path: str | os.PathLike[str] | None) -> Any:
    """Return a client that keeps each answer it pays for in a file, and looks there first.

    A program that was killed and is started again pays only for what was in flight; a second run
    over texts and files that did not change pays for nothing. Keys are hashes of the content of
    each request, so that what changed is asked for anew. Texts to embed are kept one by one.
    Several processes of a machine may share the file: what one has in flight, the others await.

    The file has the service's answers, and is readable by its owner alone. To begin anew, delete
    it.

    Args:
        client: A `Client` or an `AsyncClient`.
        path: The file, made when it is missing. None returns the client itself.

    Raises:
        InvalidRequestError: While sending: the file cannot be used, or belongs to another program.

    Example:
        ```python
        from zhipu_client import Client, embeddings, run, with_checkpoint

        client = with_checkpoint(Client(), "work.sqlite")
        result = run(client, embeddings.bulk(["你好"] * 1000))
        ```
    """
    if path is None:
        return client
    if isinstance(client, _Kept):  # each answer is kept in one file
        client = client._client
    if hasattr(client, "as_async"):
        return KeptClient(client, Checkpoint(path))
    return AsyncKeptClient(client, Checkpoint(path))
