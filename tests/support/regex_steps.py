"""How many steps a regular expression takes: a backtracking matcher that counts, for tests.

`re` does not say what it did, and seconds depend on the machine. This one walks through the same
parsed expression in the same order as `re` does, and counts each look at the text.
"""

from __future__ import annotations

import re
import re._compiler as compiler  # type: ignore[import-not-found]
import re._constants as sre  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["Counted"]

Goes = Callable[[int], int | None]


class Counted:
    """A compiled pattern that counts the steps of each search, and answers as the pattern does.

    Args:
        pattern: What `re.compile` returned.
    """

    def __init__(self, pattern: re.Pattern[Any]) -> None:
        self._pattern = pattern
        self._tree = parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)
        self._flags = self._tree.state.flags
        self.steps = 0
        self._machine = _Machine(self, self._tree)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pattern, name)

    def match(self, text: Any, *places: int) -> Any:
        self._run(text, *places)
        return self._pattern.match(text, *places)

    def fullmatch(self, text: Any, *places: int) -> Any:
        self._run(text, *places, to_the_end=True)
        return self._pattern.fullmatch(text, *places)

    def search(self, text: Any, *places: int) -> Any:
        self._scan(text, *places, once=True)
        return self._pattern.search(text, *places)

    def sub(self, new: Any, text: Any, count: int = 0) -> Any:
        self._scan(text)
        return self._pattern.sub(new, text, count)

    def subn(self, new: Any, text: Any, count: int = 0) -> Any:
        self._scan(text)
        return self._pattern.subn(new, text, count)

    def split(self, text: Any, maxsplit: int = 0) -> Any:
        self._scan(text)
        return self._pattern.split(text, maxsplit)

    def findall(self, text: Any, *places: int) -> Any:
        self._scan(text, *places)
        return self._pattern.findall(text, *places)

    def finditer(self, text: Any, *places: int) -> Iterator[Any]:
        # One search for each match that is taken: a reader may stop early.
        start = places[0] if places else 0
        for found in self._pattern.finditer(text, *places):
            self._scan(text, start, once=True)
            start = found.end() + (found.end() == found.start())
            yield found
        self._scan(text, start, once=True)

    def _scan(
        self, text: Any, start: int = 0, end: int | None = None, *, once: bool = False
    ) -> None:
        stop = len(text) if end is None else min(end, len(text))
        first = _literal(self._tree)
        while start <= stop:
            if first is not None:  # `re` looks for it in one go: that is linear in all
                found = text.find(first, start, stop)
                self._step(1)
                if found < 0:
                    return
                start = found
            reached = self._run(text, start, stop)
            if reached is not None and once:
                return
            start = max(start + 1, reached or 0)

    def _run(
        self, text: Any, start: int = 0, end: int | None = None, *, to_the_end: bool = False
    ) -> int | None:
        stop = len(text) if end is None else min(end, len(text))
        return self._machine.run(text[:stop], start, to_the_end=to_the_end)

    def _step(self, number: int) -> None:
        self.steps += number


def _literal(tree: Any) -> str | None:
    op, value = tree[0] if len(tree) else (None, None)
    ignores = tree.state.flags & re.IGNORECASE
    plain = op is sre.LITERAL and not ignores and isinstance(tree.state.str, str)
    return chr(value) if plain else None


