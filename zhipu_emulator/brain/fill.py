"""Fills a JSON Schema from a text: what is said first, then what fits, then what is needed."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zhipu_emulator.brain import certain_values, convert, residue, tables
from zhipu_emulator.brain.convert import PIECES, asked, key, number, shortened, split
from zhipu_emulator.brain.schema import Schema, leads, roles
from zhipu_emulator.brain.values import Passage, Span
from zhipu_emulator.brain.words import Term, sentences, split_name, stem, terms

MISSING: Any = object()
_FREE_TEXT = ("query", "text", "topic")
_LIST = re.compile(
    r"(?:\b(?:with|of|using|containing|including|like|for|about|are)\b|[:：])\s+"
    r"([a-z][\w-]*(?: [a-z][\w-]*)?(?:, [a-z][\w-]*(?: [a-z][\w-]*)?)*,? (?:and|or) [a-z][\w -]*)"
)
_NO = re.compile(r"\b(?:no|not|without|don't|disable|off|never)\b|不|没有|无|关闭", re.IGNORECASE)
_YES = re.compile(r"\b(?:yes|enable|on|true)\b|开启|打开", re.IGNORECASE)
_MAX_DEPTH = 8
_MOST_OBJECTS = 500  # in one call: schemas can ask for more than anyone can wait for
_NO_DAY = dt.date(1970, 1, 1)


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


class Filler:
    """Fills schemas from one passage.

    Args:
        passage: Where values are looked for.
        subject: What free text is about, when a property must have some: usually the request.
        facts: Values known by name, from JSON in tool results or documents.
        short: Whether the passage is one item of a list, where every word counts.
        words: The words of the function that is called: they are the order, not its arguments.
        outer: The filler that this one works for.
    """

    def __init__(
        self,
        passage: Passage,
        subject: str = "",
        facts: Mapping[str, Any] | None = None,
        *,
        short: bool = False,
        words: Sequence[Term] = (),
        outer: Filler | None = None,
    ) -> None:
        self.passage = passage
        self.subject = subject or passage.text
        self.facts = {key(name): value for name, value in (facts or {}).items()}
        self.used: list[Span] = []
        self.short = short
        self.words = words
        self._open_numbers, self._mail = False, True  # of the object being filled
        self._left: list[int] = outer._left if outer else [_MOST_OBJECTS]
        self._path: list[set[str]] = list(outer._path) if outer else [{"#"}]

    def fill(self, schema: Schema, depth: int = 0) -> Filled:
        """Fill an object."""
        done = Filled({})
        if self._left[0] <= 0:
            return done
        self._left[0] -= 1
        self._path.append(schema.refs)
        properties, required = schema.properties, schema.required
        ordered = [n for n in properties if n in required] + [
            n for n in properties if n not in required
        ]
        outside = (self._open_numbers, self._mail)
        self._mail = not any(
            certain_values.is_mail(name, node) for name, node in properties.items()
        )
        self._open_numbers = any(
            properties[n].type in ("integer", "number") for n in required if n in properties
        )
        for look in (self._strong, self._weak, self._leftover):
            for name in ordered:
                if name not in done.value:
                    value = look(name, properties[name], done, needed=name in required, depth=depth)
                    if value is not MISSING:
                        done.value[name] = value
        for name in properties:
            if name in required and name not in done.value:
                done.guessed.add(name)
                done.value[name] = self._made_up(name, properties[name], depth)
        done.value = {name: done.value[name] for name in properties if name in done.value}
        self._path.pop()
        self._open_numbers, self._mail = outside
        return done

    def _within_itself(self, schema: Schema) -> bool:
        """Whether an object stands somewhere inside an object of its own kind: a tree's branch."""
        return any(schema.refs & refs for refs in self._path)

    def _take(self, name: str, span: Span, done: Filled) -> Any:
        self.used.append(span)
        done.spans[name] = span
        return span.value

    def _strong(self, name: str, schema: Schema, done: Filled, *, needed: bool, depth: int) -> Any:
        if "const" in schema.node:
            return schema["const"]
        known = self._known(name, schema)
        if known is not MISSING:
            return known
        if schema.enum:
            found = certain_values.by_enum(schema, self.passage)
            return found[0] if found else MISSING
        kind = schema.type
        if kind == "object":
            return self._object(name, schema, needed=needed, depth=depth)
        if kind == "array":
            return self._array(name, schema, done, needed=needed, depth=depth)
        if kind == "boolean":
            return self._flag(name, schema)
        if kind in ("integer", "number"):
            span = certain_values.by_name(name, schema, self._fitting(schema), self.used)
            return MISSING if span is None else number(self._take(name, span, done), schema)
        return self._string(name, schema, done)

    def _known(self, name: str, schema: Schema) -> Any:
        value = self.facts.get(key(name), MISSING)
        if value is MISSING:
            wanted = terms(split_name(name))
            for fact, found in self.facts.items():
                mine = terms(split_name(fact))
                if wanted and mine and all(w.stem in {m.stem for m in mine} for w in wanted):
                    value = found
                    break
        return MISSING if value is MISSING else coerced(value, schema)

    def _string(self, name: str, schema: Schema, done: Filled) -> Any:
        purposes = roles(name, schema.description)
        if purposes[:1] == ("query",):
            return self._query(name, schema, done)
        span = self._money(purposes) or certain_values.by_form(
            name, schema, self.passage, self.used, mail=self._mail
        )
        if span is None:
            span = certain_values.by_name(name, schema, self.passage, self.used)
        free = [s for s in [*self.passage.quotes, *self.passage.names] if not s.overlaps(self.used)]
        if self.short:
            free = [s for s in free if not s.weak]
        for role in purposes:
            span = span or certain_values.by_lead(role, sorted(free), self.passage)
        for role in ("text", "reason"):
            if span is None and role in purposes:
                span = self._said(role)
        if span is None:
            return MISSING
        return shortened(str(self._take(name, span, done)), schema)

    def _money(self, purposes: Sequence[str]) -> Span | None:
        """Of two currencies the one with the amount is what is changed."""
        if "currency" not in purposes or not {"source", "target"} & set(purposes):
            return None
        after = [n.end for n in self.passage.numbers] + [n.start - 1 for n in self.passage.numbers]
        for span in certain_values.currencies(self.passage):
            with_amount = any(0 <= span.start - end <= 1 or span.end - 1 == end for end in after)
            if with_amount == ("source" in purposes) and not span.overlaps(self.used):
                return span
        return None

    def _query(self, name: str, schema: Schema, done: Filled) -> Any:
        quotes = self.passage.quotes
        if len(quotes) == 1:
            return shortened(quotes[0].value, schema)
        if not self.passage.text:
            return MISSING
        done.spans[name] = Span(0, 0, self.passage.text)
        return shortened(asked(self.passage.text), schema)

    def _said(self, role: str) -> Span | None:
        """What follows "saying", "because" or "说" to the end of the sentence."""
        for lead in leads(role):
            mark = rf"\b{lead}\b" if lead.isascii() else lead
            match = re.search(
                rf"{mark}\s*[:：,]?\s*([^.!?。！？\n]{{2,}})", self.passage.text, re.IGNORECASE
            )
            if match:
                span = Span(match.start(1), match.end(1), match[1].strip(" \"'“”"))
                return None if span.overlaps(self.used) else span
        return None

    def _fitting(self, schema: Schema) -> Passage:
        """The passage with only those numbers that the schema allows."""
        good = Passage(self.passage.text, self.passage.today)
        good.numbers = [s for s in self.passage.numbers if convert.allowed(s.value, schema)]
        return good

    def _flag(self, name: str, schema: Schema) -> Any:
        for word in split_name(name).lower().split():
            match = re.search(rf"\b{re.escape(stem(word))}\w*", self.passage.text, re.IGNORECASE)
            if match and word not in ("is", "has", "use", "with", "include", "enable"):
                return (
                    _NO.search(self.passage.text[max(0, match.start() - 15) : match.start()])
                    is None
                )
        purposes = terms(f"{split_name(name)} {schema.description}")
        if any("switch" in term.concepts for term in purposes) or name.lower() in ("on", "enabled"):
            if _NO.search(self.passage.text):
                return False
            if _YES.search(self.passage.text):
                return True
        return MISSING

    def _object(self, name: str, schema: Schema, *, needed: bool, depth: int) -> Any:
        if depth > _MAX_DEPTH or (not needed and self._within_itself(schema)):
            return MISSING
        if not schema.properties:
            return {} if needed else MISSING
        before = list(self.used)
        inner = self.fill(schema, depth + 1)
        if needed or inner.spans:
            return inner.value
        self.used = before
        return MISSING

    def _array(self, name: str, schema: Schema, done: Filled, *, needed: bool, depth: int) -> Any:
        item = schema.items
        if item.enum:
            return certain_values.by_enum(item, self.passage) or MISSING
        if item.type in ("integer", "number"):
            spans = self._fitting(item).numbers
        elif item.type == "object":
            return self._objects(item, needed=needed, depth=depth)
        else:
            spans = self._listed(name, item)
        free = [span for span in spans if not span.overlaps(self.used)]
        if not free or not (needed or len(free) > 1 or item.type == "string"):
            return MISSING
        first = certain_values.by_name(name, item, self.passage, self.used)
        if first is not None and first in free:
            free = self.passage.joined(first, free)
        for span in free:
            self._take(name, span, done)
        found = [coerced(span.value, item) for span in free]
        return [value for value in found if value is not MISSING]

    def _listed(self, name: str, item: Schema) -> list[Span]:
        form = certain_values.by_form(name, item, self.passage, self.used)
        if form is not None and form in self.passage.emails + self.passage.urls:
            return self.passage.emails or self.passage.urls
        label = re.escape(split_name(name).lower().rstrip("s"))
        lead = rf"\b{label}s?\b\s*(?:are|is|of|:|：|=)?\s*"
        match = re.search(lead, self.passage.text, re.IGNORECASE)
        if self.passage.quotes:
            return self.passage.quotes
        if match:
            end = re.compile(r"[^.;!?。；！？\n]*").match(self.passage.text, match.end())
            if end and PIECES.search(end[0]):
                return list(split(end[0], end.start()))
        strong_names = [span for span in self.passage.names if not span.weak]
        if strong_names:
            return strong_names
        match = _LIST.search(self.passage.text)
        return list(split(match[1], match.start(1))) if match else self.passage.names

    def _objects(self, item: Schema, *, needed: bool, depth: int) -> Any:
        found: list[Any] = []
        if depth > _MAX_DEPTH or self._within_itself(item):
            return found if needed else MISSING
        for row in tables.rows(self.passage.text):
            inner = Filler(Passage("", self.passage.today), facts=row, outer=self)
            filled = inner.fill(item, depth + 1)
            if filled.value and not filled.guessed:
                found.append(filled.value)
        for part in split(self.passage.text, 0) if not found else ():
            text = Passage(part.value, self.passage.today)
            inner = Filler(text, part.value, short=True, outer=self)
            filled = inner.fill(item, depth + 1)
            if filled.spans and not filled.guessed:
                found.append(filled.value)
        if found:
            return found
        if not needed:
            return MISSING
        return [self.fill(item, depth + 1).value]

    def _weak(self, name: str, schema: Schema, done: Filled, *, needed: bool, depth: int) -> Any:
        if schema.enum or schema.type in ("object", "array", "boolean"):
            return MISSING
        if schema.type in ("integer", "number"):
            free = [s for s in self._fitting(schema).numbers if not s.overlaps(self.used)]
            # An optional number takes what no required one needs: "roll 3 dice".
            if free and (needed or not self._open_numbers):
                return number(self._take(name, free[0], done), schema)
            return MISSING
        purposes = roles(name, schema.description)
        if certain_values.is_mail(name, schema):  # has a form, which nothing here has
            return MISSING
        if not needed and not {"place", "person", "target", "source", "topic"} & set(purposes):
            return MISSING
        if self.short and needed and (span := self._residue()) is not None:
            return str(self._take(name, span, done))
        spans = self.passage.quotes + self.passage.names
        free = [s for s in spans if not s.overlaps(self.used)]
        best = next((s for s in free if not s.weak), next(iter(free), None))
        if best is None or (not needed and best.weak):
            codes = [s for s in self.passage.codes if not s.overlaps(self.used)]
            numbers = [s for s in self.passage.numbers if not s.overlaps(self.used)]
            best = next(iter(codes or numbers), None) if needed and "id" in purposes else None
        return MISSING if best is None else str(self._take(name, best, done))

    def _leftover(
        self, name: str, schema: Schema, done: Filled, *, needed: bool, depth: int
    ) -> Any:
        """For a required name: the words of a short request that ask for nothing: "kitchen"."""
        if not needed or not self.words or schema.type != "string" or schema.enum:
            return MISSING
        if set(roles(name)) & {*_FREE_TEXT, "id", "date", "time", "email", "url"}:
            return MISSING
        left = residue.unclaimed(self._residue(), self.words)
        if left is None:
            return MISSING
        done.spans[name] = Span(0, 0, left)
        return left.strip(",.;:!?'\"")

    def _residue(self) -> Span | None:
        return residue.residue(self.passage, self.used, short=self.short)

    def _made_up(self, name: str, schema: Schema, depth: int) -> Any:
        """A value for a required property that the text is silent about."""
        if "default" in schema.node:
            return schema["default"]
        if schema.enum:
            return schema.enum[0]
        kind = schema.type
        if kind in ("integer", "number"):
            return convert.smallest(schema)
        if kind == "boolean":
            return False
        if kind == "array":
            short = schema["minItems"]
            count = min(short if isinstance(short, int) else 0, self._left[0])
            self._left[0] -= count
            return [self._made_up(name, schema.items, depth + 1) for _ in range(count)]
        if kind == "object":
            return self.fill(schema, depth + 1).value if depth <= _MAX_DEPTH else {}
        return self._text(name, schema)

    def _text(self, name: str, schema: Schema) -> str:
        wish = asked(next(iter(sentences(self.subject)), ""))
        if set(roles(name)) & set(_FREE_TEXT):
            return shortened(wish, schema)
        about = schema.description.strip().rstrip(".") or split_name(name)
        return shortened(f"{about[:1].upper()}{about[1:]}: {wish}" if wish else about, schema)


def coerced(value: Any, schema: Schema) -> Any:
    """``value`` in the type the schema wants; MISSING when it cannot be."""
    kind = schema.type
    if schema.enum and value not in schema.enum:
        same = [v for v in schema.enum if str(v).lower() == str(value).lower()]
        return same[0] if same else MISSING
    if kind == "string":
        return str(value) if isinstance(value, str | int | float) else MISSING
    if kind in ("integer", "number"):
        match = re.search(r"-?\d+(?:\.\d+)?", str(value).replace(",", ""))
        if match is None or isinstance(value, bool | list | dict):
            return MISSING
        given = float(match[0])
        return int(given) if kind == "integer" or given.is_integer() else given
    if kind == "boolean":
        if isinstance(value, str):
            return {"true": True, "false": False}.get(value.lower(), MISSING)
        return value if isinstance(value, bool) else MISSING
    if kind == "array":
        if not isinstance(value, Sequence) or isinstance(value, str):
            return MISSING
        items = [coerced(item, schema.items) for item in value]
        return [item for item in items if item is not MISSING]
    if kind == "object" and isinstance(value, Mapping):
        filler = Filler(Passage("", _NO_DAY), facts=value)
        return filler.fill(schema).value
    return MISSING
