"""HTML as Markdown or text, without a library: enough for pages that a test puts in its web."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

__all__ = ["Reading", "read"]

_HIDDEN = frozenset({"script", "style", "template", "noscript", "svg"})
_BLOCKS = frozenset({"p", "div", "section", "article", "table", "tr", "ul", "ol", "br", "header"})
_HEADINGS = {f"h{level}": "#" * level + " " for level in range(1, 7)}
_INLINE = {"strong": "**", "b": "**", "em": "*", "i": "*", "code": "`"}


@dataclass
class Reading:
    """A page as read: title, description, content, meta data, links and pictures in order."""

    title: str = ""
    content: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    stylesheets: list[str] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    images: dict[str, str] = field(default_factory=dict)


class _Reader(HTMLParser):
    def __init__(self, plain: bool, images: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.plain, self.keep_images = plain, images
        self.reading = Reading()
        self.out: list[str] = []
        self.hidden = 0
        self.in_title = False
        self.link: tuple[str, int] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open."""
        values = {name: value or "" for name, value in attrs}
        if tag in _HIDDEN:
            self.hidden += 1
        elif tag == "title":
            self.in_title = True
        elif tag == "meta":
            name = values.get("name") or values.get("property")
            if name:
                self.reading.metadata[name] = values.get("content", "")
        elif tag == "link" and values.get("rel") == "stylesheet":
            self.reading.stylesheets.append(values.get("href", ""))
        else:
            self._flow(tag, values)

    def _flow(self, tag: str, values: dict[str, str]) -> None:
        if tag in _HEADINGS:
            self.out.append("\n\n" + ("" if self.plain else _HEADINGS[tag]))
        elif tag == "li":
            self.out.append("\n- ")
        elif tag in ("td", "th"):
            self.out.append(" | ")
        elif tag in _BLOCKS:
            self.out.append("\n\n")
        elif tag in _INLINE and not self.plain:
            self.out.append(_INLINE[tag])
        elif tag == "a" and values.get("href"):
            self.link = (values["href"], len(self.out))
        elif tag == "img" and values.get("src"):
            self.reading.images[values.get("alt") or f"Image {len(self.reading.images) + 1}"] = (
                values["src"]
            )
            if self.keep_images and not self.plain:
                self.out.append(f"![{values.get('alt', '')}]({values['src']})")

    def handle_endtag(self, tag: str) -> None:
        """Close."""
        if tag in _HIDDEN:
            self.hidden = max(0, self.hidden - 1)
        elif tag == "title":
            self.in_title = False
        elif tag in _HEADINGS or tag in _BLOCKS:
            self.out.append("\n\n")
        elif tag in _INLINE and not self.plain:
            self.out.append(_INLINE[tag])
        elif tag == "a" and self.link:
            href, start = self.link
            text = "".join(self.out[start:]).strip()
            self.reading.links[text or href] = href
            if not self.plain:
                self.out[start:] = [f"[{text}]({href})"]
            self.link = None

    def handle_data(self, data: str) -> None:
        """Text."""
        if self.in_title:
            self.reading.title += data
        elif not self.hidden:
            self.out.append(re.sub(r"\s+", " ", data))


def read(html: str, *, plain: bool = False, images: bool = True) -> Reading:
    r"""Read a page.

    Args:
        html: The page.
        plain: Text without Markdown's marks.
        images: Keep pictures as Markdown.

    >>> read("<title>T</title><h1>A</h1><p>b <a href='/c'>d</a></p>").content
    '# A\n\nb [d](/c)'
    """
    reader = _Reader(plain, images)
    reader.feed(html)
    reader.close()
    text = re.sub(r" *\n *", "\n", "".join(reader.out))
    reader.reading.content = re.sub(r"\n{3,}", "\n\n", text).strip()
    reader.reading.title = reader.reading.title.strip()
    return reader.reading
