"""Which functions a request asks for, and with what arguments."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zhipu_emulator.brain import certain_values
from zhipu_emulator.brain.fill import MISSING, Filled, Filler, coerced
from zhipu_emulator.brain.schema import Schema, roles
from zhipu_emulator.brain.values import Passage, Span
from zhipu_emulator.brain.words import Term, covered, ends, likeness, split_name, terms

ENOUGH = 0.5  # a score from which a function is taken to be asked for
_NAME_SHARE, _TEXT_SHARE = 1.2, 1.0
_PARAMETER_QUALITY = 0.6
_NAMED_BONUS = 3.0
_FORM_BONUS = 0.35
_MAX_CALLS = 8
_CUT = re.compile(
    r"\s*(?:[;.!?。！？；\n]+(?=\s|$|[^\w\s])|[,，、]|\band also\b|\band then\b"
    r"|\bas well as\b|\band\b"
    r"|\bthen\b|\balso\b|然后|以及|并且|还有|同时|再|和|并)\s*",
    re.IGNORECASE,
)
BACK = re.compile(
    r"\b(?:it|that|this|them|those|the (?:result|answer|sum|product|total)s?)\b|它|结果|这个|上述",
    re.IGNORECASE,
)  # a clause that speaks of what another one gives
_SEARCHES = re.compile(
    r"search|look(?:ing)? ?up|retriev|knowledge|quer(?:y|ies)|question|useful for|information about"
    r"|wiki|handbook|document|检索|搜索|查询|知识|问题",
    re.IGNORECASE,
)
_WONDERS = re.compile(
    r"\b(?:who|what|when|where|which|whose|why|how|tell me about|explain|describe)\b"
    r"|谁|什么|何时|哪|为什么|如何|怎么|介绍",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Tool:
    """A function as offered: its schema and what its words say."""

    name: str
    schema: Schema
    description: str
    name_terms: Sequence[Term]
    text_terms: Sequence[Term]
    parameter_terms: Sequence[Term]

    @property
    def words(self) -> list[Term]:
        """All that it says of itself."""
        return [*self.name_terms, *self.text_terms, *self.parameter_terms]

    @classmethod
    def offered(cls, function: Mapping[str, Any]) -> Tool:
        """From the wire's form."""
        schema = Schema(function.get("parameters") or {})
        about = [f"{split_name(n)} {s.description}" for n, s in schema.properties.items()]
        about += [" ".join(map(str, s.enum)) for s in schema.properties.values()]
        description = str(function.get("description") or "")
        return cls(
            name=function["name"],
            schema=schema,
            description=description,
            name_terms=terms(split_name(function["name"])),
            text_terms=terms(description),
            parameter_terms=terms(" . ".join(about)),
        )


@dataclass
class Step:
    """One call that a request asks for.

    ``missing`` holds required properties that the text does not give: they may come out of the
    results of other calls.
    """

    tool: Tool
    arguments: dict[str, Any]
    missing: set[str] = field(default_factory=set)
    text: str = ""


