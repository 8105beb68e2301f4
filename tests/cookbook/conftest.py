from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def run_recipe() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a recipe as a program, from the root and without a key."""

    def run(recipe: str, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *options, f"cookbook/langchain/{recipe}"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        )

    return run
