"""What the web search tool and the web search retriever have in common."""

from __future__ import annotations

from typing import Any

from zhipu_client import APIError, Request, web_search

__all__ = ["enough", "found_nothing", "metadata_of", "request"]

#: Engines that give certain numbers of results only.
_STEPS = {"search_pro_sogou": 10}


def request(
    site: str | None, query: str, *, search_engine: str | None, count: int | None, **settings: Any
) -> Request[web_search.WebSearchReply]:
    """One search, by the engine that fits the site where none is given."""
    if search_engine is None:
        search_engine = "search-prime" if (site or "").startswith("zai") else "search_std"
    return web_search.create(
        search_query=query, search_engine=search_engine, count=count, **settings
    )


def enough(count: int, search_engine: str | None) -> int:
    """How many results to ask for so that ``count`` come."""
    step = _STEPS.get(search_engine or "", 1)
    return -(-count // step) * step


def metadata_of(row: web_search.SearchResult) -> dict[str, Any]:
    """What is known of a result beside its text."""
    told = {
        "url": row.link,
        "title": row.title,
        "media": row.media,
        "publish_date": row.publish_date,
        "refer": row.refer,
    }
    return {name: value for name, value in told.items() if value}


def found_nothing(error: APIError) -> bool:
    """True for the failure by which the service says that there are no results."""
    return error.code == web_search.NOTHING_FOUND
