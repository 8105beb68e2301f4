"""Reasoning is asked for, sent back, and taken out of texts, however these are cut."""

from __future__ import annotations

import doctest
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhipu_client import InvalidRequestError
from zhipu_client.catalog import MODELS, ModelInfo
from zhipu_client.conversation import thinking
from zhipu_client.conversation.reasoning_history import reasoning_history
from zhipu_client.conversation.thinking import (
    BoxFilter,
    ThinkFilter,
    thinking_apart,
    thinking_fields,
    thinking_value,
    without_marks,
)


def test_examples() -> None:
    assert doctest.testmod(thinking).failed == 0


def split(pieces: list[str], **options: Any) -> tuple[str, str]:
    reader = ThinkFilter(**options)
    pairs = [reader.feed(piece) for piece in pieces] + [reader.rest()]
    return "".join(pair[0] for pair in pairs), "".join(pair[1] for pair in pairs)


AT_THE_START = [
    ("<think>a </thin> b</think>\n\nc <think> d</think>", "a </thin> b", "c <think> d</think>"),
    (" \n<think>a\n\n</think>\nb", "a\n\n", "b"),
    ("<think></think>\nb", "", "b"),
    ("<think>\n \n</think>\n\nb", "", "b"),
    ("<think>cut", "cut", ""),
    ("<think>cut</thin", "cut</thin", ""),
    ("<think>\n", "", ""),
    ("no <think>tag</think>", "", "no <think>tag</think>"),
    ("  <thin", "", "  <thin"),
    ("\n a", "", "\n a"),
    ("", "", ""),
]  # fmt: skip


@pytest.mark.parametrize("implicit", [False, True])
@pytest.mark.parametrize(("text", "thought", "rest"), AT_THE_START)
def test_tags_at_the_start_at_every_cut(text: str, thought: str, rest: str, implicit: bool) -> None:
    assert split([text], implicit=implicit) == (thought, rest)
    assert split(list(text), implicit=implicit) == (thought, rest)
    for place in range(len(text)):
        assert split([text[:place], text[place:]], implicit=implicit) == (thought, rest)


def test_a_text_that_begins_within_the_reasoning() -> None:
    for text in ("hm\n</think>\nyes", "<think>hm\n</think>\nyes"):
        assert split([text], open_first=True) == ("hm\n", "yes")
        assert split(list(text), open_first=True) == ("hm\n", "yes")
    assert split(list("</think>yes"), open_first=True) == ("", "yes")
    assert split(list(" cut"), open_first=True) == (" cut", "")
    assert split(list("\n<thi"), open_first=True) == ("\n<thi", "")


def test_a_closing_tag_at_the_very_start_is_left_over() -> None:
    for pieces in (["\n</think>\n\nyes"], list("\n</think>\n\nyes")):
        assert split(pieces, implicit=True) == ("", "yes")
        assert split(pieces) == ("", "\n</think>\n\nyes")


def test_a_whole_text_without_an_opening_tag_is_split() -> None:
    assert split(["Add them.\n</think>\nIt is 7."], implicit=True) == ("Add them.\n", "It is 7.")
    assert split(["Add.</think>7 is </think> it."], implicit=True) == ("Add.", "7 is </think> it.")
    assert split(["Add.</think>"], implicit=True) == ("Add.", "")


@pytest.mark.parametrize(
    "text",
    [
        "Write `</think>` at the end.",
        "Write ` </think>` at the end.",
        "```\n</think>\n```",
        "The tag </think> ends it.",
        'The tag "</think>" ends it.',
        "Between <think> and </think>.",
        "Like a <think>this</think>.",
        "It is 7 </thin",
    ],
)
def test_a_text_that_speaks_about_tags_is_left_alone(text: str) -> None:
    for pieces in ([text], list(text)):
        assert split(pieces, implicit=True) == ("", text)


@given(st.lists(st.integers(0, 40), min_size=1, max_size=6))
def test_a_stream_says_how_much_of_its_text_was_reasoning(cuts: list[int]) -> None:
    text = "I add three and four.</think>\nIt is 7."
    places = sorted({0, len(text), *(c for c in cuts if c < len(text))})
    reader = ThinkFilter(implicit=True)
    pairs = [reader.feed(text[a:b]) for a, b in itertools.pairwise(places)] + [reader.rest()]
    thought, said = ("".join(pair[n] for pair in pairs) for n in (0, 1))
    assert "think>" not in said
    thought, said = thought + said[: reader.misplaced], said[reader.misplaced :].lstrip("\n")
    assert (thought, said) == ("I add three and four.", "It is 7.")


