"""What tests may order in advance: faults and whole answers, one per request, first in first out."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that goes wrong with one request.

    See ``zhipu_emulator.faults`` for the kinds and their values.
    """

    kind: str
    value: str = ""
    path: str | None = None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A whole answer, given as it is.

    Attributes:
        json: The body of an answer that is not streamed.
        chunks: The objects of a stream; ``[DONE]`` is added unless ``done`` is False.
        frames: The raw bytes of a stream, piece by piece.
        message: Only what the model says: an assistant message; the rest (ids, usage, chunks)
            is made as for any other answer.
        finish_reason: With ``message``: why it stopped.
        status: HTTP status.
        headers: Headers to set.
        path: Only for requests whose path ends like this.
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


class Script:
    """A queue of faults and answers; thread-safe."""

    def __init__(self) -> None:
        self._queue: deque[Fault | Answer | None] = deque()
        self._lock = threading.Lock()

    def extend(self, items: Sequence[Fault | Answer | None]) -> None:
        """Append; None lets one request pass."""
        with self._lock:
            self._queue.extend(items)

    def take(self, path: str) -> Fault | Answer | None:
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
