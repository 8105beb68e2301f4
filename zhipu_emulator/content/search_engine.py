"""The search engines: which there are, what they take, and what they find."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from zhipu_emulator.content import corpus, sensitive
from zhipu_emulator.content.corpus import Document
from zhipu_emulator.content.similarity import keywords
from zhipu_emulator.http.errors import ServiceError, content_filter
from zhipu_emulator.http.params import Params
from zhipu_emulator.http.state import BEIJING


@dataclass(frozen=True)
class Engine:
    """One search engine: the counts that it takes, and whether it knows the domain filter."""

    counts: tuple[int, ...] = tuple(range(1, 51))
    domains: bool = True


_CHINESE: Mapping[str, Engine] = {
    "search_std": Engine(),
    "search_pro": Engine(),
    "search_pro_sogou": Engine(counts=(10, 20, 30, 40, 50)),
    "search_pro_quark": Engine(domains=False),
}
_INTERNATIONAL: Mapping[str, Engine] = {
    name: Engine() for name in ("search-prime", "search_std", "search-pro", "search_pro_jina")
}
ENGINES: Mapping[str, Mapping[str, Engine]] = {"bigmodel": _CHINESE, "zai": _INTERNATIONAL}

RECENCY: Mapping[str, int | None] = {
    "noLimit": None,
    "oneDay": 1,
    "oneWeek": 7,
    "oneMonth": 31,
    "oneYear": 366,
}
_SIZES: Mapping[str, int] = {"medium": 400, "high": 4000}
_MAX_QUERY = 70
_SMALL_TALK = ("hi", "hello", "thanks", "你好", "谢谢", "再见")


def answer(body: Mapping[str, Any], engines: Mapping[str, Engine], now: float) -> dict[str, Any]:
    """Intent and results for a request.

    Raises:
        ServiceError: Everything that the endpoint refuses.
    """
    params = Params(body)
    name = params.get("search_engine")
    if not name:
        text = "The search_engine cannot both be empty."
        raise ServiceError("1214", f"search_engine:{text}")
    if not isinstance(name, str) or name not in engines:
        raise ServiceError("1211")
    engine = engines[name]
    query = params.text("search_query", max_length=_MAX_QUERY)
    count = params.integer("count", 10, choices=engine.counts) or 10
    recency = params.text("search_recency_filter", "noLimit", choices=RECENCY)
    size = params.text("content_size", "medium", choices=_SIZES)
    domain = params.text("search_domain_filter", "") if engine.domains else ""
    detect = params.flag("search_intent")
    params.caller_ids()
    if sensitive.risks(query):
        raise content_filter("user")
    intent = _intent(query) if detect else "SEARCH_ALWAYS"
    results: list[Document] = []
    if intent != "SEARCH_NONE":
        results = corpus.search(query, max_age=RECENCY[recency], domain=domain or None)
        if not results and not domain:
            results = list(corpus.invent(query))
    return {
        "search_intent": [
            {"intent": intent, "keywords": " ".join(keywords(query)), "query": query}
        ],
        "search_result": [
            result(document, number, now, _SIZES[size])
            for number, document in enumerate(results[:count], 1)
        ],
    }


def result(document: Document, number: int, now: float, characters: int = 400) -> dict[str, Any]:
    """One search result in the service's form; ``number`` counts from 1."""
    published = datetime.fromtimestamp(now, BEIJING) - timedelta(days=document.days_old)
    return {
        "content": document.text[:characters],
        "icon": "",
        "link": document.url,
        "media": document.domain.removesuffix(".example"),
        "publish_date": published.strftime("%Y-%m-%d"),
        "refer": f"ref_{number}",
        "title": document.title,
    }


def _intent(query: str) -> str:
    """Greetings need no search; everything else does."""
    small_talk = query.strip(" !！.。?？~").lower() in _SMALL_TALK
    return "SEARCH_NONE" if small_talk or not keywords(query) else "SEARCH_ALL"
