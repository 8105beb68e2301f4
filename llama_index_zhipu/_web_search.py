"""Settings and results of a web search, shared by the tool and the retriever."""

from __future__ import annotations

from typing import Any

from zhipu_client import APIError, Request, web_search

__all__ = ["enough", "found_nothing", "metadata_of", "request"]

#: Engines that return only multiples of a number of results.
_STEPS = {"search_pro_sogou": 10}


def request(
    site: str | None, query: str, *, search_engine: str | None, count: int | None, **settings: Any
) -> Request[web_search.WebSearchReply]:
    """Return the request of one search; without an engine, the site's own is used."""
    if search_engine is None:
        search_engine = "search-prime" if (site or "").startswith("zai") else "search_std"
    return web_search.create(
        search_query=query, search_engine=search_engine, count=count, **settings
    )


def enough(count: int, search_engine: str | None) -> int:
    """Return how many results to ask for to get ``count``."""
    step = _STEPS.get(search_engine or "", 1)
    return -(-count // step) * step


def metadata_of(row: web_search.SearchResult) -> dict[str, Any]:
    """Return the metadata of a result: everything but its text."""
    known = {
        "url": row.link,
        "title": row.title,
        "media": row.media,
        "publish_date": row.publish_date,
        "refer": row.refer,
    }
    return {name: value for name, value in known.items() if value}


def found_nothing(error: APIError) -> bool:
    """Return True for the error that the service sends when a search has no results."""
    return error.code == web_search.NOTHING_FOUND
