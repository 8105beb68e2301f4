"""Rows of tables, and lists of objects that are filled from them."""

from __future__ import annotations

import datetime as dt

import pytest

from zhipu_emulator.brain.fill import Filler
from zhipu_emulator.brain.schema import Schema
from zhipu_emulator.brain.values import Passage
from zhipu_emulator.content.tables import rows

HTML = "<TABLE><tr><th>Dish</th><th>Price</th></tr><tr><td>Soup</td><td>4.50</td></tr></TABLE>"
MARKDOWN = "Menu:\n| Dish | Price |\n|---|:---:|\n| Soup | 4.50 |\nEnjoy."
SOUP = [{"Dish": "Soup", "Price": "4.50"}]


@pytest.mark.parametrize("text", [HTML, MARKDOWN, f"İ {HTML}"])
def test_rows(text):
    assert list(rows(text)) == SOUP


def test_what_is_no_table_has_no_rows():
    for text in ("", "a | b", "<table>", "<table></table>", "| a | b |", "<table>" * 100_000):
        assert list(rows(text)) == []


def test_a_row_with_other_columns_is_left_out():
    assert list(rows("| Dish | Price |\n| --- | --- |\n| Soup |\n| Soup | 4.50 |")) == SOUP


@pytest.mark.parametrize("text", [HTML, MARKDOWN])
def test_lists_of_objects_are_filled_from_rows(text):
    item = {
        "type": "object",
        "properties": {"dish": {"type": "string"}, "price": {"type": "number"}},
        "required": ["dish", "price"],
    }
    schema = {
        "type": "object",
        "properties": {"menu": {"type": "array", "items": item}},
        "required": ["menu"],
    }
    filled = Filler(Passage(text, dt.date(2026, 1, 1))).fill(Schema(schema))
    assert filled.value == {"menu": [{"dish": "Soup", "price": 4.5}]}
