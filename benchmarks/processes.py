"""Several processes on one account: what is lost, what is refused, and how long it takes.

    python -m benchmarks.processes [ROUNDS]

The emulator serves 4 requests of an account at a time, 0.3 s each, and refuses the others (1302).
160 calls are made by one process, by four without a word between them, and by four with
`shared_limit`. Calls come from threads, from tasks of one event loop, or as streams. The factor is
that of the same round, beside one process.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Outcome", "measure"]

IN_FLIGHT, LATENCY = 4, 0.3
CALLS, AT_ONCE = 160, 32
QUESTION = "What is 1 + 1?"


@dataclass(frozen=True)
class Outcome:
    """What came of one run."""

    answered: int
    requests: int
    seconds: float


def _worker(
    way: str, settings: dict[str, Any], calls: int, at_once: int, begin: Any, out: Any
) -> None:
    from llama_index_zhipu import ZhipuAI

    model = ZhipuAI(model="glm-4.7", **settings)
    begin.wait(timeout=120)

    def call(_: int) -> int:
        try:
            if way == "streams":
                return int(bool(list(model.stream_complete(QUESTION))))
            return int(bool(model.complete(QUESTION).text))
        except Exception as error:  # counted as lost
            print(type(error).__name__, error, file=sys.stderr)
            return 0

    async def task(free: asyncio.Semaphore) -> int:
        async with free:
            return int(bool((await model.acomplete(QUESTION)).text))

    async def tasks() -> int:
        free = asyncio.Semaphore(at_once)
        found = await asyncio.gather(*(task(free) for _ in range(calls)), return_exceptions=True)
        return sum(one for one in found if isinstance(one, int))

    if way == "tasks":
        out.put(asyncio.run(tasks()))
    else:
        with ThreadPoolExecutor(at_once) as pool:
            out.put(sum(pool.map(call, range(calls))))


def measure(way: str, processes: int, shared: Path | None) -> Outcome:
    """Make the calls, in so many processes.

    Args:
        way: ``"threads"``, ``"tasks"`` or ``"streams"``.
        processes: How many.
        shared: The file of a shared limit.
    """
    from zhipu_emulator import serve

    spawn = multiprocessing.get_context("spawn")
    with serve(max_in_flight=IN_FLIGHT, latency=LATENCY) as server:
        begin, out = spawn.Barrier(processes + 1), spawn.Queue()
        settings = {"api_key": server.api_key, "base_url": server.base_url, "shared_limit": shared}
        given = (way, settings, CALLS // processes, AT_ONCE // processes, begin, out)
        workers = [spawn.Process(target=_worker, args=given) for _ in range(processes)]
        for worker in workers:
            worker.start()
        begin.wait(timeout=120)
        begun = time.monotonic()
        answered = sum(out.get(timeout=600) for _ in workers)
        seconds = time.monotonic() - begun
        for worker in workers:
            worker.join()
        return Outcome(answered, len(server.requests), seconds)


def _round(folder: Path) -> Iterator[tuple[str, str, Outcome, float]]:
    for way in ("threads", "tasks", "streams"):
        alone = measure(way, 1, None)
        yield way, "1 process", alone, 1.0
        for name, shared in (("4 processes", None), ("4, shared_limit", folder / f"{way}.limit")):
            found = measure(way, 4, shared)
            yield way, name, found, found.seconds / alone.seconds


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    rows: dict[tuple[str, str], list[tuple[Outcome, float]]] = {}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            for way, name, found, factor in _round(Path(folder)):
                rows.setdefault((way, name), []).append((found, factor))
                print(way, name, found, f"{factor:.2f}", file=sys.stderr)
    ideal = CALLS / IN_FLIGHT * LATENCY
    print(f"{CALLS} calls, {IN_FLIGHT} at a time, {LATENCY} s each: {ideal:.1f} s at best\n")
    print("| calls from | processes | answered | requests | seconds | beside one process |")
    print("|---|---|---|---|---|---|")
    for (way, name), runs in rows.items():
        answered = min(one.answered for one, _ in runs)
        requests = statistics.median(one.requests for one, _ in runs)
        seconds = statistics.median(one.seconds for one, _ in runs)
        factor = statistics.median(factor for _, factor in runs)
        print(
            f"| {way} | {name} | {answered} of {CALLS} | {requests:.0f} | {seconds:.1f} "
            f"| {factor:.2f} |"
        )


if __name__ == "__main__":
    main()
