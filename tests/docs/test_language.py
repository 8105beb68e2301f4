"""The script that puts the frame of the Chinese pages in Chinese knows the names of the tabs."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPT = (ROOT / "docs/assets/language.js").read_text("utf-8")
NAV = (ROOT / "mkdocs.yml").read_text("utf-8").split("\nnav:")[1]
TABS = re.findall(r"^  - ([^:\n]+):", NAV, re.MULTILINE)


def test_each_tab_has_a_chinese_name() -> None:
    assert len(TABS) > 5
    labels = dict(re.findall(r'^  "([^"]+)": "([^"]+)",$', SCRIPT, re.MULTILINE))
    own = {"LlamaIndex", "中文"}  # A name, and the tab that the script finds by its text.
    assert own <= set(TABS)
    assert [tab for tab in TABS if tab not in labels and tab not in own] == []
