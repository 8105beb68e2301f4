"""Where the time of the rows that miss their goal goes, and what they would cost without us.

    PYTHONPATH=. .venv-bench-langchain/bin/python -m benchmarks.profiles            # all rows
    PYTHONPATH=. .venv-bench-llama-index/bin/python -m benchmarks.profiles chat     # rows named so
    ... -m benchmarks.profiles --rounds 3 --keep    # add to results/profiles-2026-11.txt

Every figure is of a process of its own, the least of the rounds; see "Profiles" in the README.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from benchmarks.__main__ import RESULTS, cases_of, clean_environment, possible, serving
from benchmarks.floors import FLOORS
from benchmarks.goals import GOALS, Goal
from benchmarks.measure import Case, Server
from benchmarks.owners import OWNERS, Profiler

KEPT = RESULTS / "profiles-2026-11.txt"
ROUNDS = 1
#: Suite -> its rows.
ROWS = {
    "langchain": (
        *("invoke", "short stream", "astream bulk, a chunk"),
        *("stream paced, a chunk", "astream paced, a chunk"),
        *("200 ainvoke at once", "200 ainvoke at once, cold"),
        *("200 astream at once, a chunk", "200 astream at once, cold"),
    ),
    "embeddings": ("embed_documents, a text",),
    "llama-index": ("chat", "stream_chat paced, a chunk", "stream_chat bulk, a chunk of 20,000"),
}
Figures = dict[str, float]


def main() -> int:
    """Measure the rows chosen, print and perhaps keep the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profiles", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help="what the names of rows contain")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--keep", action="store_true", help=f"add to {KEPT.name}")
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one:
        way, suite, name, port = chosen.one
        print(json.dumps(_WAYS[way](_case(suite, name), Server(int(port)))))
        return 0
    begun = time.monotonic()
    lines: list[str] = []
    with serving() as server:
        for suite, row, goal in _rows(chosen.rows):
            block = _block(suite, row, goal, server, chosen.rounds)
            print("\n".join(block), flush=True)
            lines += block
    lines.append(_under(chosen.rounds, time.monotonic() - begun))
    print(lines[-1])
    if chosen.keep:
        with KEPT.open("a", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n\n")
    return 0


def _rows(words: list[str]) -> Iterator[tuple[str, str, Goal]]:
    """Yield the suite, the row and the strictest goal of what can be run here."""
    for suite in possible():
        for row in ROWS.get(suite, ()):
            if words and not any(word in row for word in words):
                continue
            goals = [one for one in GOALS[suite] if one.what == row and one.most is not None]
            # An embedding's is about the decoding.
            goals = [one for one in goals if suite != "embeddings" or one.than.startswith("floor")]
            yield suite, row, min(goals, key=lambda one: one.most or 0.0)


def _block(suite: str, row: str, goal: Goal, server: Server, rounds: int) -> list[str]:
    """Measure a row; return its lines."""
    names = [f"{row}/ours", f"{row}/{goal.than}", *(f"floor:{row}/{one}" for one in FLOORS[row])]
    found: dict[str, list[Figures]] = {name: [] for name in names}
    parts: list[Figures] = []
    for number in range(rounds):
        for name in names:
            _progress(f"{suite}: round {number + 1}: {name}")
            found[name].append(_apart("plain", suite, name, server))
        _progress(f"{suite}: round {number + 1}: profile of {names[0]}")
        parts.append(_apart("profile", suite, names[0], server))
    _progress("")
    least = {
        name: {metric: min(one[metric] for one in figures) for metric in figures[0]}
        for name, figures in found.items()
    }
    shares = _shares(parts, least[names[0]])
    return _lines(row, goal, least, shares)


def _shares(parts: list[Figures], plain: Figures) -> Figures:
    """Return the microseconds of each owner, scaled to what the case takes without a profiler."""
    best = min(parts, key=lambda one: sum(one.values()))
    without_gc = max(0.0, plain["cpu_us"] - plain["gc_us"])
    scale = without_gc / sum(best.values())
    return {owner: best[owner] * scale for owner in OWNERS} | {"gc": plain["gc_us"]}


def _lines(row: str, goal: Goal, least: dict[str, Figures], shares: Figures) -> list[str]:
    ours, peer, *_ = least
    unit = least[peer]
    lines = [f"{row:<46}{'CPU us':>9}{'system':>9}{'wall us':>10}{'CPU by':>8}{'wall by':>8}"]
    for name, figures in least.items():
        kind, _, short = name.rpartition("/")
        label = f"floor: {short}" if kind.startswith("floor:") else short
        lines.append(
            f"  {label:<44}{figures['cpu_us']:9.1f}{figures['system_us']:9.1f}"
            f"{figures['wall_us']:10.1f}{figures['cpu_us'] / unit['cpu_us']:8.3f}"
            f"{figures['wall_us'] / unit['wall_us']:8.3f}"
        )
    ratio = least[ours][goal.metric] / unit[goal.metric]
    metric = goal.metric.partition("_")[0]
    lines.append(f"  goal: {metric} <= {goal.most}; {ratio:.3f}. Of our CPU, us and share:")
    whole = sum(shares.values())
    cells = [f"{owner} {shares[owner]:.1f} ({shares[owner] / whole:.0%})" for owner in OWNERS]
    lines += [f"    {', '.join(cells[:6])}", f"    {', '.join(cells[6:])}", ""]
    return lines


def _under(rounds: int, seconds: float) -> str:
    load = round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, Python {platform.python_version()}, "
        f"{os.cpu_count()} cores, load {load} at the end, the least of {rounds} rounds, "
        f"{seconds:.0f} s"
    )


