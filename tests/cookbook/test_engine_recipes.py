"""The recipes for Dask and Ray Data: a worker is killed half way, and nothing is lost.

They run where the engines are installed: `make test-engines`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ITEMS = 200


@pytest.mark.timeout(300)
@pytest.mark.parametrize("engine", ["dask", "ray"])
def test_a_worker_is_killed_and_nothing_is_lost(engine: str, tmp_path: Path) -> None:
    if find_spec(engine) is None:
        pytest.skip(f"{engine} is not installed: `make test-engines` runs this")
    ran = subprocess.run(
        [sys.executable, str(ROOT / "cookbook" / "scale" / f"with_{engine}.py"), str(ITEMS)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    for kind in ("embeddings", "OCR"):
        whole = rf"{kind}: {ITEMS} of {ITEMS} in order, a worker was killed, (\d+) paid twice"
        found = re.search(whole, ran.stdout)
        assert found, ran.stdout
        assert int(found[1]) <= ITEMS // 2  # what was in flight, of one part
