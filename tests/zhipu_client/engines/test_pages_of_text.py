"""Each page's text is what is on it: pictures where they are named, and no markup in two."""

from __future__ import annotations

from typing import Any

import pytest

from zhipu_client.ocr._pages import pages_of, split_markdown


def text(content: str, **more: Any) -> dict[str, Any]:
    return {"label": "text", "native_label": "text", "content": content, **more}


PICTURE: dict[str, Any] = {"label": "image", "native_label": "image", "content": ""}
CENTRED = '<div align="center">\n\n# {}\n\n</div>'


def reference(page: int) -> str:
    return f"![](page={page},bbox=[1, 2, 3, 4])"


#: Regions of each page, and the Markdown of each.
WHOLE: dict[str, tuple[list[list[dict[str, Any]]], list[str]]] = {
    "pictures alone": ([[PICTURE]] * 3, [reference(0), reference(1), reference(2)]),
    "pictures among text": (
        [[text("Cover"), PICTURE], [PICTURE], [PICTURE, text("Third")]],
        [f"Cover\n\n{reference(0)}", reference(1), f"{reference(2)}\n\nThird"],
    ),
    "pictures without their page": (
        [[text("Cover"), PICTURE], [PICTURE, PICTURE], [PICTURE, text("Third")]],
        ["Cover\n\n<img src='a'/>", "<img src='b'/>\n\n<img src='c'/>", "<img src='d'/>\n\nThird"],
    ),
    "a centred title ends a page": (
        [[text("Pumps", native_label="doc_title")], [text("Chapter.")]],
        [CENTRED.format("Pumps"), "Chapter."],
    ),
    "a centred title begins a page": (
        [[text("Before.")], [text("Pumps", native_label="doc_title"), text("After.")]],
        ["Before.", CENTRED.format("Pumps") + "\n\nAfter."],
    ),
    "centred pictures": (
        [[PICTURE], [PICTURE], [text("End")]],
        ["<div style='text-align: center;'><img src='x' alt='OCR图片'/></div>"] * 2 + ["End"],
    ),
    "a table with a blank line": (
        [[{"label": "table", "content": "<table><tr><td>a\n\nb</td></tr></table>"}], [text("End")]],
        ["<table><tr><td>a\n\nb</td></tr></table>", "End"],
    ),
    "a program with a blank line": (
        [[text("x = 1\n\ny = 2")], [text("z = 3")]],
        ["```\nx = 1\n\ny = 2\n```", "```\nz = 3\n```"],
    ),
    "a formula with a blank line": (
        [[{"label": "formula", "content": "a\n\nb"}], [text("End")]],
        ["$$\na\n\nb\n$$", "End"],
    ),
    "a blank page": ([[text("One")], [], [text("Three")]], ["One", "", "Three"]),
    "blank pages at the ends": ([[], [text("Two")], []], ["", "Two", ""]),
    "the same words": (
        [[text("Notes")], [text("Notes"), PICTURE], [text("Notes")]],
        ["Notes", f"Notes\n\n{reference(1)}", "Notes"],
    ),
    "a stamp without text": (
        [[text("A"), {"label": "seal", "content": None}], [text("B")]],
        ["A\n\n<img src='stamp'/>", "B"],
    ),
    "marks that are never closed": ([[text("<div> A")], [text("B")]], ["<div> A", "B"]),
}


@pytest.mark.parametrize("kind", WHOLE)
def test_text_is_cut_by_pages(kind: str) -> None:
    regions, texts = WHOLE[kind]
    assert split_markdown("\n\n".join(filter(None, texts)), regions) == texts


def test_pages_that_are_not_divided_by_blank_lines() -> None:
    regions = [[text("One")], [text("Two")]]
    assert split_markdown("# One\n# Two", regions) == ["# One", "# Two"]


@pytest.mark.parametrize("base", [0, 10])
@pytest.mark.parametrize("kind", ["pictures alone", "pictures among text"])
def test_references_count_from_the_answer_or_from_the_document(kind: str, base: int) -> None:
    regions, texts = WHOLE[kind]
    moved = [one.replace("page=", "page=1") if base else one for one in texts]  # 0 -> 10
    data = {"md_results": "\n\n".join(moved), "layout_details": regions}
    pages = pages_of(data, 11, 40)
    assert [page.number for page in pages] == [11, 12, 13]
    assert [page.text for page in pages] == [one.replace("page=", "page=1") for one in texts]


def test_a_reference_that_lies_is_not_believed() -> None:
    for odd in ("99", "9" * 100):
        found = split_markdown(
            f"One\n\n![](page={odd},bbox=[])\n\nTwo", [[text("One")], [text("Two")]]
        )
        assert "".join(found).count("![]") == 1


@pytest.mark.parametrize("unit", ["<div>\n\n", "$$\n\n", "```\n\n", "![](page=1,", "x\n\n", "<"])
def test_foreign_text_is_cut_in_bounded_steps(unit: str) -> None:
    regions = [[text("x")], [PICTURE], [text("x")]]
    found = split_markdown("x\n\n" + unit * 20_000 + "\n\nx", regions)
    assert len(found) == 3
