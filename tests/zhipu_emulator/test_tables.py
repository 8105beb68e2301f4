"""Rows of tables, and lists of objects that are filled from them."""

from __future__ import annotations

import datetime as dt

import pytest

from langchain_zhipu import ZhipuAIOCRLoader
from zhipu_emulator import sample
from zhipu_emulator.brain.fill import Filler
from zhipu_emulator.brain.schema import Schema
from zhipu_emulator.brain.values import Passage
from zhipu_emulator.brain.words import sentences
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


@pytest.mark.parametrize(
    ("file", "question", "row"),
    [
        ("report.pdf", "How many porpoises were seen on 9 May?",
         "Day: 9 May, Place: Harbour mouth, Porpoises: 11."),
        ("report_zh.pdf", "5月17日在扁山观测到多少头江豚？",
         "日期：5月17日，地点：扁山，江豚数量：7。"),
    ],
)  # fmt: skip
def test_a_question_about_a_row_is_answered_with_it(
    model, llm, server, file: str, question: str, row: str
) -> None:
    here = {"base_url": server.base_url, "api_key": server.api_key}
    text = "\n\n".join(page.page_content for page in ZhipuAIOCRLoader(sample(file), **here).load())
    assert model.invoke([("system", text), ("user", question)]).text == row
    rule = "-" * 21
    prompt = f"Context information is below.\n{rule}\n{text}\n{rule}\nQuery: {question}\nAnswer: "
    assert model.invoke(prompt).text == row
    assert "".join(chunk.delta or "" for chunk in llm.stream_complete(prompt)) == row


def test_a_table_that_is_not_regular_is_told_as_it_is() -> None:
    text = "<table><tr><td>Day</td></tr><tr><td>A</td><td>B</td></tr></table>"
    assert sentences(text) == [text]
    assert sentences(f"Seen. {HTML} Enjoy.") == ["Seen.", "Dish: Soup, Price: 4.50.", "Enjoy."]
