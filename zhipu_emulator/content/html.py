"""Web pages as Markdown or as text, with what is around them: title, meta data, links."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bs4 import BeautifulSoup

__all__ = ["Reading", "read"]

_HIDDEN = ["script", "style", "template", "noscript", "svg", "title"]
_HEADINGS = ["h1", "h2", "h3", "h4", "h5", "h6"]
_INLINE = ["a", "b", "strong", "em", "i", "code"]
# Elements whose end may be left out, and what begins after them: the parser would nest them.
_ENDS_BEFORE = {"li": ("li",), "td": ("td", "th"), "th": ("td", "th")}
_PROLOG = re.compile(r"\s*<\?xml[^>]*>", re.IGNORECASE)  # not XML to us, whatever it says of itself
# The page's own words are kept as they are: the service escapes nothing either.
_MARKDOWN: Mapping[str, Any] = {
    "heading_style": "ATX",
    "bullets": "-",
    "autolinks": False,
    "escape_asterisks": False,
    "escape_underscores": False,
    "escape_misc": False,
}


@dataclass
class Reading:
    """A page as read: title, content, meta data, style sheets, links and pictures in order."""

    title: str = ""
    content: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    stylesheets: list[str] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    images: dict[str, str] = field(default_factory=dict)


def read(html: str, *, plain: bool = False, images: bool = True) -> Reading:
    r"""Read a page.

    Args:
        html: The page.
        plain: Text without Markdown's marks.
        images: Keep pictures as Markdown.

    >>> read("<title>T</title><h1>A</h1><p>b <a href='/c'>d</a></p>").content
    '# A\n\nb [d](/c)'
    """
    if "<" not in html:
        return Reading(content=html.strip())
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(_PROLOG.sub("", html, count=1), "html.parser")
    found = _facts(soup)
    for tag in soup(_HIDDEN if images and not plain else [*_HIDDEN, "img"]):
        tag.decompose()
    for tag in soup(_ENDS_BEFORE):
        if tag.parent is not None and tag.parent.name in _ENDS_BEFORE[tag.name]:
            tag.parent.insert_after(tag)
    if plain:
        for tag in soup(_HEADINGS):
            tag.name = "p"
    found.content = _content(soup, strip=_INLINE if plain else None)
    return found


def _facts(soup: BeautifulSoup) -> Reading:
    found = Reading(title=soup.title.get_text().strip() if soup.title else "")
    for tag in soup("meta"):
        name = tag.get("name") or tag.get("property")
        if name:
            found.metadata[str(name)] = str(tag.get("content") or "")
    for tag in soup("link", rel="stylesheet"):
        found.stylesheets.append(str(tag.get("href") or ""))
    for tag in soup("a", href=True):
        found.links[tag.get_text().strip() or str(tag["href"])] = str(tag["href"])
    for tag in soup("img", src=True):
        name = tag.get("alt") or f"Image {len(found.images) + 1}"
        found.images[str(name)] = str(tag["src"])
    return found


def _content(soup: BeautifulSoup, **options: Any) -> str:
    from markdownify import MarkdownConverter

    try:
        text: str = MarkdownConverter(**_MARKDOWN, **options).convert_soup(soup)
    except RecursionError:  # elements in elements, thousands deep
        text = soup.get_text("\n")
    text = re.sub(r" +$", "", text, flags=re.MULTILINE)
    return re.sub(r"\n{3,}", "\n\n", text).strip()
