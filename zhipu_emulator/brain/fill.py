"""Fills a JSON Schema from a text: each value goes to the property that it fits best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zhipu_emulator.brain import fits
from zhipu_emulator.brain.arithmetic import expressions, numbers_of
from zhipu_emulator.brain.fits import FREE_TEXT, Leaf
from zhipu_emulator.brain.schema import MISSING, Schema, coerced, roles, shortened
from zhipu_emulator.brain.values import Passage, Span
from zhipu_emulator.brain.words import Term, asked, sentences, split_name, stems
from zhipu_emulator.content import tables

_MAX_DEPTH = 8
_MOST_OBJECTS = 500  # in one call: schemas can ask for more than anyone can wait for
_OPTIONAL = 1.5  # the score from which an optional property takes a value


@dataclass
class Filled:
    """A filled object and what it took.

    Attributes:
        value: The object.
        spans: By property, the place of the value in the text.
        guessed: Required properties for which the text said nothing.
    """

    value: dict[str, Any]
    spans: dict[str, Span] = field(default_factory=dict)
    guessed: set[str] = field(default_factory=set)

    def keep(self, leaf: Leaf, found: Any) -> None:
        """Take a value, or one that a span has."""
        if found is MISSING:
            return
        span = found if isinstance(found, Span) else Span(0, 0, found)
        if "const" not in leaf.schema.node:
            self.spans[leaf.name] = span
        self.value[leaf.name] = fits.written(span, leaf.schema) if span is found else found


class Filler:
    """Fills schemas from one passage.

    Args:
        passage: Where values are looked for.
        subject: What free text is about, when a property must have some: usually the request.
        facts: Values known by name, from JSON in tool results or the row of a table.
        item: Whether the passage is one item of a list, where every word counts.
        words: The words of the function that is called: they are the order, not its arguments.
        outer: The filler that this one works for.
    """

    def __init__(
        self,
        passage: Passage,
        subject: str = "",
        facts: Mapping[str, Any] | None = None,
        *,
        item: bool = False,
        words: Sequence[Term] = (),
        outer: Filler | None = None,
    ) -> None:
        self.passage = passage
        self.subject = subject or passage.text
        self.facts = {_key(name): value for name, value in (facts or {}).items()}
        self.item = item
        self.words = words
        self._used: list[Span] = []
        self._said: set[str] = set()  # texts that were taken
        self._room: list[int] = outer._room if outer else [_MOST_OBJECTS]
        self._inside: list[frozenset[str]] = list(outer._inside) if outer else [frozenset({"#"})]

    def fill(self, schema: Schema, *, needed: bool = True) -> Filled:
        """Fill an object; where it is not needed, only with what surely belongs there."""
        done = Filled({})
        if self._room[0] <= 0:
            return done
        self._room[0] -= 1
        self._inside.append(schema.refs)
        properties = schema.properties
        leaves = [Leaf(n, s, needed and n in schema.required) for n, s in properties.items()]
        leaves.sort(key=lambda leaf: not leaf.needed)
        for leaf in leaves:
            done.keep(leaf, self._certain(leaf))
        self._said |= {value.lower() for value in done.value.values() if isinstance(value, str)}
        self._operands(done, leaves)
        text = fits.Text(self.passage, self.words, leaves, item=self.item)
        self._match(done, leaves, text, _OPTIONAL)
        for leaf in leaves:
            if leaf.name not in done.value and leaf.schema.type == "object":
                done.keep(leaf, self._object(leaf))
        self._match(done, leaves, text, 0.0)
        for leaf in leaves:
            if leaf.name not in done.value:
                done.keep(leaf, self._rest(leaf))
        missing = {name for name in schema.required & {*properties} if name not in done.value}
        for name in missing:
            done.value[name] = self._made_up(name, properties[name])
        done.guessed = {name for name in missing if "default" not in properties[name].node}
        done.value = {name: done.value[name] for name in properties if name in done.value}
        self._inside.pop()
        return done

    # What the text or the schema leaves no choice about.

    def _certain(self, leaf: Leaf) -> Any:
        schema = leaf.schema
        if "const" in schema.node:
            return schema["const"]
        if (known := self._known(leaf)) is not MISSING:
            return known
        if leaf.number and (labelled := fits.labelled(leaf, self.passage)) is not None:
            return labelled
        if schema.enum:
            return next(iter(fits.mentioned(schema, self.passage)), MISSING)
        if schema.type == "boolean":
            return fits.flag(leaf.name, schema, self.passage.text)
        if schema.type == "array":
            return self._array(leaf, schema.items)
        if schema.type == "string" and leaf.roles[:1] == ("query",) and self.subject:
            quotes = [span.value for span in self.passage.of("quote")]
            if any("calculate" in term.concepts for term in self.words):
                quotes = expressions(self.passage.text)
            return Span(0, 0, quotes[0] if len(quotes) == 1 else asked(self.subject))
        return MISSING

    def _known(self, leaf: Leaf) -> Any:
        value, wanted = self.facts.get(_key(leaf.name), MISSING), stems(split_name(leaf.name))
        if value is MISSING and wanted:
            like = (v for n, v in self.facts.items() if wanted <= stems(split_name(n)))
            value = next(like, MISSING)
        return value if value is MISSING else coerced(value, leaf.schema)

    def _array(self, leaf: Leaf, items: Schema) -> Any:
        if items.enum:
            return fits.mentioned(items, self.passage) or MISSING
        if items.type == "object":
            return self._objects(leaf, items)
        listed = fits.listed(leaf.name, self.passage)
        return [v for part in listed if (v := coerced(part, items)) is not MISSING] or MISSING

    def _objects(self, leaf: Leaf, items: Schema) -> Any:
        """One object for each row of a table, else for each part of a list."""
        if self._again(items):
            return [] if leaf.needed else MISSING

        def made(text: str, *, item: bool, row: Mapping[str, Any] | None = None) -> Filled:
            passage = Passage(text, self.passage.today)
            return Filler(passage, text, row, item=item, outer=self).fill(items)

        text = self.passage.text
        rows = [made("", item=True, row=row) for row in tables.rows(text)]
        listed = [] if rows else [made(part, item=True) for part in fits.parts(text)]
        found = [one.value for one in [*rows, *listed] if one.spans and not one.guessed]
        return found or ([made(text, item=False).value] if leaf.needed else MISSING)

    def _object(self, leaf: Leaf) -> Any:
        if len(self._inside) > _MAX_DEPTH or (not leaf.needed and self._again(leaf.schema)):
            return MISSING
        before = list(self._used)
        inner = self.fill(leaf.schema, needed=leaf.needed)
        if inner.spans:
            return inner.value
        self._used = before
        return MISSING

    def _again(self, schema: Schema) -> bool:
        """Whether an object would be inside one of its own kind: a tree's branch."""
        return any(schema.refs & refs for refs in self._inside)

    # What fits best.

    def _take(self, done: Filled, leaf: Leaf, span: Span) -> None:
        self._used.append(span)
        if not leaf.number:
            self._said.add(str(span.value).lower())
        done.keep(leaf, span)

    def _free(self, spans: Sequence[Span]) -> list[Span]:
        return [span for span in spans if not span.end or not span.overlaps(self._used)]

    def _operands(self, done: Filled, leaves: Sequence[Leaf]) -> None:
        """Numbers of a sum in its order: "subtract 7 from 20" is 20 - 7."""
        wanted = [leaf for leaf in leaves if leaf.needed and leaf.name not in done.value]
        values = numbers_of(self.passage.text) if all(leaf.number for leaf in wanted) else []
        for leaf, value in zip(wanted, values, strict=False) if len(values) == len(wanted) else ():
            free = self._free([s for s in self.passage.of("number") if s.value == value])
            if free and leaf.schema.allows(value):
                self._take(done, leaf, free[0])

    def _match(
        self, done: Filled, leaves: Sequence[Leaf], text: fits.Text, at_least: float
    ) -> None:
        """Give free values to open properties, the best pair first."""
        open_ = [leaf for leaf in leaves if leaf.name not in done.value]
        pairs = [
            (-score, not leaf.needed, place, span)
            for place, leaf in enumerate(open_)
            for span, score in text.scores(leaf)
            if score >= at_least
        ]
        # What no required number takes goes to an optional one: "roll 3 dice".
        for needed in (True, False):
            for score, optional, place, span in sorted(pairs):
                leaf = open_[place]
                enough = -score >= _OPTIONAL or (leaf.number and not needed)
                again = score > -_OPTIONAL and str(span.value).lower() in self._said
                if again:  # a text may have a value twice, and only one of the properties wants it
                    continue
                if (enough or (needed and not optional)) and leaf.name not in done.value:
                    for free in self._free([span]):
                        self._take(done, leaf, free)

    # What is left.

    def _rest(self, leaf: Leaf) -> Any:
        """The free values for a list, the few words that ask for nothing for a string."""
        schema = leaf.schema
        if schema.type == "array" and not schema.items.enum and schema.items.type != "object":
            return self._list(leaf, schema.items)
        plain = schema.type == "string" and not schema.enum and not self.item and self.words
        if self.facts or not leaf.needed or not plain or {*leaf.roles} & fits.NOT_A_FEW_WORDS:
            return MISSING
        found = fits.residue(self.passage, self._used, self.words)
        return Span(0, 0, found) if found else MISSING

    def _list(self, leaf: Leaf, items: Schema) -> Any:
        """All free values, or for an optional list "A, B and C"."""
        if items.type in ("integer", "number"):
            pool = [s for s in self.passage.of("number") if items.allows(s.value)]
        else:
            pool = self.passage.of("quote") or self.passage.of("name") or self.passage.of("phrase")
        free = self._free(pool)
        if free and not leaf.needed:
            free = max((self.passage.joined(span, free) for span in free), key=len)
            free = free if len(free) > 1 else []
        self._used += free
        return [fits.written(span, items) for span in free] or MISSING

    def _made_up(self, name: str, schema: Schema) -> Any:
        """A value for a required property that the text is silent about."""
        kind = schema.type
        if "default" in schema.node or schema.enum:
            return schema["default"] if "default" in schema.node else schema.enum[0]
        if kind in ("integer", "number"):
            return schema.lowest()
        if kind == "boolean":
            return False
        if kind == "object":
            deep = len(self._inside) > _MAX_DEPTH or self._again(schema)
            return {} if deep else self.fill(schema).value
        if kind == "array":
            shortest = schema["minItems"]
            count = min(shortest if isinstance(shortest, int) else 0, max(self._room[0], 0))
            self._room[0] -= count
            return [self._made_up(name, schema.items) for _ in range(count)]
        wish = asked(next(iter(sentences(self.subject)), ""))
        if {*roles(name)} & FREE_TEXT:
            return shortened(wish, schema)
        about = schema.description.strip().rstrip(".") or split_name(name)
        return shortened(f"{about[:1].upper()}{about[1:]}: {wish}" if wish else about, schema)


def _key(name: str) -> str:
    """A name without case and separators, for comparing."""
    return "".join(split_name(name).lower().split())
