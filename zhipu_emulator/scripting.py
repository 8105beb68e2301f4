"""What may be ordered in advance: faults and whole answers, one a request, first in first out.

A fault is a text, as in ``server.script("error=1302; retry-after=2")`` or in the header
``x-emulator-fault`` of a request; ``zhipu_emulator.http.fault_kinds.KINDS`` lists the kinds. An
``Answer`` is what the server says, whole or as chunks, or only the model's message.

GLM has habits that an agent must survive, and each can be ordered by its name, for an answer that
the emulator makes up (a fault) or for a message of yours::

    server.script("habits=null_arguments")
    server.script(Answer(message={"content": "42"}, habits=("box_marks", "lone_think_end")))
    zhipu_emulator.serve(habits=("same_call_id", "index_zero"), habit_rate=0.2)  # now and then

======================== ===========================================================
null_arguments           the arguments of each call are ``null``
twice_encoded_arguments  the arguments are a JSON string that contains the JSON
nested_as_text           objects and lists in the arguments are JSON text
same_call_id             all calls have the id of the first
index_zero               all calls have the index 0
name_with_newline        a line break follows the name of each function
box_marks                ``<|begin_of_box|>`` and ``<|end_of_box|>`` around the text
lone_think_end           the thoughts are in the text and end with ``</think>``
split_emoji              in a stream the halves of an emoji are in two chunks
bare_sound               the voice model's sound has no WAV header; in a stream it is in pieces
======================== ===========================================================
"""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zhipu_emulator.http.fault_kinds import FORMS, HABITS, KINDS


def check_habits(names: Sequence[str]) -> None:
    """Refuse names that are not in the table.

    Raises:
        ValueError: A habit that does not exist.
    """
    for name in [names] if isinstance(names, str) else names:
        if name not in HABITS or isinstance(names, str):
            known = ", ".join(HABITS)
            msg = f"habits={names!r}: expected a sequence of names; known are {known}"
            raise ValueError(msg)


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

    @property
    def habits(self) -> tuple[str, ...]:
        """The habits of GLM that it orders."""
        names = self.orders.get("habits", "").split(",")
        return tuple(name.strip() for name in names if name.strip())


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
        habits: Names of habits of GLM to apply, to ``message`` or, without one, to what the
            emulator makes up.
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
    habits: Sequence[str] = ()
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    done: bool = True
    path: str | None = None
    fault: Fault | None = None

    def __post_init__(self) -> None:
        """Check the habits.

        Raises:
            ValueError: A habit that does not exist, or beside an answer that is given as it is.
        """
        check_habits(self.habits)
        given = (self.json, self.chunks, self.frames)
        if self.habits and any(value is not None for value in given):
            msg = "habits change what the model says: give message=, not json=, chunks= or frames="
            raise ValueError(msg)


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
