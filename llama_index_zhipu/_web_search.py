"""Settings and results of a web search, shared by the tool and the retriever."""

from __future__ import annotations

from typing import Any

from zhipu_client import Request, web_search
from zhipu_client.adapting import text_of

__all__ = ["metadata_of", "request"]


def request(
    site: str | None, query: str, *, search_engine: str | None, count: int | None, **settings: Any
) -> Request[web_search.WebSearchReply]:
    """Return the request of one search; without an engine, the site's own is used."""
    return web_search.create(
        search_query=query,
        search_engine=web_search.engine_for(site) if search_engine is None else search_engine,
        count=count,
        **settings,
    )


def metadata_of(row: web_search.SearchResult) -> dict[str, Any]:
    """Return the metadata of a result: everything but its text."""
    known = {
        "url": row.link,
        "title": row.title,
        "media": row.media,
        "publish_date": row.publish_date,
        "refer": row.refer,
    }
    return {name: text_of(value) for name, value in known.items() if value}
