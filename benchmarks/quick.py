"""The ratios to ChatOpenAI that say whether a change made us slower, in less than a minute.

    make bench-quick                    # beside the recorded ones; fails above 1.25 times
    make bench-quick ARGS=--keep        # record what was measured

CPU time of fresh processes, the least of the rounds on both sides. The full benchmarks, with more
rounds, peers and rows, are `python -m benchmarks`.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from benchmarks.__main__ import measured, serving

RECORDED = Path(__file__).parent / "results" / "quick.json"
#: How much worse than recorded a ratio may be: what the machine does besides makes a tenth.
MOST = 1.25
ROUNDS = 2
#: Groups of cases of `case_langchain`.
CASES = (
    "invoke",
    "ainvoke",
    "stream bulk, a chunk",
    "astream bulk, a chunk",
    "stream paced, a chunk",
    "astream paced, a chunk",
)
SIDES = ("ours", "ChatOpenAI")


def ratios(rounds: int) -> dict[str, float]:
    """Return our CPU time by ChatOpenAI's, of each group of cases that could be run."""
    names = [f"{case}/{side}" for case in CASES for side in SIDES]
    with serving() as server:
        found = measured("langchain", server, names, rounds, exactly=True)
    least = {name: min(one["cpu_us"] for one in figures) for name, figures in found.items()}
    return {
        case: least[f"{case}/ours"] / least[f"{case}/ChatOpenAI"]
        for case in CASES
        if all(f"{case}/{side}" in least for side in SIDES)
    }


def verdict(now: dict[str, float], recorded: dict[str, float]) -> tuple[list[str], list[str]]:
    """Return the lines to print, and the cases that are slower than they may be."""
    lines = [f"{'CPU, ours by ChatOpenAI':<26} {'now':>6} {'recorded':>9} {'change':>7}"]
    slower = []
    for case, ratio in now.items():
        before = recorded.get(case)
        if before is None:
            lines.append(f"{case:<26} {ratio:6.3f} {'-':>9}")
            continue
        change = ratio / before
        lines.append(f"{case:<26} {ratio:6.3f} {before:9.3f} {change:6.2f}x")
        if change > MOST:
            slower.append(case)
    return lines, slower


def main() -> int:
    """Measure, print, and return 1 where something is slower than it may be."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keep", action="store_true", help="record the ratios")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    began = time.monotonic()
    now = ratios(options.rounds)
    if not now:
        print("ChatOpenAI is not installed here: run this by `make bench-quick`", file=sys.stderr)
        return 1
    recorded = json.loads(RECORDED.read_text("utf-8")) if RECORDED.exists() else {}
    lines, slower = verdict(now, recorded)
    print("\n".join(lines))
    print(f"{time.monotonic() - began:.0f} s")
    if options.keep:
        rounded = {case: round(ratio, 3) for case, ratio in now.items()}
        RECORDED.write_text(json.dumps(rounded, indent=1) + "\n", "utf-8")
        return 0
    if slower:
        print(f"slower than {MOST} times what is recorded: {', '.join(slower)}", file=sys.stderr)
    return 1 if slower else 0


if __name__ == "__main__":
    sys.exit(main())
