"""The OpenAI client, which the service's pages name as an alternative."""

from __future__ import annotations

import json

import openai
import pytest

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": name,
            "description": description,
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string", "description": "Name of the city"}},
                "required": ["city"],
            },
        },
    }
    for name, description in (
        ("get_weather", "Look up the weather of a city"),
        ("get_population", "Look up how many people live in a city: its population"),
    )
]
HELLO = [{"role": "user", "content": "Say hello to Hangzhou."}]
BOTH = [
    {"role": "user", "content": "What are the weather in Hangzhou and the population of Hangzhou?"}
]


@pytest.fixture
def client(server):
    with openai.OpenAI(api_key=server.api_key, base_url=server.base_url) as client:
        yield client


def test_plain(client):
    reply = client.chat.completions.create(model="glm-4.7", messages=HELLO)
    assert reply.choices[0].message.content.strip()
    assert reply.choices[0].message.reasoning_content.strip()
    assert reply.choices[0].finish_reason == "stop"
    assert reply.usage.completion_tokens_details.reasoning_tokens > 0


def test_stream_with_usage(client):
    chunks = list(
        client.chat.completions.create(
            model="glm-4.7", messages=HELLO, stream=True, stream_options={"include_usage": True}
        )
    )
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks).strip()
    assert [chunk.usage is not None for chunk in chunks].count(True) == 1
    assert chunks[-1].usage.total_tokens > 0


def test_parallel_tools(client):
    first = client.chat.completions.create(model="glm-4.7", messages=BOTH, tools=TOOLS).choices[0]
    calls = first.message.tool_calls
    assert {call.function.name for call in calls} == {"get_weather", "get_population"}
    assert len({call.id for call in calls}) == 2
    results = [
        {
            "role": "tool",
            "tool_call_id": call.id,
            "content": f"{call.function.name}: about {number}",
        }
        for call, number in zip(calls, (17, 12_000_000), strict=True)
    ]
    messages = [*BOTH, first.message.model_dump(exclude_none=True), *results]
    second = client.chat.completions.create(model="glm-4.7", messages=messages, tools=TOOLS)
    assert "12000000" in second.choices[0].message.content.replace(",", "")


def test_streamed_tools(client):
    arguments: dict[int, str] = {}
    for chunk in client.chat.completions.create(
        model="glm-4.7", messages=BOTH, tools=TOOLS, stream=True
    ):
        for part in chunk.choices[0].delta.tool_calls or []:
            arguments[part.index] = arguments.get(part.index, "") + part.function.arguments
    assert len(arguments) == 2
    assert all("Hangzhou" in json.loads(text)["city"] for text in arguments.values())


def test_json_mode(client):
    reply = client.chat.completions.create(
        model="glm-4.7",
        messages=[{"role": "user", "content": "Give me JSON with the key city for Hangzhou."}],
        response_format={"type": "json_object"},
    )
    assert isinstance(json.loads(reply.choices[0].message.content), dict)


def test_errors_have_the_client_s_types(client, server):
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="glm-of-next-year", messages=HELLO)
    assert caught.value.body["code"] == "1211"
    with (
        openai.OpenAI(api_key="wrong.key", base_url=server.base_url) as stranger,
        pytest.raises(openai.AuthenticationError),
    ):
        stranger.chat.completions.create(model="glm-4.7", messages=HELLO)


def test_embeddings(client):
    reply = client.embeddings.create(
        model="embedding-3", input=["你好", "hello"], dimensions=256, encoding_format="float"
    )
    assert [len(item.embedding) for item in reply.data] == [256, 256]


async def _stream(server) -> str:
    async with openai.AsyncOpenAI(api_key=server.api_key, base_url=server.base_url) as client:
        stream = await client.chat.completions.create(model="glm-4.7", messages=HELLO, stream=True)
        return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])


def test_async_stream(server):
    import asyncio

    assert asyncio.run(_stream(server)).strip()
