"""Who gets which order: first in, first out, or the request that meets a condition."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from zhipu_emulator.scripting.asked import Seen, described, in_words, messages_of, offers, tools_of
from zhipu_emulator.scripting.items import Answer, Item

_CHAT = "/chat/completions"
_MOST_SEEN, _MOST = 50, 10  # requests that are kept; orders that a refusal lists


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

    def unmet(self, path: str, body: Any) -> Iterator[str]:
        """What of it a request lacks, in words, but for ``when``; nothing where it has all."""
        if self.path is not None and not path.endswith(self.path):
            yield f"the path does not end with {self.path!r}"
        found = body if isinstance(body, Mapping) else {}
        if self.model is not None and found.get("model") != self.model:
            yield f"the model is {found.get('model')!r}, not {self.model!r}"
        messages = messages_of(found)
        system = [text for role, text in messages if role == "system"]
        if self.system is not None and not any(self.system in text for text in system):
            yield f"no system message contains {self.system!r}"
        last = [text for role, text in messages if role == "user"][-1:]
        if self.user is not None and self.user not in "".join(last):
            yield f"the last user message does not contain {self.user!r}"
        if self.tool is not None and not offers(found, self.tool):
            yield f"{_offered(found)}, not {self.tool!r}"

    def met(self, path: str, body: Any) -> bool:
        """Whether a request has all of it."""
        lacks = next(self.unmet(path, body), None)
        return lacks is None and (self.when is None or bool(self.when(body)))

    def __str__(self) -> str:
        asks = {name: value for name, value in vars(self).items() if value is not None}
        if self.when is not None:
            code = getattr(self.when, "__code__", None)
            place = f", line {code.co_firstlineno} of {Path(code.co_filename).name}" if code else ""
            asks["when"] = f"<{getattr(self.when, '__name__', 'function').strip('<>')}{place}>"
        named = {name: value if name == "when" else repr(value) for name, value in asks.items()}
        return ", ".join(f"{name}={value}" for name, value in named.items())


def _offered(body: Any) -> str:
    tools = tools_of(body)
    return f"its tools are {', '.join(tools)}" if tools else "it offers no tool"


@dataclass
class Order:
    """One thing that was scripted.

    Attributes:
        item: What the request gets.
        condition: Which request.
        times: How often it is taken; None: always.
        taken: How often it was.
        missed: Why the last request that came did not get it.
    """

    item: Item
    condition: Condition = Condition()
    times: int | None = 1
    taken: int = 0
    missed: str = ""

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
        lacks = self._elsewhere(path) or self._not_offered(body)
        return lacks is None and self.condition.met(path, body)

    def _elsewhere(self, path: str) -> str | None:
        own = getattr(self.item, "path", None)
        if own is not None and not path.endswith(own):
            return f"the path does not end with {own!r}"
        said = isinstance(self.item, Answer) and self.item.message is not None
        if said and own is None and self.condition.path is None and not path.endswith(_CHAT):
            return "what the model says is for the chat"
        return None

    def _not_offered(self, body: Any) -> str | None:
        """Which of the tools that it calls a request does not have."""
        if not isinstance(self.item, Answer) or not self.item.offered:
            return None
        calls = (self.item.message or {}).get("tool_calls", ())
        names = [str(one["function"]["name"]) for one in calls]
        missing = next((name for name in names if not offers(body, name)), None)
        return missing and f"{_offered(body)}, not {missing!r}, which the order calls"

    def why_not(self, path: str, body: Any, found: Order | None = None) -> str:
        """Why a request does not get it, but what was found; a function is not asked again."""
        elsewhere = self._elsewhere(path)
        lacks = [elsewhere] if elsewhere else [*self.condition.unmet(path, body)]
        if not lacks and (missing := self._not_offered(body)):
            return missing
        if not lacks and self.condition.when is not None:
            return "the function given as when= returned something false"
        if not lacks and found is not None and found.condition.of_body:
            return "an order with a condition that the request meets comes first"
        return "; ".join(lacks) or "another order is before it"

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
        times = [] if self.times == 1 else [f"times={self.times!r}"]
        more = ", ".join(filter(None, [str(self.condition), *times]))
        return f"{in_words(self.item)} ({more})" if more else in_words(self.item)


class Script:
    """What was ordered; thread-safe."""

    def __init__(self) -> None:
        self._queue: list[Order] = []
        self._lock = threading.RLock()  # a function given as when= may look at the script
        self._failures: list[str] = []
        self._seen: deque[Seen] = deque(maxlen=_MOST_SEEN)
        self._ordered = 0

    def extend(self, orders: Sequence[Order]) -> None:
        """Append; an order of None lets one request pass."""
        with self._lock:
            self._queue.extend(orders)
            self._ordered += len(orders)

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
            self._seen.append(Seen(described(path, body), str(found) if found else "nothing"))
            for order in waiting[:_MOST_SEEN]:
                order.missed = "" if order is found else order.why_not(path, body, found)
            if found is None:
                return None
            found.taken += 1
            if found.times is not None and not found.open and not found.unused:
                self._queue.remove(found)
            return found.item

    def why_nothing(self, path: str, body: Any) -> str:
        """Why no order was for a request that nothing but the script may answer."""
        with self._lock:
            waiting = [order for order in self._queue if order.open]
            lines = [f"nothing is scripted for this request: {described(path, body)}."]
            lines += [f"Waits: {one}, but {one.why_not(path, body)}." for one in waiting[:_MOST]]
            if len(waiting) > _MOST:
                lines.append(f"{len(waiting) - _MOST} more wait.")
            if not waiting:
                lines.append(f"No order waits: {self._ordered} scripted, all of them taken.")
            return " ".join(lines)

    @property
    def seen(self) -> list[Seen]:
        """The last requests, each with what was ordered for it."""
        with self._lock:
            return list(self._seen)

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
            self._seen.clear()
            self._ordered = 0

    def __len__(self) -> int:
        return len([order for order in self._queue if order.unused])
