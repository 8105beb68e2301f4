"""Agents of either adapter, called and streamed; what is compared of their answers."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from langchain_zhipu import ZhipuAIAgent
from llama_index_zhipu import ZhipuAIAgentToolSpec
from zhipu_client.agents import Collected

adapters = pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
ways = pytest.mark.parametrize("way", ["sync", "async"])
SLIDES = "slides_glm_agent"
FILM = "vidu_template_agent"


#: A message with an image, in the words of each framework.
CAT: dict[str, Any] = {
    "langchain": [
        HumanMessage(
            [
                {"type": "text", "text": "A cat dances"},
                {"type": "image", "url": "https://example.com/a.png"},
            ]
        )
    ],
    "llama_index": [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "A cat dances"},
                {"type": "image_url", "image_url": "https://example.com/a.png"},
            ],
        }
    ],
}


def made(adapter: str, agent_id: str, **given: Any) -> Any:
    kind = ZhipuAIAgent if adapter == "langchain" else ZhipuAIAgentToolSpec
    return kind(agent_id=agent_id, **given)


def called(agent: Any, way: str, name: str, *values: Any, **named: Any) -> Any:
    found = getattr(agent, name if way == "sync" else f"a{name}")(*values, **named)
    return asyncio.run(found) if way == "async" else found


def streamed(agent: Any, way: str, *values: Any, **named: Any) -> list[Any]:
    if way == "sync":
        return list(agent.stream(*values, **named))

    async def collect() -> list[Any]:
        return [piece async for piece in agent.astream(*values, **named)]

    return asyncio.run(collect())


def facts(found: Any) -> dict[str, Any]:
    """What an answer is, whichever framework it came from."""
    if isinstance(found, AIMessage):
        about = found.response_metadata
        blocks: list[Any] = found.content_blocks
        usage = found.usage_metadata or {}
        return {
            "text": found.text,
            "thinking": "".join(b["reasoning"] for b in blocks if b["type"] == "reasoning"),
            "steps": sum(block["type"] == "non_standard" for block in blocks),
            "files": [(b["type"], b["extras"]["name"]) for b in blocks if b.get("url")],
            "finish": about.get("finish_reason"),
            "conversation": bool(about.get("conversation_id")),
            "total": usage.get("total_tokens"),
        }
    return {
        "text": found.text,
        "thinking": found.thinking,
        "steps": len(found.steps),
        "files": [(file.kind, file.name) for file in found.files],
        "finish": found.finish_reason,
        "conversation": bool(found.conversation_id),
        "total": (found.usage or {}).get("total_tokens"),
    }


def summed(pieces: list[Any]) -> Any:
    if isinstance(pieces[0], AIMessage):
        total = pieces[0]
        for piece in pieces[1:]:
            total = total + piece
        return total
    collected = Collected()
    for piece in pieces:
        collected.add(piece)
    return collected.reply()