def test_where_the_server_takes_reasoning_apart_a_later_tag_is_text() -> None:
    wire = {"reasoning_content": "hm", "content": "It ends so.</think> Yes."}
    apart = thinking_apart(wire, ThinkFilter(implicit=True), last=True)
    assert apart == wire
    wire = {"reasoning": "hm", "content": "\n</think>\nYes."}
    apart = thinking_apart(wire, ThinkFilter(implicit=True), last=True)
    assert (apart["reasoning_content"], apart["content"]) == ("hm", "Yes.")
    reader = ThinkFilter(implicit=True)
    thinking_apart({"reasoning_content": "hm"}, reader, last=False)
    found = [thinking_apart({"content": t}, reader, last=False) for t in ("It ", "so.</think>")]
    assert [one["content"] for one in found] == ["It ", "so.</think>"]
    assert reader.settled


def test_messages_and_deltas_are_taken_apart() -> None:
    wire = {"role": "assistant", "content": "<think>hm</think>\nyes"}
    apart = thinking_apart(wire, ThinkFilter(), last=True)
    assert apart == {"role": "assistant", "content": "yes", "reasoning_content": "hm"}
    assert wire["content"].startswith("<think>")
    parts = {"content": [{"type": "text", "text": "<think>hm</think>yes"}]}
    assert thinking_apart(parts, ThinkFilter(), last=True)["content"] == "yes"
    reader = ThinkFilter()
    assert thinking_apart({"content": "<think>h</th"}, reader, last=False) == {
        "content": "", "reasoning_content": "h",
    }  # fmt: skip
    assert thinking_apart({}, reader, last=True) == {"content": "", "reasoning_content": "</th"}


@given(st.lists(st.sampled_from(["<think>", "</think>", "\n", " ", "a", "`", "<", "</", "think>"])))
def test_nothing_is_lost_but_tags_and_blanks(pieces: list[str]) -> None:
    def left(text: str) -> str:
        for gone in ("<think>", "</think>"):
            text = text.replace(gone, "", 1) if gone not in text[8:] else text
        return "".join(text.split())

    for options in ({}, {"implicit": True}, {"open_first": True}):
        whole = "".join(split(["".join(pieces)], **options))
        streamed = "".join(split(pieces, **options))
        assert "".join(whole.split()) == "".join(streamed.split())


@pytest.mark.parametrize("text", ["\n" * 100_000, "<think>" + "\n" * 100_000, "<" * 100_000])
def test_long_texts_take_no_long_time(text: str) -> None:
    for options in ({}, {"implicit": True}, {"open_first": True}):
        split(list(text), **options)


def unboxed(pieces: list[str]) -> str:
    reader = BoxFilter()
    return "".join([*map(reader.feed, pieces), reader.rest()])


