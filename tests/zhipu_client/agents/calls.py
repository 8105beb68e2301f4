"""Calls of agents, carried out in each way; messages and replies of the wire."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from zhipu_client import AsyncClient, Client, acall_agent, aiterate_agent, call_agent, iterate_agent
from zhipu_client._replies import read
from zhipu_client.agents import AgentCall, AgentReply, Collected

DECK = AgentCall("slides_glm_agent", "Make three slides about tea")

CAT = [
    {
        "role": "user",
        "content": [
            "A cat dances",
            {"type": "image_url", "image_url": "https://example.com/a.png"},
        ],
    }
]

FILM = AgentCall("vidu_template_agent", CAT, {"template": "bodyshake"}, interval=0.01)


def carried_out(client: Client, call: AgentCall, way: str) -> AgentReply:
    """Call an agent in one of four ways."""
    if way == "sync":
        return call_agent(client, call)
    if way == "async":
        return asyncio.run(acall_agent(client.as_async(), call))
    collected = Collected()
    if way == "streamed":
        for event in iterate_agent(client, call):
            collected.add(event)
    else:

        async def collect(other: AsyncClient) -> None:
            async for event in aiterate_agent(other, call):
                collected.add(event)

        asyncio.run(collect(client.as_async()))
    return collected.reply()


ways = pytest.mark.parametrize("way", ["sync", "async", "streamed", "async streamed"])


def message(content: Any, role: str = "user") -> dict[str, Any]:
    return {"agent_id": "a", "messages": [{"role": role, "content": content}]}


# --- What answers mean


def reply_of(*contents: Any, **message: Any) -> AgentReply:
    messages = [{"role": "assistant", "content": content, **message} for content in contents]
    found: AgentReply = read(AgentReply, {"choices": [{"messages": messages}]})
    return found


def step(tool: str, output: str | None, *position: int) -> dict[str, Any]:
    return {"type": "object", "object": {"tool_name": tool, "output": output, "position": position}}
