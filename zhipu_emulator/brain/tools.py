"""Which functions a request asks for, and with what arguments."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zhipu_emulator.brain import candidates
from zhipu_emulator.brain.coercion import MISSING, coerced
from zhipu_emulator.brain.fill import Filled, Filler
from zhipu_emulator.brain.schema import Schema, roles
from zhipu_emulator.brain.values import Passage, Span
from zhipu_emulator.brain.words import Term, covered, ends, likeness, split_name, terms

ENOUGH = 0.5  # a score from which a function is taken to be asked for
_NAME_SHARE, _TEXT_SHARE = 1.2, 1.0
_PARAMETER_QUALITY = 0.6
_NAMED_BONUS = 3.0
_MAX_CALLS = 8
_CUT = re.compile(
    r"\s*(?:[;.!?。！？；\n]+(?=\s|$|[^\w\s])|[,，、]|\band also\b|\band then\b|\bas well as\b"
    r"|\band\b|\bthen\b|\balso\b|然后|以及|并且|还有|同时|再|和|并)\s*",
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

    @property
    def needed(self) -> dict[str, Schema]:
        """The properties that a call must have."""
        schema = self.schema
        return {name: node for name, node in schema.properties.items() if name in schema.required}

    @classmethod
    def offered(cls, function: Mapping[str, Any]) -> Tool:
        """From the wire's form."""
        schema = Schema(function.get("parameters") or {})
        about = [
            f"{split_name(name)} {node.description} . {' '.join(map(str, node.enum))}"
            for name, node in schema.properties.items()
        ]
        name, description = function["name"], str(function.get("description") or "")
        parameters = terms(" . ".join(about))
        return cls(
            name, schema, description, terms(split_name(name)), terms(description), parameters
        )


