"""`ZhipuAIEmbeddings`: batches, order, failures, settings, and what is built on it."""

from __future__ import annotations

import asyncio
import copy
import pickle
from pathlib import Path
from typing import Any

import pytest
from langchain_core import exceptions as core
from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import InMemoryVectorStore

from langchain_zhipu import (
    ZhipuAIEmbeddings,
    ZhipuAIOCRLoader,
    ZhipuAIRerank,
    ZhipuAIWebReaderLoader,
)
from zhipu_client import InvalidRequestError, RateLimitError

KEY = "0123456789abcdef.embeddingtests"


@pytest.fixture(params=["sync", "async"])
def embed(request: pytest.FixtureRequest) -> Any:
    """`embed_documents` and `embed_query`, both ways."""

    def call(model: ZhipuAIEmbeddings, what: list[str] | str, **given: Any) -> Any:
        name = "embed_query" if isinstance(what, str) else "embed_documents"
        if request.param == "sync":
            return getattr(model, name)(what, **given)
        return asyncio.run(getattr(model, f"a{name}")(what, **given))

    return call


def sent(server: Any) -> list[dict[str, Any]]:
    return [one["json"] for one in server.requests if one["path"].endswith("/embeddings")]


def test_200_texts_go_out_in_four_requests(server: Any, access: Any, embed: Any) -> None:
    model = ZhipuAIEmbeddings(dimensions=256, **access)
    texts = [f"subject {number}" for number in range(200)]
    vectors = embed(model, [*texts, "subject 3"])
    assert [
        len(body["input"]) for body in sorted(sent(server), key=lambda b: -len(b["input"]))
    ] == [
        64,
        64,
        64,
        8,
    ]
    assert all(
        body["dimensions"] == 256 and body["model"] == "embedding-3" for body in sent(server)
    )
    assert vectors[200] == vectors[3]
    assert vectors[7] == pytest.approx(embed(model, "subject 7"))
    assert embed(model, texts[:10], chunk_size=4) == vectors[:10]


def test_no_text_is_no_request(server: Any, access: Any, embed: Any) -> None:
    assert embed(ZhipuAIEmbeddings(**access), []) == []
    assert sent(server) == []


def test_an_empty_text_costs_nothing_and_an_empty_question_is_refused(
    server: Any, access: Any, embed: Any
) -> None:
    model = ZhipuAIEmbeddings(**access)
    embed(model, ["a", ""])
    assert [body["input"] for body in sent(server)] == [["a"]]
    server.reset()
    with pytest.raises(InvalidRequestError, match=r"texts\[1\] contains half") as caught:
        embed(model, ["a", "\ud83d"])
    assert isinstance(caught.value, core.ModelInvalidRequestError)
    with pytest.raises(InvalidRequestError, match="must not be empty"):
        embed(model, "")
    assert sent(server) == []


@pytest.mark.parametrize(("bad", "why"), [("word " * 4000, "or more"), ("\ud83d", "half of")])
def test_a_text_is_named_by_its_place_before_any_request(
    server: Any, access: Any, embed: Any, bad: str, why: str
) -> None:
    texts = [f"text {number}" for number in range(30)]
    texts[21] = bad
    with pytest.raises(InvalidRequestError, match=rf"texts\[21\] .*{why}"):
        embed(ZhipuAIEmbeddings(chunk_size=4, **access), texts)
    assert sent(server) == []


def test_a_batch_that_fails_half_way(server: Any, access: Any, embed: Any) -> None:
    model = ZhipuAIEmbeddings(dimensions=256, max_in_flight=1, **access)
    texts = [f"subject {number}" for number in range(300)]
    whole = embed(model, texts)
    server.reset()
    server.script(None, None, "error=1302")
    with pytest.raises(RateLimitError) as caught:
        embed(model, texts)
    assert isinstance(caught.value, core.ModelRateLimitError)
    partial = caught.value.partial
    assert partial.missing == list(range(128, 300))
    assert partial.vectors[:128] == whole[:128]
    before = len(sent(server))
    assert embed(model, texts, resume=partial) == whole
    assert [text for body in sent(server)[before:] for text in body["input"]] == texts[128:]


def test_progress_and_usage(server: Any, access: Any, embed: Any, capfd: Any) -> None:
    usages: list[Any] = []
    model = ZhipuAIEmbeddings(show_progress=True, on_usage=usages.append, **access)
    assert ZhipuAIEmbeddings(show_progress_bar=True, **access).show_progress is True
    embed(model, ["a", "b", "c"])
    assert "3/3 texts" in capfd.readouterr().err
    embed(model, "a")
    assert capfd.readouterr().err == ""
    assert [usage["total_tokens"] > 0 for usage in usages] == [True, True]