class Planner:
    """Chooses among tools."""

    def __init__(self, tools: Sequence[Tool], today: dt.date) -> None:
        self.tools = tools
        self.today = today
        counts = Counter(
            stem
            for tool in tools
            for stem in {t.stem for t in [*tool.name_terms, *tool.text_terms]}
        )
        # A word that many tools share tells little about which of them is meant.
        self._rare = {stem: 1 / (1 + math.log(count)) for stem, count in counts.items()}

    def score(self, tool: Tool, text: str) -> float:
        """How well a tool fits a text; ``ENOUGH`` or more means that it is asked for."""
        asked = self._telling(text)
        named = re.search(rf"(?<![\w]){re.escape(tool.name)}(?![\w])", text) is not None
        whole = split_name(tool.name).lower()
        named = named or (" " in whole and f" {whole} " in f" {' '.join(text.lower().split())} ")
        by_name = covered(self._weighed(tool.name_terms), asked)
        total = sum(term.weight for term in asked)
        met = sum(term.weight * self._met(term, tool) for term in asked)
        by_text = met / total if total else 0.0
        formed = _FORM_BONUS * _has_forms(tool, Passage(text, self.today))
        return _NAMED_BONUS * named + formed + _NAME_SHARE * by_name + _TEXT_SHARE * by_text

    def _telling(self, text: str) -> list[Term]:
        """The words of a request without those that are arguments: names, quotations."""
        passage = Passage(text, self.today)
        left = list(text)
        names = [s for s in passage.names if not s.weak and not self._own(s.value)]
        for span in [*passage.quotes, *names, *passage.emails]:
            left[span.start : span.end] = " " * (span.end - span.start)
        return terms("".join(left)) or terms(text)

    def _own(self, name: str) -> bool:
        """Whether a capitalised word is one of the tools' own: BMI, SQL."""
        return any(term.stem in self._rare for term in terms(name))

    def _weighed(self, words: Sequence[Term]) -> list[Term]:
        return [t._replace(weight=t.weight * self._rare.get(t.stem, 1.0)) for t in words]

    def _met(self, term: Term, tool: Tool) -> float:
        rare = self._rare.get(term.stem, 1.0)
        words = max(likeness(term, tool.name_terms), likeness(term, tool.text_terms))
        return rare * max(words, _PARAMETER_QUALITY * likeness(term, tool.parameter_terms))

    def best(self, text: str, tools: Sequence[Tool] | None = None) -> tuple[Tool | None, float]:
        """The tool that fits best and its score; the first of equals."""
        text = ends(text)
        scored = [
            (self.score(tool, text), tool) for tool in (self.tools if tools is None else tools)
        ]
        if not scored:
            return None, 0.0
        score, tool = max(scored, key=lambda pair: pair[0])
        return tool, score

    def steps(self, text: str) -> list[Step]:
        """The calls that a request asks for, in its order; none when no tool fits."""
        text = ends(text)
        found: list[Step] = []
        for tool, part in self._parts(text):
            for step in self._calls(tool, part, text):
                if not any(s.tool is tool and s.arguments == step.arguments for s in found):
                    found.append(step)
        return found[:_MAX_CALLS]

    def _parts(self, text: str) -> list[tuple[Tool, str]]:
        """The clauses of a request, each with its tool; those without one join a neighbour."""
        parts: list[tuple[Tool, str]] = []
        waiting, place = "", 0
        for match in [*_CUT.finditer(text), None]:
            end = match.start() if match else len(text)
            clause, joint = text[place:end], text[end : match.end()] if match else ""
            place = match.end() if match else end
            if not clause.strip():
                continue
            tool, score = self.best(clause)
            if tool is None or score < ENOUGH:
                if parts:
                    parts[-1] = (parts[-1][0], parts[-1][1] + clause + joint)
                else:
                    waiting += clause + joint
                continue
            parts.append((tool, waiting + clause + joint))
            waiting = ""
        if not parts:
            tool, score = self.best(text)
            return [(tool, text)] if tool is not None and score >= ENOUGH else []
        return _merged(parts)

    def _calls(self, tool: Tool, part: str, whole: str) -> list[Step]:
        passage = Passage(part.strip(), self.today)
        filled = _called(tool, passage) or Filler(passage, words=tool.words).fill(tool.schema)
        if filled.guessed and part.strip() != whole.strip() and not BACK.search(part):
            # What the clause leaves open, the rest of the request may say: "weather and time in X".
            wider = Passage(whole, self.today)
            more = Filler(wider, part.strip(), words=tool.words).fill(tool.schema)
            if len(more.guessed) < len(filled.guessed):
                filled, passage = more, wider
        return [
            Step(tool, arguments, set(filled.guessed), part.strip())
            for arguments in _spread(tool, filled, passage)
        ]

    def one(
        self,
        tool: Tool,
        text: str,
        facts: Mapping[str, Any] | None = None,
        subject: str = "",
    ) -> dict[str, Any]:
        """The arguments of one call that must be made, from all that is known."""
        passage = Passage(text, self.today)
        called = _called(tool, passage)
        return (called or Filler(passage, subject, facts, words=tool.words).fill(tool.schema)).value

    def searching(self, text: str) -> Step | None:
        """A search for a question that no tool is made for, when one can look things up."""
        text = ends(text)
        if not _WONDERS.search(text) or not terms(text):
            return None
        for tool in self.tools:
            needed = [
                (schema.type, roles(name, schema.description)[:1])
                for name, schema in tool.schema.properties.items()
                if name in tool.schema.required
            ]
            about = f"{split_name(tool.name)} {tool.description}"
            if needed == [("string", ("query",))] and _SEARCHES.search(about):
                return Step(tool, self.one(tool, text), text=text)
        return None