@given(
    st.lists(
        st.sampled_from(["<|begin_of_box|>", "<|end_of_box|>", "<|begin", "_of_box|>", "<", "a"])
    )
)
def test_box_marks_are_taken_off_at_any_cut(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert unboxed(pieces) == unboxed(list(text)) == without_marks(text)


def test_what_only_looks_like_a_box_mark_stays() -> None:
    assert unboxed(["a <|begin", "_of_a|> <|end_of_box|"]) == "a <|begin_of_a|> <|end_of_box|"


@pytest.mark.parametrize(
    ("value", "clear", "sent"),
    [
        (None, None, None),
        ("auto", None, None),
        (True, None, {"type": "enabled"}),
        (False, None, {"type": "disabled"}),
        ("enabled", None, {"type": "enabled"}),
        ("disabled", True, {"type": "disabled", "clear_thinking": True}),
        (None, False, {"clear_thinking": False}),
        ({"type": "enabled", "clear_thinking": True}, False,
         {"type": "enabled", "clear_thinking": False}),
        ({"type": "a kind of next year"}, None, {"type": "a kind of next year"}),
    ],
)  # fmt: skip
def test_thinking_as_the_wire_has_it(value: Any, clear: Any, sent: Any) -> None:
    assert thinking_value(value, clear) == sent


@pytest.mark.parametrize("value", [1, 0, "on", "", [], 2.5])
def test_thinking_that_cannot_be_sent(value: Any) -> None:
    with pytest.raises(InvalidRequestError, match="thinking is") as caught:
        thinking_value(value)
    assert caught.value.field == "thinking"


ALWAYS = ModelInfo(
    id="glm-x",
    kind="chat",
    thinking="always",
    effort_levels=("low", "high", "max"),
    efforts_instead=(("medium", "high"),),
)
HYBRID = ModelInfo(id="glm-y", kind="chat", thinking="hybrid")
NEVER = ModelInfo(id="glm-z", kind="chat")


def fields(thinking: Any, effort: str | None, info: ModelInfo | None, site: str | None) -> Any:
    return thinking_fields(thinking, None, effort, info=info, site=site)


@pytest.mark.parametrize("site", ["bigmodel", "zai", None])
def test_a_model_that_always_thinks(site: str | None) -> None:
    assert fields(True, None, ALWAYS, site) == ({"type": "enabled"}, None, [])
    sent, effort, notes = fields(False, None, ALWAYS, site)
    assert (sent, effort) == (None, "low")
    assert notes == [
        'glm-x always thinks: instead of thinking=False, reasoning_effort="low" is sent'
    ]
    assert fields(False, "max", ALWAYS, site)[:2] == (None, "max")
    sent, effort, notes = fields("auto", "medium", ALWAYS, site)
    assert (sent, effort) == (None, "high")
    assert notes == ["glm-x has no reasoning_effort='medium': 'high' is sent"]
    assert fields(None, "of next year", ALWAYS, site) == (None, "of next year", [])
    kept = thinking_fields(False, False, None, info=ALWAYS, site=site)
    assert kept[:2] == ({"clear_thinking": False}, "low")


@pytest.mark.parametrize("info", [HYBRID, NEVER, None])
def test_other_models_and_the_coding_sites_get_what_was_said(info: ModelInfo | None) -> None:
    assert fields(False, "medium", info, "zai") == ({"type": "disabled"}, "medium", [])
    assert fields(False, "medium", ALWAYS, "zai-coding") == ({"type": "disabled"}, "medium", [])


def test_the_callers_object_is_not_changed() -> None:
    given = {"type": "disabled"}
    fields(given, None, ALWAYS, None)
    assert given == {"type": "disabled"}


def test_the_catalogue_has_a_model_that_always_thinks() -> None:
    assert "always" in {info.thinking for info in MODELS.values()}


@pytest.mark.parametrize(
    ("said", "thinking", "clear", "info", "site", "expected"),
    [
        (None, None, None, HYBRID, "bigmodel", "tool_loop"),
        (None, None, None, None, None, "tool_loop"),
        (None, None, False, HYBRID, "zai", "all"),
        (None, {"clear_thinking": False}, None, HYBRID, "zai", "all"),
        (None, {"clear_thinking": False}, True, HYBRID, "zai", "tool_loop"),
        (None, None, None, HYBRID, "zai-coding", "all"),
        (None, None, True, HYBRID, "bigmodel-coding", "tool_loop"),
        ("none", None, False, HYBRID, "zai-coding", "none"),
        ("all", None, None, NEVER, "zai", "none"),
        ("all", None, True, None, None, "all"),
    ],
)
def test_which_reasoning_is_sent_back(
    said: Any, thinking: Any, clear: Any, info: Any, site: Any, expected: str
) -> None:
    assert reasoning_history(said, thinking, clear, info=info, site=site) == expected


def test_blanks_come_out_before_what_is_not_text() -> None:
    reader = ThinkFilter(implicit=True)
    assert reader.feed("\n\n") == ("", "")
    assert reader.blanks() == "\n\n"
    assert reader.blanks() == ""
    assert reader.feed("<think>hm</think>yes") == ("hm", "yes")


@pytest.mark.parametrize("begun", ["<thi", "<think>\n"])
def test_what_may_be_reasoning_stays_held(begun: str) -> None:
    reader = ThinkFilter()
    reader.feed(begun)
    assert reader.blanks() == ""
