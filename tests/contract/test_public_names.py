"""The public names of both packages are equal but for what ``docs/reference/names.md`` explains."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import langchain_zhipu
import llama_index_zhipu

TABLE = Path(__file__).parents[2] / "docs" / "reference" / "names.md"
_ROW = re.compile(r"^\| (?:`(\w+)`)? ?\| (?:`(\w+)`)? ?\| (\S.+) \|$", re.MULTILINE)

LANGCHAIN, LLAMA_INDEX = set(langchain_zhipu.__all__), set(llama_index_zhipu.__all__)
ROWS = _ROW.findall(TABLE.read_text("utf-8"))


def test_each_name_that_only_one_has_is_explained_and_no_other() -> None:
    assert {row[0] for row in ROWS if row[0]} == LANGCHAIN - LLAMA_INDEX
    assert {row[1] for row in ROWS if row[1]} == LLAMA_INDEX - LANGCHAIN


def test_each_line_of_the_table_is_read() -> None:
    lines = [line for line in TABLE.read_text("utf-8").splitlines() if line.startswith("|")]
    assert len(ROWS) == len(lines) - 2  # its head


@pytest.mark.parametrize("name", ["boxes", "with_regions"])
def test_either_name_of_places_is_taken(name: str) -> None:
    reach: dict[str, Any] = {"api_key": "id.secret", name: True}
    for package, field in ((langchain_zhipu, "boxes"), (llama_index_zhipu, "with_regions")):
        kinds = ("OCRParser", "HandwritingParser", "OCRReader", "HandwritingReader")
        for kind in (getattr(package, f"ZhipuAI{name}", None) for name in kinds):
            assert kind is None or getattr(kind(**reach), field)


@pytest.mark.parametrize("name", ["raw_scores", "return_raw_scores"])
def test_either_name_of_raw_scores_is_taken(name: str) -> None:
    reach: dict[str, Any] = {"api_key": "id.secret", name: True}
    assert langchain_zhipu.ZhipuAIRerank(**reach).return_raw_scores
    assert llama_index_zhipu.ZhipuAIRerank(**reach).raw_scores


def test_what_both_have_is_the_same_kind_of_thing() -> None:
    for name in LANGCHAIN & LLAMA_INDEX:
        one, other = getattr(langchain_zhipu, name), getattr(llama_index_zhipu, name)
        assert isinstance(one, type) == isinstance(other, type), name
