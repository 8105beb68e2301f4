"""Searching the web: ``POST /web_search``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from zhipu_client import _check
from zhipu_client._replies import ReplyModel, read, read_rows, rows
from zhipu_client._request import Reply, Request, as_sent

__all__ = [
    "ENGINES",
    "MAX_QUERY",
    "NOTHING_FOUND",
    "RECENCY",
    "SearchResult",
    "WebSearchReply",
    "count_for",
    "create",
    "engine_for",
    "found_nothing",
    "results_in",
    "shorten",
]

#: The documented engines and what they cost a call (CNY): the first four on open.bigmodel.cn.
ENGINES: Mapping[str, float | None] = {
    "search_std": 0.01,
    "search_pro": 0.03,
    "search_pro_sogou": 0.05,
    "search_pro_quark": 0.05,
    "search-prime": None,
}
#: The most characters that a query should have.
MAX_QUERY = 70
#: The values of ``search_recency_filter``.
RECENCY = ("oneDay", "oneWeek", "oneMonth", "oneYear", "noLimit")

#: The code of the failure by which the service reports that nothing was found.
NOTHING_FOUND = "1703"

_SOGOU_COUNTS = (10, 20, 30, 40, 50)
#: The engine that a site's documentation names; ``search_std`` on other sites.
_SITE_ENGINES: Mapping[str | None, str] = {"zai": "search-prime", "zai-coding": "search-prime"}


class SearchResult(ReplyModel):
    """One page that was found. Any field may be missing or empty, the link too.

    Attributes:
        title: The page's title.
        link: Its address.
        content: An extract of it.
        media: The site's name.
        icon: Address of the site's icon.
        publish_date: When it was published, as the site writes it.
        refer: The mark by which answers cite it (``ref_1``).
    """

    title: str | None = None
    link: str | None = None
    content: str | None = None
    media: str | None = None
    icon: str | None = None
    publish_date: str | None = None
    refer: str | None = None


class WebSearchReply(ReplyModel):
    """The answer of ``/web_search``."""

    id: str | None = None
    created: int | None = None
    request_id: str | None = None
    search_intent: list[dict[str, Any]] | None = None
    search_result: list[SearchResult] = Field(default_factory=list)


def create(
    *,
    search_query: str,
    search_engine: str = "search_std",
    search_intent: bool = False,
    count: int | None = None,
    search_domain_filter: str | None = None,
    search_recency_filter: str | None = None,
    content_size: Literal["medium", "high"] | None = None,
    request_id: str | None = None,
    user_id: str | None = None,
    extra_body: Mapping[str, Any] | None = None,
) -> Request[WebSearchReply]:
    """Search the web. Billed a call.

    Args:
        search_query: What to look for. The service recommends up to 70 characters; a longer query
            is sent as it is.
        search_engine: ``search_std``, ``search_pro``, ``search_pro_sogou``, ``search_pro_quark``;
            ``search-prime`` on api.z.ai. Others are sent unchecked.
        search_intent: Let the service decide whether the query needs a search at all.
        count: How many results, 1 to 50 (default 10); with ``search_pro_sogou`` 10, 20, 30, 40 or
            50.
        search_domain_filter: Only results of this domain (``"www.example.com"``).
        search_recency_filter: ``oneDay``, ``oneWeek``, ``oneMonth``, ``oneYear`` or ``noLimit``.
        content_size: Length of the extracts: ``medium`` or ``high``.
        request_id: Your own id of the call, 6 to 64 characters.
        user_id: Your own id of the end user, 6 to 128 characters.
        extra_body: Further fields of the body, sent unchecked.

    Raises:
        InvalidRequestError: A value is outside of its limits; ``field`` names it.

    Examples:
        >>> from zhipu_client import web_search
        >>> web_search.create(search_query="GLM-4.7", count=5).json["count"]
        5
    """
    _check.booleans(search_intent=search_intent)
    _check.text("search_query", search_query)
    _check.text("search_engine", search_engine)
    _check.within("count", count, 1, 50, whole=True)
    if search_engine == "search_pro_sogou":
        _check.choice("count", count, _SOGOU_COUNTS, search_engine)
    _check.choice("search_recency_filter", search_recency_filter, RECENCY)
    _check.choice("content_size", content_size, ("medium", "high"))
    _check.ids(request_id, user_id)
    return Request(
        method="POST",
        path="/web_search",
        parse=_parse,
        json=_check.body(
            extra_body,
            search_query=search_query,
            search_engine=search_engine,
            search_intent=search_intent,
            count=count,
            search_domain_filter=search_domain_filter,
            search_recency_filter=search_recency_filter,
            content_size=content_size,
            request_id=request_id,
            user_id=user_id,
        ),
        kind="generate",
    )


def _parse(reply: Reply) -> WebSearchReply:
    data = as_sent(reply)
    results = read_rows(SearchResult, results_in(data))
    found: WebSearchReply = read(WebSearchReply, {**data, "search_result": results})
    return found


def results_in(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the results in the decoded body of an answer, as they came.

    Args:
        answer: The decoded body.

    Examples:
        >>> from zhipu_client import web_search
        >>> web_search.results_in({"search_result": [{"title": "Whales"}, None]})
        [{'title': 'Whales'}]
    """
    found = answer.get("search_result")
    if isinstance(found, dict):  # one, by itself
        return [found] if found else []
    return rows(found)


def engine_for(site: str | None) -> str:
    """Return the search engine of a site.

    Args:
        site: A preset of the base URL, or None for your own server.

    Examples:
        >>> from zhipu_client import web_search
        >>> web_search.engine_for("zai"), web_search.engine_for("bigmodel")
        ('search-prime', 'search_std')
    """
    return _SITE_ENGINES.get(site, "search_std")


def count_for(results: int, search_engine: str | None) -> int:
    """Return the count to ask an engine for, to get a number of results.

    Args:
        results: The wanted results, 1 to 50.
        search_engine: The engine; ``search_pro_sogou`` takes multiples of 10 only.

    Examples:
        >>> from zhipu_client import web_search
        >>> web_search.count_for(12, "search_pro_sogou"), web_search.count_for(12, "search_std")
        (20, 12)
    """
    if search_engine != "search_pro_sogou":
        return results
    return next((count for count in _SOGOU_COUNTS if count >= results), results)


def found_nothing(error: Exception) -> bool:
    """Return True for the error that the service sends when a search has no results.

    Args:
        error: Any error of a call.

    Examples:
        >>> from zhipu_client import web_search
        >>> web_search.found_nothing(ValueError())
        False
    """
    return str(getattr(error, "code", None)) == NOTHING_FOUND


def shorten(query: str, most: int | None = MAX_QUERY) -> str:
    """Return a query of at most ``most`` characters, cut after a whole word where there is one.

    Args:
        query: What to look for.
        most: The most characters; None cuts nothing.

    Raises:
        InvalidRequestError: ``most`` is something else than a number from 1.

    Examples:
        >>> shorten("how do whales sleep under water", 20)
        'how do whales sleep'
    """
    _check.limit("most", most)
    query = " ".join(query.split())
    if most is None or len(query) <= most:
        return query
    # One more character shows whether the word that ends there is whole.
    head, space, _ = query[: most + 1].rpartition(" ")
    return head if space and len(head) >= most // 2 else query[:most]
