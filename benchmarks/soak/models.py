"""Both adapters behind one face: a question in, the text of its answer out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, closing
from typing import Any

from llama_index.core.llms import ChatMessage

from benchmarks.soak.faults import KINDS
from benchmarks.soak.report import Asked
from langchain_zhipu import ChatZhipuAI
from llama_index_zhipu import ZhipuAI

__all__ = ["ADAPTERS", "Models"]


class Models:
    """The models of one adapter, one for each kind of question; all share a key.

    Args:
        base_url: Where the emulator is.
        api_key: A key that it takes.
    """

    name = ""

    def __init__(self, base_url: str, api_key: str) -> None:
        self._reach = {"model": "glm-4.7", "base_url": base_url, "api_key": api_key}
        self._made: dict[str, Any] = {}

    def new(self, **settings: Any) -> Any:
        """Make a model."""
        raise NotImplementedError

    def of(self, kind: str) -> Any:
        """Return the model for such a question; who comes first makes it."""
        found = self._made.get(kind)
        if found is None or KINDS[kind].way == "cold":
            fault = KINDS[kind].fault
            headers = {"default_headers": {"x-emulator-fault": fault}} if fault else {}
            found = self.new(**self._reach, **headers, **KINDS[kind].settings)
        return self._made.setdefault(kind, found) if KINDS[kind].way != "cold" else found


class LangChainModels(Models):
    """`ChatZhipuAI`."""

    name = "langchain"

    def new(self, **settings: Any) -> Any:
        """Make a model."""
        return ChatZhipuAI(**settings)

    def whole(self, asked: Asked) -> str:
        """Ask, and return the answer in one piece."""
        return str(self.of(asked.kind).invoke(asked.prompt).text)

    async def awhole(self, asked: Asked) -> str:
        """Do what `whole` does, in a task."""
        return str((await self.of(asked.kind).ainvoke(asked.prompt)).text)

    def stream(self, asked: Asked) -> Any:
        """Return the framework's own stream."""
        return self.of(asked.kind).stream(asked.prompt)

    def pieces(self, asked: Asked) -> Iterator[str]:
        """Yield the answer as it comes."""
        with closing(self.stream(asked)) as chunks:
            yield from (str(chunk.text) for chunk in chunks)

    async def apieces(self, asked: Asked) -> AsyncIterator[str]:
        """Do what `pieces` does, in a task."""
        async with aclosing(self.of(asked.kind).astream(asked.prompt)) as chunks:
            async for chunk in chunks:
                yield str(chunk.text)


class LlamaIndexModels(Models):
    """LlamaIndex's `ZhipuAI`."""

    name = "llama_index"

    def new(self, **settings: Any) -> Any:
        """Make a model."""
        return ZhipuAI(**settings)

    def whole(self, asked: Asked) -> str:
        """Ask, and return the answer in one piece."""
        return str(self.of(asked.kind).chat(_messages(asked)).message.content)

    async def awhole(self, asked: Asked) -> str:
        """Do what `whole` does, in a task."""
        return str((await self.of(asked.kind).achat(_messages(asked))).message.content)

    def stream(self, asked: Asked) -> Any:
        """Return the framework's own stream."""
        return self.of(asked.kind).stream_chat(_messages(asked))

    def pieces(self, asked: Asked) -> Iterator[str]:
        """Yield the answer as it comes."""
        with closing(self.stream(asked)) as responses:
            yield from (response.delta or "" for response in responses)

    async def apieces(self, asked: Asked) -> AsyncIterator[str]:
        """Do what `pieces` does, in a task."""
        async with aclosing(await self.of(asked.kind).astream_chat(_messages(asked))) as responses:
            async for response in responses:
                yield response.delta or ""


def _messages(asked: Asked) -> list[Any]:
    return [ChatMessage(role="user", content=asked.prompt)]


ADAPTERS = (LangChainModels, LlamaIndexModels)
