"""What output parsers ask for in words: lists, XML, one of some options, a date and time."""

from __future__ import annotations

import ast
import datetime as dt
import re
from collections.abc import Callable
from xml.sax.saxutils import escape

from zhipu_emulator.brain.fill import Filler
from zhipu_emulator.brain.schema import Schema
from zhipu_emulator.brain.values import Passage
from zhipu_emulator.content.similarity import keywords

_TODAY = dt.date(2024, 1, 1)  # dates are said whole where a prompt wants one
_ASKS = re.compile(r"^Answer the (?:user )?(?:query|question)\.?$", re.MULTILINE)
_FORMATS: dict[str, re.Pattern[str]] = {
    name: re.compile(form, re.DOTALL | re.MULTILINE)
    for name, form in {
        "commas": r"Your response should be a list of comma separated values, eg: [^\n]*",
        "bullets": r"Your response should be a markdown list, eg: `[^`]{0,200}`",
        "numbers": r"Your response should be a numbered list with each item.{0,300}?3\. baz",
        "xml": r"The output should be formatted as a XML file\..{0,2000}?output tags:\n```\n"
        r"([^`]{1,4000})\n```",
        "options": r"Select one of the following options: ([^\n]+)",
        "moment": r"Write a datetime string that matches the\s{1,20}following pattern: "
        r"'([^'\n]{1,200})'.{0,2000}?Return ONLY this string[^\n]*",
    }.items()
}


def written(text: str) -> str | None:
    """The answer in the format that a prompt states; None where it states none of these."""
    for name, form in _FORMATS.items():
        if match := form.search(text):
            rest = f"{text[: match.start()]}\n{text[match.end() :]}"
            return _WRITERS[name]((*match.groups(), "")[0], _ASKS.sub("", rest).strip())
    return None


def _items(text: str) -> list[str]:
    found = [str(span.value) for span in Passage(text, _TODAY).of("quote", "name", "phrase")]
    return [one for one in found if not one[:1].islower()] or keywords(text, 5) or ["nothing"]


def _bullets(_: str, text: str) -> str:
    return "\n".join(f"- {item}" for item in _items(text))


def _numbers(_: str, text: str) -> str:
    return "\n".join(f"{place}. {item}" for place, item in enumerate(_items(text), 1))


def _commas(_: str, text: str) -> str:
    return ", ".join(_items(text))


def _xml(tags: str, text: str) -> str:
    try:
        names = [re.sub(r"\W", "_", str(one)) for one in ast.literal_eval(tags)]
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        names = []
    root, *inside = names or ["answer"]
    if not inside:
        return f"<{root}>{escape(text)}</{root}>"
    kinds = {n: "number" if "quantity" in Schema({}, n).roles else "string" for n in inside}
    nodes = {name: {"type": kind} for name, kind in kinds.items()}
    schema = {"type": "object", "properties": nodes, "required": inside}
    found = Filler(Passage(text, _TODAY), reads=True).fill(Schema(schema)).value
    lines = [f"  <{name}>{escape(str(found.get(name, '')))}</{name}>" for name in inside]
    return "\n".join([f"<{root}>", *lines, f"</{root}>"])


def _option(options: str, text: str) -> str:
    names = [one.strip() for one in options.split(",")]
    places = {text.lower().rfind(one.lower()): one for one in names}
    return places[max(places)] if max(places) >= 0 else names[0]


def _moment(pattern: str, text: str) -> str:
    found = Passage(text, _TODAY).of("date")
    day = dt.date.fromisoformat(str(found[0].value)) if found else _TODAY
    moment = dt.datetime(day.year, day.month, day.day)  # noqa: DTZ001 - as it is said
    try:
        return moment.strftime(pattern)
    except ValueError:  # half of a surrogate pair, or an unknown directive
        return moment.isoformat()


_WRITERS: dict[str, Callable[[str, str], str]] = {
    "commas": _commas,
    "bullets": _bullets,
    "numbers": _numbers,
    "xml": _xml,
    "options": _option,
    "moment": _moment,
}
