"""Which fragment belongs to which call, in what servers have been seen to send."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.zhipu_client.tool_call_fragments import CASES, NAME_PIECES, piece
from zhipu_client.chat import ToolCallMerger, unique_ids


def merged(*fragments: dict[str, Any]) -> list[tuple[str | None, str, str]]:
    """The calls; and what the fragments give out joins to the same."""
    merger = ToolCallMerger()
    joined: dict[int, list[str]] = {}
    for fragment in fragments:
        for made in merger.fragments([fragment]):
            known = joined.setdefault(made["index"], ["", "", ""])
            assert not (made["id"] and known[0])
            assert not (made["name"] and known[1])
            known[0] += made["id"] or ""
            known[1] += made["name"] or ""
            known[2] += made["arguments"]
    calls = [(c["id"], c["function"]["name"], c["function"]["arguments"]) for c in merger.calls()]
    assert [tuple(joined[number]) for number in range(len(calls))] == [
        (identity or "", name, arguments) for identity, name, arguments in calls
    ]
    assert [call["index"] for call in merger.calls()] == list(range(len(calls)))
    return calls


@pytest.mark.parametrize("name", CASES)
def test_calls_as_servers_send_them(name: str) -> None:
    fragments, expected = CASES[name]
    assert merged(*fragments) == expected


ARGUMENTS = st.dictionaries(st.sampled_from("ab{"), st.sampled_from(["", "}", '"', "{x}", 1, {}]))


@given(
    st.lists(st.tuples(st.sampled_from("fg"), ARGUMENTS), min_size=1, max_size=4),
    st.integers(1, 9),
    st.sampled_from(["right", "zero", "minus", "none"]),
    st.booleans(),
)
def test_calls_with_ids_of_their_own_are_kept_apart(
    wanted: list[tuple[str, dict[str, Any]]], size: int, numbering: str, repeats: bool
) -> None:
    fragments = []
    for number, (name, values) in enumerate(wanted):
        at: dict[str, Any] = {
            "right": {"index": number}, "zero": {"index": 0}, "minus": {"index": -1}, "none": {},
        }[numbering]  # fmt: skip
        text = json.dumps(values)
        fragments.append(piece("", name, f"call_{number}", **at))
        for start in range(0, len(text), size):
            more = {"name": name, "id": f"call_{number}"} if repeats else {}
            fragments.append(piece(text[start : start + size], **more, **at))
    found = [(name, json.loads(arguments)) for _, name, arguments in merged(*fragments)]
    assert found == wanted


LOOSE = st.fixed_dictionaries(
    {},
    optional={
        "index": st.sampled_from([0, 1, -1, None, "0", "x", True, 2.0]),
        "id": st.sampled_from(["x", "y", "", None, "null", 0, "x_1"]),
        "function": st.fixed_dictionaries(
            {},
            optional={
                "name": st.sampled_from(["f", "g", "", None, 3]),
                "arguments": st.sampled_from(["", "{}", '{"a":1}', '{"a":', "1}", None, {"a": 1}]),
            },
        ),
    },
)


@given(st.lists(LOOSE, max_size=8))
def test_whatever_comes_it_is_read_and_no_two_ids_are_the_same(fragments: list[Any]) -> None:
    found = merged(*fragments)
    ids = [identity for identity, _, _ in found if identity is not None]
    assert len(ids) == len(set(ids))


def test_many_fragments_take_no_long_time() -> None:
    text = '{"a": "' + "x" * 60_000 + '"}'
    for more in ({"name": "f"}, {}):
        merger = ToolCallMerger()
        merger.fragments([piece("", "f", "x", 0)])
        for number, char in enumerate(text):
            merger.fragments([piece(char, id=f"x{number}", index=0, **more)])
        assert len(merger.calls()) <= 2
    merger = ToolCallMerger()
    for number in range(30_000):
        merger.fragments([piece("{}", "f", "same", number)])
    assert len({call["id"] for call in merger.calls()}) == 30_000
    merger = ToolCallMerger()
    for _ in range(30_000):
        merger.fragments([piece("{}", "f", "same", 0)])
    assert len(merger.calls()) == 1


def test_ids_of_a_whole_answer_are_made_unique() -> None:
    calls: list[Any] = [
        {"id": "x", "function": {"name": "f"}}, {"id": "x"}, {"id": "x_1"}, {"id": ""},
        {"id": None}, {"id": "null"}, {"function": {}},
        {"id": "x", "type": "web_search"}, {"id": 5}, "odd",
    ]  # fmt: skip
    found = unique_ids(calls)
    assert [call.get("id") for call in found[:-1]] == [
        "x", "x_1", "x_1_1", None, None, None, None, "x", "5",
    ]  # fmt: skip
    assert found[0] is calls[0]
    assert found[-1] == "odd"
    assert calls[1] == {"id": "x"}


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([piece('{"a": 1}', "f", "x", 0), piece('{"a":1}', "f", "x", 0)], ["x"]),
        ([piece({"a": 1}, "f", "x"), piece('{"a":1}', "f", "x")], ["x"]),
        ([piece('{"a":1}', "f", "x", 0), piece('{"a":1}', "f", "x", 1)], ["x", "x_1"]),
        ([piece('{"a":1}', "f", "x"), piece('{"a":2}', "f", "x")], ["x", "x_1"]),
        ([piece('{"a":1}', "f", "x"), piece('{"a":1}', "g", "x")], ["x", "x_1"]),
        ([piece("", "f", "x", 0), piece("", "f", "x", 0)], ["x"]),
        ([piece("", "f"), piece("", "f")], [None, None]),
        ([piece('{"a":1}', "f", index=0), piece('{"a":1}', "f", index=1)], [None, None]),
        ([piece("null", "f", "x", 0), piece(" null", "f", "x", 0)], ["x"]),
        ([piece("{}", "f", 0), piece("{}", "g", 1.0), piece("{}", "f", False)], ["0", "1", None]),
    ],
)
def test_one_call_twice_is_one_call_in_a_stream_and_in_a_whole_answer(
    pieces: list[Any], expected: list[str | None]
) -> None:
    merger = ToolCallMerger()
    merger.fragments(pieces)
    assert [call["id"] for call in merger.calls()] == expected
    assert [call.get("id") for call in unique_ids(pieces)] == expected


def test_an_object_is_compared_once_however_often_more_comes() -> None:
    text = '{"a": "' + "x" * 60_000 + '"}'
    merger = ToolCallMerger()
    merger.fragments([piece(text, "f", "x", 0)])
    for _ in range(5_000):
        merger.fragments([piece('{"b": 1}', index=0), piece(" ", index=0)])
    assert len(merger.calls()) == 1


def test_a_stream_gives_the_ids_of_the_whole_answer() -> None:
    ids = ["a", "a", "b", "a", "a_1", None, "null", "b"]
    merger = ToolCallMerger()
    for number, identity in enumerate(ids):
        merger.fragments([piece("{}", "f", identity, number)])
    whole = unique_ids([{"id": identity} for identity in ids])
    assert [call["id"] for call in merger.calls()] == [call["id"] for call in whole]


def test_fragments_of_one_delta_and_of_several_are_read_alike() -> None:
    for fragments, _ in CASES.values():
        one, several = ToolCallMerger(), ToolCallMerger()
        one.fragments(fragments)
        for fragment in itertools.chain(fragments):
            several.fragments([fragment])
        assert one.calls() == several.calls()


def test_neither_a_first_fragment_nor_a_last_one_is_a_call_of_its_own() -> None:
    many = [piece(text, "f", f"x{n}", 0) for n, text in enumerate(["", '{"a":', "1", "}"])]
    ended = [piece('{"a":1}', "f"), piece("", "f"), piece("", "f")]
    followed = [piece('{"a":1}', "f"), piece("", "f"), piece('{"a":2}')]
    for fragments, wanted in ((many, 1), (ended, 1), (followed, 2)):
        merger = ToolCallMerger()
        merger.fragments(fragments)
        texts = [call["function"]["arguments"] for call in merger.calls()]
        assert texts == ['{"a":1}', '{"a":2}'][:wanted]


@pytest.mark.parametrize("case", NAME_PIECES)
def test_a_name_in_pieces_is_joined_to_one_on_offer(case: str) -> None:
    fragments, wanted = NAME_PIECES[case]
    merger = ToolCallMerger({"get_time", "get", "add"})
    told = [part for one in fragments for part in merger.fragments([one])] + merger.rest()
    calls = [(c["function"]["name"], c["function"]["arguments"]) for c in merger.calls()]
    assert calls == wanted
    for number, (name, _) in enumerate(wanted):
        assert "".join(p["name"] or "" for p in told if p["index"] == number) == name
    assert merger.rest() == []
