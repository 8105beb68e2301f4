"""Translation from a phrase book: the longest phrase first, unknown words stay as they are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

__all__ = ["LANGUAGES", "detected", "glossary_of", "translated"]

# fmt: off
LANGUAGES = (
    "zh-CN", "zh-TW", "wyw", "yue", "en", "ja", "ko", "fr", "de", "es", "ru", "pt", "it", "ar",
    "hi", "bg", "cs", "da", "el", "et", "fi", "hu", "id", "lt", "lv", "nl", "no", "pl", "ro", "sk",
    "sl", "sv", "th", "tr", "uk", "vi", "my", "ms", "Pinyin", "IPA", "zh",
)
# fmt: on

# Languages that share a column of the phrase book.
_COLUMNS = {"zh": "zh-CN", "zh-TW": "zh-CN", "wyw": "zh-CN", "yue": "zh-CN"}
_UNSPACED = frozenset({"zh-CN", "ja"})
_WIDE = {",": "，", ".": "。", "?": "？", "!": "！", ":": "：", ";": "；"}
_NARROW = {wide: narrow for narrow, wide in _WIDE.items()} | {"、": ","}
_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("zh-CN", re.compile(r"[\u4e00-\u9fff]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
)
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", re.UNICODE)
_TOKEN = re.compile(rf"{_WORD.pattern}|\s+|\d[\d.,]*\d|\d|.", re.UNICODE | re.DOTALL)
_LONGEST = 6  # words of a phrase, or so


class _Piece(NamedTuple):
    """A part of the source: what it becomes, and whether that is known."""

    text: str
    known: bool


@cache
def _rows() -> tuple[Mapping[str, str], ...]:
    text = files("zhipu_emulator.agents").joinpath("phrasebook.json").read_text("utf-8")
    return tuple(json.loads(text))


@cache
def _book(source: str, target: str) -> Mapping[str, str]:
    """Phrases of one language, in lower case, and what they are in the other."""
    found: dict[str, str] = {}
    for row in _rows():
        if row.get(source) and target in row:
            found.setdefault(row[source].lower(), row[target])
    return found


def _column(language: str) -> str:
    return _COLUMNS.get(language, language.partition("-")[0] if language[:2] == "en" else language)


def detected(text: str) -> str:
    """The language of a text, by its script or by how many of its words are known."""
    for language, script in _SCRIPTS:
        if script.search(text):
            return language
    words = [word.lower() for word in _WORD.findall(text)]

    def known(language: str) -> int:
        book = {word for row in _rows() for word in row[language].lower().split()}
        return sum(word in book for word in words)

    return max(("en", "de", "fr", "es"), key=known)


def glossary_of(content: bytes) -> dict[str, str]:
    """The terms in a file: one a line, ``term,translation`` (or with a tab, or a semicolon)."""
    found = {}
    for line in content.decode("utf-8-sig", "replace").splitlines():
        term, _, meaning = re.sub(r"[\t;，；]", ",", line).partition(",")
        if term.strip() and meaning.strip():
            found[term.strip().lower()] = meaning.strip()
    return found


def translated(
    text: str, source: str = "auto", target: str = "zh-CN", terms: Mapping[str, str] | None = None
) -> str:
    """Translate a text; one between languages that the phrase book lacks is marked as such.

    >>> translated("Good morning, world!")
    '早上好，世界！'
    >>> translated("我爱你", target="en"), translated("Good day", target="ko")
    ('I love you', '[ko] Good day')
    """
    source = _column(detected(text) if source == "auto" else source)
    target = _column(target)
    book = {**_book(source, target), **(terms or {})}
    if source == target and not terms:
        return text
    if not book:
        return f"[{target}] {text}"
    made = _joined(_pieces(text, book, spaced=source not in _UNSPACED), target)
    return _capitals(made, text, source) if target not in _UNSPACED else made


def _pieces(text: str, book: Mapping[str, str], *, spaced: bool) -> Iterator[_Piece]:
    tokens = _TOKEN.findall(text) if spaced else list(_letters(text))
    at = 0
    while at < len(tokens):
        for length in range(min(2 * _LONGEST, len(tokens) - at), 0, -1):
            part = tokens[at : at + length]
            phrase = " ".join("".join(part).lower().split())
            if phrase not in book and spaced and length == 1:
                phrase = phrase.removesuffix("s")
            if phrase in book and part[0].strip() and part[-1].strip():
                yield _Piece(book[phrase], known=True)
                at += length
                break
        else:
            yield _Piece(tokens[at], known=False)
            at += 1


def _letters(text: str) -> Iterator[str]:
    """One sign at a time, but words of Latin letters and numbers whole."""
    for match in re.finditer(r"[A-Za-z][A-Za-z'-]*|\d[\d.,]*\d|.", text, re.DOTALL):
        yield match.group()


def _joined(pieces: Iterator[_Piece], target: str) -> str:
    unspaced = target in _UNSPACED
    marks = {**_WIDE, "，": "，"} if unspaced else _NARROW
    out = ""
    for text, known in pieces:
        if known and not text:
            continue
        if not known and text.isspace() and "\n" not in text and unspaced:
            continue
        if not known and text in marks:
            mark = "、" if target == "ja" and text in ",，" else marks[text]
            out = out.rstrip(" ") + mark + ("" if unspaced else " ")
            continue
        if out and not out[-1].isspace() and _needs_space(out[-1], text, unspaced, known):
            out += " "
        out += text
    return re.sub(r"[ \t]+", " ", out).strip() if not unspaced else out.strip()


def _needs_space(last: str, text: str, unspaced: bool, known: bool) -> bool:
    if unspaced:
        return last.isascii() and last.isalnum() and text[:1].isascii() and text[:1].isalnum()
    return known and (last.isalnum() or last in ".,!?;:")


def _capitals(made: str, text: str, source: str) -> str:
    """Sentences begin with a capital where the source's do, or has none."""
    if source not in _UNSPACED and not text.strip()[:1].isupper():
        return made

    def raised(match: re.Match[str]) -> str:
        return match.group(1) + match.group(2).upper()

    made = re.sub(r"(^|[.!?]\s+)([^\W\d_])", raised, made)
    return re.sub(r"\bi\b", "I", made) if " i " in f" {made} " else made
