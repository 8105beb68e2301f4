"""What the official SDK's pages show for chat, in our own words, with the SDK itself."""

from __future__ import annotations

import json

import pytest
import zai
from zai import ZaiClient, ZhipuAiClient
from zai.core import APIAuthenticationError, APIRequestFailedError

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Look up the weather of a city",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "description": "Name of the city"}},
            "required": ["city"],
        },
    },
}


@pytest.fixture(params=[ZhipuAiClient, ZaiClient])
def client(request, server):
    with request.param(api_key=server.api_key, base_url=server.base_url) as client:
        yield client


def _create(client, *messages, **parameters):
    parameters.setdefault("model", "glm-4.7")
    messages = [{"role": role, "content": content} for role, content in messages]
    return client.chat.completions.create(messages=messages, **parameters)


def test_plain(client):
    reply = _create(client, ("system", "You are brief."), ("user", "Say hello to Hangzhou."))
    (choice,) = reply.choices
    assert choice.message.role == "assistant"
    assert choice.message.content.strip()
    assert choice.finish_reason == "stop"
    assert reply.model == "glm-4.7"
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens


def test_a_token_made_by_the_sdk_is_taken(server):
    with ZhipuAiClient(
        api_key=server.api_key, base_url=server.base_url, disable_token_cache=False
    ) as client:
        assert _create(client, ("user", "Hello?")).choices[0].message.content


def test_stream(client):
    asked = ("user", "Name three rivers of China and say a word about each.")
    chunks = list(_create(client, asked, stream=True))
    finished = [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices]
    assert finished[-1] == "stop"
    assert not any(finished[:-1])
    assert len(chunks) > 3
    assert chunks[-1].usage.completion_tokens > 0
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert text == _create(client, asked).choices[0].message.content


def test_multi_turn(client):
    turns = [("user", "My name is Lin and I live in Suzhou.")]
    turns.append(("assistant", _create(client, *turns).choices[0].message.content))
    turns.append(("user", "What is my name?"))
    assert "Lin" in _create(client, *turns).choices[0].message.content


@pytest.mark.parametrize("stream", [False, True])
def test_thinking_on(client, stream):
    asked = ("user", "Which is larger, 9.11 or 9.8?")
    reply = _create(client, asked, thinking={"type": "enabled"}, stream=stream)
    parts = [chunk.choices[0].delta for chunk in reply] if stream else [reply.choices[0].message]
    assert "".join(part.reasoning_content or "" for part in parts).strip()
    assert "".join(part.content or "" for part in parts).strip()


def test_thinking_off(client):
    reply = _create(
        client, ("user", "Which is larger, 9.11 or 9.8?"), thinking={"type": "disabled"}
    )
    assert not reply.choices[0].message.reasoning_content
    assert reply.choices[0].message.content.strip()


def test_function_call(client):
    messages = [{"role": "user", "content": "What is the weather like in Hangzhou today?"}]
    ask = {"model": "glm-4.7", "tools": [WEATHER], "tool_choice": "auto"}
    first = client.chat.completions.create(messages=messages, **ask).choices[0]
    assert first.finish_reason == "tool_calls"
    (call,) = first.message.tool_calls
    assert call.function.name == "get_weather"
    assert "Hangzhou" in json.loads(call.function.arguments)["city"]
    messages += [
        first.message.model_dump(exclude_none=True),
        {"role": "tool", "tool_call_id": call.id, "content": '{"weather": "drizzle, 17 degrees"}'},
    ]
    second = client.chat.completions.create(messages=messages, **ask).choices[0]
    assert second.finish_reason == "stop"
    assert "drizzle" in second.message.content


def test_tool_stream(client):
    chunks = list(
        _create(
            client,
            ("user", "What is the weather like in Hangzhou today?"),
            tools=[WEATHER],
            stream=True,
            tool_stream=True,
        )
    )
    calls: dict[int, list[str]] = {}
    names: dict[int, str] = {}
    for chunk in chunks:
        for part in chunk.choices[0].delta.tool_calls or []:
            calls.setdefault(part.index, []).append(part.function.arguments or "")
            names.setdefault(part.index, part.function.name)
    assert names == {0: "get_weather"}
    assert len(calls[0]) > 1
    assert "Hangzhou" in json.loads("".join(calls[0]))["city"]
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


def test_an_id_that_is_a_number(client):
    assert _create(client, ("user", "Hello?"), request_id=1_790_000_000.5).choices


def test_a_character_that_speaks_first(server):
    said = ("assistant", "Good evening. I have been waiting for you.")
    with ZhipuAiClient(api_key=server.api_key, base_url=server.base_url) as client:
        assert _create(client, said, ("user", "Who are you?"), model="charglm-3").choices


def test_a_wrong_key_is_the_sdk_s_own_error(server):
    with (
        ZhipuAiClient(api_key="wrong.key", base_url=server.base_url) as client,
        pytest.raises(APIAuthenticationError),
    ):
        _create(client, ("user", "Hello?"))


def test_an_unknown_model_is_the_sdk_s_own_error(client):
    with pytest.raises(APIRequestFailedError, match="1211"):
        _create(client, ("user", "Hello?"), model="glm-of-next-year")


def test_the_sdk_is_the_one_that_was_meant():
    assert zai.__version__
