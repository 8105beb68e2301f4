"""The emulator's own little web: some sixty pages in English and Chinese, written for it.

Their hosts end in ``.example``, which no real site can have.
"""

from __future__ import annotations

import html
import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from urllib.parse import quote, unquote, urlsplit

from zhipu_emulator.content.similarity import coverage, features, keywords

__all__ = ["Document", "documents", "find", "invent", "page_html", "search"]

_RELEVANT = 0.2
_OF_THE_BEST = 0.45
_INVENTED = "generated.example"


@dataclass(frozen=True)
class Document:
    """One page. ``days_old`` counts back from now, so that filters by age always find some."""

    domain: str
    slug: str
    days_old: int
    title: str
    paragraphs: tuple[str, ...]
    weights: Mapping[str, float] = field(default_factory=dict, repr=False, compare=False)

    @property
    def url(self) -> str:
        """Where it would be if its host existed."""
        return f"https://{self.domain}/{quote(self.slug)}"

    @property
    def text(self) -> str:
        """All paragraphs."""
        return "\n\n".join(self.paragraphs)


@cache
def documents() -> tuple[Document, ...]:
    """All pages."""
    raw = resources.files("zhipu_emulator.content").joinpath("corpus.json").read_text("utf-8")
    return tuple(_document(**entry) for entry in json.loads(raw))


def _document(
    *, domain: str, slug: str, days_old: int, title: str, paragraphs: Sequence[str]
) -> Document:
    weights = features(f"{title}\n{title}\n" + "\n".join(paragraphs))
    return Document(domain, slug, days_old, title, tuple(paragraphs), weights)


def find(url: str) -> Document | None:
    """The page at an address, if it is one of ours."""
    parts = urlsplit(url)
    host, slug = parts.hostname or "", unquote(parts.path).strip("/")
    if host == _INVENTED:
        pages = list(invent(slug.rpartition("-")[0].replace("-", " ")))
    else:
        pages = list(documents())
    return next((page for page in pages if (page.domain, page.slug) == (host, slug)), None)


def search(query: str, *, max_age: int | None = None, domain: str | None = None) -> list[Document]:
    """The pages about ``query``, best first.

    Args:
        query: Words.
        max_age: Days.
        domain: Only this host and those below it.
    """
    rarity, unseen = _rarities()
    # A word that few pages have says more about what is wanted.
    asked = {f: weight * rarity.get(f, unseen) for f, weight in features(query).items()}
    scored = []
    for document in documents():
        if max_age is not None and document.days_old > max_age:
            continue
        if domain and not _within(document.domain, domain):
            continue
        score = coverage(asked, document.weights)
        if score >= _RELEVANT:
            scored.append((score, document))
    scored.sort(key=lambda pair: (-pair[0], pair[1].days_old))
    return [document for score, document in scored if score >= _OF_THE_BEST * scored[0][0]]


@cache
def _rarities() -> tuple[dict[str, float], float]:
    """How rare each feature is among our pages, and the value for one that none of them has."""
    counts = Counter(feature for document in documents() for feature in document.weights)
    total = len(documents())
    rarity = {feature: math.log(1 + total / (1 + count)) for feature, count in counts.items()}
    return rarity, math.log(1 + total / 4)


def _within(host: str, domain: str) -> bool:
    wanted = domain.lower().removeprefix("https://").removeprefix("http://").strip("/ ")
    return host == wanted or host.endswith("." + wanted)


_TEMPLATES: Mapping[bool, tuple[tuple[str, str], ...]] = {
    True: (
        ("{topic}：概述", "本页概述{topic}，内容由模拟器按查询词生成，不是事实。涉及：{words}。"),
        ("{topic}常见问题", "关于{topic}的常见问题，内容由模拟器生成。相关词：{words}。"),
        ("如何了解{topic}", "学习{topic}可以从这些词入手：{words}。本页由模拟器生成。"),
    ),
    False: (
        (
            "{topic}: an overview",
            "An overview of {topic}, made up by the emulator, not a fact. It is about: {words}.",
        ),
        (
            "Questions about {topic}",
            "Common questions about {topic}, made up by the emulator. Related words: {words}.",
        ),
        (
            "Learning about {topic}",
            "To learn about {topic}, begin with: {words}. This page was made up by the emulator.",
        ),
    ),
}


def invent(query: str) -> Iterator[Document]:
    """Pages for a query that our own pages say nothing about: plainly made up, always the same."""
    words = keywords(query) or [query.strip() or "…"]
    chinese = any(char > "\u2e7f" for char in query)
    topic = "".join(words) if chinese else " ".join(words)
    slug = "-".join(words)
    for number, (title, text) in enumerate(_TEMPLATES[chinese], 1):
        shown = ("、" if chinese else ", ").join(words)
        yield _document(
            domain=_INVENTED,
            slug=f"{slug}-{number}",
            days_old=number,
            title=title.format(topic=topic),
            paragraphs=[text.format(topic=topic, words=shown)],
        )


def page_html(document: Document) -> str:
    """A page as HTML."""
    chinese = any(char > "\u2e7f" for char in document.title)
    body = "".join(f"<p>{html.escape(text)}</p>" for text in document.paragraphs)
    title, description = html.escape(document.title), html.escape(document.paragraphs[0])
    return (
        f'<!doctype html><html lang="{"zh" if chinese else "en"}"><head><meta charset="utf-8">'
        f'<title>{title}</title><meta name="description" content="{description}">'
        '<meta name="viewport" content="width=device-width">'
        f"</head><body><h1>{title}</h1>{body}</body></html>"
    )
