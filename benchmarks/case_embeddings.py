"""Embeddings in LangChain: 2,000 texts, vectors of 2,048 numbers, 50 ms a request."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from benchmarks.measure import KEY, Case, Import, Server, on_a_loop
from benchmarks.server import embeddings

TEXTS, BATCH, DELAY = 2000, 64, 50
Maker = Callable[[str], Any]


class _Cut:
    """The community class sends all texts as one request, which the service refuses: cut here."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def embed_documents(self, texts: Sequence[str]) -> list[list[float]]:
        found: list[list[float]] = []
        for start in range(0, len(texts), BATCH):
            found += self._inner.embed_documents(texts[start : start + BATCH])
        return found


def _ours(url: str) -> Any:
    from langchain_zhipu import ZhipuAIEmbeddings

    return ZhipuAIEmbeddings(model="embedding-3", api_key=KEY, base_url=url)


def _openai(url: str) -> Any:
    from langchain_openai import OpenAIEmbeddings

    return OpenAIEmbeddings(
        model="embedding-3",
        api_key=KEY,
        base_url=url,
        chunk_size=BATCH,
        check_embedding_ctx_length=False,
    )


def _community(url: str) -> Any:
    from langchain_community.embeddings import ZhipuAIEmbeddings
    from zhipuai import ZhipuAI

    made = ZhipuAIEmbeddings(model="embedding-3", api_key=KEY)
    made.client = ZhipuAI(api_key=KEY, base_url=url)
    return _Cut(made)


def _texts() -> list[str]:
    return [f"text {number} of them" for number in range(TEXTS)]


def _checked(vectors: list[list[float]]) -> int:
    """All there and in order: a vector's place in its request decides what it holds."""
    digests = [hashlib.sha256(repr(v[:4]).encode()).digest() for v in vectors]
    whole = (TEXTS // BATCH) * BATCH
    if len(digests) != TEXTS or digests[:BATCH] * (TEXTS // BATCH) != digests[:whole]:
        raise AssertionError("vectors are missing or not in order")
    return len(digests)


def embed(make: Maker, server: Server) -> Iterator[Any]:
    model, texts = make(server.url(f"embed-{DELAY}")), _texts()
    model.embed_documents(["warm"])
    yield
    vectors = model.embed_documents(texts)
    yield len(vectors)
    _checked(vectors)


def aembed(make: Maker, server: Server) -> Iterator[Any]:
    model, texts = make(server.url(f"embed-{DELAY}")), _texts()
    found: list[list[float]] = []

    async def work() -> int:
        found.extend(await model.aembed_documents(texts))
        return len(found)

    yield from on_a_loop(lambda: model.aembed_documents(["warm"]), work)
    _checked(found)


def decode(_server: Server) -> Iterator[Any]:
    """The same bytes decoded and kept, and nothing else."""
    from pydantic_core import from_json

    full, rest = divmod(TEXTS, BATCH)
    bodies = [*[embeddings(BATCH)] * full, embeddings(rest)]
    yield
    kept = [from_json(body) for body in bodies]
    yield sum(len(body["data"]) for body in kept)


CASES: dict[str, Case | Import] = {
    "embed_documents, a text/floor: from_json": decode,
    "embed_documents, a text/ours": partial(embed, _ours),
    "embed_documents, a text/OpenAIEmbeddings": partial(embed, _openai),
    "embed_documents, a text/community": partial(embed, _community),
    "aembed_documents, a text/ours": partial(aembed, _ours),
    "aembed_documents, a text/OpenAIEmbeddings": partial(aembed, _openai),
}
