"""Joining chunks, in every dialect that was seen, to the answer they are pieces of."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhipu_client import APIError, RateLimitError, ServerError, StreamIncompleteError
from zhipu_client.chat import Accumulator, ToolCallMerger, text_of
from zhipu_client.chat._chunks import ChatReader


def chunk(delta: dict[str, Any], finish: str | None = None, **top: Any) -> dict[str, Any]:
    choice: dict[str, Any] = {"index": 0, "delta": delta}
    if finish is not None:
        choice["finish_reason"] = finish
    return {"id": "c1", "created": 7, "model": "glm-4.7", "choices": [choice], **top}


def joined(*chunks: dict[str, Any]) -> dict[str, Any]:
    accumulator = Accumulator()
    for one in chunks:
        accumulator.add(one)
    return accumulator.message()


def call(
    arguments: Any = None,
    *,
    name: str | None = None,
    id: str | None = None,  # noqa: A002 - the wire's word
    index: int | None = None,
) -> dict[str, Any]:
    def given(**values: Any) -> dict[str, Any]:
        return {key: value for key, value in values.items() if value is not None}

    return {"function": given(name=name, arguments=arguments), **given(id=id, index=index)}


def calls(*deltas: list[dict[str, Any]]) -> list[tuple[str | None, str, str]]:
    merger = ToolCallMerger()
    for delta in deltas:
        merger.fragments(delta)
    return [(c["id"], c["function"]["name"], c["function"]["arguments"]) for c in merger.calls()]


def test_reasoning_text_usage_and_finish() -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    body = joined(
        chunk({"role": "assistant", "reasoning_content": "\nFirst"}),
        chunk({"role": "assistant", "reasoning_content": " think."}),
        chunk({"role": "assistant", "content": "Then "}),
        chunk({"role": "assistant", "content": "talk."}),
        chunk({"role": "assistant", "content": ""}, "stop", usage=usage),
    )
    assert body == {
        "id": "c1",
        "created": 7,
        "model": "glm-4.7",
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": "Then talk.",
                    "reasoning_content": "\nFirst think.",
                },
                "finish_reason": "stop",
            }
        ],
        "usage": usage,
    }


@pytest.mark.parametrize(
    "delta",
    [
        {"reasoning": "hm", "content": None, "tool_calls": []},
        {"reasoning_content": "hm", "content": ""},
        {"reasoning_content": None, "reasoning": "hm"},
        {"reasoning": "hm", "reasoning_details": [{"text": "hm"}]},
    ],
)
def test_reasoning_under_any_name_counts_once(delta: dict[str, Any]) -> None:
    message = joined(chunk(delta))["choices"][0]["message"]
    assert message == {"role": "assistant", "content": "", "reasoning_content": "hm"}


def test_usage_in_a_chunk_without_choices_and_extras_on_the_last() -> None:
    body = joined(
        chunk({"content": "a"}),
        chunk({}, "stop", web_search=[{"refer": "ref_1"}], content_filter=[{"level": 3}]),
        {"id": "c1", "choices": [], "usage": {"total_tokens": 9}},
    )
    assert body["usage"] == {"total_tokens": 9}
    assert body["web_search"] == [{"refer": "ref_1"}]
    assert body["content_filter"] == [{"level": 3}]


def test_a_finish_reason_that_comes_twice_is_one() -> None:
    tool = {"tool_calls": [call("{}", name="f", id="a", index=0)]}
    body = joined(chunk(tool, "tool_calls"), chunk({"content": ""}, "tool_calls"))
    assert body["choices"][0]["finish_reason"] == "tool_calls"
    assert len(body["choices"][0]["message"]["tool_calls"]) == 1


def test_audio_is_joined() -> None:
    body = joined(
        chunk({"audio": {"id": "x", "data": "AB"}}), chunk({"audio": {"data": "CD"}}, "stop")
    )
    assert body["choices"][0]["message"]["audio"] == {"id": "x", "data": "ABCD"}


@pytest.mark.parametrize(
    ("deltas", "expected"),
    [
        pytest.param(
            [
                [call('{"a":1}', name="f", id="x", index=0)],
                [call('{"b":2}', name="g", id="y", index=1)],
            ],
            [("x", "f", '{"a":1}'), ("y", "g", '{"b":2}')],
            id="whole calls",
        ),
        pytest.param(
            [[call('{"a":1}', name="f", id="x", index=0), call("{}", name="g", id="y", index=1)]],
            [("x", "f", '{"a":1}'), ("y", "g", "{}")],
            id="both in one delta",
        ),
        pytest.param(
            [
                [call("", name="f", id="x", index=0)],
                [call('{"a"', index=0)],
                [call(":1}", index=0)],
            ],
            [("x", "f", '{"a":1}')],
            id="fragments",
        ),
        pytest.param(
            [
                [call('{"a"', name="f", id="x", index=0)],
                [call(":1}", name="f", id="x", index=0)],
            ],
            [("x", "f", '{"a":1}')],
            id="name and id repeated",
        ),
        pytest.param(
            [
                [call('{"a"', name="f", id="x1", index=0)],
                [call(":1", id="x2", index=0)],
                [call("}", id="x3", index=0)],
            ],
            [("x1", "f", '{"a":1}')],
            id="a new id in each fragment",
        ),
        pytest.param(
            [
                [call('{"a":1}', name="f", id="x", index=-1)],
                [call('{"b":2}', name="g", id="y", index=-1)],
            ],
            [("x", "f", '{"a":1}'), ("y", "g", '{"b":2}')],
            id="index -1 for all",
        ),
        pytest.param(
            [
                [call('{"a"', name="f", id="x")],
                [call(":1}", id="x")],
                [call("{}", name="g", id="y")],
            ],
            [("x", "f", '{"a":1}'), ("y", "g", "{}")],
            id="no index",
        ),
        pytest.param(
            [[call('{"a"', name="f")], [call(":1}")], [call("{}", name="g")]],
            [(None, "f", '{"a":1}'), (None, "g", "{}")],
            id="neither index nor id",
        ),
        pytest.param(
            [
                [call('{"a":1}', name="f", id="x", index=0)],
                [call('{"b":2}', name="g", id="y", index=0)],
            ],
            [("x", "f", '{"a":1}'), ("y", "g", '{"b":2}')],
            id="index 0 for all",
        ),
        pytest.param(
            [[call({"a": "你"}, name="f", id="x", index=0)]],
            [("x", "f", '{"a": "你"}')],
            id="arguments as an object",
        ),
        pytest.param(
            [[call(name="f", id="x", index=0)]], [("x", "f", "")], id="no arguments at all"
        ),
        pytest.param(
            [[call("{}", id="x", index=0)], [call(name="f", index=0)]],
            [("x", "f", "{}")],
            id="the name comes late",
        ),
    ],
)
def test_tool_calls(deltas: list[Any], expected: list[Any]) -> None:
    assert calls(*deltas) == expected


def test_fragments_carry_id_and_name_once_and_a_running_number() -> None:
    merger = ToolCallMerger()
    out = [
        *merger.fragments([call('{"a"', name="f", id="x", index=-1)]),
        *merger.fragments([call(":1}", name="f", id="x", index=-1)]),
        *merger.fragments([call("{}", name="g", id="y", index=-1)]),
    ]
    assert out == [
        {"index": 0, "id": "x", "name": "f", "arguments": '{"a"'},
        {"index": 0, "id": None, "name": None, "arguments": ":1}"},
        {"index": 1, "id": "y", "name": "g", "arguments": "{}"},
    ]


TEXT = st.text(max_size=12)


@given(
    reasoning=st.lists(TEXT, max_size=4),
    content=st.lists(TEXT, max_size=4),
    arguments=st.lists(st.dictionaries(TEXT, st.integers() | TEXT, max_size=3), max_size=3),
    size=st.integers(1, 7),
)
def test_any_stream_joins_to_the_same_answer(
    reasoning: list[str], content: list[str], arguments: list[dict[str, Any]], size: int
) -> None:
    deltas: list[dict[str, Any]] = [{"reasoning_content": part} for part in reasoning]
    deltas += [{"content": part} for part in content]
    for number, values in enumerate(arguments):
        text = json.dumps(values, ensure_ascii=False)
        pieces = [text[at : at + size] for at in range(0, len(text), size)]
        first, *rest = pieces
        deltas.append({"tool_calls": [call(first, name="f", id=f"i{number}", index=number)]})
        deltas += [{"tool_calls": [call(piece, index=number)]} for piece in rest]
    message = joined(*map(chunk, deltas), chunk({}, "stop"))["choices"][0]["message"]
    assert message["content"] == "".join(content)
    assert message.get("reasoning_content", "") == "".join(reasoning)
    found = [json.loads(c["function"]["arguments"]) for c in message.get("tool_calls", [])]
    assert found == arguments


def read(*events: dict[str, Any] | bytes, end: bool = True) -> ChatReader:
    reader = ChatReader()
    for event in events:
        data = event if isinstance(event, bytes) else json.dumps(event).encode()
        reader.feed(data, "")
    if end:
        reader.finish()
    return reader


def test_whole_answers() -> None:
    assert not read(chunk({"content": "a"}), chunk({}, "stop")).done
    assert read(chunk({"content": "a"}), b"[DONE]").done
    assert read(chunk({"content": ""}, "stop"), b"[DONE]").done


@pytest.mark.parametrize(
    "events", [[], [b"[DONE]"], [chunk({"content": "a"})], [chunk({"content": ""}), b"[DONE]"]]
)
def test_answers_that_are_not(events: list[Any]) -> None:
    with pytest.raises(StreamIncompleteError, match="finish_reason"):
        read(*events)


def test_the_partial_answer_is_on_the_error() -> None:
    tool = {"tool_calls": [call('{"path": "/da', name="delete", id="x", index=0)]}
    with pytest.raises(StreamIncompleteError) as caught:
        read(chunk({"content": "wait"}), chunk(tool))
    choice = caught.value.partial["choices"][0]
    assert choice["message"]["content"] == "wait"
    assert "finish_reason" not in choice


@pytest.mark.parametrize(
    "data", [b'{"choices": [{"deldata: {"choices": []}', b'{"a": "\xff', b"{", b"nonsense"]
)
def test_a_frame_that_is_no_json(data: bytes) -> None:
    with pytest.raises(StreamIncompleteError, match="not JSON") as caught:
        read(chunk({"content": "a"}), data, end=False)
    assert caught.value.partial["choices"][0]["message"]["content"] == "a"
    assert caught.value.retryable


def test_an_error_frame_raises_its_own_kind_with_the_partial_answer() -> None:
    frame = {"error": {"code": "1302", "message": "slow down"}, "request_id": "r"}
    with pytest.raises(RateLimitError) as caught:
        read(chunk({"content": "a"}), frame, end=False)
    assert (caught.value.code, caught.value.status, caught.value.request_id) == ("1302", None, "r")
    assert caught.value.partial["choices"][0]["message"]["content"] == "a"


@pytest.mark.parametrize("frame", [[], "text", 17, None, True])
def test_a_frame_of_another_type_is_a_failure(frame: Any) -> None:
    with pytest.raises(APIError):
        read(json.dumps(frame).encode(), end=False)


@pytest.mark.parametrize(
    "choices",
    [
        [None],
        [[]],
        "text",
        5,
        {"0": {}},
        [{"delta": "text"}],
        [{"delta": [1]}],
    ],
)
def test_a_chunk_of_another_shape_is_a_typed_error(choices: Any) -> None:
    reader = ChatReader()
    reader.feed(json.dumps(chunk({"content": "part"})).encode(), "")
    with pytest.raises(StreamIncompleteError, match="not a chunk of a chat") as caught:
        reader.feed(json.dumps({"choices": choices}).encode(), "")
    assert caught.value.partial["choices"][0]["message"]["content"] == "part"


def test_network_error_raises_and_sensitive_is_seen() -> None:
    with pytest.raises(ServerError, match="network_error") as caught:
        read(chunk({"content": "a"}), chunk({}, "network_error"), end=False)
    assert caught.value.retryable
    read(chunk({"content": "a"}), chunk({}, "sensitive"))
    read(chunk({"content": "a"}), chunk({}, "a reason of next year"))


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("a", "a"),
        (None, ""),
        ([{"type": "text", "text": "a"}, "b", {"type": "image_url"}, 7], "ab"),
        (17, ""),
    ],
)
def test_text_of(content: Any, text: str) -> None:
    assert text_of(content) == text
