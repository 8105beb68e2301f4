"""Run a program as a process of its own, without paying for the frameworks' imports each time.

A server process imports the frameworks once and is forked for each program. Nothing of ours is
imported in it. Where processes cannot be forked, the program starts from nothing.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Literal

__all__ = ["forking", "run_program"]

Warn = Literal["ignore", "error"]

ROOT = Path(__file__).parent.parent
FRAMEWORKS = [
    "langchain.agents",
    "langchain_core.vectorstores",
    "langgraph.graph",
    "llama_index.core",
    "llama_index.core.agent.workflow",
    "starlette.applications",
    "uvicorn",
]


def run_program(
    program: Path | str,
    *arguments: str,
    cwd: Path = ROOT,
    environment: Mapping[str, str] | None = None,
    warn: Warn | None = None,
    timeout: float = 100,
) -> subprocess.CompletedProcess[str]:
    """Return what a Python program printed, and its exit code.

    Args:
        program: Its file, or the name of its module.
        *arguments: Its command line.
        cwd: The folder it runs in.
        environment: Variables beside those of this process.
        warn: What becomes of every warning; None: what Python makes of it.
        timeout: Seconds; a program that takes longer is killed.

    Raises:
        subprocess.TimeoutExpired: The program took longer.
    """
    variables = {**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})}
    command = [str(program), *arguments]
    if "forkserver" not in multiprocessing.get_all_start_methods():
        options = [*(["-W", warn] if warn else []), *(["-m"] if isinstance(program, str) else [])]
        return subprocess.run(
            [sys.executable, *options, *command],
            cwd=cwd,
            env=variables,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
    with tempfile.TemporaryDirectory() as folder:
        streams = [Path(folder, name) for name in ("stdout", "stderr")]
        process = forking().Process(
            target=_run, args=(program, arguments, cwd, variables, streams, warn)
        )
        process.start()
        process.join(timeout)
        if process.is_alive():
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(command, timeout)
        printed, complaints = (stream.read_text("utf-8") for stream in streams)
        return subprocess.CompletedProcess(command, process.exitcode or 0, printed, complaints)


def forking() -> BaseContext:
    """Return how processes are started: by a server that has the frameworks, where there is one."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(FRAMEWORKS)
    return context


def _run(
    program: Path | str,
    arguments: Sequence[str],
    cwd: Path,
    variables: Mapping[str, str],
    streams: Sequence[Path],
    warn: Warn | None,
) -> None:
    for number, stream in enumerate(streams, start=1):
        os.dup2(os.open(stream, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    os.environ.clear()
    os.environ.update(variables)
    os.chdir(cwd)
    sys.argv[:] = [str(program), *arguments]
    if warn is not None:
        warnings.simplefilter(warn)
    if isinstance(program, str):
        sys.path.insert(0, str(ROOT))
        runpy.run_module(program, run_name="__main__", alter_sys=True)
        return
    sys.path[:0] = [str(program.parent), str(ROOT)]
    runpy.run_path(str(program), run_name="__main__")
