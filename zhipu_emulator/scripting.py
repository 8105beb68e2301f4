"""What may be ordered in advance: faults and whole answers, one a request, first in first out."""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zhipu_emulator.http.fault_kinds import FORMS, KINDS


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request.

    Attributes:
        orders: Kinds of fault with their values; ``zhipu_emulator.http.fault_kinds`` lists them.
        path: Only for a request whose path ends like this.
    """

    orders: Mapping[str, str]
    path: str | None = None

    @classmethod
    def parse(cls, text: str, path: str | None = None) -> Fault:
        """From the form of the header ``x-emulator-fault``: ``error=1302; retry-after=2``.

        Raises:
            ValueError: A kind that does not exist, or a value that it cannot have.

        Example:
            >>> Fault.parse("cut=3").orders
            {'cut': '3'}
        """
        orders = {}
        for part in text.split(";"):
            kind, _, value = part.partition("=")
            if not kind.strip():
                continue
            if kind.strip() not in KINDS:
                msg = f"unknown fault {kind.strip()!r}; known are {', '.join(sorted(KINDS))}"
                raise ValueError(msg)
            form = FORMS.get(kind.strip())
            if form is not None and not re.fullmatch(form, value.strip()):
                msg = f"{kind.strip()}={value.strip()}: wanted {KINDS[kind.strip()]}"
                raise ValueError(msg)
            orders[kind.strip()] = value.strip()
        return cls(orders, path)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A whole answer, given as it is.

    Attributes:
        json: The body of an answer that is not streamed.
        chunks: The objects of a stream; ``[DONE]`` is added unless ``done`` is False.
        frames: The raw bytes of a stream, piece by piece.
        message: Only what the model says: an assistant message; the rest (ids, usage, chunks)
            is made as for any other answer, streamed or not as the request wants.
        finish_reason: With ``message``: why it stopped.
        status: HTTP status.
        headers: Headers to set.
        done: Whether ``chunks`` end with ``[DONE]``.
        path: Only for a request whose path ends like this.
        fault: What goes wrong with it on top.
    """

    json: Any = None
    chunks: Sequence[Mapping[str, Any]] | None = None
    frames: Sequence[bytes] | None = None
    message: Mapping[str, Any] | None = None
    finish_reason: str | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    done: bool = True
    path: str | None = None
    fault: Fault | None = None


Item = Fault | Answer | None


def as_item(item: Item | Mapping[str, Any] | str) -> Item:
    """What ``Server.script`` was given, as a fault or an answer.

    Raises:
        ValueError: A kind of fault that does not exist.
    """
    if item is None or isinstance(item, Fault | Answer):
        return item
    if isinstance(item, str):
        return Fault.parse(item)
    return Answer(json=item)


class Script:
    """A queue of faults and answers; thread-safe."""

    def __init__(self) -> None:
        self._queue: deque[Item] = deque()
        self._lock = threading.Lock()

    def extend(self, items: Sequence[Item]) -> None:
        """Append; None lets one request pass."""
        with self._lock:
            self._queue.extend(items)

    def take(self, path: str) -> Item:
        """The next item, unless it waits for another path."""
        with self._lock:
            if not self._queue:
                return None
            wanted = getattr(self._queue[0], "path", None)
            if wanted is not None and not path.endswith(wanted):
                return None
            return self._queue.popleft()

    def clear(self) -> None:
        """Forget what is left."""
        with self._lock:
            self._queue.clear()

    def __len__(self) -> int:
        return len(self._queue)