def test_values_are_refused_when_it_is_made() -> None:
    for given in ({"dimensions": 100}, {"model": "embedding-2", "dimensions": 2048}):
        with pytest.raises(InvalidRequestError, match="dimensions must be one of"):
            ZhipuAIEmbeddings(api_key=KEY, **given)
    for given in ({"chunk_size": 65}, {"max_in_flight": 0}, {"unknown": 1}):
        with pytest.raises(ValueError, match=next(iter(given))):
            ZhipuAIEmbeddings(api_key=KEY, **given)


def test_the_former_name_of_max_in_flight() -> None:
    made = [
        ZhipuAIEmbeddings(api_key=KEY, in_flight=3),
        ZhipuAIRerank(api_key=KEY, in_flight=3),
        ZhipuAIOCRLoader("a.pdf", api_key=KEY, in_flight=3),
        ZhipuAIWebReaderLoader("https://example.com", api_key=KEY, in_flight=3),
    ]
    for one in made:
        assert one.max_in_flight == one.in_flight == 3
        assert "max_in_flight=3" in repr(one)
    with pytest.raises(ValueError, match="max_in_flight"):
        ZhipuAIRerank(api_key=KEY, in_flight=65)


def test_arguments_of_the_community_class_are_taken() -> None:
    model = ZhipuAIEmbeddings(model="embedding-2", api_key=KEY, dimensions=1024)
    assert isinstance(model, Embeddings)
    assert (model.model, model.dimensions) == ("embedding-2", 1024)
    assert ZhipuAIEmbeddings(model_name="embedding-2", zhipuai_api_key=KEY).model == "embedding-2"


def test_copies_and_pickles(server: Any, access: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    model = ZhipuAIEmbeddings(dimensions=256, **access)
    vector = model.embed_query("a")
    for other in (copy.copy(model), copy.deepcopy(model), model.model_copy()):
        assert other.embed_query("a") == vector
    assert server.api_key not in repr(model)
    dumped = pickle.dumps(model)
    assert server.api_key.encode() not in dumped
    monkeypatch.setenv("ZHIPUAI_API_KEY", server.api_key)
    assert pickle.loads(dumped).embed_query("a") == vector


def test_a_site_without_embeddings_says_so() -> None:
    model = ZhipuAIEmbeddings(api_key=KEY, base_url="zai")
    with pytest.raises(Exception, match="not offered"):
        model.embed_query("a")


def test_in_a_vector_store(access: Any) -> None:
    store = InMemoryVectorStore(ZhipuAIEmbeddings(dimensions=512, **access))
    texts = ["长城是中国古代的防御工程", "Tea is made from leaves", "Whales sleep in the sea"]
    store.add_texts(texts)
    assert store.similarity_search("How do whales sleep?", k=1)[0].page_content == texts[2]
    assert store.similarity_search("中国的长城", k=1)[0].page_content == texts[0]


async def test_in_a_vector_store_async(access: Any) -> None:
    store = InMemoryVectorStore(ZhipuAIEmbeddings(dimensions=512, **access))
    await store.aadd_texts(["Tea is made from leaves", "Whales sleep in the sea"])
    found = await store.asimilarity_search("How do whales sleep?", k=1)
    assert found[0].page_content == "Whales sleep in the sea"


def test_behind_a_cache(server: Any, access: Any, tmp_path: Path) -> None:
    classic = pytest.importorskip("langchain_classic.embeddings")
    storage = pytest.importorskip("langchain_classic.storage")
    model = ZhipuAIEmbeddings(dimensions=256, **access)
    cached = classic.CacheBackedEmbeddings.from_bytes_store(
        model, storage.LocalFileStore(tmp_path), namespace=model.model, key_encoder="sha256"
    )
    first = cached.embed_documents(["a", "b"])
    assert len(sent(server)) == 1
    assert cached.embed_documents(["b", "a", "c"])[:2] == first[::-1]
    assert sent(server)[-1]["input"] == ["c"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning:qdrant_client", "ignore:Local mode")
def test_in_an_embedded_vector_database(access: Any, tmp_path: Path) -> None:
    """Qdrant in this process, on disk: filled, closed, opened again, searched."""
    qdrant = pytest.importorskip("langchain_qdrant")
    from qdrant_client import QdrantClient
    from qdrant_client.models import Distance, VectorParams

    model = ZhipuAIEmbeddings(dimensions=512, **access)
    texts = ["Tea is made from leaves", "Whales sleep in the sea", "Trains run on rails"]
    database = QdrantClient(path=str(tmp_path))
    database.create_collection(
        "texts", vectors_config=VectorParams(size=512, distance=Distance.COSINE)
    )
    qdrant.QdrantVectorStore(database, "texts", model).add_texts(texts)
    database.close()

    database = QdrantClient(path=str(tmp_path))
    store = qdrant.QdrantVectorStore(database, "texts", model)
    try:
        found = store.similarity_search_with_score("Where do whales sleep?", k=3)
    finally:
        database.close()
    assert found[0][0].page_content == texts[1]
    assert found[0][1] > found[1][1]
