"""The extras that errors name exist, and all say alike how one is installed."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from zhipu_client._extras import install

ROOT = Path(__file__).parents[2]
SOURCES = {path: path.read_text("utf-8") for path in (ROOT / "zhipu_client").rglob("*.py")}


def test_every_extra_that_is_named_exists() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    named = {
        extra for text in SOURCES.values() for extra in re.findall(r"install\('(\w+)'\)", text)
    }
    assert len(named) > 3
    assert named <= {*project["optional-dependencies"]}
    assert install("ocr") == f'pip install "{project["name"]}[ocr]"'


def test_no_error_has_words_of_its_own_for_it() -> None:
    found = {path.name for path, text in SOURCES.items() if "zhipu-integrations[" in text}
    assert found == {"_extras.py", "__init__.py"}  # and the docstring of `telemetry`
