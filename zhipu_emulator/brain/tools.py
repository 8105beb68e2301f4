"""Which functions a request asks for, by the words that they share, and with what arguments."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from zhipu_emulator.brain import fits, listed
from zhipu_emulator.brain.fill import Filled, Filler
from zhipu_emulator.brain.schema import Schema
from zhipu_emulator.brain.values import KINDS, Passage
from zhipu_emulator.brain.words import (
    compiled,
    covered,
    ends,
    first_word,
    likeness,
    split_name,
    terms,
)
from zhipu_emulator.content import tables

_ENOUGH = 0.5  # a score from which a function is taken to be asked for
_NAME_SHARE, _PARAMETER_QUALITY = 1.2, 0.6
_MAX_CALLS = 8
BACK = compiled("back")  # a clause that speaks of what another one gives
SEARCHES = compiled("searches")


class Tool:
    """A function as offered, in the wire's form: its schema and what its words say.

    Attributes:
        order: The words of name and description: they ask for it, they do not give it a value.
    """

    def __init__(self, function: Mapping[str, Any]) -> None:
        self.name = str(function["name"])
        self.about = f"{split_name(self.name)} . {function.get('description') or ''}"
        self.schema = Schema(listed.parameters(function))
        properties = self.schema.properties.values()
        parameters = [
            f"{s.label} {s.description} . {' '.join(map(str, s.enum))}" for s in properties
        ]
        self.order = terms(self.about)
        self._parameters = terms(" . ".join(parameters))
        self.needed = {node.name: node for node in properties if node.needed}

    def score(self, passage: Passage) -> float:
        """How well it fits a text; ``_ENOUGH`` or more means that it is asked for."""
        # Quotations and names are arguments; a name such as "美元" says what is asked, too.
        values = passage.of("quote", "name", "mail")
        values = [one for one in values if one.kind != "name" or not first_word(one.value)]
        counts = [one for one in passage.of("number") if passage.text[one.start].isalpha()]
        asked = terms(passage.without([*values, *counts])) or terms(passage.text)
        met = 0.0
        for term in asked:
            by_parameters = _PARAMETER_QUALITY * likeness(term, self._parameters)
            met += term.weight * max(likeness(term, self.order), by_parameters)
        total = sum(term.weight for term in asked) or 1.0
        return _NAME_SHARE * covered(terms(split_name(self.name)), asked) + met / total

    def filled(self, text: str, today: dt.date, facts: Mapping[str, Any] | None = None) -> Filled:
        """Its arguments, as far as a text and what is known by name give them."""
        return Filler(Passage(text, today, self.order), facts=facts).fill(self.schema)


@dataclass
class Step:
    """One call that a request asks for.

    ``missing`` has required properties that the text does not give: they may come out of the
    results of other calls.
    """

    tool: Tool
    arguments: dict[str, Any]
    missing: set[str] = field(default_factory=set, compare=False)
    text: str = field(default="", compare=False)


class Planner:
    """Chooses among tools."""

    def __init__(self, functions: Sequence[Mapping[str, Any]], today: dt.date) -> None:
        self.tools = [Tool(function) for function in functions]
        self.today = today

    def best(self, text: str, tools: Sequence[Tool], enough: float = _ENOUGH) -> Tool | None:
        """The tool that fits best, the first of equals; None when none fits well enough."""
        passage = Passage(ends(text), self.today)
        scored = [(tool.score(passage), tool) for tool in tools if text.strip()]
        score, tool = max(scored, key=lambda pair: pair[0], default=(-1.0, None))
        return tool if score >= enough else None

    def steps(self, text: str, *, reads: bool = False) -> list[Step]:
        """The calls that a request asks for, in its order; none when no tool fits.

        Args:
            text: The request.
            reads: Whether it is a text to take values from, see ``Filler``.
        """
        found: list[Step] = []
        parts = [self._read(*part, reads=reads) for part in self._parts(ends(text))]
        if reads and parts:  # a text that says more of one thing than its parts do is about it
            whole = self._read(parts[0][0], ends(text), reads=True)
            most = max(len(filled.spans) for _, filled, _ in parts)
            parts = [whole] if len(whole[1].spans) > most else parts
        for tool, filled, passage in parts:
            for arguments in _spread(tool, filled, passage):
                step = Step(tool, arguments, filled.guessed, passage.text)
                found += [step] if step not in found else []
        self._share(found, text)
        return found[:_MAX_CALLS]

    def _read(self, tool: Tool, text: str, *, reads: bool) -> tuple[Tool, Filled, Passage]:
        passage = Passage(text.strip(), self.today, tool.order)
        return tool, Filler(passage, reads=reads).fill(tool.schema), passage

    def _share(self, steps: Sequence[Step], text: str) -> None:
        """Give the one choice that a text makes to all calls of a tool: "... Use Celsius."."""
        times = Counter(step.tool.name for step in steps)
        passage = Passage(text, self.today)
        for step in steps if max(times.values(), default=0) > 1 else ():
            properties = step.tool.schema.properties
            choices = {
                name: fits.mentioned(node, passage)
                for name, node in properties.items()
                if times[step.tool.name] > 1 and node.enum and "const" not in node.node
            }
            common = {name: one[0] for name, one in choices.items() if len(one) == 1}
            filled = {**common, **step.arguments}
            step.arguments = {name: filled[name] for name in properties if name in filled}

    def _parts(self, text: str) -> list[tuple[Tool, str]]:
        """The clauses of a request, each with its tool; those without one join a neighbour."""
        parts: list[tuple[Tool | None, str]] = []
        # A document is not a list of orders: what is about one thing may be anywhere in it.
        cuts = [] if any(tables.rows(text)) else [m.end() for m in compiled("cut").finditer(text)]
        for start, end in pairwise([0, *cuts, len(text)]):
            tool, clause = self.best(text[start:end], self.tools), text[start:end]
            last, before = parts[-1] if parts else (None, "")
            # Neighbours of one tool are one call, unless each can be made on its own.
            if last and tool and (last is not tool or self._apart(tool, before, clause)):
                parts.append((tool, clause))
            else:
                parts[-1:] = [(last or tool, before + clause)]
        parts = parts if parts[0][0] else [(self.best(text, self.tools), text)]
        return [(tool, part) for tool, part in parts if tool]

    def _apart(self, tool: Tool, *texts: str) -> bool:
        """Whether each of the texts has all that a call needs, and one value of its own."""
        found = []
        for text in reversed(texts):  # the first one grows with each clause that joins it
            found.append(tool.filled(text, self.today))
            if found[-1].guessed:
                return False
        single = {name for name, node in tool.schema.properties.items() if node.type != "array"}
        single.intersection_update(*(one.spans for one in found))
        return bool(single)

    def one(self, tool: Tool, text: str, facts: Mapping[str, Any] | None = None) -> Step:
        """One call, from all that is known."""
        filled = tool.filled(text, self.today, facts)
        return Step(tool, filled.value, filled.guessed, text)

    def searching(self, text: str) -> Step | None:
        """A search for a question that no tool is made for, when one can look things up."""
        text = ends(text)
        for tool in self.tools if compiled("wonders").search(text) and terms(text) else ():
            needed = [(node.type, node.roles[:1]) for node in tool.needed.values()]
            if needed == [("string", ("query",))] and SEARCHES.search(tool.about):
                return self.one(tool, text)
        return None


def _spread(tool: Tool, filled: Filled, passage: Passage) -> list[dict[str, Any]]:
    """One call for each item of a list where one value is wanted."""
    for name, schema in tool.needed.items():
        row, span = fits.mentioned(schema, passage), filled.spans.get(name)
        if span and span.kind in KINDS and schema.type not in ("array", "object"):
            kinds = [*fits.LIKELY] if span.kind in fits.LIKELY else [span.kind]
            free = [s for s in passage.of(*kinds) if not s.overlaps(filled.spans.values())]
            row = [one.value for one in passage.joined(span, [span, *free])]
        if len(row) > 1:
            return [{**filled.value, name: schema.coerced(value)} for value in row]
    return [filled.value]
