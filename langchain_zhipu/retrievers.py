"""Retrievers: web search, and the service's own knowledge bases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from langchain_core.callbacks import (
    AsyncCallbackManagerForRetrieverRun,
    CallbackManagerForRetrieverRun,
)
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, Field

from langchain_zhipu._errors import model_error, raised_as_model_errors
from langchain_zhipu._knowledge import KnowledgeSettings
from langchain_zhipu._web_search import SearchSettings, results
from zhipu_client import ZhipuError, web_search

__all__ = ["ZhipuAIKnowledgeRetriever", "ZhipuAIWebSearchRetriever"]

#: The service's keys that have another name in metadata; other keys keep theirs.
_NAMES: Mapping[str, str] = {"link": "source", "publish_date": "published_date"}


class ZhipuAIWebSearchRetriever(SearchSettings, BaseRetriever, defer_build=False):
    """A retriever of web pages for a query: ``POST /web_search``. Billed by search.

    The text of a document is the extract of the page. Its metadata has, where the service
    sends them, ``source`` (the address), ``title``, ``published_date``, ``media`` (the site's
    name), ``icon`` and ``refer`` (``ref_1``), all of them text.

    Args:
        k: How many documents, 1 to 50; ``invoke(query, k=3)`` overrides it for one call.
        search_engine: ``search_std``, ``search_pro``, ``search_pro_sogou``, ``search_pro_quark``;
            ``search-prime`` on api.z.ai. None takes the site's first.
        search_domain_filter: Only results of this domain (``"www.example.com"``).
        search_recency_filter: ``oneDay``, ``oneWeek``, ``oneMonth``, ``oneYear`` or ``noLimit``.
        content_size: Length of an extract: ``medium`` or ``high``.
        search_intent: Let the service decide whether a query needs a search at all.
        max_query_length: A longer query is cut at a word's end (70); None sends it whole.
        api_key: This and the other settings that all adapters share: see ``ZhipuSettings``.

    Raises:
        InvalidRequestError: No key was found, or a value is out of its range.

    Example:
        ```python
        from langchain_zhipu import ZhipuAIWebSearchRetriever

        retriever = ZhipuAIWebSearchRetriever(k=3)
        for document in retriever.invoke("how whales sleep"):
            print(document.metadata["title"], document.metadata.get("source"))
        ```
    """

    model_config = ConfigDict(extra="forbid")

    k: int = Field(default=10, ge=1, le=50)

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,
        k: int | None = None,
    ) -> list[Document]:
        del run_manager
        with _translated() as answer:
            most = self.k if k is None else k
            found: dict[str, Any] = self._sync_client().send(self._search(query, most))
            answer.update(found)
        return _documents(answer, most)

    async def _aget_relevant_documents(
        self,
        query: str,
        *,
        run_manager: AsyncCallbackManagerForRetrieverRun,
        k: int | None = None,
    ) -> list[Document]:
        del run_manager
        with _translated() as answer:
            most = self.k if k is None else k
            found: dict[str, Any] = await self._async_client().send(self._search(query, most))
            answer.update(found)
        return _documents(answer, most)


@contextmanager
def _translated() -> Iterator[dict[str, Any]]:
    """Yield a dict for the answer, which stays empty when there are no results."""
    try:
        yield {}
    except ZhipuError as error:
        if not (web_search.found_nothing(error)):
            raise model_error(error) from error


def _documents(answer: Mapping[str, Any], most: int) -> list[Document]:
    return [
        Document(
            page_content=result.pop("content", ""),
            metadata={_NAMES.get(key, key): value for key, value in result.items()},
        )
        for result in results(answer, most)
    ]


class ZhipuAIKnowledgeRetriever(KnowledgeSettings, BaseRetriever, defer_build=False):
    """A retriever of pieces of documents in the service's knowledge bases (open.bigmodel.cn only).

    What goes over the wire comes from the service's published schema alone: other than the rest of
    this package, it could not be checked against recorded answers.

    A document's metadata has ``source`` (the address of the document), ``doc_name``,
    ``contextual_text``, ``knowledge_id``, ``doc_id`` and ``score``, where the service has them.

    Args:
        knowledge_ids: The id of a knowledge base, or several. `zhipu_client.knowledge.list` lists
            them.
        k: How many pieces, 1 to 1000; ``invoke(query, k=3)`` overrides it for one call.
        document_ids: Only these documents.
        top_n: How many pieces to recall, of which the best are kept, from 1.
        recall_method: ``embedding``, ``keyword`` or ``mixed``; None for the service's own.
        recall_ratio: How much the embedding counts in ``mixed``, 0 to 100 percent.
        rerank_model: Sort the pieces again by ``rerank`` or ``rerank-pro``.
        score_threshold: Leave out pieces with a lower score.
        api_key: This and the other settings that all adapters share: see ``ZhipuSettings``. Only
            the host of the base URL is used.

    Raises:
        InvalidRequestError: No key was found, or a value is out of its range.

    Example:
        ```python
        from langchain_zhipu import ZhipuAIKnowledgeRetriever
        from zhipu_client import Client, knowledge

        first = Client().send(knowledge.list()).data.found[0]
        retriever = ZhipuAIKnowledgeRetriever(knowledge_ids=first.id)
        for document in retriever.invoke("how heat pumps work"):
            print(document.metadata["score"], document.metadata["doc_name"])
        ```
    """

    model_config = ConfigDict(extra="forbid")

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,
        k: int | None = None,
    ) -> list[Document]:
        del run_manager
        most = self.k if k is None else k
        with raised_as_model_errors():
            return self._documents(self._sync_client().send(self._search(query, most)), most)

    async def _aget_relevant_documents(
        self,
        query: str,
        *,
        run_manager: AsyncCallbackManagerForRetrieverRun,
        k: int | None = None,
    ) -> list[Document]:
        del run_manager
        most = self.k if k is None else k
        with raised_as_model_errors():
            reply = await self._async_client().send(self._search(query, most))
            return self._documents(reply, most)
