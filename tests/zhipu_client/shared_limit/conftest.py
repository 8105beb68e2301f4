"""A clock, the file of a limit, and two processes that share it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.zhipu_client.shared_limit.processes import Clock, Process
from zhipu_client._io.limit_files import LimitFile


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "limit.json"
    LimitFile(found).prepare()
    return found


@pytest.fixture
def pair(path: Path, clock: Clock) -> tuple[Process, Process]:
    return Process(path, clock), Process(path, clock)
