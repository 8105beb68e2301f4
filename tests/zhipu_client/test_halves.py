"""Half characters from a server cost no answer: they are joined, or replaced one by one."""

from __future__ import annotations

import itertools
import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhipu_client import AsyncClient, Client, RateLimitError, StreamIncompleteError, chat
from zhipu_client._half_characters import decode, whole_characters
from zhipu_client.chat._chunks import ChatReader

JSON = "application/json; charset=UTF-8"
KEY = "0123456789abcdef.NotARealSecret42"
HIGH, LOW = "\ud83d", "\ude42"


def event(delta: dict[str, Any], finish: str | None = None) -> bytes:
    choice: dict[str, Any] = {"index": 0, "delta": delta}
    if finish is not None:
        choice["finish_reason"] = finish
    return json.dumps({"id": "c1", "choices": [choice]}).encode()


def read(*events: bytes) -> tuple[list[Any], dict[str, Any]]:
    reader = ChatReader()
    chunks = [reader.feed(data, "") for data in events]
    reader.finish()
    message = reader.partial()["choices"][0]["message"]
    found = [chunk["choices"][0]["delta"] for chunk in chunks if chunk is not None]
    json.dumps(found, ensure_ascii=False).encode()
    return found, message


@pytest.mark.parametrize("field", ["content", "reasoning_content", "reasoning"])
def test_halves_in_two_chunks_are_one_character(field: str) -> None:
    texts = ["Fine ", HIGH, LOW + " th", "anks"]
    deltas, message = read(*(event({field: text}) for text in texts), event({}, "stop"))
    assert [delta.get(field) for delta in deltas] == ["Fine ", "", "🙂 th", "anks", None]
    said = message["content"] if field == "content" else message["reasoning_content"]
    assert said == "Fine 🙂 thanks"


def test_halves_in_the_arguments_of_two_calls_are_joined_each() -> None:
    def piece(index: int | None, arguments: str, **function: str) -> dict[str, Any]:
        number = {} if index is None else {"index": index}
        return {"tool_calls": [{**number, "function": {"arguments": arguments, **function}}]}

    _, message = read(
        event(piece(0, '{"a": "' + HIGH, name="f")),
        event(piece(1, '{"a": "' + HIGH, name="g")),
        event(piece(0, LOW + '"}')),
        event(piece(1, '"}')),
        event({}, "tool_calls"),
    )
    calls = [call["function"]["arguments"] for call in message["tool_calls"]]
    assert calls == ['{"a": "🙂"}', '{"a": "\ufffd"}']
    _, message = read(event(piece(None, '"' + HIGH, name="f")), event(piece(None, LOW)), b"[DONE]")
    assert message["tool_calls"][0]["function"]["arguments"] == '"🙂'


def test_other_fields_between_the_halves_do_no_harm() -> None:
    _, message = read(
        event({"content": HIGH, "reasoning_content": "a"}),
        event({"content": "", "reasoning_content": HIGH}),
        event({"content": None, "reasoning_content": "b"}),
        event({"content": LOW}, "stop"),
    )
    assert (message["content"], message["reasoning_content"]) == ("🙂", "a\ufffdb")


@pytest.mark.parametrize(
    ("texts", "text"),
    [
        ([HIGH, "a"], "\ufffda"),
        ([LOW, "a"], "\ufffda"),
        (["a" + LOW + "b" + HIGH + "c"], "a\ufffdb\ufffdc"),
        ([HIGH, HIGH + LOW], "\ufffd🙂"),
        ([HIGH + LOW + HIGH, LOW], "🙂🙂"),
        (["a", HIGH], "a\ufffd"),
    ],
)
@pytest.mark.parametrize("end", [event({}, "stop"), event({"content": ""}, "length"), b"[DONE]"])
def test_a_lone_half_is_replaced_and_nothing_else_is_lost(
    texts: list[str], text: str, end: bytes
) -> None:
    deltas, message = read(*(event({"content": one}) for one in texts), end)
    assert message["content"] == text
    assert "".join(delta.get("content") or "" for delta in deltas) == text


@pytest.mark.parametrize("later", [{}, {"arguments": ""}], ids=["whole", "name first"])
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"index": 0, "id": "x"}, {"index": 0, "id": "y"}),
        ({"index": 0}, {"index": 0}),
        ({"id": "x"}, {"id": "y"}),
        ({"id": "x"}, {"index": 1, "id": "y"}),
        ({}, {}),
        ({}, {"index": 1}),
        ({"index": 0, "id": "x"}, {"index": 1, "id": "y"}),
    ],
)
def test_a_half_behind_one_call_does_not_spoil_the_next(
    first: dict[str, Any], second: dict[str, Any], later: dict[str, Any]
) -> None:
    function = {"name": "g", "arguments": '{"a": 1}', **later}
    events = [
        event({"tool_calls": [{**first, "function": {"name": "f", "arguments": "{}" + HIGH}}]}),
        event({"tool_calls": [{**second, "function": function}]}),
    ]
    if later:
        more = {key: value for key, value in second.items() if key == "index"}
        events.append(event({"tool_calls": [{**more, "function": {"arguments": '{"a": 1}'}}]}))
    _, message = read(*events, event({}, "tool_calls"))
    calls = [call["function"] for call in message["tool_calls"]]
    assert calls == [
        {"name": "f", "arguments": "{}\ufffd"},
        {"name": "g", "arguments": '{"a": 1}'},
    ]


