"""Sums of chunks: what LangChain makes of them, at every step, and no text read twice."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessageChunk, message_chunk_to_message
from langchain_core.messages.tool import tool_call_chunk

from langchain_zhipu._chat import chunks as chunks_module
from langchain_zhipu._chat.chunks import ZhipuMessageChunk, piece
from zhipu_client.chat import _brackets
from zhipu_client.conversation import growing

OBJECTS = [
    {}, {"a": 1}, {"a": "}{\\\"", "b": [1, {"c": None}]}, {"text": "word " * 20}, {"ü": "🙂"},
]  # fmt: skip
ODD = ["null", '"{\\"a\\": 1}"', '{"a": 1', '{"a": 1}}', "[1]", "", "<arg_key>a</arg_key>", "x"]
ARGUMENTS = st.one_of(st.sampled_from([json.dumps(made) for made in OBJECTS]), st.sampled_from(ODD))


@st.composite
def fields(draw: Any, odd: bool = True) -> dict[str, Any]:
    """Fields of a chunk: text, reasoning, pieces of calls with and without index, id and name."""
    text = draw(ARGUMENTS)
    start, end = sorted(draw(st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))))
    made = [
        tool_call_chunk(
            name=draw(st.sampled_from([None, None, "add", " "])),
            args=draw(st.sampled_from([None, "", text, text[start:end], text[:end]])),
            id=draw(st.sampled_from([None, None, "a", "b"])) if odd else "a",
            index=draw(st.sampled_from([0, 0, 1, 2, 7, None])),
        )
        for _ in range(draw(st.integers(0, 2)))
    ]
    found: dict[str, Any] = {
        "content": draw(st.sampled_from(["", "hi", [{"type": "text", "text": "x", "index": 0}]])),
        "additional_kwargs": draw(st.sampled_from([{}, {"reasoning_content": "hm"}])),
        "response_metadata": {"model_provider": "zhipu"},
        "id": draw(st.sampled_from([None, "lc_run-1", "lc_run-1", "own"])),
        "tool_call_chunks": made,
    }
    if draw(st.integers(0, 5)) == 0:
        usage = {"input_tokens": 2, "output_tokens": 3, "total_tokens": 5}
        found["usage_metadata"] = {**usage, "input_token_details": {"cache_read": 1}}
    return found


def whole_calls(total: AIMessageChunk) -> list[dict[str, Any]]:
    """Return the calls of a sum whose arguments are a whole object."""
    found = []
    for call in total.tool_call_chunks:
        try:
            args = json.loads(call["args"] or "")
        except ValueError:
            continue
        if isinstance(args, dict) and (call["name"] or "").strip():
            name = call["name"]
            found.append({"name": name, "args": args, "id": call["id"], "type": "tool_call"})
    return found


def parts(total: AIMessageChunk) -> dict[str, Any]:
    return {k: v for k, v in vars(total).items() if not k.endswith("tool_calls")}


@settings(max_examples=300, deadline=None)
@given(st.lists(fields(), min_size=2, max_size=8))
def test_a_sum_is_that_of_langchain_at_every_step(given_fields: list[dict[str, Any]]) -> None:
    ours: Any = ZhipuMessageChunk(**copy.deepcopy(given_fields[0]))
    theirs: Any = AIMessageChunk(**copy.deepcopy(given_fields[0]))
    seen: list[tuple[Any, str]] = []
    for one in given_fields[1:]:
        try:
            theirs = theirs + AIMessageChunk(**copy.deepcopy(one))
        except TypeError:
            with pytest.raises(TypeError):
                ours + ZhipuMessageChunk(**copy.deepcopy(one))
            return
        seen.append((ours, repr(ours)))
        ours = ours + ZhipuMessageChunk(**copy.deepcopy(one))
        assert parts(ours) == parts(theirs)
        assert ours.tool_calls == whole_calls(theirs)
        assert ours.invalid_tool_calls == []
    at_once = ZhipuMessageChunk(**copy.deepcopy(given_fields[0])) + [
        ZhipuMessageChunk(**copy.deepcopy(one)) for one in given_fields[1:]
    ]
    assert vars(at_once) == vars(ours)
    for earlier, written in seen:
        assert repr(earlier) == written  # a sum changes neither of its parts


@settings(max_examples=100, deadline=None)
@given(st.lists(fields(odd=False), min_size=2, max_size=6))
def test_what_is_kept_of_a_sum_is_of_langchains_classes(given_fields: list[Any]) -> None:
    total: Any = ZhipuMessageChunk(**copy.deepcopy(given_fields[0]))
    for one in given_fields[1:]:
        try:
            total = total + ZhipuMessageChunk(**copy.deepcopy(one))
        except TypeError:
            return
    assert type(pickle.loads(pickle.dumps(total))) is AIMessageChunk
    assert pickle.loads(pickle.dumps(total)).tool_calls == total.tool_calls
    assert message_chunk_to_message(total).tool_calls == total.tool_calls  # type: ignore[attr-defined]
    written = AIMessageChunk.model_validate(json.loads(total.model_dump_json()))
    assert written.tool_calls == total.tool_calls
    assert copy.copy(total) == copy.deepcopy(total) == total
    both = copy.deepcopy(total) + ZhipuMessageChunk(content="")
    assert both.tool_calls == total.tool_calls


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many characters each reading of a call's arguments looked at."""
    counted: list[int] = []

    def counting(read: Callable[..., Any]) -> Callable[..., Any]:
        def count(text: Any, *args: Any, **kwargs: Any) -> Any:
            counted.append(len(text or ""))
            return read(text, *args, **kwargs)

        return count

    end = _brackets.Brackets.end

    def ending(self: Any, text: str, start: int = 0) -> int:
        counted.append(len(text))
        return end(self, text, start)

    monkeypatch.setattr(_brackets.Brackets, "end", ending)
    monkeypatch.setattr(growing, "read_arguments", counting(growing.read_arguments))
    monkeypatch.setattr(chunks_module, "read_arguments", counting(chunks_module.read_arguments))
    for module in ("langchain_core.messages.ai", "langchain_zhipu._chat.chunks"):
        monkeypatch.setattr(f"{module}.parse_partial_json", counting(json.loads))
    return counted


