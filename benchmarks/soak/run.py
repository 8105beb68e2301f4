"""Run a soak, and measure what it does to the process.

Half of the streams are read by threads, half by tasks of one event loop; half by `ChatZhipuAI`,
half by LlamaIndex's `ZhipuAI`. All begin at once, in a process that has not made a request before
and has not imported httpx. The emulator is another process; it takes fewer requests at a time than
there are readers, so that code 1302 is never far. Each question has a tag, and its answer is made
of it: whole when nothing is raised, a beginning of it when something is.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from benchmarks.measure import memory
from benchmarks.soak.models import ADAPTERS
from benchmarks.soak.readers import Reader
from benchmarks.soak.report import Report

__all__ = ["soak"]

_ROOT = Path(__file__).parent.parent.parent
_DESCRIPTORS = Path("/proc/self/fd")
_DRAIN = 90.0  # seconds that the last questions may take: 1302 is waited out for a minute
_START = 5.0  # seconds that count as the start
_TICK = 0.01
_TOKEN_DELAY = 0.005  # seconds between two chunks of an answer
_LOOK_EVERY = 50  # ticks


def soak(
    seconds: float, *, streams: int = 200, places: int = 60, at: tuple[str, str] | None = None
) -> Report:
    """Keep so many streams going for a while, and return what came of it.

    Args:
        seconds: How long new questions are asked.
        streams: Readers at once, from 4: a quarter for each adapter, sync and async.
        places: Requests at once that the emulator takes; above that it answers 1302.
        at: The base URL and a key of an emulator that runs; without it one is started.

    Raises:
        RuntimeError: The emulator did not start.
    """
    report = Report()
    with nullcontext(at) if at else _emulator(places) as (base_url, api_key), _heard(report):
        adapters = [adapter(base_url, api_key) for adapter in ADAPTERS]
        readers = [Reader(adapters[n % 2], n, report) for n in range(streams)]
        watch = _Watch(seconds)
        until = time.monotonic() + seconds
        half = streams // 2
        # Daemons: one that never ends must not keep the process.
        threads = [
            threading.Thread(target=reader.run, args=(until,), daemon=True)
            for reader in readers[:half]
        ]
        for thread in threads:
            thread.start()
        report.unended += asyncio.run(_tasks(readers[half:], until, watch))
        for thread in threads:
            thread.join(max(0.0, until + _DRAIN - time.monotonic()))
        report.unended += sum(thread.is_alive() for thread in threads)
        del adapters, readers, threads
        gc.collect()
        report.memory = (watch.memory, memory("VmRSS"))
        report.freezes = (watch.at_start, watch.later)
        report.descriptors = (watch.first, watch.most, _descriptors())
    return report


async def _tasks(readers: list[Reader], until: float, watch: _Watch) -> int:
    watching = asyncio.create_task(watch.run())
    tasks = [asyncio.create_task(reader.arun(until)) for reader in readers]
    ended, unended = await asyncio.wait(tasks, timeout=until - time.monotonic() + _DRAIN)
    watching.cancel()
    for task in ended:
        task.result()  # a fault of the soak itself is raised
    return len(unended)


class _Watch:
    """Looks at descriptors and memory now and then, and at the event loop all the time."""

    def __init__(self, seconds: float) -> None:
        now = time.monotonic()
        self._started, self._settled = now + _START, now + seconds / 5
        self.first = self.most = _descriptors()
        self.memory: float | None = None
        self.at_start = self.later = 0.0

    async def run(self) -> None:
        """Look until cancelled."""
        for count in itertools.count():
            before = time.monotonic()
            await asyncio.sleep(_TICK)
            now = time.monotonic()
            freeze = now - before - _TICK
            if before < self._started:
                self.at_start = max(self.at_start, freeze)
            else:
                self.later = max(self.later, freeze)
            if count % _LOOK_EVERY == 0:
                self.most = max(self.most, _descriptors())
            if self.memory is None and now > self._settled:
                self.memory = memory("VmRSS")


def _descriptors() -> int:
    return sum(1 for _ in _DESCRIPTORS.iterdir()) if _DESCRIPTORS.exists() else 0


@contextmanager
def _heard(report: Report) -> Iterator[None]:
    """Count the calls that say that they wait for a place."""

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            report.waited += "(1302)" in str(record.msg)

    logger, ear = logging.getLogger("zhipu_client"), Ear()  # a handler has a lock
    level = logger.level
    logger.addHandler(ear)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(ear)
        logger.setLevel(level)


@contextmanager
def _emulator(places: int) -> Iterator[tuple[str, str]]:
    """Start the emulator in a process of its own; where it is, and a key."""
    options = ["--max-in-flight", str(places), "--token-delay", str(_TOKEN_DELAY)]
    command = [sys.executable, "-m", "zhipu_emulator", *options]
    with subprocess.Popen(command, cwd=_ROOT, text=True, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            words = process.stdout.readline().split()
            if not words:
                raise RuntimeError(f"The emulator did not start: {' '.join(command)}")
            yield words[words.index("URL") + 1], words[-1]
        finally:
            process.kill()
