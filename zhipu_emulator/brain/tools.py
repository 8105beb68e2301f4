"""Which functions a request asks for, by the words that they share, and with what arguments."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zhipu_emulator.brain import fits
from zhipu_emulator.brain.fill import Filled, Filler
from zhipu_emulator.brain.fits import Leaf
from zhipu_emulator.brain.schema import Schema, roles
from zhipu_emulator.brain.values import KINDS, Passage
from zhipu_emulator.brain.words import Term, compiled, covered, ends, likeness, split_name, terms
from zhipu_emulator.content import tables

ENOUGH = 0.5  # a score from which a function is taken to be asked for
_NAME_SHARE, _PARAMETER_QUALITY, _NAMED_BONUS = 1.2, 0.6, 3.0
_MAX_CALLS = 8
_CUT = compiled("cut")
BACK = compiled("back")  # a clause that speaks of what another one gives
SEARCHES = compiled("searches")
_WONDERS = compiled("wonders")


class Tool:
    """A function as offered, in the wire's form: its schema and what its words say.

    Attributes:
        order: The words of name and description: they ask for it, they do not give it a value.
    """

    def __init__(self, function: Mapping[str, Any]) -> None:
        self.name = str(function["name"])
        self.description = str(function.get("description") or "")
        self.schema = Schema(function.get("parameters") or {})
        properties = self.schema.properties.items()
        about = [f"{split_name(n)} {s.description} . {' '.join(map(str, s.enum))}"
                 for n, s in properties]  # fmt: skip
        self.name_terms = terms(split_name(self.name))
        self.order = [*self.name_terms, *terms(self.description)]
        self.parameter_terms = terms(" . ".join(about))
        self.needed = {name: node for name, node in properties if name in self.schema.required}

    def met(self, term: Term) -> float:
        """How well it meets a word of a request: 0 to 1."""
        by_parameters = _PARAMETER_QUALITY * likeness(term, self.parameter_terms)
        return max(likeness(term, self.order), by_parameters)


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

    def __init__(self, functions: Sequence[Mapping[str, Any]], today: dt.date) -> None:
        self.tools = [Tool(function) for function in functions]
        self.today = today
        self._counts = Counter(s for tool in self.tools for s in {t.stem for t in tool.order})

    def score(self, tool: Tool, text: str) -> float:
        """How well a tool fits a text; ``ENOUGH`` or more means that it is asked for."""
        left = list(text)
        for span in Passage(text, self.today).of("quote", "name", "mail"):  # they are arguments
            left[span.start : span.end] = " " * (span.end - span.start)
        asked = terms("".join(left)) or terms(text)
        said = f" {' '.join(re.sub(r'[^_a-z0-9-]+', ' ', text.lower()).split())} "
        names = {tool.name.lower(), split_name(tool.name).lower()}
        named = any(f" {name} " in said for name in names if re.search(r"[ _-]", name))
        mine = [term._replace(weight=self._rare(term)) for term in tool.name_terms]
        total = sum(term.weight for term in asked) or 1.0
        met = sum(self._rare(term) * tool.met(term) for term in asked) / total
        return _NAMED_BONUS * named + _NAME_SHARE * covered(mine, asked) + met

    def _rare(self, term: Term) -> float:
        """The weight of a word: one that many tools share says little about which is meant."""
        return term.weight / (1 + math.log(max(1, self._counts[term.stem])))

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
        # A document is not a list of orders: what is about one thing may be anywhere in it.
        cuts = [] if any(tables.rows(text)) else [*_CUT.finditer(text)]
        for match in [*cuts, None]:
            clause = text[place : match.start() if match else len(text)]
            whole = clause + (match.group() if match else "")
            place = match.end() if match else place
            tool, score = self.best(clause) if clause.strip() else (None, 0.0)
            if tool is None or score < ENOUGH:
                if parts:
                    parts[-1] = (parts[-1][0], parts[-1][1] + whole)
                else:
                    waiting += whole
            # Neighbours of one tool are one call, unless each can be made on its own.
            elif parts and parts[-1][0] is tool and not _given(tool, parts[-1][1], whole):
                parts[-1] = (tool, parts[-1][1] + whole)
            else:
                parts.append((tool, waiting + whole))
                waiting = ""
        if not parts:
            tool, score = self.best(text)
            return [(tool, text)] if tool is not None and score >= ENOUGH else []
        return parts

    def _calls(self, tool: Tool, part: str, whole: str) -> list[Step]:
        passage = Passage(part.strip(), self.today)
        filled = Filler(passage, words=tool.order).fill(tool.schema)
        if filled.guessed and part.strip() != whole.strip() and not BACK.search(part):
            # What the clause leaves open, the rest of the request may say: "weather and time in X".
            # Its numbers belong to other calls: "What is 2 * 3? Report the product."
            wider = Passage(whole, self.today)
            wider.without("number")
            more = Filler(wider, part.strip(), words=tool.order).fill(tool.schema)
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
        filler = Filler(Passage(text, self.today), subject, facts, words=tool.order)
        filled = filler.fill(tool.schema)
        return Step(tool, filled.value, filled.guessed, text)

    def searching(self, text: str) -> Step | None:
        """A search for a question that no tool is made for, when one can look things up."""
        text = ends(text)
        for tool in self.tools if _WONDERS.search(text) and terms(text) else ():
            needed = [(s.type, roles(name, s.description)[:1]) for name, s in tool.needed.items()]
            about = f"{split_name(tool.name)} {tool.description}"
            if needed == [("string", ("query",))] and SEARCHES.search(about):
                return self.one(tool, text)
        return None


def _given(tool: Tool, *texts: str) -> set[str]:
    """The properties with one value that each of the texts gives, none being left open."""
    found = []
    for text in texts:
        filled = Filler(Passage(text, dt.date(1970, 1, 1))).fill(tool.schema)
        found.append(set() if filled.guessed else set(filled.spans))
    single = {name for name, node in tool.schema.properties.items() if node.type != "array"}
    return single.intersection(*found)


def _spread(tool: Tool, filled: Filled, passage: Passage) -> list[dict[str, Any]]:
    """One call for each item of a list where one value is wanted."""
    for name, schema in tool.needed.items():
        if schema.enum and len(found := fits.mentioned(schema, passage)) > 1:
            return [{**filled.value, name: value} for value in found]
    for name, schema in tool.needed.items():
        span = filled.spans.get(name)
        if span is None or span.kind not in KINDS or schema.type in ("array", "object"):
            continue
        others = [other for key, other in filled.spans.items() if key != name]
        pool = fits.of_kind(Leaf(name, schema, needed=True), span, passage)
        pool = [one for one in pool if not one.overlaps(others)]
        same = [one for one in pool if one.overlaps([span])]
        if same and len(row := passage.joined(same[0], pool)) > 1:
            row = [span if one is same[0] else one for one in row]
            return [{**filled.value, name: fits.written(one, schema)} for one in row]
    return [filled.value]