def _progress(what: str) -> None:
    print(f"\r{what:<90}", end="" if what else "\r", file=sys.stderr, flush=True)


def _case(suite: str, name: str) -> Case:
    kind, _, short = name.rpartition("/")
    if kind.startswith("floor:"):
        return FLOORS[kind.removeprefix("floor:")][short]
    case: Any = cases_of(suite)[name]
    return case  # type: ignore[no-any-return]


def _plain(case: Case, server: Server) -> Figures:
    """Run a case without a profiler; microseconds a unit."""
    run = case(server)
    next(run)
    gc.collect()
    collecting = _Collecting()
    wall, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    cpu = time.process_time()
    count = next(run)
    cpu, after = time.process_time() - cpu, resource.getrusage(resource.RUSAGE_SELF)
    wall = time.perf_counter() - wall
    found = {"cpu": cpu, "wall": wall, "system": after.ru_stime - before.ru_stime}
    return {f"{name}_us": one / count * 1e6 for name, one in found.items()} | {
        "gc_us": collecting.seconds / count * 1e6
    }


class _Collecting:
    """Adds up the CPU time of the garbage collector."""

    def __init__(self) -> None:
        self.seconds = 0.0
        gc.callbacks.append(self._hear)

    def _hear(self, phase: str, _: object) -> None:
        now = time.thread_time()
        self.seconds += now if phase == "stop" else -now


def _profiled(case: Case, server: Server) -> Figures:
    """Run a case under the profiler; microseconds a unit of each owner."""
    profiler = Profiler()
    run = case(server)
    next(run)
    gc.collect()
    gc.disable()
    profiler.start()
    count = next(run)
    return {owner: one / count * 1e6 for owner, one in profiler.stop().items()}


_WAYS: dict[str, Callable[[Case, Server], Figures]] = {"plain": _plain, "profile": _profiled}


def _apart(way: str, suite: str, name: str, server: Server) -> Figures:
    """Run one measurement in a fresh process."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.profiles", "--one", way, suite, name, str(server.port)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=clean_environment(),
    )
    if done.returncode:
        raise RuntimeError(f"{name}: {(done.stderr.strip().splitlines() or ['no output'])[-1]}")
    figures: Figures = json.loads(done.stdout.strip().splitlines()[-1])
    return figures


if __name__ == "__main__":
    sys.exit(main())
