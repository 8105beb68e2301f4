"""The settings of searching knowledge bases, and documents of what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from langchain_core.documents import Document
from pydantic import ConfigDict, Field, field_validator

from langchain_zhipu._connection import ZhipuSettings
from zhipu_client import Request, knowledge
from zhipu_client.adapting import flat

__all__ = ["KnowledgeSettings"]


class KnowledgeSettings(ZhipuSettings):
    """The settings of `ZhipuAIKnowledgeRetriever`."""

    model_config = ConfigDict(extra="forbid")

    if TYPE_CHECKING:
        # One may be given by itself.
        knowledge_ids: str | list[str]
        document_ids: str | list[str] | None = None
    else:
        knowledge_ids: list[str]
        document_ids: list[str] | None = None
    top_n: int | None = None
    recall_method: Literal["embedding", "keyword", "mixed"] | None = None
    recall_ratio: int | None = None
    rerank_model: Literal["rerank", "rerank-pro"] | None = None
    score_threshold: float | None = None
    k: int = Field(default=8, ge=1, le=1000)

    @field_validator("knowledge_ids", "document_ids", mode="before")
    @classmethod
    def _one_or_several(cls, given: Any) -> Any:
        return [given] if isinstance(given, str) else given

    def _check_values(self) -> None:
        super()._check_values()
        self._search("checked here", self.k)

    def _search(self, query: str, most: int) -> Request[knowledge.KnowledgeReply]:
        return knowledge.retrieve(
            query=query,
            knowledge_ids=self.knowledge_ids,
            document_ids=self.document_ids,
            top_k=most,
            top_n=self.top_n,
            recall_method=self.recall_method,
            recall_ratio=self.recall_ratio,
            rerank_model=self.rerank_model,
            fractional_threshold=self.score_threshold,
        )

    def _documents(self, reply: knowledge.KnowledgeReply, most: int) -> list[Document]:
        return [_document(piece) for piece in knowledge.found_in(reply, most)]


def _document(piece: knowledge.Found) -> Document:
    known = {"source": piece.url, **piece.metadata, "score": piece.score}
    return Document(piece.text, id=piece.id, metadata=flat(known))
