"""ARCHITECTURE.md names only files that are there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
_FILE = re.compile(r"`([\w/]+\.(?:py|json))`")


def test_each_file_that_is_named_is_there() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    paths = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("*/**/*.*")}
    for name in set(_FILE.findall(text)):
        assert any(path == name or path.endswith(f"/{name}") for path in paths), name
