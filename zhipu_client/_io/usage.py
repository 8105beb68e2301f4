"""`UsageCounter`: what all kinds of calls have used, in one process or in many."""

from __future__ import annotations

import errno
import json
import os
import threading
from collections import deque
from collections.abc import Mapping
from contextvars import ContextVar
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from weakref import WeakSet

from zhipu_client._given import path as as_path
from zhipu_client._io.notes import logger
from zhipu_client._lazy import hint
from zhipu_client.errors import InvalidRequestError
from zhipu_client.work._usage import Rows, Used, add_rows, costs_of

if TYPE_CHECKING:
    from zhipu_client.models import Costs
else:
    Costs = hint("zhipu_client.models", "Costs")

__all__ = ["UsageCounter", "active", "counters_of", "reset_after_fork"]


class UsageCounter:
    """Adds up what calls of every kind have used: chats, embeddings, OCR, rerank, images, speech.

    Give it to any number of adapters and clients of either framework (``usage_counter=``), or use
    it in a ``with`` statement: then it counts all calls inside of the block. It is for threads and
    event loops alike. An answer of a checkpoint is not counted, as it is not paid for again; a
    batch is, once, when its results have been read to the end; so is a task.

    Each process counts what it does itself: in a worker that gets an adapter (pickled or by a
    fork), the counter begins at nothing. So either return the worker's counter and add it to yours,
    ``counter += worker_counter``, or give all the same file: then each of them reads the sums of
    all, whatever became of the others.

    Args:
        path: A file that all processes of a machine add to, a line an answer; made where it is
            missing, readable by its owner alone. What it has already counts too. Not for a network
            drive. None keeps the counts in memory.

    Raises:
        InvalidRequestError: The file cannot be used.

    Example:
        ```python
        from langchain_zhipu import ChatZhipuAI, ZhipuAIEmbeddings
        from zhipu_client import UsageCounter

        counter = UsageCounter()
        model = ChatZhipuAI(model="glm-4.7", usage_counter=counter)
        model.invoke("What is 17 * 19?")
        ZhipuAIEmbeddings(usage_counter=counter).embed_documents(["one", "two"])
        for used, counts in counter.rows.items():
            print(used.kind, used.model, counts)
        ```
    """

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        # Absolute: a process that gets this in a pickle may be in another folder.
        given = None if path is None else as_path("path", path)
        self.path = None if given is None else given.expanduser().absolute()
        self._begin()
        if self.path is not None:
            try:
                _append(self.path, b"")
            except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
                raise _unusable(self.path, error) from error

    def _begin(self) -> None:
        self._lock = threading.Lock()
        #: What was not added up yet.
        self._come: deque[tuple[Rows, str | None]] = deque()
        self._rows: Rows = {}
        #: What may come several times, and counts once.
        self._once: dict[str, Rows] = {}
        #: What was read of the file, and how far.
        self._read: Rows = {}
        self._read_once: dict[str, Rows] = {}
        self._offset = 0
        _ALL.add(self)

    def add(self, rows: Mapping[Used, Mapping[str, int]], once: str | None = None) -> None:
        """Count something.

        Args:
            rows: Counts by name, for each model, as `rows` has them.
            once: A name for what may come several times: only the first is counted.
        """
        if self.path is not None:
            line = json.dumps([once, [[*used, dict(counts)] for used, counts in rows.items()]])
            try:
                _append(self.path, line.encode() + b"\n")
            except OSError as error:  # it is counted here, at least
                logger.warning("usage is not written to %s: %s", self.path, error.strerror)
            else:
                return
        self._come.append(({used: dict(counts) for used, counts in rows.items()}, once))
        # A stream may be counted by the garbage collector, in the middle of any step of a thread
        # that has the lock: whoever cannot have it leaves the adding up to whoever has it, or next.
        if self._lock.acquire(blocking=False):
            try:
                self._add_up()
            finally:
                self._lock.release()

    def _add_up(self) -> None:
        while self._come:
            _put(self._rows, self._once, *self._come.popleft())

    @property
    def rows(self) -> Rows:
        """Return counts by name, for each kind and model: see `zhipu_client.work.Used`.

        ``answers`` is the number of answers. The names of tokens are those of the service:
        ``prompt_tokens``, ``completion_tokens``, ``total_tokens``, ``cached_tokens``,
        ``reasoning_tokens``. Besides there are ``texts`` of embeddings, ``documents`` of rerank,
        ``pages`` of OCR, ``images``, and ``characters`` of speech.
        """
        with self._lock:
            self._add_up()
            self._read_on()
            found: Rows = {}
            for some in (self._rows, self._read):
                add_rows(found, some)
            for rows in {**self._once, **self._read_once}.values():
                add_rows(found, rows)
        return dict(sorted(found.items()))

    @property
    def totals(self) -> dict[str, int]:
        """Return the sums over all kinds and models."""
        return self.of()

    def of(self, kind: str | None = None, model: str | None = None) -> dict[str, int]:
        """Return the sums of one kind, of one model, or of one model's calls of a kind.

        Examples:
            >>> from zhipu_client import UsageCounter
            >>> from zhipu_client.work import Used
            >>> counter = UsageCounter()
            >>> counter.add({Used("rerank", "rerank"): {"answers": 1, "total_tokens": 72}})
            >>> counter.of("rerank"), counter.of("chat")
            ({'answers': 1, 'total_tokens': 72}, {})
        """
        found: Rows = {}
        for used, counts in self.rows.items():
            if kind in (None, used.kind) and model in (None, used.model):
                add_rows(found, {Used(""): counts})
        return found.get(Used(""), {})

    def costs(self, site: str | None = None) -> Costs:
        """Return what it cost, by the prices that are known; see `zhipu_client.models.Costs`.

        Args:
            site: Whose prices, ``"bigmodel"`` or ``"zai"``; None: of the site that was asked.
        """
        return costs_of(self.rows.items(), site)

    def clear(self) -> None:
        """Forget what was counted, in the file too.

        Raises:
            InvalidRequestError: The file cannot be used.
        """
        with self._lock:
            for some in (self._come, self._rows, self._once, self._read, self._read_once):
                some.clear()
            self._offset = 0
            if self.path is not None:
                try:
                    os.truncate(self.path, 0)
                except FileNotFoundError:
                    pass  # there is nothing in it
                except OSError as error:
                    raise _unusable(self.path, error) from error

    def __iadd__(self, other: UsageCounter) -> Self:
        if other is not self and (self.path is None or other.path != self.path):
            state = other.__getstate__()
            for once, rows in state["once"].items():
                self.add(rows, once)
            self.add(state["rows"])
        return self

    def __add__(self, other: UsageCounter) -> UsageCounter:
        both = UsageCounter()
        both += self
        if self.path is None or other.path != self.path:
            both += other
        return both

    def __enter__(self) -> Self:
        active.set((*active.get(), self))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        inside = [*active.get()]
        if self in inside:
            del inside[len(inside) - 1 - inside[::-1].index(self)]
        active.set(tuple(inside))

    def __repr__(self) -> str:
        where = f"{str(self.path)!r}, " if self.path is not None else ""
        try:
            return f"UsageCounter({where}{self.totals})"
        except InvalidRequestError:
            return f"UsageCounter({where}which cannot be read)"

    def for_worker(self) -> UsageCounter:
        """Return what a worker counts with: the same file, or a new counter."""
        return UsageCounter.__new__(UsageCounter)._become(self.path, {}, {})

    def __getstate__(self) -> dict[str, Any]:
        with self._lock:
            self._add_up()
            self._read_on()
            once = {**self._once, **self._read_once}
            rows: Rows = {}
            for some in (self._rows, self._read):
                add_rows(rows, some)
        return {"path": self.path, "rows": rows, "once": once}

    def __reduce__(self) -> Any:
        if self.path is not None:  # the file has it
            return _made, (self.path, {}, {})
        state = self.__getstate__()
        return _made, (state["path"], state["rows"], state["once"])

    def _become(self, path: Path | None, rows: Rows, once: dict[str, Rows]) -> Self:
        self.path = path
        self._begin()
        add_rows(self._rows, rows)
        self._once.update(once)
        return self

    def _read_on(self) -> None:
        """Read what the file has more by now. A line that is cut is left for the next time."""
        if self.path is None:
            return
        try:
            with self.path.open("rb") as file:
                if file.seek(0, os.SEEK_END) < self._offset:  # somebody has cleared it
                    self._read, self._read_once, self._offset = {}, {}, 0
                file.seek(self._offset)
                for line in file:
                    if not line.endswith(b"\n"):
                        break
                    self._offset += len(line)
                    self._take(line)
        except FileNotFoundError:
            self._read, self._read_once, self._offset = {}, {}, 0
        except OSError as error:
            raise _unusable(self.path, error) from error

    def _take(self, line: bytes) -> None:
        try:
            once, rows = json.loads(line)
            found = {
                Used(str(kind), str(model), str(site), bool(batch)): {
                    str(name): int(count) for name, count in counts.items()
                }
                for kind, model, site, batch, counts in rows
            }
        except (ValueError, TypeError, LookupError, AttributeError):
            return  # not ours, or torn by a full disk
        _put(self._read, self._read_once, found, once if isinstance(once, str) else None)


