"""What a running emulator remembers: options, keys, tasks, recorded requests."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta, timezone
from difflib import get_close_matches
from typing import Any, Literal

from zhipu_emulator.http.request_log import RequestLog
from zhipu_emulator.http.shelf import Shelf
from zhipu_emulator.scripting.items import Fault, check_habits
from zhipu_emulator.scripting.orders import Script

BEIJING = timezone(timedelta(hours=8))

_MOST_MODELS = 200

# Any key of this form is good unless ``Options.api_keys`` says otherwise.
DEFAULT_KEY = "emulator.not-a-secret"


# What happens to a request now and then in production, each with a remedy of its own.
FAULTS = (
    "error=1302; retry-after=1", "error=1305", "status=502", "drop=rst", "cut=2", "stall=1/2",
    "empty=503",
)  # fmt: skip


def _in_range(name: str, value: Any, low: float, high: float) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not low <= value <= high:
        msg = f"{name}={value!r}: wanted a number from {low} to {high}"
        raise ValueError(msg)


@dataclass(frozen=True, kw_only=True)
class Options:
    """How the emulator behaves.

    Attributes:
        api_keys: The keys accepted, each ``id.secret``.
        site: ``"bigmodel"`` speaks Chinese, ``"zai"`` English; a request's ``Accept-Language``
            that begins with ``en`` gets English on both.
        max_in_flight: Requests at once per key and model; more answer 429/1302. None: no limit.
        tool_choice: What a value other than ``"auto"`` does: ``"honour"``, ``"ignore"``, or
            ``"reject"`` (400/1210). The service itself differs by model and route.
        polls: How often an asynchronous task says PROCESSING before it is done; -1: for ever.
        task_status: How asynchronous images and videos end.
        media_base: Where URLs in answers (pictures, videos, crops) point instead of the emulator
            itself, such as ``"http://127.0.0.1:9"``; for tests of guarded downloads.
        ocr_pages: Pages that one layout request may have. None: 100 on bigmodel, 30 on zai.
        web: Addresses that the emulator can read (documents, pages, sounds), and what is there.
            Beyond these it reads what it made itself, nothing else.
        fetch_loopback: Whether it also reads addresses of this machine's loopback interface.
            Whoever may ask it can then read there.
        habits: Habits of GLM that answers of the chat show; ``zhipu_emulator.scripting`` lists
            them. The same seed and requests, the same answers.
        habit_rate: How often each of them shows, 0 to 1.
        faults: What goes wrong now and then, each as in the header ``x-emulator-fault``.
        fault_rate: The share of requests that get one of ``faults``, 0 to 1. The same seed and
            requests, the same faults.
        scripted_only: Whether requests of the chat that nothing is scripted for are refused
            (400/1210), so that no test passes on an answer that it does not know.
        latency: Seconds before an answer begins.
        token_delay: Seconds between the chunks of a stream.
        clock: Returns Unix seconds; fix it for answers that are equal byte by byte.
        seed: Part of the made-up ids, for servers that must differ.
        max_body: Bytes that a request may have.
        keep_bytes: Bytes of requests that are kept for ``Server.requests``: the newest.
        keep_stored: Bytes of each kind of thing that is kept to be asked for again (files, tasks,
            images, …): the newest.

    Examples:
        >>> Options(site="zai", max_in_flight=1, polls=0).api_keys == (DEFAULT_KEY,)
        True
    """

    api_keys: tuple[str, ...] = (DEFAULT_KEY,)
    site: Literal["bigmodel", "zai"] = "bigmodel"
    max_in_flight: int | None = None
    tool_choice: Literal["honour", "ignore", "reject"] = "honour"
    polls: int = 1
    task_status: Literal["SUCCESS", "FAIL"] = "SUCCESS"
    media_base: str | None = None
    ocr_pages: int | None = None
    web: Mapping[str, bytes] = field(default_factory=dict)
    fetch_loopback: bool = False
    habits: tuple[str, ...] = ()
    habit_rate: float = 1.0
    faults: tuple[str, ...] = FAULTS
    fault_rate: float = 0.0
    scripted_only: bool = False
    latency: float = 0.0
    token_delay: float = 0.0
    clock: Callable[[], float] = time.time
    seed: str = ""
    max_body: int = 256 * 1024 * 1024
    keep_bytes: int = 256 * 1024 * 1024
    keep_stored: int = 512 * 1024 * 1024

    def __post_init__(self) -> None:
        """Check what cannot be found out later.

        Raises:
            ValueError: A habit or fault that does not exist, or a number out of its range.
        """
        check_habits(self.habits)
        if not all(isinstance(fault, str) and len(fault) > 1 for fault in self.faults):
            msg = f"faults={self.faults!r}: expected a sequence of texts"
            raise ValueError(msg)
        for fault in self.faults:
            Fault.parse(fault)
        for name in ("scripted_only", "fetch_loopback"):
            if not isinstance(value := getattr(self, name), bool):
                msg = f"{name}={value!r}: wanted True or False"
                raise ValueError(msg)  # noqa: TRY004 - like every other option
        for name in ("habit_rate", "fault_rate"):
            _in_range(name, getattr(self, name), 0, 1)
        for name in ("latency", "token_delay"):
            _in_range(name, getattr(self, name), 0, 3_600)
        if self.max_in_flight is not None:
            _in_range("max_in_flight", self.max_in_flight, 0, 1_000_000)


OPTIONS = tuple(one.name for one in fields(Options))


def check_names(given: Collection[str], known: Collection[str]) -> None:
    """Check the names of options.

    Raises:
        TypeError: One is not known; it says which was meant.
    """
    for name in given:
        if name not in known:
            near = get_close_matches(name, known, 1)
            meant = f", did you mean {near[0]!r}?" if near else "."
            raise TypeError(f"unknown option {name!r}{meant} It takes {', '.join(known)}")


def changed(options: Options, values: Mapping[str, Any]) -> Options:
    """The options with other values.

    Raises:
        TypeError: One that does not exist; it says which was meant.
        ValueError: A value that it cannot have.
    """
    check_names(values, OPTIONS)
    return replace(options, **values)


@dataclass
class Task:
    """An asynchronous job: ``result`` is what the finished poll answers."""

    id: str
    owner: str
    result: Mapping[str, Any]
    request_id: str
    polls_left: int
    status: str = "SUCCESS"
    extra: dict[str, Any] = field(default_factory=dict)


class State:
    """Everything one server shares between requests. Safe to read from other threads."""

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        self.lock = threading.RLock()
        self.script = Script()
        self._store: dict[str, dict[str, Any]] = {}
        # No reset forgets these: a request that is answered still gives its place back.
        self.in_flight: Counter[tuple[str, str]] = Counter()
        self.reset()

    def reset(self) -> None:
        """Forget requests, scripts, tasks and stored things; the options stay."""
        with self.lock:
            self.script.clear()
            self.requests = RequestLog()
            self.tasks: dict[str, Task] = Shelf(self._room)
            self.prefixes: OrderedDict[str, None] = OrderedDict()
            self._store.clear()
            self._made = 0

    def store(self, name: str) -> dict[str, Any]:
        """A named dict for an endpoint's own things (files, voices, batches), of bounded size."""
        with self.lock:
            if name not in self._store:
                self._store[name] = Shelf(self._room)
            return self._store[name]

    def _room(self) -> int:
        return self.options.keep_stored

    def now(self) -> int:
        """Unix seconds."""
        return int(self.options.clock())

    def _digest(self) -> str:
        with self.lock:
            self._made += 1
            text = f"{self.options.seed}:{self._made}"
        return hashlib.sha256(text.encode()).hexdigest()

    def new_id(self) -> str:
        """A service-made id: Beijing time to the second, then 16 hex digits."""
        stamp = datetime.fromtimestamp(self.options.clock(), BEIJING).strftime("%Y%m%d%H%M%S")
        return stamp + self._digest()[:16]

    def new_number(self) -> int:
        """A made-up positive number of 19 digits that fits a signed 64-bit integer."""
        return 7_800_000_000_000_000_000 + int(self._digest()[:13], 16)

    def new_hex(self, length: int = 24) -> str:
        """A made-up hex id."""
        return self._digest()[:length]

    def habits(self) -> tuple[str, ...]:
        """Those of ``Options.habits`` that the next answer shows."""
        rate = self.options.habit_rate
        return tuple(
            name
            for name in self.options.habits
            if rate >= 1 or int(self._digest()[:8], 16) < rate * 2**32
        )

    def fault(self) -> Fault | None:
        """One of ``Options.faults`` for the next request, or none."""
        options = self.options
        if not options.faults or not options.fault_rate:
            return None
        digest = self._digest()
        if int(digest[:8], 16) >= options.fault_rate * 2**32:
            return None
        return Fault.parse(options.faults[int(digest[8:16], 16) % len(options.faults)])

    @contextmanager
    def slot(self, key: tuple[str, str], limit: int | None = None) -> Iterator[bool]:
        """Count a request in flight, unless there are ``limit`` already: then gives False."""
        with self.lock:
            granted = limit is None or self.in_flight[key] < limit
            self.in_flight[key] += granted
        try:
            yield granted
        finally:
            with self.lock:
                self.in_flight[key] -= granted
                # Names of models are the callers': not more of them are kept than there are models.
                if len(self.in_flight) > _MOST_MODELS and not self.in_flight[key]:
                    del self.in_flight[key]

    def add_task(
        self,
        owner: str,
        result: Mapping[str, Any],
        *,
        task_id: str | None = None,
        request_id: str | None = None,
        status: str = "SUCCESS",
    ) -> Task:
        """Store an asynchronous job that is done after ``Options.polls`` polls."""
        task_id = task_id or self.new_id()
        task = Task(
            task_id, owner, result, request_id or task_id, self.options.polls, status=status
        )
        with self.lock:
            self.tasks[task_id] = task
        return task
