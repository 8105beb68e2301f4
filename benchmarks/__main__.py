"""``python -m benchmarks [--rounds N] [WORD ...]``: each case in fresh processes, interleaved.

CPU is user and system time of the client's process; the server runs in another. Compare rows of
one run only, and take differences below a fifth for noise.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.cases import CASES

RESULTS = Path(__file__).parent / "results" / "scratch"


def main() -> int:
    """Run the chosen cases, print medians, keep the raw figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("words", nargs="*", help="only cases whose name holds one of these")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--case", help=argparse.SUPPRESS)
    parser.add_argument("--url", default="", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.case:
        print(json.dumps(_measure(chosen.case, chosen.url)))
        return 0
    names = [name for name in CASES if not chosen.words or any(w in name for w in chosen.words)]
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        url = f"http://127.0.0.1:{int(server.stdout.readline())}/api/paas/v4"
        for _ in range(chosen.rounds):
            for name in names:
                rounds[name].append(_in_fresh_process(name, url))
    finally:
        server.stdin.close()
        server.wait(10)
    _report(rounds)
    return 0


def _measure(name: str, url: str) -> dict[str, float]:
    case = CASES[name](url)
    next(case)
    wall, cpu = time.perf_counter(), time.process_time()
    count = next(case)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"cpu_us": cpu / count * 1e6, "wall_us": wall / count * 1e6, "count": count}


def _in_fresh_process(name: str, url: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--case", name, "--url", url],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "LANGSMITH_TRACING": "false"},
    )
    return json.loads(done.stdout)


def _report(rounds: dict[str, list[dict[str, float]]]) -> None:
    title = f"median of {len(next(iter(rounds.values())))} rounds"
    print(f"{title:40}{'CPU':>12}{'wall':>12}")
    for name, figures in rounds.items():
        cpu, wall = (
            statistics.median(figure[unit] for figure in figures) for unit in ("cpu_us", "wall_us")
        )
        print(f"{name:40}{cpu:>9.1f} us{wall:>9.1f} us")
    RESULTS.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    path = RESULTS / f"{now:%Y%m%d-%H%M%S}.json"
    facts = {"when": now.isoformat(), "python": platform.python_version(), "rounds": rounds}
    path.write_text(json.dumps(facts, indent=1), "utf-8")
    print(f"Raw figures: {path.relative_to(Path.cwd())}")


if __name__ == "__main__":
    sys.exit(main())