def test_halves_are_joined_where_every_piece_has_id_and_name() -> None:
    def piece(arguments: str) -> dict[str, Any]:
        function = {"name": "f", "arguments": arguments}
        return {"tool_calls": [{"index": 0, "id": "x", "function": function}]}

    _, message = read(
        event(piece('{"a": "' + HIGH)),
        event(piece("")),
        event(piece(LOW + '"}')),
        event({}, "stop"),
    )
    assert [call["function"]["arguments"] for call in message["tool_calls"]] == ['{"a": "🙂"}']


def test_a_half_that_is_left_when_the_answer_ends() -> None:
    call = {"tool_calls": [{"index": 0, "function": {"name": "f", "arguments": '{"a": "' + HIGH}}]}
    for end in ({"content": ""}, None):
        choice = {"index": 0, "delta": end, "finish_reason": "length"}
        deltas, message = read(event(call), json.dumps({"choices": [choice]}).encode())
        assert message["tool_calls"][0]["function"]["arguments"] == '{"a": "\ufffd'
        assert deltas[-1]["tool_calls"][0]["index"] == 0


def half_an_answer(request: httpx.Request) -> httpx.Response:
    call = {"id": "x", "function": {"name": "f", "arguments": '{"a": "' + LOW + '"}'}}
    message = {"role": "assistant", "content": "Fine " + HIGH, "tool_calls": [call]}
    body = {"id": "c1", "choices": [{"index": 0, "finish_reason": "stop", "message": message}]}
    return httpx.Response(200, content=json.dumps(body), headers={"content-type": JSON})


async def test_a_whole_answer_with_half_a_character_is_not_lost() -> None:
    asked = chat.create(model="glm-4.7", messages=[{"role": "user", "content": "hello"}]).as_dict()
    transport = httpx.MockTransport(half_an_answer)
    with httpx.Client(transport=transport) as http:
        answers = [Client(api_key=KEY, http_client=http).send(asked)]
    async with httpx.AsyncClient(transport=transport) as aio:
        answers.append(await AsyncClient(api_key=KEY, http_client=aio).send(asked))
    for answer in answers:
        message = answer["choices"][0]["message"]
        assert message["content"] == "Fine \ufffd"
        assert message["tool_calls"][0]["function"]["arguments"] == '{"a": "\ufffd"}'


def test_an_error_with_half_a_character_is_the_typed_error() -> None:
    frame = {"error": {"code": "1302", "message": f"slow down {HIGH}"}}
    with pytest.raises(RateLimitError) as caught:
        ChatReader().feed(json.dumps(frame).encode(), "")
    str(caught.value).encode()


def test_halves_anywhere_else_are_replaced() -> None:
    odd = {"id": f"c{HIGH}", "choices": [{"index": 0, "delta": {"content": [{"text": "a" + LOW}]}}]}
    chunk = ChatReader().feed(json.dumps(odd).encode(), "")
    assert chunk == {
        "id": "c\ufffd", "choices": [{"index": 0, "delta": {"content": [{"text": "a\ufffd"}]}}],
    }  # fmt: skip


@pytest.mark.parametrize(
    "choices", [None, 5, [None], [{"delta": 5}], [{"delta": {"tool_calls": [5, {"function": 5}]}}]]
)
def test_odd_chunks_with_half_characters_are_typed_errors_or_nothing(choices: Any) -> None:
    for held in (b"", event({"content": HIGH})):
        reader = ChatReader()
        if held:
            reader.feed(held, "")
        data = json.dumps({"id": HIGH, "choices": choices}).encode()
        try:
            reader.feed(data, "")
        except StreamIncompleteError as error:
            assert "not a chunk of a chat" in str(error)  # noqa: PT017


@pytest.mark.parametrize("data", [b'{"a": "\\ud83d"', b'{"a": "\\ud83d\xff"', b'"\\ud83d' * 3])
def test_what_is_not_json_is_still_refused(data: bytes) -> None:
    with pytest.raises(StreamIncompleteError, match="not JSON"):
        ChatReader().feed(data, "")
    deep = b'{"a": "\\ud83d", "b": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    with pytest.raises(StreamIncompleteError, match="not JSON"):
        ChatReader().feed(deep, "")


def test_halves_written_as_bytes_are_read() -> None:
    data = '{"a": "\ud83d\ude42", "b": "\ud83d"}'.encode("utf-8", "surrogatepass")
    value, with_halves = decode(data)
    assert with_halves
    assert whole_characters(value) == {"a": "🙂", "b": "\ufffd"}


@given(st.text(), st.text(alphabet="a🙂你", max_size=8), st.lists(st.integers(0, 16), max_size=6))
def test_any_text_cut_between_its_utf_16_units_is_read(
    before: str, text: str, cuts: list[int]
) -> None:
    units = (before + text).encode("utf-16-le", "surrogatepass")
    whole = units.decode("utf-16-le")
    places = sorted({0, len(units), *(2 * cut for cut in cuts if 2 * cut < len(units))})
    pieces = [
        units[start:end].decode("utf-16-le", "surrogatepass")
        for start, end in itertools.pairwise(places)
    ]
    deltas, message = read(*(event({"content": one}) for one in pieces), event({}, "stop"))
    assert message["content"] == whole
    assert "".join(delta.get("content") or "" for delta in deltas) == whole
