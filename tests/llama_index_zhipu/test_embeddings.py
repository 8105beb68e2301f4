"""`ZhipuAIEmbedding`."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from llama_index.core.callbacks import CallbackManager, TokenCountingHandler
from llama_index.core.embeddings.loading import load_embed_model
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.schema import Document
from llama_index.core.storage.kvstore import SimpleKVStore

from llama_index_zhipu import ZhipuAIEmbedding, ZhipuAIOCRReader, ZhipuAIRerank
from tests.llama_index_zhipu.conftest import KEY
from zhipu_client import InvalidRequestError, ServerError


def vectors(request):
    """A vector that tells which text it is of."""
    given = request["input"]
    texts = [given] if isinstance(given, str) else given
    rows = [{"index": n, "embedding": [float(len(text)), 1]} for n, text in enumerate(texts)]
    return {
        "model": request["model"],
        "data": rows[::-1],
        "usage": {"prompt_tokens": len(texts), "total_tokens": len(texts)},
    }


@pytest.fixture
def embed(stub):
    stub.default = vectors
    return ZhipuAIEmbedding(api_key=KEY, base_url=stub.base_url)


async def test_all_methods(stub, embed):
    texts = ["a", "bb", "ccc"]
    expected = [[1.0, 1.0], [2.0, 1.0], [3.0, 1.0]]
    assert embed.get_text_embedding("bb") == [2.0, 1.0]
    assert embed.get_query_embedding("bb") == [2.0, 1.0]
    assert embed.get_text_embedding_batch(texts) == expected
    assert await embed.aget_text_embedding("bb") == [2.0, 1.0]
    assert await embed.aget_query_embedding("bb") == [2.0, 1.0]
    assert await embed.aget_text_embedding_batch(texts) == expected
    assert len(stub.requests) == 6
    assert embed.usage == {"prompt_tokens": 10, "total_tokens": 10}
    assert all(r["model"] == "embedding-3" and "dimensions" not in r for r in stub.requests)


async def test_texts_are_batched_and_split(stub, embed):
    texts = [f"{'x' * n}" for n in range(1, 151)]
    found = embed.get_text_embedding_batch(texts)
    assert [vector[0] for vector in found] == list(map(float, range(1, 151)))
    assert sorted(len(request["input"]) for request in stub.requests) == [22, 64, 64]
    stub.requests.clear()
    embed.embed_batch_size = 200
    found = await embed.aget_text_embedding_batch(texts)
    assert [vector[0] for vector in found] == list(map(float, range(1, 151)))
    assert sorted(len(request["input"]) for request in stub.requests) == [22, 64, 64]


def test_new_lines_stay(stub, embed):
    embed.get_text_embedding("a\nb")
    assert stub.requests[0]["input"] == "a\nb"


def test_arguments_of_the_old_package(stub):
    stub.default = vectors
    old = ZhipuAIEmbedding("embedding-2", KEY, base_url=stub.base_url)
    assert (old.model, old.model_name, old.dimensions) == ("embedding-2", "embedding-2", None)
    old.get_text_embedding("x")
    named = ZhipuAIEmbedding(model="embedding-3", api_key=KEY, dimensions=256, timeout=5.0)
    assert named.dimensions == 256
    assert ZhipuAIEmbedding(model_name="embedding-2", api_key=KEY).model == "embedding-2"


def test_the_length_is_the_models_own_unless_it_is_given(stub, embed):
    embed.get_text_embedding("x")
    embed.dimensions = 256
    embed.get_text_embedding("x")
    assert ZhipuAIEmbedding.from_dict({**embed.to_dict(), "api_key": KEY}).dimensions == 256
    assert ZhipuAIEmbedding(api_key=KEY, dimensions=None).dimensions is None
    assert [request.get("dimensions") for request in stub.requests] == [None, 256]


def test_the_former_name_of_max_in_flight(monkeypatch):
    monkeypatch.setenv("ZHIPUAI_API_KEY", KEY)
    old, new = ZhipuAIEmbedding(in_flight=3), ZhipuAIEmbedding(max_in_flight=3)
    assert old.max_in_flight == old.in_flight == new.max_in_flight == 3
    assert old.to_dict() == new.to_dict()
    assert "in_flight" not in new.to_dict()
    assert ZhipuAIRerank(in_flight=5).max_in_flight == 5
    assert ZhipuAIOCRReader(in_flight=32).max_in_flight == 32
    for wrong in ({"max_in_flight": 0}, {"in_flight": 65}):
        with pytest.raises(InvalidRequestError, match="max_in_flight"):
            ZhipuAIEmbedding(**wrong)


def test_wrong_values_are_refused_before_sending(stub, embed):
    with pytest.raises(InvalidRequestError, match=r"texts\[1\]"):
        embed.get_text_embedding_batch(["a", ""])
    embed.dimensions = 100
    with pytest.raises(InvalidRequestError, match="dimensions"):
        embed.get_text_embedding("a")
    assert not stub.requests


def test_errors_are_typed_and_retried_once_only(stub):
    stub.default = (500, {"error": {"code": "1234", "message": "m"}})
    embed = ZhipuAIEmbedding(api_key=KEY, base_url=stub.base_url, max_retries=1)
    with pytest.raises(ServerError):
        embed.get_text_embedding("a")
    assert len(stub.requests) == 2


def test_copies_dicts_and_pickles(monkeypatch, stub, embed):
    embed.get_text_embedding("x")
    assert KEY not in repr(embed) + embed.to_json() + str(embed.to_payload())
    assert KEY.encode() not in pickle.dumps(embed)
    assert copy.deepcopy(embed).get_text_embedding("x") == [1.0, 1.0]
    monkeypatch.setenv("ZHIPUAI_API_KEY", KEY)
    data = json.loads(embed.to_json())
    for made in (
        ZhipuAIEmbedding.from_dict(data),
        load_embed_model(data),
        pickle.loads(pickle.dumps(embed)),
    ):
        assert isinstance(made, ZhipuAIEmbedding)
        assert made.get_text_embedding("xx") == [2.0, 1.0]
        assert made.to_dict() == embed.to_dict()
    assert embed.to_payload()["model_name"] == "embedding-3"


def test_cache_and_callbacks(stub):
    stub.default = vectors
    tokens = TokenCountingHandler(tokenizer=str.split)
    embed = ZhipuAIEmbedding(
        api_key=KEY,
        base_url=stub.base_url,
        callback_manager=CallbackManager([tokens]),
        embeddings_cache=SimpleKVStore(),
    )
    assert embed.get_text_embedding("a b") == embed.get_text_embedding("a b")
    assert len(stub.requests) == 1
    assert tokens.total_embedding_token_count == 4


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_ingestion_with_workers(monkeypatch, emulator):
    monkeypatch.setenv("ZHIPUAI_API_KEY", emulator.api_key)
    embed = ZhipuAIEmbedding(base_url=emulator.base_url, dimensions=256)
    documents = [Document(text=f"text {n}") for n in range(4)]
    nodes = IngestionPipeline(transformations=[embed]).run(documents=documents, num_workers=2)
    assert [len(node.embedding) for node in nodes] == [256] * 4


async def test_against_the_emulator(emulator):
    embed = ZhipuAIEmbedding(api_key=emulator.api_key, base_url=emulator.base_url)
    question = embed.get_query_embedding("when did the warehouse open?")
    near, far = await embed.aget_text_embedding_batch(
        ["The warehouse opened in 1987.", "猫一天睡十六个小时。"]
    )
    assert len(question) == 2048
    assert embed.similarity(question, near) > embed.similarity(question, far)


async def test_an_answer_without_a_vector_is_typed(stub, embed):
    stub.default = {"data": [], "usage": {"total_tokens": 1}}
    with pytest.raises(ServerError, match="0 vectors"):
        embed.get_query_embedding("a")
    with pytest.raises(ServerError, match="0 vectors"):
        await embed.aget_text_embedding("a")


@pytest.mark.parametrize(
    ("bad", "why"), [("", "must not be empty"), (" ", "must not be empty"), ("\ud83d", "half of")]
)
async def test_a_text_is_named_by_its_place_before_any_request(stub, bad, why):
    stub.default = vectors
    made = ZhipuAIEmbedding(embed_batch_size=4, api_key=KEY, base_url=stub.base_url)
    texts = [f"text {number}" for number in range(30)]
    texts[21] = bad
    with pytest.raises(InvalidRequestError, match=rf"texts\[21\] .*{why}"):
        made.get_text_embedding_batch(texts)
    with pytest.raises(InvalidRequestError, match=rf"texts\[21\] .*{why}") as caught:
        await made.aget_text_embedding_batch(texts)
    assert caught.value.field == "texts[21]"
    assert stub.requests == []
