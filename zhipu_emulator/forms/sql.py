"""Questions about tables, as SQL."""

from __future__ import annotations

import datetime as dt
import re
from typing import NamedTuple

from zhipu_emulator.brain.values import Passage
from zhipu_emulator.brain.words import covered, split_name, terms

_WANTED = re.compile(r"^SQL ?Query: *$", re.MULTILINE | re.IGNORECASE)
_QUESTION = re.compile(r"^Question: *(.+?) *$", re.MULTILINE)
_TABLE = re.compile(
    r"Table '([\w.]+)' has columns: ((?:[^\n]|\n(?!\s{0,99}\n|Table ')){0,4000}+)"
    r"|CREATE TABLE [\"`]?(\w+)[\"`]? ?\(((?:[^\n]|\n(?!\))){0,4000}+)"
)
_COLUMN = re.compile(
    r"(?:^|[,(]|\n)\s*[\"`]?(\w+)[\"`]? *\(?\s*(N?VARCHAR|TEXT|CHAR|INT(?:EGER)?|BIGINT|FLOAT|REAL"
    r"|NUMERIC|DECIMAL|DATE(?:TIME)?|BOOLEAN)",
    re.IGNORECASE,
)
_RESULT = re.compile(
    r"^SQL (?:Response|Result): *(.{0,4000}?)\s*^Response: *\Z",
    re.MULTILINE | re.DOTALL | re.IGNORECASE,
)
_ORDER = {
    "DESC": r"\b(?:highest|largest|most|biggest|greatest|maximum|longest|top|latest)\b|最[大高多]",
    "ASC": r"\b(?:lowest|smallest|least|fewest|minimum|shortest|earliest)\b|最[小低少]",
}
_WHOLE = {
    "AVG": r"\b(?:average|mean)\b|平均",
    "SUM": r"\b(?:total|sum)\b|总",
    "COUNT": r"\bhow many\b|\bnumber of\b|\bcount\b|多少个",
}


_LONGEST = 8_000  # characters of a result that are read


class _Column(NamedTuple):
    name: str
    number: bool


def written(text: str) -> str | None:
    """The query, or the result in words; None where the prompt wants neither."""
    result = text[-_LONGEST:] if text.rstrip().lower().endswith("response:") else ""
    if answer := _RESULT.search(result):
        asked = re.search(r"^Query: *(.+?) *$", text, re.MULTILINE)
        return f"{answer[1].strip()}" if not asked else f"{asked[1]} {answer[1].strip()}"
    wanted = [*_WANTED.finditer(text)]
    questions = _QUESTION.findall(text)
    if not wanted or not questions:
        return None
    tables = {m[1] or m[3]: _columns(m[2] or m[4] or "") for m in _TABLE.finditer(text)}
    return _query(questions[-1], tables) if tables else None


def _columns(text: str) -> list[_Column]:
    found = [(name, kind.upper()) for name, kind in _COLUMN.findall(text)]
    return [_Column(name, not re.search("CHAR|TEXT|DATE", kind)) for name, kind in found]


def _query(question: str, tables: dict[str, list[_Column]]) -> str:
    words = terms(question)

    def fit(name: str) -> float:
        about = " ".join(split_name(c.name) for c in tables[name])
        return covered(words, terms(f"{split_name(name)} {about}"))

    table = max(tables, key=fit)
    columns = tables[table]
    named = [c for c in columns if covered(terms(split_name(c.name)), words)]
    numbers = [c for c in named if c.number] or [c for c in columns if c.number]
    texts = [c for c in named if not c.number] or [c for c in columns if not c.number]
    shown, tail = [c.name for c in [*texts[:1], *named]] or [c.name for c in columns[:1]], ""
    whole = next((f for f, p in _WHOLE.items() if re.search(p, question, re.IGNORECASE)), "")
    order = next((o for o, p in _ORDER.items() if re.search(p, question, re.IGNORECASE)), "")
    conditions = _conditions(question, columns, named)
    if whole == "COUNT" and not (numbers and numbers[0] in named):  # "how many berths" is a column
        shown = ["COUNT(*)"]
        conditions = conditions[1:] or conditions  # the first is the name of one of them
    elif whole in ("AVG", "SUM") and numbers:
        shown = [f"{whole}({numbers[0].name})"]
    elif order and numbers:
        shown = [c.name for c in [*texts[:1], numbers[0]]]
        tail = f"ORDER BY {numbers[0].name} {order} LIMIT 1"
    where = _where(question, conditions)
    listed = ", ".join(dict.fromkeys(shown)) or "*"
    return " ".join(filter(None, ["SELECT", listed, "FROM", table, where, tail]))


def _conditions(question: str, columns: list[_Column], named: list[_Column]) -> list[_Column]:
    """The texts that a question may give, best first: not "country" where it asks which one."""
    texts = [c for c in columns if not c.number]
    words = {c.name: re.escape(split_name(c.name)) for c in texts}
    wanted = [c for c in texts if re.search(rf"(?i)\b(?:which|what) {words[c.name]}\b", question)]
    free = [c for c in texts if c not in wanted]
    return [c for c in free if c in named] or free or texts


def _where(question: str, texts: list[_Column]) -> str:
    """A condition on the name or quotation in the question."""
    passage = Passage(question, dt.date(1970, 1, 1))
    values = passage.of("quote") or passage.of("name")
    if not values or not texts:
        return ""
    value = str(values[0].value).replace("'", "''")
    return f"WHERE {texts[0].name} = '{value}'"
