"""C07, the program: uses one object, forks, and goes on using it in parent and child.

Run as ``python -m tests.reliability.fork_program SUBJECT MODE BASE_URL ROUNDS STATE``; prints one
JSON object: how many answers came, how many belonged to the other process, and what failed.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import threading
import time
from importlib.abc import MetaPathFinder
from typing import Any

from .drivers import Outcome
from .subjects import SUBJECTS

#: The fork comes while the first call of the process imports one of these.
FIRST = {
    "first": ("httpx._client", "httpcore._api"),
    "first, on a loop": ("anyio._backends._asyncio",),
}


def main(subject: str, mode: str, base_url: str, rounds: int, state: str) -> None:
    busy = state in ("busy", "full")
    options = {"max_concurrency": 2} if state == "full" else {}
    driver = SUBJECTS[subject](base_url, timeout=20, **options)

    def ask(prompt: str) -> str | None:
        """None when the answer is the right one."""
        outcome = Outcome()
        try:
            answer = asyncio.run(driver.acall(prompt)) if mode == "async" else driver.call(prompt)
            driver.read([answer], outcome)
        except Exception as error:
            return f"{prompt}: {error!r}"
        return None if outcome.text == prompt else f"{prompt}: crossed with {outcome.text}"

    found: dict[str, Any] = {"answers": 0, "bad": []}

    def note(problems: list[str | None]) -> None:
        found["answers"] += len(problems)
        found["bad"] += [problem for problem in problems if problem]

    stop = threading.Event()
    others = [
        threading.Thread(target=_hammer, args=(ask, stop, n)) for n in range(3 if busy else 0)
    ]
    for thread in others:
        thread.start()
    if state in FIRST:
        _fork_within(ask, note, FIRST[state])
    else:
        note([ask("first")])
    for number in range(rounds if state not in FIRST else 0):
        note(_one_fork(ask, number))
    stop.set()
    for thread in others:
        thread.join()
    print(json.dumps(found))


class _Slow(MetaPathFinder):
    """Reports when modules are being imported, and takes its time."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        self.importing = threading.Event()

    def find_spec(self, name: str, path: Any, target: Any = None) -> None:
        if name in self.names:
            self.importing.set()
            time.sleep(0.1)


def _fork_within(ask: Any, note: Any, names: tuple[str, ...]) -> None:
    """Fork while another thread makes the first call of the process."""
    finder = _Slow(names)
    sys.meta_path.insert(0, finder)
    first = threading.Thread(target=lambda: note([ask("first")]))
    first.start()
    finder.importing.wait(20)
    note(_one_fork(ask, 0))
    first.join()


def _hammer(ask: Any, stop: threading.Event, number: int) -> None:
    turn = 0
    while not stop.is_set():
        turn += 1
        ask(f"busy-{number}-{turn}")


def _one_fork(ask: Any, number: int) -> list[str | None]:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        # A child that waits for a lock for ever is the other way to fail.
        signal.alarm(20)
        answers = [ask(f"child-{number}-{turn}") for turn in range(2)]
        os.write(writer, json.dumps(answers).encode())
        os._exit(0)
    os.close(writer)
    answers = [ask(f"parent-{number}-{turn}") for turn in range(2)]
    with os.fdopen(reader) as told:
        text = told.read()
    os.waitpid(child, 0)
    return answers + (json.loads(text) if text else ["the child died", "the child died"])


if __name__ == "__main__":
    main(*sys.argv[1:4], rounds=int(sys.argv[4]), state=sys.argv[5])
