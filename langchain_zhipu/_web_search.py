"""Settings and results of a web search, shared by the tool and the retriever."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import ConfigDict, Field, field_validator

from langchain_zhipu._connection import ZhipuSettings
from zhipu_client import InvalidRequestError, Request, web_search
from zhipu_client.adapting import TrueOrFalse, limit, text_of

__all__ = ["Recency", "SearchSettings", "results"]

Recency = Literal["oneDay", "oneWeek", "oneMonth", "oneYear", "noLimit"]

_MOST = 50


class SearchSettings(ZhipuSettings):
    """The settings of a web search.

    Attributes:
        search_engine: ``search_std``, ``search_pro``, ``search_pro_sogou`` or ``search_pro_quark``
            on open.bigmodel.cn, ``search-prime`` on api.z.ai. None takes the site's first.
        search_domain_filter: Only results of this domain (``"www.example.com"``).
        search_recency_filter: ``oneDay``, ``oneWeek``, ``oneMonth``, ``oneYear`` or ``noLimit``.
        content_size: Length of an extract: ``medium`` (some 500 characters) or ``high``.
        search_intent: Let the service decide whether the query needs a search at all; if not, there
            are no results.
        max_query_length: A longer query is cut at a word's end: the service takes 70 characters.
            None sends it whole.
    """

    model_config = ConfigDict(extra="forbid")

    search_engine: str | None = None
    search_domain_filter: str | None = None
    search_recency_filter: Recency | None = None
    content_size: Literal["medium", "high"] | None = None
    search_intent: TrueOrFalse = False
    max_query_length: int | None = Field(default=web_search.MAX_QUERY, ge=1)

    @field_validator("max_query_length", mode="before")
    @classmethod
    def _whole_length(cls, value: Any) -> Any:
        return limit("max_query_length", value)

    def _search(
        self,
        query: str,
        count: int,
        *,
        domain: str | None = None,
        recency: str | None = None,
    ) -> Request[dict[str, Any]]:
        """Return the request of one search; fields that are set override the arguments."""
        engine = self.search_engine or web_search.engine_for(self._sync_client().site)
        if not 1 <= count <= _MOST:
            raise InvalidRequestError(
                f"the number of results must be from 1 to {_MOST}, got {count}",
                field="count",
                value=count,
            )
        return web_search.create(
            search_query=web_search.shorten(
                query, limit("max_query_length", self.max_query_length)
            ),
            search_engine=engine,
            search_intent=self.search_intent,
            count=web_search.count_for(count, engine),
            search_domain_filter=self.search_domain_filter or domain,
            search_recency_filter=self.search_recency_filter or recency,
            content_size=self.content_size,
        ).as_dict()


def results(reply: Mapping[str, Any], most: int) -> Iterator[dict[str, str]]:
    """Yield the results of an answer: the fields that have a value, as text."""
    for result in web_search.results_in(reply)[:most]:
        yield {str(key): text_of(value) for key, value in result.items() if value}
