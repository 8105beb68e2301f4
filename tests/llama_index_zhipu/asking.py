"""A question, a tool, and the four chat calls."""

from __future__ import annotations

from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.tools import FunctionTool

ASK = [ChatMessage(role="user", content="?")]


def weather(city: str) -> str:
    """Weather of a city."""
    return f"{city}: sunny"


WEATHER = FunctionTool.from_defaults(weather)


async def four(llm, **kwargs):
    """The four chat calls, each to its last response."""
    yield llm.chat(ASK, **kwargs)
    *_, final = llm.stream_chat(ASK, **kwargs)
    yield final
    yield await llm.achat(ASK, **kwargs)
    stream = await llm.astream_chat(ASK, **kwargs)
    async for final in stream:  # noqa: B007
        pass
    yield final
