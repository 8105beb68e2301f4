"""Retrievers: web search, and the service's own knowledge bases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Unpack

import llama_index.core  # noqa: F401 - before any part of it, see `__getattr__` of the package
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.callbacks import CallbackManager
from llama_index.core.schema import (
    NodeRelationship,
    NodeWithScore,
    QueryBundle,
    RelatedNodeInfo,
    TextNode,
)

from zhipu_client import APIError, Request, knowledge, web_search
from zhipu_client.adapting import (
    ConnectionOptions,
    KeepsNoArguments,
    booleans,
    called,
    limit,
    text_of,
)

from . import _web_search
from ._connection import ZhipuSettings

__all__ = ["ZhipuAIKnowledgeRetriever", "ZhipuAIWebSearchRetriever"]

#: Technical metadata, which does not help a model or a search.
_IDS = ["knowledge_id", "doc_id"]


class _ConnectedRetriever(KeepsNoArguments, BaseRetriever):
    """A retriever with the connection settings of all Zhipu AI adapters, see `ZhipuSettings`."""

    def __init__(
        self, api_key: Any, callback_manager: CallbackManager | None, **connection: Any
    ) -> None:
        self._zhipu = ZhipuSettings(api_key=api_key, **connection)
        super().__init__(callback_manager=callback_manager)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self._zhipu.base_url!r})"


class ZhipuAIWebSearchRetriever(_ConnectedRetriever):
    """A retriever of web pages for a query. Billed by search.

    The text of a node is the extract of a page. Its metadata has, where the service sends them,
    ``url``, ``title``, ``publish_date``, ``media`` (the site's name) and ``refer`` (``ref_1``). The
    best is first; the service sends no scores, so a node's score is None.

    Args:
        similarity_top_k: How many nodes, 1 to 50.
        api_key: The key; None takes it from the environment.
        search_engine: ``search_std``, ``search_pro``, ``search_pro_sogou`` or
            ``search_pro_quark``; ``search-prime`` on api.z.ai. None picks by the site.
        search_domain_filter: Only results of this domain.
        search_recency_filter: ``oneDay``, ``oneWeek``, ``oneMonth``, ``oneYear``, ``noLimit``.
        content_size: Length of an extract: ``medium`` or ``high``.
        search_intent: Let the service decide whether a query needs a search at all.
        max_query_length: A longer query is cut at a word's end: the service takes 70 characters.
            None sends it whole.
        callback_manager: Called for each retrieval.
        **connection: ``base_url``, ``timeout`` and the other settings of all adapters, see
            `ZhipuSettings`.

    Raises:
        zhipu_client.InvalidRequestError: No key was found, or a value is out of its range.
        zhipu_client.ZhipuError: A call failed; the subclasses say how.

    Example:
        ```python
        from llama_index_zhipu import ZhipuAIWebSearchRetriever

        for found in ZhipuAIWebSearchRetriever(similarity_top_k=3).retrieve("how whales sleep"):
            print(found.metadata["title"], found.metadata.get("url"))
        ```
    """

    def __init__(
        self,
        similarity_top_k: int = 10,
        api_key: Any = None,
        *,
        search_engine: str | None = None,
        search_domain_filter: str | None = None,
        search_recency_filter: str | None = None,
        content_size: Literal["medium", "high"] | None = None,
        search_intent: bool = False,
        max_query_length: int | None = web_search.MAX_QUERY,
        callback_manager: CallbackManager | None = None,
        **connection: Unpack[ConnectionOptions],
    ) -> None:
        booleans(search_intent=search_intent)
        super().__init__(api_key, callback_manager, **connection)
        self.similarity_top_k = similarity_top_k
        self.max_query_length = max_query_length
        self._settings: dict[str, Any] = {
            "search_engine": search_engine,
            "search_domain_filter": search_domain_filter,
            "search_recency_filter": search_recency_filter,
            "content_size": content_size,
            "search_intent": search_intent,
        }
        with called(count="similarity_top_k"):
            self._request("checked here")

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        try:
            reply = self._zhipu._client.send(self._request(query_bundle.query_str))
        except APIError as error:
            if web_search.found_nothing(error):
                return []
            raise
        return self._nodes(reply)

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        try:
            reply = await self._zhipu._aclient.send(self._request(query_bundle.query_str))
        except APIError as error:
            if web_search.found_nothing(error):
                return []
            raise
        return self._nodes(reply)

    def _request(self, query: str) -> Request[web_search.WebSearchReply]:
        return _web_search.request(
            self._zhipu._client.site,
            web_search.shorten(query, limit("max_query_length", self.max_query_length)),
            count=web_search.count_for(self.similarity_top_k, self._settings["search_engine"]),
            **self._settings,
        )

    def _nodes(self, reply: web_search.WebSearchReply) -> list[NodeWithScore]:
        return [
            NodeWithScore(
                node=TextNode(text=text_of(row.content), metadata=_web_search.metadata_of(row))
            )
            for row in reply.search_result[: self.similarity_top_k]
        ]


class ZhipuAIKnowledgeRetriever(_ConnectedRetriever):
    """A retriever of pieces of documents in the service's knowledge bases (open.bigmodel.cn only).

    What goes over the wire comes from the service's published schema alone: other than the rest of
    this package, it could not be checked against recorded answers.

    A node's metadata has ``doc_name``, ``url``, ``contextual_text``, ``knowledge_id`` and
    ``doc_id``, where the service has them; its source is the document.

    Args:
        knowledge_ids: The id of a knowledge base, or several. `zhipu_client.knowledge.list` lists
            them.
        similarity_top_k: How many pieces, from 1.
        api_key: The key; None takes it from the environment.
        document_ids: Only these documents.
        top_n: How many pieces to recall, of which the best are kept, from 1.
        recall_method: ``embedding``, ``keyword`` or ``mixed``; None for the service's own.
        recall_ratio: How much the embedding counts in ``mixed``, 0 to 100 percent.
        rerank_model: Sort the pieces again by ``rerank`` or ``rerank-pro``.
        score_threshold: Leave out pieces with a lower score.
        callback_manager: Called for each retrieval.
        **connection: ``base_url``, ``timeout`` and the other settings of all adapters, see
            `ZhipuSettings`. Only
            the host of the base URL is used.

    Raises:
        zhipu_client.InvalidRequestError: No key was found, or a value is out of its range.
        zhipu_client.ZhipuError: A call failed; the subclasses say how.

    Example:
        ```python
        from llama_index_zhipu import ZhipuAIKnowledgeRetriever
        from zhipu_client import Client, knowledge

        first = Client().send(knowledge.list()).data.found[0]
        for found in ZhipuAIKnowledgeRetriever(first.id).retrieve("how heat pumps work"):
            print(found.score, found.metadata["doc_name"])
        ```
    """

    def __init__(
        self,
        knowledge_ids: str | Sequence[str],
        similarity_top_k: int = 8,
        api_key: Any = None,
        *,
        document_ids: Sequence[str] | None = None,
        top_n: int | None = None,
        recall_method: Literal["embedding", "keyword", "mixed"] | None = None,
        recall_ratio: int | None = None,
        rerank_model: Literal["rerank", "rerank-pro"] | None = None,
        score_threshold: float | None = None,
        callback_manager: CallbackManager | None = None,
        **connection: Unpack[ConnectionOptions],
    ) -> None:
        super().__init__(api_key, callback_manager, **connection)
        self.knowledge_ids = [knowledge_ids] if isinstance(knowledge_ids, str) else knowledge_ids
        self.similarity_top_k = similarity_top_k
        self._settings: dict[str, Any] = {
            "document_ids": document_ids,
            "top_n": top_n,
            "recall_method": recall_method,
            "recall_ratio": recall_ratio,
            "rerank_model": rerank_model,
            "fractional_threshold": score_threshold,
        }
        with called(top_k="similarity_top_k", fractional_threshold="score_threshold"):
            self._request("checked here")

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return self._nodes(self._zhipu._client.send(self._request(query_bundle.query_str)))

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return self._nodes(await self._zhipu._aclient.send(self._request(query_bundle.query_str)))

    def _request(self, query: str) -> Request[knowledge.KnowledgeReply]:
        return knowledge.retrieve(
            query=query,
            knowledge_ids=self.knowledge_ids,
            top_k=self.similarity_top_k,
            **self._settings,
        )

    def _nodes(self, reply: knowledge.KnowledgeReply) -> list[NodeWithScore]:
        return [_node(piece) for piece in knowledge.found_in(reply, self.similarity_top_k)]


def _node(piece: knowledge.Found) -> NodeWithScore:
    node = TextNode(
        **({} if piece.id is None else {"id_": piece.id}),
        text=piece.text,
        metadata=piece.metadata | ({} if piece.url is None else {"url": piece.url}),
        excluded_embed_metadata_keys=_IDS,
        excluded_llm_metadata_keys=_IDS,
    )
    if "doc_id" in piece.metadata:
        source = RelatedNodeInfo(node_id=str(piece.metadata["doc_id"]))
        node.relationships[NodeRelationship.SOURCE] = source
    return NodeWithScore(node=node, score=piece.score)
