"""The cookbook's table of contents names every recipe, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.translations import broken_links, differences, links

COOKBOOK = Path(__file__).parents[2] / "cookbook"
ENGLISH = (COOKBOOK / "README.md").read_text("utf-8")
CHINESE = (COOKBOOK / "README.zh-CN.md").read_text("utf-8")


def test_every_recipe_is_named() -> None:
    recipes = {
        str(path.relative_to(COOKBOOK))
        for path in (
            *COOKBOOK.glob("l*/*.py"),
            *COOKBOOK.glob("scale/*.py"),
            *COOKBOOK.glob("notebooks/*.ipynb"),
        )
    }
    assert recipes - {*links(ENGLISH)} == set()


def test_the_chinese_table_is_the_english_one() -> None:
    assert list(differences(ENGLISH, CHINESE)) == []
    assert links(ENGLISH)[1:] == links(CHINESE)[1:]


@pytest.mark.parametrize("text", [ENGLISH, CHINESE], ids=["English", "Chinese"])
def test_links_point_to_what_exists(text: str) -> None:
    assert not list(broken_links(text, COOKBOOK))