class _Machine:
    """An expression as functions from a place to the end of a match, in continuation style."""

    def __init__(self, counted: Counted, tree: Any) -> None:
        self._counted, self._flags = counted, tree.state.flags
        self._text: Any = tree.state.str[:0]
        self._to_the_end = False
        self._groups: dict[int, tuple[int, int]] = {}
        #: Patterns of one character each, by what they are.
        self._fitting: dict[str, Callable[..., Any]] = {}
        self._start = self.sequence(tree, self._goal)

    def run(self, text: Any, start: int, *, to_the_end: bool) -> int | None:
        """Return the end of the match at a place, or None."""
        self._text, self._to_the_end = text, to_the_end
        self._groups.clear()
        return self._start(start)

    def _goal(self, at: int) -> int | None:
        return None if self._to_the_end and at != len(self._text) else at

    def sequence(self, items: Any, then: Goes) -> Goes:
        for item in reversed(list(items)):
            then = self._one(item, then)
        return then

    def _one(self, item: Any, then: Goes) -> Goes:
        op, value = item
        if op in (sre.LITERAL, sre.NOT_LITERAL, sre.ANY, sre.IN):
            return self._character(item, then)
        make = getattr(self, f"_{op.name.lower()}")
        return make(value, then)  # type: ignore[no-any-return]

    def _fits(self, item: Any) -> Callable[..., Any]:
        key = repr(item)
        kept = self._fitting.get(key)
        if kept is None:
            single = parser.SubPattern(parser.State(), [item])
            single.state.str = self._text[:0]
            single.state.flags = self._flags
            kept = self._fitting[key] = compiler.compile(single, self._flags).match
        return kept

    def _character(self, item: Any, then: Goes) -> Goes:
        fits = self._fits(item)

        def go(at: int) -> int | None:
            self._counted._step(1)
            return then(at + 1) if fits(self._text, at, at + 1) else None

        return go

    def _at(self, where: Any, then: Goes) -> Goes:
        fits = self._fits((sre.AT, where))

        def go(at: int) -> int | None:
            self._counted._step(1)
            return then(at) if fits(self._text, at) else None

        return go

    def _branch(self, value: Any, then: Goes) -> Goes:
        ways = [self.sequence(way, then) for way in value[1]]

        def go(at: int) -> int | None:
            for way in ways:
                self._counted._step(1)
                if (found := way(at)) is not None:
                    return found
            return None

        return go

    def _subpattern(self, value: Any, then: Goes) -> Goes:
        group, _, _, inner = value
        if group is None:
            return self.sequence(inner, then)
        starts: list[int] = []

        def close(at: int) -> int | None:
            before = self._groups.get(group)
            self._groups[group] = (starts[-1], at)
            found = then(at)
            if found is None:
                self._groups.pop(group) if before is None else self._groups.update({group: before})
            return found

        body = self.sequence(inner, close)

        def go(at: int) -> int | None:
            starts.append(at)
            try:
                return body(at)
            finally:
                starts.pop()

        return go

    def _atomic_group(self, value: Any, then: Goes) -> Goes:
        inner = self.sequence(value, lambda at: at)

        def go(at: int) -> int | None:
            found = inner(at)
            return None if found is None else then(found)

        return go

    def _assert(self, value: Any, then: Goes, *, wanted: bool = True) -> Goes:
        direction, inner = value
        body = self.sequence(inner, lambda at: at)
        width = inner.getwidth()[0]

        def go(at: int) -> int | None:
            start = at if direction > 0 else at - width
            found = body(start) if start >= 0 else None
            return then(at) if (found is not None) == wanted else None

        return go

    def _assert_not(self, value: Any, then: Goes) -> Goes:
        return self._assert(value, then, wanted=False)

    def _groupref(self, group: int, then: Goes) -> Goes:
        def go(at: int) -> int | None:
            if group not in self._groups:
                return None
            start, end = self._groups[group]
            size = end - start
            self._counted._step(size + 1)
            same = self._text[at : at + size] == self._text[start:end]
            return then(at + size) if same else None

        return go

    def _max_repeat(self, value: Any, then: Goes) -> Goes:
        least, most, inner = value
        most = 1 << 40 if most is sre.MAXREPEAT else most
        items = list(inner)
        if len(items) == 1 and items[0][0] in (sre.LITERAL, sre.NOT_LITERAL, sre.ANY, sre.IN):
            return self._characters(self._fits(items[0]), least, most, then)

        def again(at: int, count: int) -> int | None:
            if count < most:

                def after(end: int) -> int | None:
                    return again(end, count + 1) if end > at or count < least else None

                found = self.sequence(items, after)(at)
                if found is not None:
                    return found
            return then(at) if count >= least else None

        return lambda at: again(at, 0)

    def _characters(self, fits: Any, least: int, most: int, then: Goes) -> Goes:
        def go(at: int) -> int | None:
            end = at
            while end - at < most and fits(self._text, end, end + 1):
                end += 1
            self._counted._step(end - at + 1)
            while end - at >= least:
                self._counted._step(1)
                if (found := then(end)) is not None:
                    return found
                end -= 1
            return None

        return go

    def _min_repeat(self, value: Any, then: Goes) -> Goes:
        least, most, inner = value
        most = 1 << 40 if most is sre.MAXREPEAT else most
        items = list(inner)

        def go(at: int) -> int | None:
            count = 0
            step = self.sequence(items, lambda end: end)
            while True:
                if count >= least:
                    self._counted._step(1)
                    if (found := then(at)) is not None:
                        return found
                end = step(at) if count < most else None
                if end is None or (end == at and count >= least):
                    return None
                at, count = end, count + 1

        return go

    def _possessive_repeat(self, value: Any, then: Goes) -> Goes:
        least, most, inner = value
        most = 1 << 40 if most is sre.MAXREPEAT else most
        step = self.sequence(inner, lambda end: end)

        def go(at: int) -> int | None:
            count = 0
            while count < most and (end := step(at)) is not None and end > at:
                at, count = end, count + 1
            return then(at) if count >= least else None

        return go
