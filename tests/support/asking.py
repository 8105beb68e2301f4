"""Calls a chat model of either adapter in each of its ways, and looks at what was sent."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

from langchain_core.language_models import BaseChatModel

from tests.llama_index_zhipu.stub import Stub

__all__ = ["HOWS", "SECRET", "ask", "leaked"]

#: What is in the file that nobody may see.
SECRET = "the password is swordfish"
HOWS = ("call", "stream", "acall", "astream")


def ask(model: Any, messages: list[Any], how: str) -> None:
    """Call a model of either adapter in one of its four ways, and read all of the answer."""
    if isinstance(model, BaseChatModel):
        calls: tuple[Any, ...] = (model.invoke, model.stream, model.ainvoke, model.astream)
    else:
        calls = (model.chat, model.stream_chat, model.achat, model.astream_chat)
    made = calls[HOWS.index(how)](messages)
    if how == "stream":
        list(made)
    elif how == "acall":
        asyncio.run(_awaited(made))
    elif how == "astream":
        asyncio.run(_read(made))


async def _awaited(made: Any) -> None:
    await made


async def _read(made: Any) -> None:
    pieces = made if hasattr(made, "__aiter__") else await made
    async for _ in pieces:
        pass


def leaked(server: Stub) -> bool:
    """True when the file's content is in a request, as text or as base64."""
    sent = json.dumps(server.requests)
    return SECRET in sent or base64.b64encode(SECRET.encode()).decode()[:24] in sent
