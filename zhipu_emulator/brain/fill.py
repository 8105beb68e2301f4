"""Fills a JSON Schema from a text: what is said first, then what fits, then what is needed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zhipu_emulator.brain import candidates, tables
from zhipu_emulator.brain.coercion import MISSING, asked, coerced, key, shortened
from zhipu_emulator.brain.schema import Schema, roles
from zhipu_emulator.brain.values import Passage, Span
from zhipu_emulator.brain.words import (
    Term,
    is_cjk,
    lexicon,
    sentences,
    split_name,
    stem,
    stems,
    terms,
)

_FREE_TEXT = {"query", "text", "topic"}
_PIECES = re.compile(r"\s*(?:[,;\n，；、|]|\band\b|\bplus\b|和|与|及)\s*")
_NO = re.compile(r"\b(?:no|not|without|don't|disable|off|never)\b|不|没有|无|关闭", re.IGNORECASE)
_YES = re.compile(r"\b(?:yes|enable|on|true)\b|开启|打开", re.IGNORECASE)
_BEHIND = re.compile(r"\s(?:for|in|at|from|to|of|with)\s")
_UNIT = re.compile(r"\s*[A-Za-z%°]+")
_FEW = 3  # words; more are a sentence, not a name
_MAX_DEPTH = 8
_MOST_OBJECTS = 500  # in one call: schemas can ask for more than anyone can wait for


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
        ordered = sorted(properties, key=lambda name: name not in required)
        outside = (self._open_numbers, self._mail)
        self._mail = not any(candidates.is_mail(n, node) for n, node in properties.items())
        self._open_numbers = any(
            properties[n].type in ("integer", "number") for n in required if n in properties
        )
        for look in (self._certain, self._fitting, self._unclaimed):
            for name in ordered:
                if name not in done.value:
                    found = look(name, properties[name], done, name in required, depth)
                    if found is not MISSING:
                        done.value[name] = found
        done.guessed = {n for n in properties if n in required and n not in done.value}
        for name in properties:
            if name in done.guessed:
                done.value[name] = self._made_up(name, properties[name], depth)
        done.value = {name: done.value[name] for name in properties if name in done.value}
        self._path.pop()
        self._open_numbers, self._mail = outside
        return done

    def _take(self, name: str, span: Span, done: Filled, schema: Schema) -> Any:
        self.used.append(span)
        done.spans[name] = span
        if schema.type in ("integer", "number"):
            return int(span.value) if schema.type == "integer" else span.value
        return shortened(str(span.value), schema)

    def _free(self, spans: Sequence[Span]) -> list[Span]:
        return [span for span in spans if not span.overlaps(self.used)]

    def _certain(self, name: str, schema: Schema, done: Filled, needed: bool, depth: int) -> Any:
        """What the text says by label, form or position."""
        if "const" in schema.node:
            return schema["const"]
        known = self._known(name, schema)
        if known is not MISSING:
            return known
        if schema.enum:
            return next(iter(candidates.by_enum(schema, self.passage)), MISSING)
        kind = schema.type
        if kind == "object":
            return self._object(schema, needed, depth)
        if kind == "array":
            return self._array(name, schema.items, done, needed, depth)
        if kind == "boolean":
            return self._flag(name, schema)
        if kind in ("integer", "number"):
            span = candidates.by_label(name, schema, self._allowed(schema), self.used)
        elif roles(name, schema.description)[:1] == ("query",):
            return self._query(name, schema, done)
        else:
            span = self._string(name, schema)
        return MISSING if span is None else self._take(name, span, done, schema)

    def _known(self, name: str, schema: Schema) -> Any:
        value = self.facts.get(key(name), MISSING)
        wanted = stems(split_name(name))
        if value is MISSING and wanted:
            for fact, found in self.facts.items():
                if wanted <= stems(split_name(fact)):
                    value = found
                    break
        return value if value is MISSING else coerced(value, schema)

    def _string(self, name: str, schema: Schema) -> Span | None:
        passage, purposes = self.passage, roles(name, schema.description)
        found = candidates.by_form(name, schema, passage, self.used, mail=self._mail)
        if candidates.is_mail(name, schema):
            return found  # nothing else has its form
        found = found or candidates.by_label(name, schema, passage, self.used)
        free = sorted(self._free([*passage.quotes, *passage.names]))
        if self.short:
            free = [span for span in free if not span.weak]
        for role in purposes:
            found = found or candidates.by_lead(role, free, passage)
        for role in purposes:
            if found is None and role in ("text", "reason"):
                span = candidates.said(role, passage)
                found = span if span and self._free([span]) else None
        return found

    def _query(self, name: str, schema: Schema, done: Filled) -> Any:
        quotes = self.passage.quotes
        if not self.subject:
            return MISSING
        done.spans[name] = Span(0, 0, self.subject)
        return shortened(quotes[0].value if len(quotes) == 1 else asked(self.subject), schema)

    def _allowed(self, schema: Schema) -> Passage:
        """The passage with only those numbers that the schema allows."""
        good = Passage(self.passage.text, self.passage.today)
        good.numbers = [s for s in self.passage.numbers if schema.allows(s.value)]
        return good

    def _flag(self, name: str, schema: Schema) -> Any:
        """Whether to switch something on; of other flags the text is not asked."""
        text, purposes = self.passage.text, terms(f"{split_name(name)} {schema.description}")
        if any("switch" in term.concepts for term in purposes) or name.lower() in ("on", "enabled"):
            return False if _NO.search(text) else True if _YES.search(text) else MISSING
        return MISSING

    def _object(self, schema: Schema, needed: bool, depth: int) -> Any:
        if depth > _MAX_DEPTH or (not needed and self._within_itself(schema)):
            return MISSING
        before = list(self.used)
        inner = self.fill(schema, depth + 1)
        if needed or inner.spans:
            return inner.value
        self.used = before
        return MISSING

    def _within_itself(self, schema: Schema) -> bool:
        """Whether an object is somewhere inside an object of its own kind: a tree's branch."""
        return any(schema.refs & refs for refs in self._path)

    def _array(self, name: str, item: Schema, done: Filled, needed: bool, depth: int) -> Any:
        if item.enum:
            return candidates.by_enum(item, self.passage) or MISSING
        if item.type == "object":
            return self._objects(item, needed, depth)
        if item.type in ("integer", "number"):
            found = self._allowed(item).numbers
        else:
            names = self.passage.names
            found = self.passage.quotes or [name for name in names if not name.weak] or names
        free = self._free(found)
        if not free or not (needed or len(free) > 1 or item.type == "string"):
            return MISSING
        return [self._take(name, span, done, item) for span in free]

    def _objects(self, item: Schema, needed: bool, depth: int) -> Any:
        if depth > _MAX_DEPTH or self._within_itself(item):
            return [] if needed else MISSING
        today, found = self.passage.today, list[Any]()
        for row in tables.rows(self.passage.text):
            filled = Filler(Passage("", today), facts=row, outer=self).fill(item, depth + 1)
            if filled.value and not filled.guessed:
                found.append(filled.value)
        for part in _split(self.passage.text, 0) if not found else ():
            inner = Filler(Passage(part.value, today), part.value, short=True, outer=self)
            filled = inner.fill(item, depth + 1)
            if filled.spans and not filled.guessed:
                found.append(filled.value)
        if found or not needed:
            return found or MISSING
        return [self.fill(item, depth + 1).value]

    def _fitting(self, name: str, schema: Schema, done: Filled, needed: bool, depth: int) -> Any:
        """What has the right type and nothing else wants."""
        if schema.enum or schema.type in ("object", "array", "boolean"):
            return MISSING
        if schema.type in ("integer", "number"):
            # An optional number takes what no required one needs: "roll 3 dice".
            free = self._free(self._allowed(schema).numbers)
            best = next(iter(free), None) if needed or not self._open_numbers else None
            return MISSING if best is None else self._take(name, best, done, schema)
        if not needed or candidates.is_mail(name, schema):  # nothing here has a mail's form
            return MISSING
        if self.short and (span := self._residue()) is not None:
            return self._take(name, span, done, schema)
        free = self._free(self.passage.quotes + self.passage.names)
        best = next((s for s in free if not s.weak), next(iter(free), None))
        if best is None and "id" in roles(name, schema.description):
            best = next(iter(self._free([*self.passage.codes, *self.passage.numbers])), None)
        return MISSING if best is None else self._take(name, best, done, schema)

    def _unclaimed(self, name: str, schema: Schema, done: Filled, needed: bool, depth: int) -> Any:
        """For a required name: the few words of a request that ask for nothing: "kitchen"."""
        if not needed or not self.words or schema.type != "string" or schema.enum:
            return MISSING
        if {*roles(name)} & {*_FREE_TEXT, "id", "date", "time", "email", "url"}:
            return MISSING
        known = {term.stem for term in self.words}
        concepts = {concept for term in self.words for concept in term.concepts}
        span = self._residue()
        left = [
            word
            for word in (span.value.split() if span else [])
            if not is_cjk(word) and (found := terms(word)) and found[0].weight == 1
            and not found[0].concepts & concepts and stem(word) not in known
        ]  # fmt: skip
        if not 1 <= len(left) <= _FEW:
            return MISSING
        done.spans[name] = Span(0, 0, " ".join(left))
        return " ".join(left).strip(",.;:!?'\"")

    def _residue(self) -> Span | None:
        """The words that are nothing else: "apples" in "2 apples"."""
        left = list(self.passage.text)
        for span in self.used:
            left[span.start : span.end] = " " * (span.end - span.start)
        for span in self.passage.numbers:
            # In a sentence the word behind a number is its unit, in a list it is the thing.
            unit = _UNIT.match(self.passage.text, span.end)
            end = unit.end() if unit and not self.short else span.end
            left[span.start : end] = " " * (end - span.start)
        text = f" {' '.join(''.join(left).split())} "
        if self.short:  # "2 mugs for the guests": what it is comes first
            text = _BEHIND.split(text)[0]
        openers = set(lexicon()["openers"])
        text = " ".join(w for w in text.split() if w.lower() not in openers).strip(" .!?;:。！？")
        return Span(0, 0, text) if text else None

    def _made_up(self, name: str, schema: Schema, depth: int) -> Any:
        """A value for a required property that the text is silent about."""
        if "default" in schema.node:
            return schema["default"]
        if schema.enum:
            return schema.enum[0]
        kind = schema.type
        if kind in ("integer", "number"):
            return schema.lowest()
        if kind == "boolean":
            return False
        if kind == "array":
            short = schema["minItems"]
            count = min(short if isinstance(short, int) else 0, self._left[0])
            self._left[0] -= count
            return [self._made_up(name, schema.items, depth + 1) for _ in range(count)]
        if kind == "object":
            return self.fill(schema, depth + 1).value if depth <= _MAX_DEPTH else {}
        wish = asked(next(iter(sentences(self.subject)), ""))
        if {*roles(name)} & _FREE_TEXT:
            return shortened(wish, schema)
        about = schema.description.strip().rstrip(".") or split_name(name)
        return shortened(f"{about[:1].upper()}{about[1:]}: {wish}" if wish else about, schema)


def _split(text: str, offset: int) -> list[Span]:
    """The parts of a list, with their places; ``offset`` is added to these."""
    found, place = [], 0
    for match in [*_PIECES.finditer(text), None]:
        end = match.start() if match else len(text)
        if piece := text[place:end].strip():
            found.append(Span(offset + place, offset + end, piece))
        place = match.end() if match else end
    return found
