"""The agent that makes slides: what it thinks, does and says, and what it remembers of a deck."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from zhipu_emulator.brain.numbers import spelled_out
from zhipu_emulator.brain.words import is_chinese
from zhipu_emulator.content import corpus, drawing
from zhipu_emulator.content.published import publish
from zhipu_emulator.http.errors import ServiceError
from zhipu_emulator.http.params import Params, illegal

if TYPE_CHECKING:
    from starlette.requests import Request

    from zhipu_emulator.agents.asking import Asked
    from zhipu_emulator.http.state import State

__all__ = ["deck_of", "made_files", "worked"]

_COUNT = re.compile(r"(\d{1,3})\s*(?:slides?|pages?|页|张|頁)", re.IGNORECASE)
_ORDER = re.compile(
    r"^\s*(?:please\s+)?(?:make|create|generate|prepare|draw)?\s*(?:me\s+)?(?:an?\s+|the\s+|\d+\s+)?"
    r"(?:slides?|pages?|presentation|deck|ppt)?\s*(?:about|on|of|for)?\s+",
    re.IGNORECASE,
)
_CHINESE_ORDER = re.compile(r"^(?:请|帮我|给我|生成|制作|做|一个|一份|\d+|页|张|关于)+")
_REMOVE = re.compile(r"\b(?:delete|remove|drop)\b|删除|去掉", re.IGNORECASE)
_NUMBERS = re.compile(r"\d{1,3}")
_USUAL, _MOST = 3, 20
_PIXELS = (480, 270)

Step = tuple[str, dict[str, Any]]


@dataclass
class Deck:
    """One conversation: whose, about what, and the titles of its slides."""

    owner: str
    topic: str
    titles: list[str] = field(default_factory=list)


def deck_of(state: State, conversation_id: str, owner: str) -> Deck:
    """The deck of a conversation; 1214 for one that is not the caller's."""
    deck: Deck | None = state.store("decks").get(conversation_id)
    if deck is None or deck.owner != owner:
        raise illegal("conversation_id")
    return deck


def worked(asked: Asked, deck: Deck) -> Iterator[Step]:
    """What the agent does, one step after the other: a phase, and a part of the content.

    The deck changes with it.
    """
    chinese = is_chinese(asked.text)
    order = spelled_out(asked.text)
    wanted = f"我需要为用户制作{deck.topic}的幻灯片。" if chinese else f"Slides on {deck.topic}. "
    for piece in re.findall(r"\S+\s*|.{1,4}", wanted) if not chinese else _pairs(wanted):
        yield "thinking", {"type": "text", "text": piece}
    if _REMOVE.search(order):
        yield from _removed(order, deck)
    else:
        yield from _searched(deck.topic)
        count = _COUNT.search(order)
        number = min(_MOST, max(1, int(count.group(1)))) if count else _USUAL
        yield from _inserted(deck, 1 if deck.titles and not count else number, chinese=chinese)
    number = len(deck.titles)
    said = f"幻灯片共{number}页。" if chinese else f"The deck has {number} slides."
    for piece in _pairs(said):
        yield "answer", {"type": "text", "text": piece}


def topic_of(text: str) -> str:
    """What slides are wanted about."""
    text = spelled_out(text.strip())
    pattern = _CHINESE_ORDER if is_chinese(text) else _ORDER
    found = pattern.sub("", f"{text} ", count=1).strip(" .。!！,，")
    return found[:80] or text[:80]


def _pairs(text: str) -> list[str]:
    return [text[at : at + 6] for at in range(0, len(text), 6)]


def _tool(names: Sequence[str], **values: Any) -> Step:
    tool, chinese, english = names
    part = {"type": "object", "object": {"tool_name": tool, **values}}
    return "tool", {**part, "tag_cn": chinese, "tag_en": english}


_SEARCH = ("search", "搜索", "Search")
_INSERT = ("insert_page", "插入幻灯片", "Insert Page")
_DELETE = ("remove_slides", "删除幻灯片", "Remove Pages")


