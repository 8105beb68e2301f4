"""The text of each page, cut out of that of the document."""

from __future__ import annotations

from tests.zhipu_client.engines.pages import page
from zhipu_client import ocr


def test_tables_as_markdown() -> None:
    html = (
        "<table><tr><th colspan=2>Sum</th><th>n</th></tr>"
        "<tr><td rowspan='2'>a|b</td><td>1<br>2</td><td>x</td></tr><tr><td>3</td><td/></tr></table>"
    )
    assert ocr.table_to_markdown(html).splitlines() == [
        "| Sum |  | n |",
        "| --- | --- | --- |",
        "| a\\|b | 1 2 | x |",
        "|  | 3 |  |",
    ]
    assert ocr.table_to_markdown("no table") == "no table"


def test_text_is_put_together_from_regions_where_it_cannot_be_cut() -> None:
    from zhipu_client.ocr._pages import split_markdown

    pages = [page(1), page(2)]
    assert split_markdown("something else", pages) == [
        "# Title 1\n\nText of 1.",
        "# Title 2\n\nText of 2.",
    ]
    assert split_markdown("", [page(1)]) == ["# Title 1\n\nText of 1."]
    assert split_markdown("x", []) == []


def test_text_without_any_region_is_on_the_first_page_or_where_it_says() -> None:
    from zhipu_client.ocr._pages import split_markdown

    assert split_markdown("One.\n\nTwo.", [[], [], []]) == ["One.\n\nTwo.", "", ""]
    text = "One.\n\n![](page=1,bbox=[0, 0, 9, 9])\n\nTwo."
    assert split_markdown(text, [[], [], []]) == [
        "One.",
        "![](page=1,bbox=[0, 0, 9, 9])\n\nTwo.",
        "",
    ]


def test_page_numbers_and_repeated_words_do_not_mislead_the_cut() -> None:
    from zhipu_client.ocr._pages import split_markdown

    pages = [
        [{"content": "Notes"}, {"content": "2"}, {"native_label": "number", "content": "1"}],
        [{"content": "Notes"}, {"content": "1"}, {"label": "image", "content": ""}],
        [{"content": "End"}],
    ]
    text = "Notes\n\n2\n\nNotes\n\n1\n\n<img src='https://x'/>\n\n## End"
    assert split_markdown(text, pages) == [
        "Notes\n\n2",
        "Notes\n\n1\n\n<img src='https://x'/>",
        "## End",
    ]
