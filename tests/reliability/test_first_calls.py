"""The first calls of a process, many at once: nobody sees a module that is half imported."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from . import scenarios as say
from .first_calls_program import PATTERNS
from .server import Exchange, FaultServer, Scenario

ROOT = Path(__file__).parents[2]
VECTOR = {
    "model": "embedding-3",
    "object": "list",
    "data": [{"object": "embedding", "index": 0, "embedding": [0.5, 0.25]}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 0, "total_tokens": 1},
}


def _served(exchange: Exchange) -> Scenario:
    embeds = exchange.request.path.endswith("/embeddings")
    return say.answer(VECTOR) if embeds else say.healthy()


@pytest.mark.parametrize("pattern", PATTERNS)
def test_first_calls_at_once_all_succeed(pattern: str) -> None:
    with FaultServer(say.chosen(_served)) as server:
        result = subprocess.run(
            [
                *(sys.executable, "-W", "ignore", "-m", "tests.reliability.first_calls_program"),
                *(pattern, server.base_url),
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
    assert result.returncode == 0, result.stderr[-2000:]
    assert json.loads(result.stdout) == []