def _searched(topic: str) -> Iterator[Step]:
    yield _tool(_SEARCH, input=topic)
    found = corpus.search(topic) or list(corpus.invent(topic))
    yield _tool(_SEARCH, output="\n".join(document.title for document in found[:3]))


def _inserted(deck: Deck, count: int, *, chinese: bool) -> Iterator[Step]:
    for _ in range(count):
        place = len(deck.titles) + 1
        title = f"{deck.topic}（{place}）" if chinese else f"{deck.topic} ({place})"
        deck.titles.append(title)
        yield _tool(_INSERT, input=title)
        yield _tool(_INSERT, output=page_html(title), position=[place], title=title)


def _removed(order: str, deck: Deck) -> Iterator[Step]:
    numbers = sorted({int(number) for number in _NUMBERS.findall(order)})
    gone = [number for number in numbers if 1 <= number <= len(deck.titles)]
    if gone:
        deck.titles = [t for place, t in enumerate(deck.titles, 1) if place not in gone]
        yield _tool(_DELETE, position=gone)


def page_html(title: str) -> str:
    """One slide."""
    shown = html.escape(title)
    head = f"<!DOCTYPE html><html><head><title>{shown}</title></head>"
    return f"{head}<body><h1>{shown}</h1></body></html>"


def made_files(
    request: Request, state: State, deck: Deck, variables: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The files of a deck: a PDF or HTML where it is asked for, else an image of each slide."""
    params = Params(variables)
    made = state.new_id()
    sizes = _sizes(params.get("pages"), len(deck.titles))
    titles = list(deck.titles)
    found = []
    if params.flag("include_pdf"):
        name = f"{made}.pdf"
        url = publish(request, state, name, partial(_pdf, titles, sizes), "application/pdf")
        found.append(_link("file_url", url, f"{deck.topic}.pdf"))
    if params.flag("include_html"):
        pages = "\n".join(map(page_html, titles)).encode
        url = publish(request, state, f"{made}.html", pages, "text/html")
        found.append(_link("file_url", url, f"{deck.topic}.html"))
    if found:
        return found
    for number, (title, size) in enumerate(zip(titles, sizes, strict=True), 1):
        draw = partial(drawing.png, title, *size)
        url = publish(request, state, f"{made}_{number}.png", draw, "image/png")
        found.append(_link("image_url", url, f"{deck.topic} {number}.png"))
    return found


def _link(kind: str, url: str, name: str) -> dict[str, Any]:
    return {"type": kind, "tag_cn": name, "tag_en": name, kind: url}


def _sizes(pages: Any, count: int) -> list[tuple[int, int]]:
    """The pixels of each slide: those asked for are only proportions here."""
    sizes = [_PIXELS] * count
    for page in pages if isinstance(pages, list) else [] if pages is None else [None]:
        values = [page.get(name) for name in ("position", "width", "height")] if page else []
        if len(values) != 3 or not all(isinstance(v, int | float) and v > 0 for v in values):
            raise illegal("custom_variables.pages")
        place, width, height = values
        if not 1 <= place <= count:
            raise ServiceError("1214", "页码不存在", "There is no such page")
        scale = _PIXELS[0] / max(width, height)
        sizes[int(place) - 1] = (max(64, int(width * scale)), max(64, int(height * scale)))
    return sizes


def _pdf(titles: Sequence[str], sizes: Sequence[tuple[int, int]]) -> bytes:
    from PIL import Image

    pages = [
        Image.open(io.BytesIO(drawing.png(title, *size))).convert("RGB")
        for title, size in zip(titles, sizes, strict=True)
    ]
    out = io.BytesIO()
    first = pages[0] if pages else Image.new("RGB", _PIXELS, "white")
    first.save(out, "PDF", save_all=True, append_images=pages[1:])
    return out.getvalue()
