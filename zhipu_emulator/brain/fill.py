"""Fills a JSON Schema from a text: each value goes to the property that it fits best."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zhipu_emulator.brain import fits
from zhipu_emulator.brain.arithmetic import expressions
from zhipu_emulator.brain.schema import Schema
from zhipu_emulator.brain.values import JOINT, Passage, Span
from zhipu_emulator.brain.words import asked, labelled, sentences, stems
from zhipu_emulator.content import tables

_MOST_OBJECTS = 500  # in one call: schemas can ask for more than anyone can wait for
_HEADING = re.compile(r"^(?:[^\d:：]*|[^:：.。;；,，\n]{20,})[:：]\s*")
_BETWEEN = re.compile(rf"{JOINT.pattern}|\.(?:\s+|$)|[。！？!?\n|]+", re.IGNORECASE)
_PART = re.compile(r"[^\s,，、;；\n|][^,，、;；\n|]*")
_MOST_PARTS, _LONGEST_RECORD = 200, 600  # that are tried; the time grows with both
_OPTIONAL = 1.5  # the score from which an optional property takes a value
_NAMED = {"person", "place"}  # roles for which a reader takes any name


@dataclass
class Filled:
    """A filled object and what it took.

    Attributes:
        value: The object.
        spans: By property, the place of the value in the text.
        guessed: Required properties for which the text said nothing.
    """

    value: dict[str, Any] = field(default_factory=dict)
    spans: dict[str, Span] = field(default_factory=dict)
    guessed: set[str] = field(default_factory=set)


class Filler:
    """Fills schemas from one passage.

    Args:
        passage: Where values are looked for.
        subject: What free text is about, when a property must have some: usually the request.
        facts: Values known by name, from JSON in tool results or the row of a table.
        room: How many objects may be made yet; shared by fillers that work for each other.
        reads: Whether the text is read for what it says, so that optional properties are wanted
            too; else it is an order, and they are taken only where they are named.
    """

    def __init__(
        self,
        passage: Passage,
        subject: str = "",
        facts: Mapping[str, Any] | None = None,
        room: list[int] | None = None,
        *,
        reads: bool = False,
    ) -> None:
        self.passage, self.reads = passage, reads
        self.subject = subject or passage.text
        self.facts = {labelled(name): value for name, value in (facts or {}).items()}
        self._used: list[Span] = []
        self._said: set[str] = set()  # texts that were taken
        self._of_enums: set[str] = set()
        self._left = (-1, "")  # what is left of the text, by how much was taken
        self._room = [_MOST_OBJECTS] if room is None else room

    def fill(self, schema: Schema) -> Filled:
        """Fill an object; where it is not needed, only with what surely belongs there."""
        done, properties = Filled(), schema.properties
        if self._room[0] <= 0:
            return done
        self._room[0] -= 1
        leaves = sorted(properties.values(), key=lambda leaf: not leaf.needed)
        self._each(done, leaves, self._certain)
        self._said |= {value.lower() for value in done.value.values() if isinstance(value, str)}
        of_enums = (
            one for leaf in leaves if leaf.enum for one in fits.mentioned(leaf, self.passage)
        )
        self._of_enums |= {str(one).lower() for one in of_enums}
        self._operands(done, leaves)
        self._match(done, leaves)
        self._each(done, leaves, self._object)
        self._each(done, leaves, self._rest)
        left = [n for n in properties if n in schema.required and n not in done.value]
        done.value |= {name: self._made_up(properties[name]) for name in left}
        done.value = {name: done.value[name] for name in properties if name in done.value}
        done.guessed = {name for name in left if "default" not in properties[name].node}
        return done

    def _each(self, done: Filled, leaves: Iterable[Schema], find: Callable[[Schema], Any]) -> None:
        for leaf in leaves:
            if leaf.name not in done.value and (found := find(leaf)) is not None:
                span = found if isinstance(found, Span) else Span(0, 0, found)
                if "const" not in leaf.node:
                    done.spans[leaf.name] = span
                done.value[leaf.name] = leaf.coerced(found.value) if span is found else found

    # What the text or the schema leaves no choice about.

    def _certain(self, leaf: Schema) -> Any:
        if "const" in leaf.node:
            return leaf["const"]
        wanted = stems(leaf.label)
        like = [n for n in self.facts if n == leaf.label or (wanted and wanted <= stems(n))]
        if like and (known := leaf.coerced(self.facts[min(like, key=len)])) is not None:
            return known
        if leaf.enum:
            return next(iter(fits.mentioned(leaf, self.passage)), None)
        if leaf.type == "boolean":
            return fits.flag(leaf, self.passage.text, reads=self.reads)
        if leaf.type == "array":
            return self._array(leaf, leaf.items)
        if leaf.type == "string" and leaf.roles[:1] in (("query",), ("expression",)):
            return self._asked(leaf.roles[0])
        return None

    def _asked(self, role: str) -> Span | None:
        """The one quotation or sum of a query, else all of it."""
        found = [span.value for span in self.passage.of("quote")]
        if role == "expression" or any("calculate" in term.concepts for term in self.passage.words):
            found = expressions(self.passage.text)
        if len(found) != 1 and role == "query" and self.subject:
            found = [asked(self.subject)]
        return Span(0, 0, found[0]) if len(found) == 1 else None

    def _array(self, leaf: Schema, items: Schema) -> Any:
        if items.enum:
            return fits.mentioned(items, self.passage) or None
        if items.type == "object":
            return self._objects(leaf, items)
        listed = (fits.row(one.value) for one, _ in fits.said(leaf, self.passage))
        found = (items.coerced(part) for text in listed for part in fits.parts(text))
        return [value for value in found if value is not None] or None

    def _objects(self, leaf: Schema, items: Schema) -> Any:
        """One object for each row of a table, else for each part of a list."""
        if not items.properties:
            return [] if leaf.needed else None
        text = self.passage.text
        given = [("", row) for row in tables.rows(text)]
        records = given or [(part, {}) for part in self._records(_HEADING.sub("", text), items)]
        found = [self._inner(part, row, self._room).fill(items) for part, row in records]
        good = [one.value for one in found if one.spans and not one.guessed]
        if good or not leaf.needed:
            return good or None
        whole = Filler(self.passage, text, room=self._room, reads=self.reads)
        return [whole.fill(items).value]

    def _inner(self, text: str, facts: Mapping[str, Any], room: list[int]) -> Filler:
        passage = Passage(text, self.passage.today, item=True)
        return Filler(passage, text, facts, room, reads=self.reads)

    def _records(self, text: str, items: Schema) -> list[str]:
        """The parts of a text that are about one thing each.

        A new one begins where a value comes that the last one has already: "Ada, 36, Bob, 41".
        """

        def tried(part: str) -> Filled:
            return self._inner(part, {}, [20]).fill(items)

        cuts = [*_BETWEEN.finditer(text)][:_MOST_PARTS]
        found: list[str] = []
        last, between = Filled(), ""
        starts, stops = [0, *(m.end() for m in cuts)], [*(m.start() for m in cuts), len(text)]
        for start, stop, cut in zip(starts, stops, ["", *(m[0] for m in cuts)], strict=True):
            part = text[start:stop]
            between += cut
            if not part.strip():
                continue
            alone = tried(part)
            joined = f"{found[-1]}{between}{part}" if found else part
            again = {*alone.spans} & {*last.spans}
            both = tried(joined) if found and again and len(joined) < _LONGEST_RECORD else last
            more = {*both.spans} > {*last.spans}
            whole = not last.guessed and {*alone.spans} >= {*last.spans}
            if not found or (again and (between.strip(" ,，、") or whole or not more)):
                found.append(part)
                last = alone
            else:
                found[-1] = joined
                last = both if again else tried(joined[-_LONGEST_RECORD:]) if alone.spans else last
            between = ""
        return found

    def _object(self, leaf: Schema) -> Any:
        if leaf.type != "object":
            return None
        inner = self.fill(leaf)
        return inner.value if inner.spans else None

    # What fits best.

    def _take(self, done: Filled, leaf: Schema, span: Span) -> None:
        if leaf.name not in done.value and not (span.end and span.overlaps(self._used)):
            self._used.append(span)
            self._said.add("" if leaf.number else str(span.value).lower())
            self._each(done, [leaf], lambda _: span)

    def _operands(self, done: Filled, leaves: Sequence[Schema]) -> None:
        """Numbers of a sum in its order: "subtract 7 from 20" is 20 - 7."""
        wanted = [leaf for leaf in leaves if leaf.needed and leaf.name not in done.value]
        sums = expressions(self.passage.text) if all(leaf.number for leaf in wanted) else []
        values = [float(value) for sum_ in sums for value in re.findall(r"[\d.]+", sum_)]
        for leaf, value in zip(wanted, values, strict=False) if len(values) == len(wanted) else ():
            for span in self.passage.of("number"):
                if span.value == value and leaf.allows(value):
                    self._take(done, leaf, span)

    def _match(self, done: Filled, leaves: Sequence[Schema]) -> None:
        """Give free values to open properties, the best pair first."""
        pairs = [
            # What no required number takes goes to an optional one: "roll 3 dice".
            (score < _OPTIONAL and not leaf.needed, -score, not leaf.needed, place, span)
            for place, leaf in enumerate(leaves)
            if leaf.name not in done.value
            for span, score in fits.scores(leaf, self.passage)
            if score >= _OPTIONAL or leaf.needed or leaf.number or self._read(leaf, span)
        ]
        pairs.sort(key=lambda pair: (*pair[:4], *pair[4][:2]))
        for _, score, _, place, span in pairs:
            # A text may have a value twice, and only one of the properties wants it. One that an
            # enum has is not for the others, unless they are named: "in Celsius" names a unit.
            text = str(span.value).lower()
            least = (
                fits.LABEL if text in self._of_enums else _OPTIONAL if text in self._said else 0.0
            )
            if -score >= least:
                self._take(done, leaves[place], span)

    def _read(self, leaf: Schema, span: Span) -> bool:
        """Whether a name is for a property that is not needed: of places those set apart."""
        apart = "person" in leaf.roles or fits.set_apart(self.passage.text, span)
        return self.reads and bool(_NAMED & {*leaf.roles}) and apart

    # What is left.

    def _rest(self, leaf: Schema) -> Any:
        """For a list all free values, for a string the few words that ask for nothing."""
        if not (leaf.needed or leaf.roles or leaf.enum) and self.reads and leaf.type == "string":
            return self._left_over()
        if not leaf.needed or leaf.enum:
            return None
        if leaf.type == "array" and not leaf.items.enum and leaf.items.type != "object":
            pool = self.passage.of("quote") or self.passage.of("name") or self.passage.of("phrase")
            if leaf.items.number:
                pool = [s for s in self.passage.of("number") if leaf.items.allows(s.value)]
            free = [span for span in pool if not span.overlaps(self._used)]
            self._used += free
            return [leaf.items.coerced(span.value) for span in free] or None
        if leaf.type != "string" or self.facts or not (self.passage.item or self.passage.words):
            return None
        if self._left[0] != len(self._used):
            self._left = len(self._used), fits.residue(self.passage, self._used)
        found = self._left[1]
        return Span(0, 0, found) if found and not {*leaf.roles} & fits.NOT_A_FEW_WORDS else None

    def _left_over(self) -> Span | None:
        """The part of a list of values that is nothing else: "engineer" in "Ada, 36, engineer"."""
        start = len(self.passage.text) - len(_HEADING.sub("", self.passage.text))
        found = [
            Span(*match.span(), match[0].rstrip(" .。"))
            for match in _PART.finditer(self.passage.text, start)
        ]
        free = [one for one in found if not one.overlaps(self._used)]
        listed = len(found) - len(free) > 1 and all(fits.few(one.value) for one in found)
        self._used += free[:1] if listed else []
        return free[0] if listed and free else None

    def _made_up(self, leaf: Schema) -> Any:
        """A value for a required property that the text is silent about."""
        if "default" in leaf.node or leaf.enum:
            return leaf["default"] if "default" in leaf.node else leaf.enum[0]
        if leaf.number:
            return leaf.lowest()
        if leaf.type in ("boolean", "object"):
            return leaf.type == "object" and self.fill(leaf).value
        if leaf.type == "array":
            shortest = leaf["minItems"]
            count = min(shortest if isinstance(shortest, int) else 0, max(self._room[0], 0))
            self._room[0] -= count
            return [self._made_up(leaf.items) for _ in range(count)]
        if otherwise := re.search(r"\bor \"(\w+)\"", leaf.description):
            return otherwise[1]
        wish = asked(next(iter(sentences(self.subject)), ""))
        if {*leaf.roles} & fits.FREE_TEXT:
            return leaf.coerced(wish)
        about = leaf.description.strip().rstrip(".") or leaf.label
        return leaf.coerced(f"{about[:1].upper()}{about[1:]}: {wish}" if wish else about)
