"""What LlamaIndex expects of an embedding model: a class to subclass, for any integration."""

from __future__ import annotations

import asyncio
import copy
import json
import math
import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from llama_index.core import Document, StorageContext, VectorStoreIndex, load_index_from_storage
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.callbacks import CallbackManager, LlamaDebugHandler
from llama_index.core.callbacks.schema import CBEventType
from llama_index.core.embeddings.loading import load_embed_model
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.node_parser import SemanticSplitterNodeParser
from llama_index.core.storage.kvstore import SimpleKVStore


class EmbeddingTests:
    """The contract of `BaseEmbedding`."""

    near = "The warehouse in Rotterdam opened in 1987."
    far = "Cats sleep for sixteen hours a day."
    question = "When did the warehouse in Rotterdam open?"
    secret = "compliance-secret"
    #: Texts of the test of order: more than go into two requests.
    many = 150
    #: Threads of the test of concurrency.
    threads = 16

    def make_embedding(self, **kwargs: Any) -> Any:
        """A model to test, with ``kwargs`` for its constructor."""
        raise NotImplementedError

    @pytest.fixture
    def embed(self) -> Any:
        return self.make_embedding()

    async def test_is_an_embedding(self, embed):
        assert isinstance(embed, BaseEmbedding)
        assert embed.class_name() not in ("base_component", "BaseEmbedding")
        assert embed.model_name != "unknown"

    async def test_one_text(self, embed):
        found = [
            embed.get_text_embedding(self.near),
            await embed.aget_text_embedding(self.near),
            embed.get_text_embedding_batch([self.near])[0],
            (await embed.aget_text_embedding_batch([self.near]))[0],
        ]
        assert all(isinstance(number, float) for number in found[0])
        for vector in found[1:]:
            assert vector == pytest.approx(found[0], abs=1e-5)
        query = embed.get_query_embedding(self.question)
        assert await embed.aget_query_embedding(self.question) == pytest.approx(query, abs=1e-5)
        assert len(query) == len(found[0])

    async def test_no_text(self, embed):
        assert embed.get_text_embedding_batch([]) == []
        assert await embed.aget_text_embedding_batch([]) == []

    async def test_many_texts_keep_their_order(self, embed):
        texts = [f"Sentence number {number}." for number in range(self.many)]
        found = embed.get_text_embedding_batch(texts)
        afound = await embed.aget_text_embedding_batch(texts)
        assert len(found) == len(afound) == self.many
        for place in {0, 63, 64, self.many - 1} & set(range(self.many)):
            single = embed.get_text_embedding(texts[place])
            assert found[place] == pytest.approx(single, abs=1e-5)
            assert afound[place] == pytest.approx(single, abs=1e-5)

    async def test_similar_texts_are_near(self, embed):
        question = embed.get_query_embedding(self.question)
        near, far = embed.get_text_embedding_batch([self.near, self.far])
        assert embed.similarity(question, near) > embed.similarity(question, far)
        assert not any(math.isnan(number) for number in near)

    async def test_other_languages(self, embed):
        question = embed.get_query_embedding("仓库是哪一年开业的？")
        near, far = embed.get_text_embedding_batch(["仓库于1987年开业。", "猫每天睡十六个小时。"])
        assert embed.similarity(question, near) > embed.similarity(question, far)

    async def test_events_come_once(self):
        debug = LlamaDebugHandler(print_trace_on_end=False)
        embed = self.make_embedding(callback_manager=CallbackManager([debug]))
        embed.get_text_embedding(self.near)
        await embed.aget_query_embedding(self.question)
        assert len(debug.get_event_pairs(CBEventType.EMBEDDING)) == 2
        assert embed.to_payload()["model_name"] == embed.model_name

    async def test_cache(self):
        cache = SimpleKVStore()
        embed = self.make_embedding(embeddings_cache=cache)
        first = embed.get_text_embedding(self.near)
        assert embed.get_text_embedding_batch([self.near, self.far])[0] == first
        assert len(cache.get_all(collection="embeddings")) == 2

    async def test_everywhere_at_once(self, embed):
        with ThreadPoolExecutor(self.threads) as threads:
            found = list(threads.map(embed.get_text_embedding, [self.near] * self.threads))
            loops = list(
                threads.map(lambda _: asyncio.run(embed.aget_text_embedding(self.near)), range(4))
            )
        assert all(vector == pytest.approx(found[0], abs=1e-5) for vector in [*found, *loops])

    async def test_the_key_is_not_shown(self):
        embed = self.make_embedding(api_key=self.secret)
        assert self.secret not in repr(embed) + embed.to_json() + json.dumps(embed.to_payload())
        assert self.secret.encode() not in pickle.dumps(embed)

    async def test_copies_and_dicts(self, embed):
        embed.get_text_embedding(self.near)
        assert copy.deepcopy(embed).get_text_embedding(self.near)
        data = embed.to_dict()
        assert type(embed).from_dict(data, api_key=embed.api_key).to_dict() == data
        assert type(load_embed_model({**data, "api_key": embed.api_key})) is type(embed)

    async def test_index_and_retriever(self, embed, tmp_path):
        documents = [Document(text=self.far), Document(text=self.near)]
        index = VectorStoreIndex.from_documents(documents, embed_model=embed)
        index.storage_context.persist(str(tmp_path))
        storage = StorageContext.from_defaults(persist_dir=str(tmp_path))
        for made in (index, load_index_from_storage(storage, embed_model=embed)):
            retriever = made.as_retriever(similarity_top_k=1)
            assert retriever.retrieve(self.question)[0].text == self.near
            assert (await retriever.aretrieve(self.question))[0].text == self.near

    async def test_ingestion(self, embed):
        pipeline = IngestionPipeline(transformations=[embed])
        documents = [Document(text=self.near), Document(text=self.far)]
        for nodes in (pipeline.run(documents=documents), await pipeline.arun(documents=documents)):
            assert all(node.embedding for node in nodes)

    async def test_semantic_splitter(self, embed):
        splitter = SemanticSplitterNodeParser(embed_model=embed)
        text = f"{self.near} It is large. {self.far} They purr."
        assert splitter.get_nodes_from_documents([Document(text=text)])
