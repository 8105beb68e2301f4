"""Bytes that are not UTF-8 in an answer: refused, and what was paid for is on the error."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.reliability.frames import DONE, frame
from tests.reliability.scenarios import by_mode, page, stream
from tests.reliability.server import FaultServer
from tests.support.answers import USAGE, call, chunk, last, reply
from zhipu_client import Client, ServerError, StreamIncompleteError, chat

from .subjects import ADAPTERS, KEY, WAYS, Ask, Way, run

BAD = [b"\xff", b"\xe4\xbd", b"\xc0\xaf", b"\xf0\x9f\x99"]
LOST = "\ufffd"


def spoilt(data: bytes, bad: bytes) -> bytes:
    assert b"@" in data
    return data.replace(b"@", bad)


def served(bad: bytes, **message: Any) -> Any:
    """Return what serves one answer, whole and in chunks, with bad bytes for each ``@``."""
    body = reply(
        message.get("content", "One @ and two."),
        **{key: value for key, value in message.items() if key != "content"},
    )
    whole = page(spoilt(json.dumps(body).encode(), bad), kind="application/json")
    texts = ("One ", "@ and", " two.")
    events = [frame(chunk({"role": "assistant", "content": text})) for text in texts]
    end = frame(last("stop", USAGE))
    return by_mode(whole, stream(*(e.replace(b"@", bad) for e in [*events, end]), DONE))


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("way", WAYS)
def test_the_whole_answer_is_on_the_error(adapter: str, way: Way, bad: bytes) -> None:
    with FaultServer(served(bad)) as server:
        outcome = run(server, adapter, way, Ask("hi"), {"max_retries": 0})
    error: Any = outcome.exception
    assert outcome.error in {"ServerError", "StreamIncompleteError"}
    assert "not UTF-8" in str(error)
    message = error.partial["choices"][0]["message"]
    assert message["content"].replace(LOST, "") == "One  and two."
    assert LOST in message["content"]
    assert error.partial["usage"] == USAGE
    assert error.partial["choices"][0]["finish_reason"] == "stop"
    assert len(server.requests) == 1


def test_a_call_with_such_a_byte_is_on_it_too() -> None:
    events = [
        frame(chunk({"tool_calls": [call("add", '{"a": "', "c")]})),
        frame(chunk({"tool_calls": [{"index": 0, "function": {"arguments": "@"}}]})),
        frame(chunk({"tool_calls": [{"index": 0, "function": {"arguments": '"}'}}]})),
        frame(last("tool_calls", USAGE)),
    ]
    with FaultServer(stream(*(e.replace(b"@", b"\xff") for e in events), DONE)) as server:
        client = Client(api_key=KEY, base_url=server.base_url, max_retries=0)
        with pytest.raises(StreamIncompleteError) as caught:
            list(client.stream(chat.stream(model="glm-4.7", messages=[
                {"role": "user", "content": "hi"}
            ])))  # fmt: skip
    (made,) = caught.value.partial["choices"][0]["message"]["tool_calls"]
    assert made["function"]["arguments"] == f'{{"a": "{LOST}"}}'


def test_nothing_is_passed_on_from_there() -> None:
    with FaultServer(served(b"\xff")) as server:
        client = Client(api_key=KEY, base_url=server.base_url, max_retries=0)
        seen: list[str] = []
        request = chat.stream(model="glm-4.7", messages=[{"role": "user", "content": "hi"}])
        with pytest.raises(StreamIncompleteError):
            seen.extend(
                one["choices"][0]["delta"].get("content") or "" for one in client.stream(request)
            )
    assert "".join(seen) == "One "


def test_what_is_not_json_either_is_refused_as_before() -> None:
    with FaultServer(page(b"\xff\xfe no JSON", kind="application/json")) as server:
        client = Client(api_key=KEY, base_url=server.base_url, max_retries=0)
        with pytest.raises(ServerError, match="no JSON") as caught:
            client.send(chat.create(model="glm-4.7", messages=[{"role": "user", "content": "hi"}]))
    assert caught.value.partial is None
