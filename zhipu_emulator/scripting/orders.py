"""Who gets which order: first in, first out, or the request that meets a condition."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from zhipu_emulator.scripting.items import Answer, Fault, Item

_CHAT = "/chat/completions"


@dataclass(frozen=True, kw_only=True)
class Condition:
    """What a request must have; what is None does not matter.

    Attributes:
        path: The end of its path.
        model: Its model.
        system: A text that its system messages contain.
        user: A text that its last user message contains.
        tool: The name of a function that it offers.
        when: A function of the request's JSON (None when it is not JSON) that returns whether.
    """

    path: str | None = None
    model: str | None = None
    system: str | None = None
    user: str | None = None
    tool: str | None = None
    when: Callable[[Any], object] | None = None

    def __post_init__(self) -> None:
        """Refuse what no request could meet, or any.

        Raises:
            ValueError: A value that is not a text, or ``when`` is not a function.
        """
        for name in ("path", "model", "system", "user", "tool"):
            value: Any = getattr(self, name)
            good = value is None or (isinstance(value, str) and bool(value.strip()))
            if not good:
                msg = f"{name}={value!r}: wanted a text that is not empty"
                raise ValueError(msg)
        when: Any = self.when
        if when is not None and not callable(when):
            msg = f"when={self.when!r}: wanted a function of the request's JSON"
            raise ValueError(msg)

    @property
    def of_body(self) -> bool:
        """Whether it asks for more than the path."""
        return self != Condition(path=self.path)

    def met(self, path: str, body: Any) -> bool:
        """Whether a request has all of it."""
        if self.path is not None and not path.endswith(self.path):
            return False
        found = body if isinstance(body, Mapping) else {}
        texts = _texts(found)
        return (
            (self.model is None or found.get("model") == self.model)
            and (self.system is None or any(self.system in one for one in texts["system"]))
            and (self.user is None or self.user in "".join(texts["user"][-1:]))
            and (self.tool is None or self.tool in _tools(found))
            and (self.when is None or bool(self.when(body)))
        )


def _texts(body: Mapping[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"system": [], "user": []}
    messages = body.get("messages")
    for message in messages if isinstance(messages, list) else ():
        role = message.get("role") if isinstance(message, Mapping) else None
        if role in ("system", "user"):
            content = message.get("content")
            parts = content if isinstance(content, list) else [{"text": content}]
            texts = [part.get("text") for part in parts if isinstance(part, Mapping)]
            found[role].append("\n".join(text for text in texts if isinstance(text, str)))
    return found


def _tools(body: Mapping[str, Any]) -> list[Any]:
    tools = body.get("tools")
    functions = [
        tool.get("function")
        for tool in (tools if isinstance(tools, list) else ())
        if isinstance(tool, Mapping)
    ]
    return [one.get("name") for one in functions if isinstance(one, Mapping)]


@dataclass
class Order:
    """One thing that was scripted.

    Attributes:
        item: What the request gets.
        condition: Which request.
        times: How often it is taken; None: always.
        taken: How often it was.
    """

    item: Item
    condition: Condition = Condition()
    times: int | None = 1
    taken: int = 0

    def __post_init__(self) -> None:
        """Check how often.

        Raises:
            ValueError: ``times`` is not a whole number from 1.
        """
        good = isinstance(self.times, int) and not isinstance(self.times, bool) and self.times > 0
        if self.times is not None and not good:
            msg = f"times={self.times!r}: wanted a whole number from 1, or None for always"
            raise ValueError(msg)

    @property
    def open(self) -> bool:
        """Whether it can be taken again."""
        return self.times is None or self.taken < self.times

    @property
    def unused(self) -> bool:
        """Whether it was to be taken and was not."""
        return self.taken < (1 if self.times is None else self.times)

    def fits(self, path: str, body: Any) -> bool:
        """Whether a request may take it: what the model says is for the chat only."""
        own = getattr(self.item, "path", None)
        if own is not None and not path.endswith(own):
            return False
        said = isinstance(self.item, Answer) and self.item.message is not None
        if said and own is None and self.condition.path is None and not path.endswith(_CHAT):
            return False
        return self.condition.met(path, body)

    def under(self, condition: Condition, times: int | None = 1) -> Order:
        """A fresh one that has a further condition, and is taken so often.

        Raises:
            ValueError: It has a condition or a number of its own already, and another.
        """
        for name, value in vars(condition).items():
            own = getattr(self.condition, name)
            if None not in (own, value) and own != value:
                msg = f"{name}={value!r}, and the order has {name}={own!r} of its own"
                raise ValueError(msg)
        if self.times != 1 and times not in (1, self.times):
            msg = f"times={times!r}, and the order has times={self.times!r} of its own"
            raise ValueError(msg)
        asked = {name: value for name, value in vars(condition).items() if value is not None}
        joined = replace(self.condition, **asked)
        return Order(self.item, joined, times if self.times == 1 else self.times)

    def __str__(self) -> str:
        item = self.item
        what = "None" if item is None else "; ".join(f"{k}={v}" for k, v in _shown(item).items())
        asks = {k: v for k, v in vars(self.condition).items() if v is not None}
        times = {} if self.times == 1 else {"times": self.times}
        more = ", ".join(f"{name}={value!r}" for name, value in {**asks, **times}.items())
        return f"{what} ({more})" if more else what


def _shown(item: Fault | Answer) -> dict[str, Any]:
    if isinstance(item, Fault):
        return dict(item.orders)
    if item.message is not None:
        calls = [call["function"]["name"] for call in item.message["tool_calls"]]
        return {
            **({"say": repr(item.message.get("content"))} if item.message.get("content") else {}),
            **({"call": ", ".join(calls)} if calls else {}),
        } or {"say": "''"}
    return {"status": item.status, "json": str(item.json)[:80]} if item.json else {"answer": "..."}


class Script:
    """What was ordered; thread-safe."""

    def __init__(self) -> None:
        self._queue: list[Order] = []
        self._lock = threading.Lock()
        self._failures: list[str] = []

    def extend(self, orders: Sequence[Order]) -> None:
        """Append; an order of None lets one request pass."""
        with self._lock:
            self._queue.extend(orders)

    def take(self, path: str, body: Any = None) -> Item:
        """What a request gets: the first order whose condition it meets, else the next in line.

        Raises:
            ValueError: A condition's function failed.
        """
        with self._lock:
            waiting = [order for order in self._queue if order.open]
            line = [order for order in waiting if not order.condition.of_body][:1]
            try:
                fit = (one for one in waiting if one.condition.of_body and one.fits(path, body))
                found = next(fit, None) or next((o for o in line if o.fits(path, body)), None)
            except Exception as error:
                msg = f"the function given as when= failed: {type(error).__name__}: {error}"
                self._failures.append(msg)
                raise ValueError(msg) from error
            if found is None:
                return None
            found.taken += 1
            if found.times is not None and not found.open and not found.unused:
                self._queue.remove(found)
            return found.item

    @property
    def unused(self) -> list[Order]:
        """The orders that no request has taken, or not as often as they say."""
        with self._lock:
            return [order for order in self._queue if order.unused]

    @property
    def failures(self) -> list[str]:
        """What went wrong in conditions' functions."""
        with self._lock:
            return list(self._failures)

    def clear(self) -> None:
        """Forget what is left."""
        with self._lock:
            self._queue.clear()
            self._failures.clear()

    def __len__(self) -> int:
        return len([order for order in self._queue if order.unused])