def _has_forms(tool: Tool, passage: Passage) -> bool:
    """Whether the text has a value of a form that the tool needs: a mail address, a pattern."""
    for name, schema in tool.schema.properties.items():
        if name not in tool.schema.required:
            continue
        telling = (
            schema["pattern"] or schema["format"] in ("email", "uri") or "email" in roles(name)
        )
        if telling and next(certain_values.formed(name, schema, passage), None) is not None:
            return True
    return False


def _merged(parts: list[tuple[Tool, str]]) -> list[tuple[Tool, str]]:
    """Join neighbours of one tool, unless each can be called on its own."""
    found = [parts[0]]
    for tool, part in parts[1:]:
        before, text = found[-1]
        lists = any(s.type == "array" for s in tool.schema.properties.values())
        if tool is before and (lists or _incomplete(tool, text) or _incomplete(tool, part)):
            found[-1] = (tool, text + part)
        else:
            found.append((tool, part))
    return found


def _incomplete(tool: Tool, text: str) -> bool:
    filled = Filler(Passage(text, dt.date(1970, 1, 1))).fill(tool.schema)
    return bool(filled.guessed) or not filled.spans


def _spread(tool: Tool, filled: Filled, passage: Passage) -> list[dict[str, Any]]:
    """One call for each item of a list that stands where one value is wanted."""
    for name, schema in tool.schema.properties.items():
        needed = name in tool.schema.required and name in filled.value
        if needed and schema.enum and len(found := certain_values.by_enum(schema, passage)) > 1:
            return [{**filled.value, name: value} for value in found]
    for name, span in filled.spans.items():
        kind = tool.schema.properties[name].type if name in tool.schema.properties else "array"
        if kind in ("array", "object") or name not in tool.schema.required:
            continue
        if kind in ("integer", "number"):
            pool = passage.numbers
        else:
            pool = list(certain_values.formed(name, tool.schema.properties[name], passage))
            pool = pool if span in pool else passage.quotes + passage.names
        others = [other for key, other in filled.spans.items() if key != name]
        pool = [s for s in pool if not s.overlaps(others)]
        if span in pool:
            row = passage.joined(span, pool)
            if len(row) > 1:
                return [{**filled.value, name: item.value} for item in row]
    return [filled.value]


def _called(tool: Tool, passage: Passage) -> Filled | None:
    """Arguments written as a call: ``name(3, unit="C")``."""
    match = re.search(rf"(?<![\w]){re.escape(tool.name)}\s*\(([^()]*)\)", passage.text)
    if match is None or not match[1].strip():
        return None
    names = list(tool.schema.properties)
    done = Filled({})
    for index, part in enumerate(re.split(r"\s*,\s*", match[1].strip())):
        key, equals, value = part.partition("=")
        name = key.strip() if equals else (names[index] if index < len(names) else "")
        if name not in tool.schema.properties:
            return None
        found = coerced(
            (value if equals else part).strip().strip("'\""), tool.schema.properties[name]
        )
        if found is MISSING:
            return None
        done.value[name] = found
        done.spans[name] = Span(match.start(1), match.end(1), found)
    return done if tool.schema.required <= set(done.value) else None
