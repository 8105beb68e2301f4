"""Sort documents by how well they answer a query: `ZhipuAIRerank`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any, ClassVar, Literal

from langchain_core.callbacks import Callbacks
from langchain_core.documents import BaseDocumentCompressor, Document
from pydantic import ConfigDict, Field

from langchain_zhipu._errors import raised_as_model_errors
from langchain_zhipu._keeping import SeveralRequests
from zhipu_client import InvalidRequestError, arun, run
from zhipu_client import rerank as endpoint
from zhipu_client.adapting import TrueOrFalse

__all__ = ["ZhipuAIRerank"]

#: Keys of a mapping that have its text, the first found is taken.
_TEXT_KEYS = ("text", "page_content", "content")
_AS_SET: Any = object()


class ZhipuAIRerank(SeveralRequests, BaseDocumentCompressor, defer_build=False):
    """Sorts documents by how well they answer a query: ``POST /rerank`` (open.bigmodel.cn only).

    Takes any number of documents: above 128, several requests are sent at once, and the results are
    sorted over all of them. Returns copies with the score in ``metadata["relevance_score"]``; the
    given documents are not changed. Documents without text are left out.

    Args:
        model: ``rerank``.
        top_n: How many of the best documents to keep, 1 or more; None keeps all.
        truncate: Judge a longer query or document by its first 4,096 characters (default); False
            refuses it. The documents that come back are whole.
        return_raw_scores: Raw scores in place of those from 0 to 1.
        on_error: What a document is that the service refuses: ``"raise"`` names it by its
            position, ``"skip"`` logs a warning and leaves it out.
        max_in_flight: The most requests of one call at once, 1 to 64.
        on_result: Called with each score, ``{"index", "relevance_score"}``, as it comes.
        api_key: This and the other settings that all adapters share: see ``ZhipuSettings``.

    Raises:
        InvalidRequestError: No key was found, or a value is out of its range.

    Example:
        ```python
        from langchain_core.documents import Document
        from langchain_zhipu import ZhipuAIRerank

        reranker = ZhipuAIRerank(top_n=2)
        documents = [
            Document("Paris is the capital of France."),
            Document("Whales sleep for ten minutes at a time."),
            Document("France is a country in Europe."),
        ]
        for document in reranker.compress_documents(documents, "What is the capital of France?"):
            print(document.metadata["relevance_score"], document.page_content)

        print(reranker.rerank(["a cat", "a dog"], "Which one barks?", top_n=1))
        ```
    """

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

    model: str = "rerank"
    top_n: int | None = Field(default=3, ge=1)
    truncate: TrueOrFalse = True
    return_raw_scores: TrueOrFalse = False
    on_error: Literal["raise", "skip"] = "raise"

    _aliases: ClassVar[Mapping[str, str]] = {
        **SeveralRequests._aliases,
        "model_name": "model",
        "raw_scores": "return_raw_scores",
    }

    def rerank(
        self,
        documents: Sequence[str | Document | Mapping[str, Any]],
        query: str,
        *,
        top_n: int | None = _AS_SET,
    ) -> list[dict[str, Any]]:
        """Return the scores of texts, the best first.

        Args:
            documents: Texts, documents, or mappings with a ``text``; each not empty.
            query: The question.
            top_n: How many of the best to return; None for all; left out, the field decides.

        Returns:
            ``[{"index": 2, "relevance_score": 0.97}, ...]``, the best first.

        Raises:
            InvalidRequestError: A text is empty, or too long without ``truncate``.
            ZhipuError: A request failed for good. ``partial`` has the results of the others, as it
                has of Ctrl-C and a cancellation.
        """
        with raised_as_model_errors():
            return self._ranked(documents, query, top_n)

    async def arerank(
        self,
        documents: Sequence[str | Document | Mapping[str, Any]],
        query: str,
        *,
        top_n: int | None = _AS_SET,
    ) -> list[dict[str, Any]]:
        """Return the scores of texts, asynchronously; the arguments of `rerank`."""
        with raised_as_model_errors():
            return await self._aranked(documents, query, top_n)

    def compress_documents(
        self, documents: Sequence[Document], query: str, callbacks: Callbacks = None
    ) -> Sequence[Document]:
        """Return copies of the best documents, with their score; see the class.

        Args:
            documents: Any number.
            query: The question.
            callbacks: Not used: there is nothing to report between request and answer.
        """
        del callbacks
        with raised_as_model_errors():
            scores = self._ranked(documents, query, _AS_SET, blank=False)
        return _scored(documents, scores)

    async def acompress_documents(
        self, documents: Sequence[Document], query: str, callbacks: Callbacks = None
    ) -> Sequence[Document]:
        """Return copies of the best documents, asynchronously; see `compress_documents`."""
        del callbacks
        with raised_as_model_errors():
            scores = await self._aranked(documents, query, _AS_SET, blank=False)
        return _scored(documents, scores)

    def _tell(self) -> Callable[[endpoint.RerankResult], Any] | None:
        tell = self.on_result
        return None if tell is None else lambda row: tell(_score(row))

    def _ranked(self, *given: Any, blank: bool = True) -> list[dict[str, Any]]:
        job = self._job(*given, blank=blank)
        return _scores(run(self._sync_client(), job, on_result=self._tell()))

    async def _aranked(self, *given: Any, blank: bool = True) -> list[dict[str, Any]]:
        job = self._job(*given, blank=blank)
        return _scores(await arun(self._async_client(), job, on_result=self._tell()))

    def _job(
        self, documents: Sequence[Any], query: str, top_n: int | None, *, blank: bool
    ) -> endpoint.Ranking:
        """Return the job; without ``blank`` documents that are not, which are refused otherwise."""
        texts = {place: _text(one, place) for place, one in enumerate(documents)}
        kept = {place: text for place, text in texts.items() if blank or text.strip()}
        return endpoint.bulk(
            model=self.model,
            query=query,
            documents=list(kept.values()),
            places=list(kept),
            top_n=self.top_n if top_n is _AS_SET else top_n,
            return_raw_scores=self.return_raw_scores or None,
            truncate=self.truncate,
            in_flight=self.max_in_flight,
            on_error=self.on_error,
            dialect=self._dialect_name(),
        )


def _text(document: str | Document | Mapping[str, Any], place: int) -> str:
    if isinstance(document, str):
        return document
    if isinstance(document, Document):
        return document.page_content
    for key in _TEXT_KEYS:
        if isinstance(document, Mapping) and isinstance(document.get(key), str):
            text: str = document[key]
            return text
    raise InvalidRequestError(
        f"documents[{place}] must be a string, a Document or have one of {', '.join(_TEXT_KEYS)}, "
        f"got {type(document).__name__}",
        field=f"documents[{place}]",
    )


def _scores(reply: endpoint.RerankReply) -> list[dict[str, Any]]:
    return [_score(row) for row in reply.results]


def _score(row: endpoint.RerankResult) -> dict[str, Any]:
    return {"index": row.index, "relevance_score": row.relevance_score}


def _scored(documents: Sequence[Document], scores: Sequence[Mapping[str, Any]]) -> list[Document]:
    found = []
    for row in scores:
        copy = deepcopy(documents[row["index"]])
        copy.metadata["relevance_score"] = row["relevance_score"]
        found.append(copy)
    return found
