"""Words, stems, concepts and sentences: how the stand-in reads, in English and Chinese."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

from zhipu_emulator.content import tables
from zhipu_emulator.content.similarity import keywords

CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_TOKEN = re.compile(rf"[{CJK}]+|[^\W_{CJK}]+(?:['’][a-z]+)?")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SENTENCE = re.compile(r"[^.!?。！？\n]*(?:\.(?=[\w])[^.!?。！？\n]*)*[.!?。！？]*[\"'”’)]*|\n+")
_TABLE = re.compile(r"(<table\b(?:(?!<table\b).)*?</table\s*>)", re.IGNORECASE | re.DOTALL)
_TABLE_ROW = re.compile(r"<tr\b", re.IGNORECASE)
_SUFFIX = re.compile(
    r"(?<=...)(?:ations?|ings?|[eo]rs?|ions?|ies|es|s|ed|ly|e|y)$|['’]s$", re.IGNORECASE
)
_SIGNS = {"add": r"\+", "subtract": "[-−]", "multiply": "[*×]", "divide": "[/÷]",
          "power": r"(?:\^|\*\*)"}  # fmt: skip
_GENERIC, _CONCEPT, _PAIR = 0.3, 0.85, 0.6  # what they count beside a word of its own


class Term(NamedTuple):
    """One word: its stem, its concepts, and how much it says."""

    stem: str
    concepts: frozenset[str]
    weight: float


@cache
def lexicon() -> dict[str, Any]:
    """The word lists, patterns and sentences of ``lexicon.json``: all that a language needs."""
    text = files("zhipu_emulator.brain").joinpath("lexicon.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


@cache
def compiled(name: str) -> re.Pattern[str]:
    """One of the patterns of the lexicon, upper and lower case alike."""
    return re.compile(lexicon()["patterns"][name], re.IGNORECASE)


def sentence(name: str, *values: object, chinese: bool) -> str:
    """One of the sentences of the lexicon with values in it, in the language wanted."""
    text: str = lexicon()["sentences"][name][chinese]
    return text.format(*values)


@cache
def meanings(table: str) -> dict[str, tuple[str, ...]]:
    """What the words of a table of the lexicon mean, by stem: its concepts, roles or kinds."""
    found: dict[str, dict[str, None]] = {}
    for meaning, words in lexicon()[table].items():
        for word in words:
            found.setdefault(stem(word), {})[meaning] = None
    return {word: tuple(names) for word, names in found.items()}


def either(words: Iterable[str]) -> re.Pattern[str]:
    """What matches one of the words that are not Latin, the longest first."""
    return re.compile("|".join(sorted(filter(is_cjk, words), key=len, reverse=True)))


@cache
def _cjk_words() -> re.Pattern[str]:
    return either(meanings("concepts"))


def first_word(text: str) -> str:
    """The Chinese word of the lexicon that a text begins with; nothing for another text."""
    found = _cjk_words().match(text)
    return found[0] if found else ""


def ends(text: str, most: int = 2_000) -> str:
    """Beginning and end of a long text, where a request says what is wanted; short ones whole."""
    half = most // 2
    return text if len(text) <= most else f"{text[:half]}\n{text[-half:]}"


def asked(text: str) -> str:
    """A request as a search would have it: without "please", "search for" and the like."""
    return compiled("lead").sub("", " ".join(text.split()))


def is_cjk(text: str) -> bool:
    """Whether the first character is Han, kana or hangul."""
    return bool(re.match(f"[{CJK}]", text))


def is_chinese(text: str) -> bool:
    """Whether an answer to ``text`` should be in Chinese."""
    han = len(re.findall(r"[\u3400-\u9fff]", text))
    return han > 0 and han * 3 >= len(re.findall(r"[A-Za-z]", text))


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """A word without its ending: rough, but the same for both sides of a comparison."""
    return _SUFFIX.sub("", re.sub(r"['’]s$", "", word.lower()))


def split_name(name: str) -> str:
    """``getWeather_by-city`` as words."""
    return re.sub(r"[_\-./]+", " ", _CAMEL.sub(" ", name))


def labelled(name: str) -> str:
    """A name as a label has it: lower case, with single blanks."""
    return " ".join(split_name(name).lower().split())


def terms(text: str, *, numbers: bool = False) -> list[Term]:
    """The telling words of a text; numbers only when they tell something, as in documents."""
    found: list[Term] = []
    for token in _TOKEN.findall(text):
        if is_cjk(token):
            found.extend(_cjk_terms(token))
        elif keywords(token) and (numbers or not token.isdigit()):
            root = stem(token)
            weight = _GENERIC if root in meanings("kinds") else 1.0
            found.append(Term(root, frozenset(meanings("concepts").get(root, ())), weight))
    for name, sign in _SIGNS.items():
        if re.search(rf"\d\s*{sign}\s*\d", text):
            found.append(Term(f"({name})", frozenset({name, "calculate"}), 1.0))
    return list(dict.fromkeys(found))


def _cjk_terms(run: str) -> list[Term]:
    concepts = meanings("concepts")
    known = [Term(w, frozenset(concepts[w]), 1.0) for w in _cjk_words().findall(run)]
    rest = keywords(_cjk_words().sub(" ", run), shortest=1)
    pairs = (word[i : i + 2] for word in rest for i in range(max(len(word) - 1, 1)))
    weights = (Term(one, frozenset(), _PAIR if len(one) > 1 else _GENERIC) for one in pairs)
    return [*known, *weights]


def stems(text: str) -> set[str]:
    """The stems of the telling words of a text."""
    return {term.stem for term in terms(text)}


def likeness(term: Term, others: Iterable[Term]) -> float:
    """How well a word is met by one of ``others``: 1 the same stem, less the same concept."""
    alike = (
        1.0 if term.stem == one.stem else _CONCEPT * bool(term.concepts & one.concepts)
        for one in others
    )
    return max(alike, default=0.0)


def covered(wanted: Iterable[Term], given: Iterable[Term]) -> float:
    """The share of ``wanted``, by weight, that ``given`` meets: 0 to 1."""
    wanted, given = list(wanted), list(given)
    total = sum(term.weight for term in wanted)
    met = sum(term.weight * likeness(term, given) for term in wanted)
    return met / total if total else 0.0


def sentences(text: str) -> list[str]:
    """The sentences of a text, without empty ones; each row of an HTML table is one."""
    found: list[str] = []
    for part in _TABLE.split(text):
        rows = [*tables.rows(part)] if part[:6].lower() == "<table" else []
        if rows and len(rows) + 1 == len(_TABLE_ROW.findall(part)):
            found += [row_told(row.items()) for row in rows]
        else:
            found += [match.group().strip() for match in _SENTENCE.finditer(part)]
    return [sentence for sentence in found if sentence]


def row_told(cells: Iterable[tuple[str, str]]) -> str:
    """A row of a table as a sentence: each cell behind the name of its column."""
    cells = list(cells)
    link, comma, stop = (
        ("：", "，", "。") if is_chinese(" ".join(map(" ".join, cells))) else (": ", ", ", ".")
    )
    return comma.join(f"{name}{link}{cell}" for name, cell in cells) + stop
