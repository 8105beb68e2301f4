"""Box marks are taken out of texts, however these are cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhipu_client.conversation.box_marks import BoxFilter, without_marks


def unboxed(pieces: list[str]) -> str:
    reader = BoxFilter()
    return "".join([*map(reader.feed, pieces), reader.rest()])


@given(
    st.lists(
        st.sampled_from(
            ["<|begin_of_box|>", "<|end_of_box|>", "<|begin", "_of_box|>", "<", "a", "`", '"', "\n"]
        )
    )
)
def test_box_marks_are_taken_off_at_any_cut(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert unboxed(pieces) == unboxed(list(text)) == without_marks(text)


@pytest.mark.parametrize(
    "text",
    [
        "Of `<|begin_of_box|>`.",
        "Of `<|begin_of_box|>42<|end_of_box|>`.",
        "```\n<|begin_of_box|>42\n```",
        "~~~\n<|end_of_box|>\n~~~",
        "Of (<|begin_of_box|>), “<|end_of_box|>”, '<|end_of_box|>'.",
    ],
)
def test_a_box_mark_that_is_spoken_about_stays(text: str) -> None:
    assert unboxed(list(text)) == without_marks(text) == text


def test_a_box_in_quotation_marks_is_one() -> None:
    text = 'It says "<|begin_of_box|>HALT<|end_of_box|>" and (<|begin_of_box|>'
    assert unboxed(list(text)) == without_marks(text) == 'It says "HALT" and ('


def test_what_only_looks_like_a_box_mark_stays() -> None:
    assert unboxed(["a <|begin", "_of_a|> <|end_of_box|"]) == "a <|begin_of_a|> <|end_of_box|"
