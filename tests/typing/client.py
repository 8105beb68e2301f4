"""Checked by mypy in `make lint`, never run: what a user's editor infers, and what it refuses.

An ignore that is not needed is an error in strict mode: that is how the refusals are proven.
"""

from __future__ import annotations

from typing import Any, assert_type

from zhipu_client import AsyncClient, Client, Timeout, agents, call_agent, chat, iterate_agent
from zhipu_client.chat import ChatChunk, ChatCompletion

MESSAGES = [{"role": "user", "content": "hi"}]


def sync(client: Client) -> None:
    reply = client.send(chat.create(model="glm-4.7", messages=MESSAGES, temperature=0.2))
    assert_type(reply, ChatCompletion)
    assert_type(client.send(chat.create(model="m", messages=MESSAGES).as_dict()), dict[str, Any])
    with client.stream(chat.stream(model="glm-4.7", messages=MESSAGES)) as chunks:
        for chunk in chunks:
            assert_type(chunk, ChatChunk)
    call = agents.AgentCall("slides_glm_agent", "Two slides")
    assert_type(call_agent(client, call), agents.AgentReply)
    assert_type(client.send(agents.translate("hi")), agents.AgentReply)
    for event in iterate_agent(client, call):
        assert_type(event, agents.AgentEvent)
    assert_type(client.as_async(), AsyncClient)
    assert_type(client.site, str | None)


async def asynchronous(client: AsyncClient) -> None:
    assert_type(await client.send(chat.create(model="m", messages=MESSAGES)), ChatCompletion)
    async with client.stream(chat.stream(model="glm-4.7", messages=MESSAGES)) as chunks:
        async for chunk in chunks:
            assert_type(chunk, ChatChunk)


def refused(client: Client) -> None:
    chat.create(messages=MESSAGES)  # type: ignore[call-arg]
    chat.create(model="m", messages=MESSAGES, temprature=0.2)  # type: ignore[call-arg]
    chat.create(model="m", messages=MESSAGES, max_tokens="many")  # type: ignore[arg-type]
    client.send(chat.stream(model="m", messages=MESSAGES))  # type: ignore[arg-type]
    client.stream(chat.create(model="m", messages=MESSAGES))  # type: ignore[arg-type]
    Timeout("fast")  # type: ignore[arg-type]
