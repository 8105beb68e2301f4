"""`ZhipuAIRerank`, a node postprocessor that sorts by relevance."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, Literal, Unpack

import llama_index.core  # noqa: F401 - before any part of it, see `__getattr__` of the package
from llama_index.core.bridge.pydantic import Field
from llama_index.core.callbacks import CBEventType, EventPayload
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.instrumentation.events.rerank import ReRankEndEvent, ReRankStartEvent
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import MetadataMode, NodeWithScore, QueryBundle

from zhipu_client import arun, rerank, run
from zhipu_client.adapting import TrueOrFalse, keeping

from ._keeping import SeveralRequests
from ._options import RerankOptions

__all__ = ["DEFAULT_MODEL", "ZhipuAIRerank"]

DEFAULT_MODEL = "rerank"

dispatcher = get_dispatcher(__name__)


class ZhipuAIRerank(SeveralRequests, BaseNodePostprocessor, defer_build=False):
    """Sorts nodes by how well they answer the query (open.bigmodel.cn only).

    Takes any number of nodes: above 128, several requests are sent. Returns the nodes with their
    relevance as the score.

    Attributes:
        model: ``rerank``.
        top_n: How many of the best nodes to keep, from 1; None keeps all.
        raw_scores: Raw scores in place of those from 0 to 1.
        truncate: Judge a longer text by its first 4,096 characters; False refuses it.
        on_error: What a node is that the service refuses: ``"raise"`` names it by its position,
            ``"skip"`` logs a warning and leaves it out.
        max_in_flight: Requests at once, 1 to 64.

    Raises:
        zhipu_client.InvalidRequestError: No key was found, or a text is empty or too long.
        ValueError: The query is missing.
        zhipu_client.ZhipuError: A call failed; the subclasses say how.

    Example:
        ```python
        from llama_index.core.schema import NodeWithScore, TextNode

        from llama_index_zhipu import ZhipuAIRerank

        nodes = [NodeWithScore(node=TextNode(text=text)) for text in ("A cat.", "A red kite.")]
        best = ZhipuAIRerank(top_n=1).postprocess_nodes(nodes, query_str="kites")
        print(best[0].text, best[0].score)
        ```
    """

    model: str = Field(default=DEFAULT_MODEL, description="The model code.")
    top_n: int | None = Field(default=3, ge=1, description="How many nodes to keep.")
    raw_scores: TrueOrFalse = Field(default=False, description="Raw scores.")
    truncate: TrueOrFalse = Field(default=True, description="Cut texts that are too long.")
    on_error: Literal["raise", "skip"] = Field(default="raise", description="Of a refused text.")

    _aliases: ClassVar[Mapping[str, str]] = {
        **SeveralRequests._aliases,
        "return_raw_scores": "raw_scores",
    }

    def __init__(
        self, top_n: int | None = 3, model: str = DEFAULT_MODEL, **kwargs: Unpack[RerankOptions]
    ) -> None:
        super().__init__(top_n=top_n, model=model, **kwargs)

    @classmethod
    def class_name(cls) -> str:
        """Return the name of this class in dicts."""
        return "ZhipuAIRerank"

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        ranking = _Ranking(self, nodes, query_bundle)
        with ranking.events():
            if ranking.job is not None:
                ranking.take(run(self._client, ranking.job, on_result=ranking.teller()))
        return ranking.found

    async def _apostprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        ranking = _Ranking(self, nodes, query_bundle)
        with ranking.events():
            if ranking.job is not None:
                found = await arun(self._aclient, ranking.job, on_result=ranking.teller())
                ranking.take(found)
        return ranking.found


class _Ranking:
    """One run with its events: the texts sent, and the nodes sorted by the answer."""

    def __init__(
        self, owner: ZhipuAIRerank, nodes: list[NodeWithScore], query: QueryBundle | None
    ) -> None:
        if query is None:
            raise ValueError("Missing query bundle: reranking needs a query")
        self._owner, self._query = owner, query
        # A blank text would be refused: such nodes are left out.
        seen = [item.node.get_content(metadata_mode=MetadataMode.EMBED) for item in nodes]
        self._texts = {place: text for place, text in enumerate(seen) if text.strip()}
        self._given = nodes
        self._nodes = [nodes[place] for place in self._texts]
        self.found: list[NodeWithScore] = []
        self.job = self._make_job() if self._nodes else None

    def _make_job(self) -> rerank.Ranking:
        owner = self._owner
        return rerank.bulk(
            model=owner.model,
            query=self._query.query_str,
            documents=list(self._texts.values()),
            places=list(self._texts),
            top_n=owner.top_n,
            return_raw_scores=owner.raw_scores or None,
            truncate=owner.truncate,
            in_flight=owner.max_in_flight,
            on_error=owner.on_error,
            dialect=owner._dialect_name(),
        )

    def take(self, reply: rerank.RerankReply) -> None:
        """Read the answer into `found`."""
        self.found = [self._scored(row) for row in reply.results if row.index is not None]

    def teller(self) -> Callable[[rerank.RerankResult], None] | None:
        """Return what makes of each score, as it comes, what `on_result` gets."""
        tell = self._owner.on_result
        return None if tell is None else lambda row: tell(self._scored(row))

    def _scored(self, row: rerank.RerankResult) -> NodeWithScore:
        return NodeWithScore(node=self._given[row.index or 0].node, score=row.relevance_score)

    @contextmanager
    def events(self) -> Iterator[None]:
        """Send LlamaIndex's event of the start, and of the end unless the run fails."""
        owner = self._owner
        kept = len(self._nodes) if owner.top_n is None else owner.top_n
        start = ReRankStartEvent(
            query=self._query, nodes=self._nodes, top_n=kept, model_name=owner.model
        )
        payload: dict[str, Any] = {
            EventPayload.NODES: self._nodes,
            EventPayload.MODEL_NAME: owner.model,
            EventPayload.QUERY_STR: self._query.query_str,
            EventPayload.TOP_K: kept,
        }
        dispatcher.event(start)
        with owner.callback_manager.event(CBEventType.RERANKING, payload=payload) as event:
            yield
            with keeping(partial=self.found):  # of a handler that raises
                event.on_end(payload={EventPayload.NODES: self.found})
        with keeping(partial=self.found):
            dispatcher.event(ReRankEndEvent(nodes=self.found))
