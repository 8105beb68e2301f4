"""Reasoning between tags is taken out of texts, however these are cut."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhipu_client.conversation.think_tags import ThinkFilter, ThoughtsMode, thinking_apart


def split(pieces: list[str], mode: ThoughtsMode = "tags") -> tuple[str, str]:
    reader = ThinkFilter(mode)
    pairs = [*map(reader.feed, pieces[:-1]), reader.rest("".join(pieces[-1:]))]
    return "".join(pair[0] for pair in pairs), "".join(pair[1] for pair in pairs)


MODES: tuple[ThoughtsMode, ...] = ("tags", "implicit", "opened", "off")

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


@pytest.mark.parametrize("mode", ["tags", "implicit"])
@pytest.mark.parametrize(("text", "thought", "rest"), AT_THE_START)
def test_tags_at_the_start_at_every_cut(text: str, thought: str, rest: str, mode: Any) -> None:
    assert split([text], mode) == (thought, rest)
    assert split(list(text), mode) == (thought, rest)
    for place in range(len(text)):
        assert split([text[:place], text[place:]], mode) == (thought, rest)


def test_a_text_that_begins_within_the_reasoning() -> None:
    for text in ("hm\n</think>\nyes", "<think>hm\n</think>\nyes"):
        assert split([text], "opened") == ("hm\n", "yes")
        assert split(list(text), "opened") == ("hm\n", "yes")
    assert split(list("</think>yes"), "opened") == ("", "yes")
    assert split(list(" cut"), "opened") == (" cut", "")
    assert split(list("\n<thi"), "opened") == ("\n<thi", "")


def test_a_closing_tag_at_the_very_start_is_left_over() -> None:
    for pieces in (["\n</think>\n\nyes"], list("\n</think>\n\nyes")):
        assert split(pieces, "implicit") == ("", "yes")
        assert split(pieces) == ("", "\n</think>\n\nyes")


def test_a_whole_text_without_an_opening_tag_is_split() -> None:
    assert split(["Add them.\n</think>\nIt is 7."], "implicit") == ("Add them.\n", "It is 7.")
    assert split(["Add.</think>7 is </think> it."], "implicit") == ("Add.", "7 is </think> it.")
    assert split(["Add.</think>"], "implicit") == ("Add.", "")


#: Texts that speak about tags, and no reasoning in them.
SPOKEN = [
    "Write `</think>` at the end.",
    "Write ` </think>` at the end.",
    "Write ``a ` </think>`` so.",
    "```\n</think>\n```",
    "```xml\nx</think>\n```\n",
    "~~~\nhm</think>yes\n~~~",
    "~~~~ xml\n~~~\nhm</think>yes\n~~~~",
    "Of this:\n\n   ~~~\n   a</think>\n   ~~~",
    "````\n```py\n```\nhm</think>yes\n````",
    "> hm</think>",
    "The tag </think> ends it.",
    'The tag "</think>" ends it.',
    "The tag '</think>' ends it.",
    'The text "hm</think>yes" has one.',
    "“hm</think>yes” hat einen.",
    "标签「</think>」表示思考结束。",
    "在模板里，</think>表示结束。",
    "Between <think> and </think>.",
    "Like a <think>this</think>.",
    "Like a\n<think>\nthis\n</think>\nend.",
    "It ends with </think>",
    "It ends so</think>, always.",
    "It ends (</think>) so.",
    "<a></think></a>",
    "Here: <a></think></a>",
    '<p class="x">\n</think>\n</p>',
    "<a>x</think></a>",
    "<a>x</think>\n</a>",
    "So:\n    </think>\n    is code.",
    "It is 7 </thin",
]


#: Text, the reasoning it begins with, the answer.
IMPLICIT = [
    ("I add.\n</think>\nIt is 7.", "I add.\n", "It is 7."),
    ("I add. </think>\nIt is 7.", "I add. ", "It is 7."),
    ("I add. </think>It is 7.", "I add. ", "It is 7."),
    ("I add.\n </think>\n7", "I add.\n ", "7"),
    ('It is "7"</think>7', 'It is "7"', "7"),
    ("It is `7`</think>7", "It is `7`", "7"),
    ("```py\n7\n```</think>7", "```py\n7\n```", "7"),
    ("```py\n7\n```\n</think>7", "```py\n7\n```\n", "7"),
    ("a ` b\n\nso 7</think>7", "a ` b\n\nso 7", "7"),
    ('a 5" pipe\nso 7</think>7', 'a 5" pipe\nso 7', "7"),
    ("It asks for `</think>`.</think>It ends.", "It asks for `</think>`.", "It ends."),
    ("Of <think>a</think>, well.</think>b", "Of <think>a</think>, well.", "b"),
    ("hm</think><b>7</b>", "hm", "<b>7</b>"),
    ("hm</think>\n\n<svg/>", "hm", "<svg/>"),
    ("hm</think></think>7", "hm", "</think>7"),
    ("hm</think>![a](b)", "hm", "![a](b)"),
    ('hm</think>"Yes."', "hm", '"Yes."'),
    ("加起来。</think>七。", "加起来。", "七。"),
    ("hm</think>" + "\n" * 100 + "</b>", "hm", "</b>"),
    ("hm</think>", "hm", ""),
]


@pytest.mark.parametrize("text", SPOKEN)
def test_a_text_that_speaks_about_tags_is_left_alone(text: str) -> None:
    for pieces in ([text], list(text)):
        for mode in MODES:
            if mode != "opened":
                assert split(pieces, mode) == ("", text)


@pytest.mark.parametrize(("text", "thought", "rest"), IMPLICIT)
def test_the_end_of_reasoning_that_nothing_opened(text: str, thought: str, rest: str) -> None:
    assert split([text], "implicit") == (thought, rest)
    for pieces in (list(text), [text[:2], text[2:]]):
        assert moved(pieces, "implicit") == (thought, rest)


def moved(pieces: list[str], mode: ThoughtsMode) -> tuple[str, str]:
    """Return reasoning and text of a stream, with what was passed on too early put right."""
    reader = ThinkFilter(mode)
    pairs = [reader.feed(piece) for piece in pieces] + [reader.rest()]
    thought, said = ("".join(pair[n] for pair in pairs) for n in (0, 1))
    if reader.misplaced:
        return thought + said[: reader.misplaced], said[reader.misplaced :].lstrip("\n")
    return thought, said


PIECES = [
    "<think>", "</think>", "\n", "\n\n", " ", "a", "A. ", "`", "```", "~~~", '"', "“", "”", "<",
    "</", "think>", "<a>", "</a>", ", ", "> ", "'",
]  # fmt: skip


@settings(max_examples=400)
@given(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=14),
    st.lists(st.integers(1, 12), min_size=1, max_size=6),
    st.sampled_from(MODES),
    st.booleans(),
)
def test_any_text_is_split_alike_at_any_cut(
    written: list[str], sizes: list[int], mode: ThoughtsMode, parser: bool
) -> None:
    text = "".join(written)
    pieces, at = [], 0
    for size in itertools.cycle(sizes):
        pieces.append(text[at : at + size])
        at += size
        if at >= len(text):
            break
    whole = ThinkFilter(mode)
    reader = ThinkFilter(mode)
    if parser:
        whole.has_parser()
        reader.has_parser()
    expected = whole.rest(text)
    pairs = [reader.feed(piece) for piece in pieces] + [reader.rest()]
    thought, said = ("".join(pair[n] for pair in pairs) for n in (0, 1))
    if reader.misplaced:
        thought, said = said[: reader.misplaced], said[reader.misplaced :].lstrip("\n")
    assert (thought, said) == expected


@pytest.mark.parametrize(
    ("text", "thought", "rest"),
    [
        ("<think></think>\nb", "", "b"),
        ("\n</think>\n\nb", "", "b"),
        ("</think>b", "", "b"),
        ("<think>a.</think>b", "a.", "b"),
        ("<think>a\n</think>\nb", "a\n", "b"),
        ("<think> opens it, </think> ends it.", "", "<think> opens it, </think> ends it."),
        ("<think></think> are the tags.", "", "<think></think> are the tags."),
        ("<think> is the tag.", "", "<think> is the tag."),
        ("</think> ends it.", "", "</think> ends it."),
        ("hm</think>yes", "", "hm</think>yes"),
        ("a", "", "a"),
    ],
)
def test_where_thinking_is_switched_off(text: str, thought: str, rest: str) -> None:
    for pieces in ([text], list(text)):
        assert split(pieces, "off") == (thought, rest)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("</think>\nb", "b"),
        ("<think></think>b", "b"),
        ("<think>\n</think>\nb", "b"),
        ("</think> ends it.", "</think> ends it."),
        ("<think>a</think> is one.", "<think>a</think> is one."),
        ("<think> opens it.", "<think> opens it."),
        ("a</think>b", "a</think>b"),
    ],
)
def test_where_reasoning_came_in_a_field_of_its_own(
    text: str, rest: str, mode: ThoughtsMode
) -> None:
    for pieces in ([text], list(text)):
        reader = ThinkFilter(mode)
        reader.has_parser()
        pairs = [reader.feed(piece) for piece in pieces] + [reader.rest()]
        assert ("".join(pair[0] for pair in pairs), "".join(pair[1] for pair in pairs)) == (
            "",
            rest,
        )


def test_reasoning_may_quote_the_tag_that_ends_it() -> None:
    text = '<think>It asks for `</think>` or "</think>".</think>It ends.'
    for pieces in ([text], list(text)):
        assert split(pieces) == ('It asks for `</think>` or "</think>".', "It ends.")
    assert split(list("<think>`a`</think>`b`")) == ("`a`", "`b`")


@given(st.lists(st.integers(0, 40), min_size=1, max_size=6))
def test_a_stream_says_how_much_of_its_text_was_reasoning(cuts: list[int]) -> None:
    text = "I add three and four.</think>\nIt is 7."
    places = sorted({0, len(text), *(c for c in cuts if c < len(text))})
    pieces = [text[a:b] for a, b in itertools.pairwise(places)]
    assert moved(pieces, "implicit") == ("I add three and four.", "It is 7.")


def test_where_the_server_takes_reasoning_apart_a_later_tag_is_text() -> None:
    wire = {"reasoning_content": "hm", "content": "It ends so.</think> Yes."}
    apart = thinking_apart(wire, ThinkFilter("implicit"), last=True)
    assert apart == wire
    wire = {"reasoning": "hm", "content": "\n</think>\nYes."}
    apart = thinking_apart(wire, ThinkFilter("implicit"), last=True)
    assert (apart["reasoning_content"], apart["content"]) == ("hm", "Yes.")
    reader = ThinkFilter("implicit")
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


@given(
    st.lists(
        st.sampled_from(["<think>", "</think>", "\n", " ", "a", "`", "<", "</", "think>"]),
        min_size=1,
    )
)
def test_nothing_is_lost_but_tags_and_blanks(pieces: list[str]) -> None:
    for mode in MODES:
        whole = "".join(split(["".join(pieces)], mode))
        streamed = "".join(split(pieces, mode))
        assert "".join(whole.split()) == "".join(streamed.split())


@pytest.mark.parametrize("text", ["\n" * 100_000, "<think>" + "\n" * 100_000, "<" * 100_000])
def test_long_texts_take_no_long_time(text: str) -> None:
    for mode in MODES:
        split(list(text), mode)


def test_blanks_come_out_before_what_is_not_text() -> None:
    reader = ThinkFilter("implicit")
    assert reader.feed("\n\n") == ("", "")
    assert reader.blanks() == "\n\n"
    assert reader.blanks() == ""
    assert reader.feed("<think>hm</think>yes") == ("hm", "yes")


@pytest.mark.parametrize("begun", ["<thi", "<think>\n"])
def test_what_may_be_reasoning_stays_held(begun: str) -> None:
    reader = ThinkFilter()
    reader.feed(begun)
    assert reader.blanks() == ""