def added_up(pieces: Sequence[str], calls: int = 1) -> Any:
    total: Any = None
    for number, text in enumerate(pieces):
        first = number < calls
        call = tool_call_chunk(
            name="write" if first else None,
            args=text,
            id=f"c{number}" if first else None,
            index=number % calls,
        )
        made = piece(content="", tool_call_chunks=[call])
        total = made if total is None else total + made
    return total


@pytest.mark.parametrize("calls", [1, 4])
def test_no_argument_is_read_twice(steps: list[int], calls: int) -> None:
    def cost(fragments: int) -> int:
        steps.clear()
        text = json.dumps({"text": "word " * fragments})
        size = len(text) // fragments
        cut = [text[at : at + size] for at in range(0, len(text), size)]
        total = added_up([one for one in cut for _ in range(calls)], calls)
        assert [call["args"] for call in total.tool_calls] == [json.loads(text)] * calls
        return sum(steps)

    # Each character once to find the end, and once more when the whole is read.
    assert cost(1600) <= 10.1 * cost(160)


def test_a_call_after_its_end_is_read_a_few_times_at_most(steps: list[int]) -> None:
    pieces = ['{"a": "', "x" * 1000, '"}', *(" " * 500), *("</tool_call>" * 100)]
    total = added_up(pieces)
    assert total.tool_calls == []
    assert sum(steps) <= 40_000


@pytest.mark.parametrize("behind", ["", "\n", " \n ", "</tool_call>", "```"])
def test_what_the_template_leaves_behind_a_call(behind: str) -> None:
    assert [c["args"] for c in added_up(['{"a"', ": 1}", behind]).tool_calls] == [{"a": 1}]


@pytest.mark.parametrize(
    "text", ["<arg_key>a</arg_key><arg_value>[1]</arg_value>", '"{\\"a\\": 1}"', "null", "[1]"]
)
def test_what_may_go_on_does_not_run_before_the_end(text: str) -> None:
    assert added_up(list(text)).tool_calls == []
    assert ZhipuMessageChunk(content="", tool_call_chunks=[
        tool_call_chunk(name="a", args=text, id="c", index=0)
    ]).tool_calls == []  # fmt: skip


def test_arguments_that_are_nested_too_deeply_to_read_can_be_stored() -> None:
    from langchain_core.load import dumps

    from langchain_zhipu import ChatZhipuAI
    from tests.contract.server import Reply, scripted

    deep = '{"x": ' + "[" * 3000 + "]" * 3000 + "}"
    call = {"id": "c", "type": "function", "function": {"name": "look", "arguments": deep}}
    reply = {
        "id": "1",
        "model": "glm-4.7",
        "choices": [{"finish_reason": "tool_calls", "message": {"tool_calls": [call]}}],
    }
    with scripted(Reply(reply)) as server:
        model = ChatZhipuAI(model="glm-4.7", api_key="a.b", base_url=server.base_url)
        first, *rest = model.stream("Look")
    total = sum(rest, first)
    stored = AIMessageChunk(**json.loads(dumps(total))["kwargs"])
    for kept in (total, pickle.loads(pickle.dumps(total)), stored):
        assert kept.tool_calls == []
        assert [one["id"] for one in kept.invalid_tool_calls] == ["c"]
        # Quoted where this Python's own parser reads as deep: LangChain would make a call of it.
        args = str(kept.invalid_tool_calls[0]["args"]).replace("\\", "")
        assert deep in args
