"""Log probabilities that a server sends: kept whole, streamed too."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from langchain_zhipu import ChatZhipuAI
from llama_index_zhipu import ZhipuAI

from .server import Reply, chunk, last, reply, scripted
from .subjects import KEY, WAYS, Way

TOKENS = ["One", " two", " three"]


def _row(token: str, number: int) -> dict[str, Any]:
    return {"token": token, "logprob": -0.5 * number, "bytes": None, "top_logprobs": []}


ROWS = [_row(token, number) for number, token in enumerate(TOKENS)]


def _answer() -> Reply:
    body = reply("".join(TOKENS))
    body["choices"][0]["logprobs"] = {"content": ROWS}
    pieces = []
    for token, row in zip(TOKENS, ROWS, strict=True):
        piece = chunk({"role": "assistant", "content": token})
        piece["choices"][0]["logprobs"] = {"content": [row]}
        pieces.append(piece)
    return Reply(body, [*pieces, last("stop")])


async def _asked(thing: Any, way: Way, prompt: Any, names: tuple[str, ...]) -> list[Any]:
    method = getattr(thing, names[WAYS.index(way)])
    if way == "whole":
        return [method(prompt, logprobs=True)]
    if way == "awhole":
        return [await method(prompt, logprobs=True)]
    source = method(prompt, logprobs=True)
    if way == "stream":
        return list(source)
    source = await source if asyncio.iscoroutine(source) else source
    return [part async for part in source]


@pytest.mark.parametrize("way", WAYS)
def test_langchain(way: Way) -> None:
    names = ("invoke", "stream", "ainvoke", "astream")
    with scripted(_answer()) as server:
        model = ChatZhipuAI(model="my-own", base_url=server.base_url, api_key=KEY, dialect="openai")
        parts = asyncio.run(_asked(model, way, "hi", names))
        assert server.requests[0].json["logprobs"] is True
    message = parts[0] + parts[1:] if len(parts) > 1 else parts[0]
    assert message.content == "One two three"
    assert message.response_metadata["logprobs"] == {"content": ROWS}


@pytest.mark.parametrize("way", WAYS)
def test_llama_index(way: Way) -> None:
    from llama_index.core.base.llms.types import ChatMessage

    names = ("chat", "stream_chat", "achat", "astream_chat")
    with scripted(_answer()) as server:
        llm = ZhipuAI(model="my-own", base_url=server.base_url, api_key=KEY, dialect="openai")
        parts = asyncio.run(_asked(llm, way, [ChatMessage("hi")], names))
        assert server.requests[0].json["logprobs"] is True
    found = parts[-1].logprobs
    assert [[item.token for item in row] for row in found] == [[token] for token in TOKENS]
    assert [row[0].logprob for row in found] == [0, -0.5, -1.0]


def test_odd_ones_do_not_cost_the_answer() -> None:
    body = reply("ok")
    body["choices"][0]["logprobs"] = {"content": ["odd", 7]}
    with scripted(Reply(body)) as server:
        llm = ZhipuAI(model="my-own", base_url=server.base_url, api_key=KEY, dialect="openai")
        assert str(llm.complete("hi")) == "ok"
