"""``python -m benchmarks [SUITE ...] [--only WORD ...]``: fresh processes, interleaved rounds.

Each case runs in a process of its own, the server in another; a round runs every case once, so that
what the machine does besides falls on all alike. CPU is user and system time of the case's process.
Compare rows of one run only, by the ratios, and take differences below a fifth for noise.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from benchmarks.goals import GOALS
from benchmarks.measure import Case, Import, Server, measure
from benchmarks.report import Rounds, tables

RESULTS = Path(__file__).parent / "results"
SUITES = {
    "client": "benchmarks.case_client",
    "langchain": "benchmarks.case_langchain",
    "embeddings": "benchmarks.case_embeddings",
    "ocr": "benchmarks.case_ocr",
    "llama-index": "benchmarks.case_llama_index",
}
PACKAGES = (
    "zhipu-integrations httpx httpx2 pydantic langchain-core langchain-openai langchain-community "
    "langchain-deepseek llama-index-core llama-index-llms-openai-like openai zhipuai pypdf"
).split()
ROUNDS = 5
_SECONDS = 600.0


def main() -> int:
    """Measure the suites chosen, print the tables, keep the raw figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=f"of {', '.join(SUITES)}")
    parser.add_argument("--only", nargs="+", default=(), metavar="WORD", help="cases named so")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--keep", action="store_true", help="write to results/, not to scratch")
    parser.add_argument("--case", nargs=3, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.case:
        suite, name, port = chosen.case
        case = cases_of(suite)[name]
        if isinstance(case, Import):
            raise TypeError("an import is measured without us")
        print(measure(case, Server(int(port))))
        return 0
    unknown = set(chosen.suites) - set(SUITES)
    if unknown:
        parser.error(f"no such suite: {', '.join(sorted(unknown))}; there are {', '.join(SUITES)}")
    with serving() as server:
        for suite in chosen.suites or possible():
            rounds = measured(suite, server, chosen.only, chosen.rounds)
            if rounds:
                _keep(suite, rounds, RESULTS if chosen.keep else RESULTS / "scratch")
    return 0


def cases_of(suite: str) -> dict[str, Case | Import]:
    """The cases of a suite, by name."""
    cases: dict[str, Case | Import] = importlib.import_module(SUITES[suite]).CASES
    return cases


def possible() -> list[str]:
    """The suites whose framework is installed here."""
    needs = {"langchain": "langchain_core", "embeddings": "langchain_core"}
    needs |= {"ocr": "langchain_core", "llama-index": "llama_index.core"}
    return [suite for suite in SUITES if suite not in needs or _installed(needs[suite])]


def _installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


@contextmanager
def serving() -> Iterator[Server]:
    """Start the server in a process of its own; it ends with the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        yield Server(int(process.stdout.readline()))
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(10)


def measured(
    suite: str, server: Server, words: Sequence[str], count: int, *, exactly: bool = False
) -> Rounds:
    """Run the cases of a suite, interleaved; return the figures of each round.

    Args:
        suite: Its name.
        server: Where the server is.
        words: What the names of the cases contain; with ``exactly``, the names. Empty for all.
        count: How many rounds.
        exactly: Whether ``words`` are whole names.
    """
    cases = {
        name: case
        for name, case in cases_of(suite).items()
        if not words or (name in words if exactly else any(word in name for word in words))
    }
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in cases}
    left_out: dict[str, str] = {}
    for number in range(count):
        for name, case in cases.items():
            if name in left_out:
                continue
            print(f"\r{suite}: round {number + 1}: {name:<60}", end="", file=sys.stderr, flush=True)
            try:
                times = case.times if isinstance(case, Import) else 1
                found = [_in_fresh_process(suite, name, case, server) for _ in range(times)]
                rounds[name].append(min(found, key=lambda figures: figures["cpu_us"]))
            except RuntimeError as error:
                left_out[name] = str(error)
    print("\r" + " " * 90, end="\r", file=sys.stderr)
    for name, why in left_out.items():
        print(f"Left out: {suite}: {name}: {why}", file=sys.stderr)
    return {name: figures for name, figures in rounds.items() if figures and name not in left_out}


def _in_fresh_process(
    suite: str, name: str, case: Case | Import, server: Server
) -> dict[str, float]:
    """One measurement; RuntimeError, with the last line of what it said, if it failed."""
    own = ["-m", "benchmarks", "--case", suite, name, str(server.port)]
    what = ["-c", case.code()] if isinstance(case, Import) else own
    done = subprocess.run(
        [sys.executable, *what],
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
        env=clean_environment(),
    )
    if done.returncode:
        raise RuntimeError((done.stderr.strip().splitlines() or ["no output"])[-1])
    figures: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return figures


def clean_environment() -> dict[str, str]:
    """The environment, less what would reach the peers; in it nothing is sent to anybody."""
    return {
        **{name: value for name, value in os.environ.items() if not _is_setting(name)},
        "LANGSMITH_TRACING": "false",
        "NO_PROXY": "127.0.0.1",
    }


def _is_setting(name: str) -> bool:
    # The last would have our modules compiled in every process; those that pip installs are.
    return name.upper().startswith(
        ("OPENAI_", "ZHIPU", "ZAI_", "DEEPSEEK_", "LANGCHAIN_", "PYTHONDONTWRITEBYTECODE")
    )


def _keep(suite: str, rounds: Rounds, folder: Path) -> None:
    now = datetime.now(UTC)
    facts = {
        "when": f"{now:%Y-%m-%d %H:%M} UTC",
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        "versions": _versions(),
    }
    count = max(len(figures) for figures in rounds.values())
    title = f"{suite}: median of {count} rounds, {facts['when']}"
    said = tables(title, rounds, GOALS[suite])
    under = f"\nPython {facts['python']}, {facts['cores']} cores, load {facts['load']} at the end. "
    under += ", ".join(f"{name} {version}" for name, version in _versions().items()) + "\n"
    print(said + under)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / (suite if folder is RESULTS else f"{now:%Y%m%d-%H%M%S}-{suite}")
    path.with_suffix(".json").write_text(json.dumps({**facts, "rounds": rounds}, indent=1), "utf-8")
    path.with_suffix(".md").write_text(said + under, "utf-8")
    print(f"Raw figures: {path.relative_to(RESULTS.parent.parent).with_suffix('.json')}\n")


def _versions() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


if __name__ == "__main__":
    sys.exit(main())
