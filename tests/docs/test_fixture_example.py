"""The example of the pytest fixture holds as a test of a user's own, in both languages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from zhipu_emulator import serve

DOCS = Path(__file__).parent.parent.parent / "docs"
EXAMPLE = re.compile(r"```python\n((?:(?!```).)*?def test_my_agent\(.*?)```", re.DOTALL)


@pytest.mark.parametrize("page", ["emulator.md", "zh/emulator.md"])
def test_the_example_of_the_fixture_passes(page: str) -> None:
    found = EXAMPLE.search((DOCS / page).read_text(encoding="utf-8"))
    assert found is not None
    names: dict[str, Any] = {}
    exec(compile(found[1], page, "exec", dont_inherit=True), names)
    with serve() as server:
        names["test_my_agent"](server)
        assert len(server.requests) == 2
