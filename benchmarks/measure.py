"""How one case is measured, in the process that was started for it.

A case is a generator function that is given where the server is: it prepares, yields, works, and
yields how many units of work that was, or a dict of figures of its own with a ``count`` in it. Only
what lies between the two yields is timed. `Import` is the case of importing something.
"""

from __future__ import annotations

import asyncio
import gc
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KEY = "bench0123456789.secret0123456789"
_STATUS = Path("/proc/self/status")


@dataclass(frozen=True, slots=True)
class Server:
    """Where the server is."""

    port: int

    def url(self, what: str) -> str:
        """The base URL at which it answers so, see `benchmarks.server`."""
        return f"http://127.0.0.1:{self.port}/{what}/api/paas/v4"


Case = Callable[[Server], Iterator[Any]]


@dataclass(frozen=True, slots=True)
class Import:
    """Import a name from a module, in a process that has done nothing else.

    ``times`` processes a round are measured and the cheapest counts: what else the machine does
    only ever adds, and a few hundredths are to be distinguished. What ``after`` names is imported
    before, and not counted.
    """

    module: str
    name: str
    times: int = 1
    after: str = "json"

    def code(self) -> str:
        """What the process runs; it prints its figures."""
        return (
            f"import json, sys, time, {self.after}\n"
            "wall, cpu = time.perf_counter(), time.process_time()\n"
            f"from {self.module} import {self.name}\n"
            "wall, cpu = time.perf_counter() - wall, time.process_time() - cpu\n"
            "figures = {'cpu_us': cpu * 1e6, 'wall_us': wall * 1e6, 'count': 1}\n"
            "print(json.dumps({**figures, 'modules': len(sys.modules)}))\n"
        )


def measure(case: Case, server: Server) -> str:
    """Run a case here; its figures as JSON, microseconds a unit of work."""
    run = case(server)
    next(run)
    # A collection of all that the imports have left takes 65 ms, and in a process this young the
    # number of imported objects decides whether it falls into the work or just before it.
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    counted = next(run)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    figures = counted if isinstance(counted, dict) else {"count": counted}
    count = figures["count"]
    return json.dumps({"cpu_us": cpu / count * 1e6, "wall_us": wall / count * 1e6, **figures})


def memory(what: str) -> float | None:
    """``VmRSS`` or ``VmHWM`` of this process in MB (10^6 bytes); None but on Linux."""
    if not _STATUS.exists():
        return None
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith(what))
    return int(line.split()[1]) * 1024 / 1e6


def forget_peak() -> None:
    """Let ``VmHWM`` start anew from what is used now."""
    if _STATUS.exists():
        Path("/proc/self/clear_refs").write_text("5")


def on_a_loop(prepare: Callable[[], Awaitable[Any]], work: Callable[[], Awaitable[int]]) -> Any:
    """A case's body whose two halves run on one event loop."""
    with asyncio.Runner() as runner:
        runner.run(_awaited(prepare))
        yield
        yield runner.run(_awaited(work))


async def _awaited(call: Callable[[], Awaitable[Any]]) -> Any:
    return await call()