#: The counters of the blocks around a call, the outermost first.
active: ContextVar[tuple[UsageCounter, ...]] = ContextVar("zhipu_usage", default=())
_ALL: WeakSet[UsageCounter] = WeakSet()


def counters_of(own: UsageCounter | None) -> tuple[UsageCounter, ...]:
    """Return what counts a call: the client's own counter, and those of the blocks around it."""
    around = active.get()
    # Each once, and one file once.
    found = {one.path or id(one): one for one in (*around, *((own,) if own else ()))}
    return tuple(found.values())


def reset_after_fork() -> None:
    """Begin at nothing in a forked child, where nobody has the locks: see `UsageCounter`."""
    for counter in list(_ALL):
        counter._begin()


def _put(
    rows: Rows, kept: dict[str, Rows], found: Mapping[Used, Mapping[str, int]], once: str | None
) -> None:
    if once is None:
        add_rows(rows, found)
    elif once not in kept:
        kept[once] = {}
        add_rows(kept[once], found)


def _append(path: Path, line: bytes) -> None:
    """Add a line, in one step: lines of several processes do not mix."""
    file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    try:
        if line and os.write(file, line) < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    finally:
        os.close(file)


def _unusable(path: Path, error: Exception) -> InvalidRequestError:
    why = getattr(error, "strerror", None) or error
    message = f"the file of a UsageCounter cannot be used: path is {path}: {why}"
    return InvalidRequestError(message, field="path", value=str(path))


def _made(path: Path | None, rows: Rows, once: dict[str, Rows]) -> UsageCounter:
    return UsageCounter.__new__(UsageCounter)._become(path, rows, once)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=reset_after_fork)