@dataclass
class Step:
    """One call that a request asks for.

    ``missing`` has required properties that the text does not give: they may come out of the
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
            stem for t in tools for stem in {term.stem for term in [*t.name_terms, *t.text_terms]}
        )
        # A word that many tools share says little about which of them is meant.
        self._rare = {stem: 1 / (1 + math.log(count)) for stem, count in counts.items()}

    def score(self, tool: Tool, text: str) -> float:
        """How well a tool fits a text; ``ENOUGH`` or more means that it is asked for."""
        passage = Passage(text, self.today)
        asked = self._telling(passage)
        said = f" {' '.join(re.sub(r'[^_a-z0-9-]+', ' ', text.lower()).split())} "
        names = {tool.name.lower(), split_name(tool.name).lower()}
        named = any(f" {name} " in said for name in names if re.search(r"[ _-]", name))
        mine = [t._replace(weight=t.weight * self._rare.get(t.stem, 1.0)) for t in tool.name_terms]
        total = sum(term.weight for term in asked)
        met = sum(term.weight * self._met(term, tool) for term in asked)
        return (
            _NAMED_BONUS * named
            + _NAME_SHARE * covered(mine, asked)
            + _TEXT_SHARE * (met / total if total else 0.0)
        )

    def _telling(self, passage: Passage) -> list[Term]:
        """The words of a request without those that are arguments: names, quotations."""
        left = list(passage.text)
        names = [span for span in passage.names if not span.weak]
        for span in [*passage.quotes, *names, *passage.emails]:
            left[span.start : span.end] = " " * (span.end - span.start)
        return terms("".join(left)) or terms(passage.text)

    def _met(self, term: Term, tool: Tool) -> float:
        words = likeness(term, [*tool.name_terms, *tool.text_terms])
        best = max(words, _PARAMETER_QUALITY * likeness(term, tool.parameter_terms))
        return self._rare.get(term.stem, 1.0) * best

    def best(self, text: str, tools: Sequence[Tool] | None = None) -> tuple[Tool | None, float]:
        """The tool that fits best and its score; the first of equals."""
        text = ends(text)
        scored = [(self.score(t, text), t) for t in (self.tools if tools is None else tools)]
        score, tool = max(scored, key=lambda pair: pair[0], default=(0.0, None))
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
            clause = text[place : match.start() if match else len(text)]
            whole = clause + (match.group() if match else "")
            place = match.end() if match else place
            if not clause.strip():
                continue
            tool, score = self.best(clause)
            if tool is not None and score >= ENOUGH:
                parts.append((tool, waiting + whole))
                waiting = ""
            elif parts:
                parts[-1] = (parts[-1][0], parts[-1][1] + whole)
            else:
                waiting += whole
        if not parts:
            tool, score = self.best(text)
            return [(tool, text)] if tool is not None and score >= ENOUGH else []
        return _merged(parts)

    def _calls(self, tool: Tool, part: str, whole: str) -> list[Step]:
        passage = Passage(part.strip(), self.today)
        filled = _called(tool, passage) or Filler(passage, words=tool.words).fill(tool.schema)
        if filled.guessed and part.strip() != whole.strip() and not BACK.search(part):
            # What the clause leaves open, the rest of the request may say: "weather and time in X".
            # Its numbers belong to other calls: "What is 2 * 3? Report the product."
            wider = Passage(whole, self.today)
            wider.numbers = []
            more = Filler(wider, part.strip(), words=tool.words).fill(tool.schema)
            if len(more.guessed) < len(filled.guessed):
                filled, passage = more, wider
        return [
            Step(tool, arguments, filled.guessed, part.strip())
            for arguments in _spread(tool, filled, passage)
        ]

    def one(
        self, tool: Tool, text: str, facts: Mapping[str, Any] | None = None, subject: str = ""
    ) -> Step:
        """One call, from all that is known."""
        passage = Passage(text, self.today)
        filled = _called(tool, passage)
        filled = filled or Filler(passage, subject, facts, words=tool.words).fill(tool.schema)
        return Step(tool, filled.value, filled.guessed, text)

    def searching(self, text: str) -> Step | None:
        """A search for a question that no tool is made for, when one can look things up."""
        text = ends(text)
        if not _WONDERS.search(text) or not terms(text):
            return None
        for tool in self.tools:
            needed = [(s.type, roles(name, s.description)[:1]) for name, s in tool.needed.items()]
            about = f"{split_name(tool.name)} {tool.description}"
            if needed == [("string", ("query",))] and _SEARCHES.search(about):
                return self.one(tool, text)
        return None


def _merged(parts: list[tuple[Tool, str]]) -> list[tuple[Tool, str]]:
    """Join neighbours of one tool, unless each can be called on its own."""
    found = [parts[0]]
    for tool, part in parts[1:]:
        before, text = found[-1]
        if tool is before and not _given(tool, text) & _given(tool, part):
            found[-1] = (tool, text + part)
        else:
            found.append((tool, part))
    return found


def _given(tool: Tool, text: str) -> set[str]:
    """The properties that a text gives; none when it leaves open a required one."""
    filled = Filler(Passage(text, dt.date(1970, 1, 1))).fill(tool.schema)
    return set() if filled.guessed else set(filled.spans)


def _spread(tool: Tool, filled: Filled, passage: Passage) -> list[dict[str, Any]]:
    """One call for each item of a list where one value is wanted."""
    for name, schema in tool.needed.items():
        if schema.enum and len(found := candidates.by_enum(schema, passage)) > 1:
            return [{**filled.value, name: value} for value in found]
    for name, schema in tool.needed.items():
        span = filled.spans.get(name)
        if span is None or schema.type in ("array", "object"):
            continue
        if schema.type in ("integer", "number"):
            pool = passage.numbers
        else:
            pool = list(candidates.formed(name, schema, passage))
            pool = pool if span in pool else passage.quotes + passage.names
        others = [other for key, other in filled.spans.items() if key != name]
        pool = [s for s in pool if not s.overlaps(others)]
        if span in pool and len(row := passage.joined(span, pool)) > 1:
            return [{**filled.value, name: item.value} for item in row]
    return [filled.value]


def _called(tool: Tool, passage: Passage) -> Filled | None:
    """Arguments written as a call: ``name(3, unit="C")``."""
    match = re.search(rf"(?<!\w){re.escape(tool.name)}\s*\(\s*([^()]*\S)\s*\)", passage.text)
    if match is None:
        return None
    names, done = iter(tool.schema.properties), Filled({})
    for part in re.split(r"\s*,\s*", match[1]):
        label, equals, value = part.rpartition("=")
        name = label.strip() if equals else next(names, "")
        schema = tool.schema.properties.get(name)
        found = MISSING if schema is None else coerced(value.strip().strip("'\""), schema)
        if found is MISSING:
            return None
        done.value[name], done.spans[name] = found, Span(*match.span(1), found)
    return done if tool.schema.required <= set(done.value) else None
