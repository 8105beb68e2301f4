"""The tool calls of an answer: which fragment belongs to which call, and under what id. Pure.

One place for every dialect of streamed calls (GLM by era, vLLM, SGLang, llama.cpp, gateways).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypedDict

from zhipu_client._numbers import whole_number
from zhipu_client.chat._brackets import Brackets

__all__ = ["Fragment", "Ids", "ToolCallMerger", "identity_of", "index_of", "value_of"]

#: The largest number of a call that is believed.
MOST_CALLS = 10**9

#: What some servers write where an id is missing.
_NO_ID = frozenset({"null", "none", "nil", "undefined"})


#: So short is a text that may be ``null`` with blanks around it.
_LONGEST_NULL = 16


class Fragment(TypedDict):
    """A piece of one tool call.

    ``id`` is set only where it first appears, ``name`` too: it is kept back until it is known to be
    whole. Only where the first piece of a name is another tool's name, the rest comes by itself.
    """

    index: int
    id: str | None
    name: str | None
    arguments: str


class ToolCallMerger:
    """Gives each fragment of a streamed tool call the number of the call it belongs to.

    Zhipu numbers its calls 0, 1, …, but has sent -1 for every call. Other servers leave the index
    out, write it as text, send 0 for every call; repeat id and name in each fragment, make a new id
    for each, or give one id to all calls. So:

    * A new index is a new call, whatever its id; but what is nameless and cannot begin an object
      goes on with the last call.
    * Another name, or another id with a name, is a new call, whatever its index. But in the middle
      of an object the same name under another id is the same call.
    * A fragment without a name continues the newest call of its index; without an index, the call
      of its id; with neither, the last call.
    * An object that is whole and comes once more is dropped.
    * A name that comes in pieces, before any arguments, is joined where that makes the name of a
      tool on offer, or the beginning of one.

    Two calls never get the same id: the second has ``_1`` behind it.

    Args:
        names: The names of the tools on offer, as the wire has them.

    Examples:
        >>> merger = ToolCallMerger()
        >>> first = {"index": -1, "id": "call_1", "function": {"name": "add", "arguments": "{"}}
        >>> merger.fragments([first])[0]["index"]
        0
        >>> merger.fragments([{"function": {"arguments": "}"}}])
        [{'index': 0, 'id': None, 'name': None, 'arguments': '}'}]
    """

    __slots__ = ("_by_id", "_by_index", "_calls", "_ids", "_names", "pieces")

    def __init__(self, names: Collection[str] = ()) -> None:
        self._names = names
        self._calls: list[_Call] = []
        self._by_index: dict[int, _Call] = {}
        self._by_id: dict[str, _Call] = {}
        self._ids = Ids()
        #: How many fragments have come.
        self.pieces = 0

    def fragments(self, calls: Iterable[Mapping[str, Any]] | None) -> list[Fragment]:
        """Number the fragments of one delta's ``tool_calls``."""
        return [self._fragment(call) for call in calls or () if isinstance(call, Mapping)]

    def calls(self) -> list[dict[str, Any]]:
        """Return the calls joined up to now, in the shape of a whole message's ``tool_calls``.

        ``doubtful`` is one without arguments that may be a piece of another: nothing but their ids
        tells them apart, and some servers make a new id for each piece.
        """
        calls = [call for call in self._calls if not call.dropped]
        filled = {(call.name, call.index) for call in calls if call.begun}
        return [
            {
                "id": call.id,
                "index": call.number,
                "type": "function",
                "function": {"name": call.name or "", "arguments": call.arguments()},
                **({"doubtful": True} if call.is_empty_beside(filled) else {}),
            }
            for call in calls
        ]

    def rest(self) -> list[Fragment]:
        """Return the names that were kept back: the answer is over, so they are whole."""
        return [
            Fragment(index=call.number, id=None, name=name, arguments="")
            for call in self._calls
            if (name := call.unshown())
        ]

    def _fragment(self, wire: Mapping[str, Any]) -> Fragment:
        self.pieces += 1
        function = wire.get("function")
        if not isinstance(function, Mapping):
            function = {}
        name = function.get("name")
        name = name if isinstance(name, str) and name.strip() else None
        identity = identity_of(wire.get("id"))
        arguments = function.get("arguments")
        if arguments is None:
            arguments = ""
        elif not isinstance(arguments, str):
            arguments = json.dumps(arguments, ensure_ascii=False)
        index = index_of(wire.get("index"))
        call = self._call(index, identity, name, arguments)
        first_id = None
        if call.header is not None:
            (identity, name), call.header = call.header, None
        if call.id is None and identity is not None:
            call.wire_id = identity
            call.id = first_id = self._ids.own(identity)
            self._by_id[identity] = call
        if name is not None:
            call.name = name if call.name is None else self._joined(call, name, identity)
        taken = call.take(arguments)
        shown = call.unshown() if call.begun or not self._is_beginning(call.name) else None
        return Fragment(index=call.number, id=first_id, name=shown, arguments=taken)

    def _is_beginning(self, name: str | None) -> bool:
        """Return whether a name can only be the beginning of one that is on offer."""
        if name is None or name in self._names:
            return False
        return any(known.startswith(name) for known in self._names)

    def _joined(self, call: _Call, name: str, identity: str | None) -> str:
        """Return a call's name with its next piece; the same name where this is not one."""
        known = call.name or ""
        if call.begun:
            return known
        if _differ(identity, call.wire_id) and not self._is_beginning(known):
            return known
        if name in self._names and not (self._is_beginning(known) and name.startswith(known)):
            return known
        for joined in (known + name, name):  # or all of it so far, once more
            if joined.startswith(known) and any(full.startswith(joined) for full in self._names):
                return joined
        return known

    def _call(
        self, index: int | None, identity: str | None, name: str | None, arguments: str
    ) -> _Call:
        """Return the call that a fragment belongs to."""
        call = self._known(index, identity, name, arguments)
        if call is None:
            return self._new(index)
        if name is None:
            if index is None and identity not in {None, call.wire_id}:
                # No name, no index, an id of its own: a piece of the last call, as long as it can.
                return self._new(index) if call.is_followed_by(arguments) else call
            if call.repeated is None or not call.is_followed_by(arguments):
                return call
            # Id and name came again behind a whole object, and here is the next one.
            made = self._new(index)
            made.header, call.repeated = call.repeated, None
            return made
        return self._of_name(call, index, identity, name, arguments)

    def _of_name(
        self, call: _Call, index: int | None, identity: str | None, name: str, arguments: str
    ) -> _Call:
        """Return the call that a fragment with a name belongs to: the known one, or a new one."""
        if call.name is None:
            return self._new(index) if _differ(identity, call.wire_id) else call
        if name.strip() != call.name.strip():
            goes_on = self._joined(call, name, identity) != call.name
            return call if goes_on else self._new(index)
        if _differ(identity, call.wire_id):
            inside = call.begun and not call.whole()
            if not inside and (not call.many_ids or call.is_followed_by(arguments)):
                return self._new(index)
            call.many_ids = True
            self._drop_beginning_of(call)
            return call
        if index is None and identity is None:
            # A name alone, twice: two calls of a tool that takes no arguments.
            bare = call.wire_id is None and call.index is None and not (call.begun or arguments)
            if bare or (call.whole() and arguments and not call.has_same(arguments)):
                return self._new(index)
            if call.whole():
                call.repeated = (identity, name)  # unless an object follows, it ends the last one
            return call
        if call.is_followed_by(arguments):
            return self._new(index)
        if not arguments and call.whole():
            call.repeated = (identity, name)
        return call

    def _drop_beginning_of(self, call: _Call) -> None:
        """Drop a call without arguments that was the first fragment of one with many ids."""
        before = self._calls[call.number - 1] if call.number else None
        if before is not None and not before.begun:
            before.dropped = (before.name, before.index) == (call.name, call.index)

    def _known(
        self, index: int | None, identity: str | None, name: str | None, arguments: str
    ) -> _Call | None:
        """Return the call that index or id name, or else the last one."""
        named = self._by_id.get(identity) if identity is not None else None
        if index is None:
            return named or (self._calls[-1] if self._calls else None)
        call = self._by_index.get(index)
        if call is not None:
            return named if named is not None and named.index == index else call
        if identity is None and self._calls:
            named = self._calls[-1]
        if named is None or name is not None:
            return None
        if named.index is None:
            named.index = index  # its first fragment had none
        elif arguments.lstrip()[:1] in {"", "{"}:
            return None
        self._by_index[index] = named
        return named

    def _new(self, index: int | None) -> _Call:
        call = _Call(len(self._calls), index)
        self._calls.append(call)
        if index is not None:
            self._by_index[index] = call
        return call


class _Call:
    """One call, as far as it has come."""

    __slots__ = (
        "_brackets", "_closed", "_first", "_length", "_pieces", "_seen", "_value", "dropped",
        "header", "id", "index", "many_ids", "name", "number", "repeated", "shown", "wire_id",
    )  # fmt: skip

    def __init__(self, number: int, index: int | None) -> None:
        self.number = number
        #: The wire's index and id, where there were any.
        self.index = index
        self.wire_id: str | None = None
        #: The id that is given out.
        self.id: str | None = None
        self.name: str | None = None
        #: How much of the name was given out.
        self.shown = 0
        #: Whether its fragments come under an id each, and whether it was one of them itself.
        self.many_ids = False
        self.dropped = False
        #: Id and name that came again, and those that came before this call's first fragment.
        self.repeated: tuple[str | None, str] | None = None
        self.header: tuple[str | None, str] | None = None
        self._pieces: list[str] = []
        self._length = 0
        #: The first character that is not blank.
        self._first = ""
        #: How many of the pieces `whole` has looked at; so each is read once at most.
        self._seen = 0
        self._brackets = Brackets()
        self._closed = False
        #: The whole object, see `value_of`; None before it was read.
        self._value: str | None = None

    @property
    def begun(self) -> bool:
        """True once some arguments have come."""
        return self._length > 0

    def is_empty_beside(self, filled: Collection[tuple[str | None, int | None]]) -> bool:
        """Return whether it has no arguments, but one of its name and index has."""
        return not self.begun and (self.name, self.index) in filled

    def unshown(self) -> str | None:
        """Give out what of the name was not given out before, or None."""
        left = (self.name or "")[self.shown :]
        self.shown += len(left)
        return left or None

    def arguments(self) -> str:
        """Return the arguments up to now."""
        return "".join(self._pieces)

    def take(self, piece: str) -> str:
        """Take more arguments, and return them; none for a whole object that comes once more."""
        if piece.strip() == "null" and self._length < _LONGEST_NULL:
            if self.arguments().strip() == "null":
                return ""
        elif len(piece) > 1 and piece.lstrip()[:1] == "{" and self.whole() and self.has_same(piece):
            return ""
        if self._value is not None and piece.strip():
            self._value = ""  # more has come behind the object
        self._pieces.append(piece)
        self._length += len(piece)
        self._first = self._first or piece.lstrip()[:1]
        return piece

    def has_same(self, text: str) -> bool:
        """Return whether a text is the whole object once more, however it is written."""
        if len(text) == self._length and text == self.arguments():
            return True
        if text.rstrip()[-1:] not in {"}", '"'}:
            return False
        if self._value is None:
            self._value = value_of(self.arguments())  # read once
        return bool(self._value) and self._value == value_of(text)

    def whole(self) -> bool:
        """Return whether the arguments are closed: an object, JSON text that has one, ``null``."""
        while self._seen < len(self._pieces):
            piece = self._pieces[self._seen]
            self._seen += 1
            if not self._closed:
                self._closed = self._brackets.end(piece) >= 0
        if self._closed or not self._length:
            return self._closed
        if self._length < _LONGEST_NULL:
            text = self.arguments().strip()
            return text == "null" or (len(text) > 1 and self._text_is_closed())
        return self._text_is_closed()

    def _text_is_closed(self) -> bool:
        return self._begins_text() and self._brackets.outside

    def _begins_text(self) -> bool:
        return self._first.startswith('"')

    def is_followed_by(self, arguments: str) -> bool:
        """Return whether these arguments can only be another call's: this one's are whole."""
        text = arguments.lstrip()
        begins = text.startswith("{") or (text.startswith('"') and self._begins_text())
        if not begins or not self.whole():
            return False
        return self._length > 2 and not self.has_same(arguments)


class Ids:
    """Ids that were given out."""

    __slots__ = ("_given",)

    def __init__(self) -> None:
        #: Id -> how many others wanted it.
        self._given: dict[str, int] = {}

    def own(self, identity: str) -> str:
        """Return the id, or one made of it where another call has it."""
        made = identity
        while made in self._given:
            self._given[identity] += 1
            made = f"{identity}_{self._given[identity]}"
        self._given[made] = 0
        return made


def identity_of(value: Any) -> str | None:
    """Return the id of a call, or None where a server gave no usable one."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # JSON does not keep 1 and 1.0 apart
    usable = isinstance(value, (str, int, float)) and not isinstance(value, bool)
    identity = str(value) if usable else ""
    return identity if identity and identity.strip().lower() not in _NO_ID else None


def value_of(text: str) -> str:
    """Return the object in a JSON text, always written alike; empty for another text."""
    value: Any = text
    try:
        for _ in range(2):  # some servers encode it twice
            if isinstance(value, str):
                value = json.loads(value)
        return json.dumps(value, sort_keys=True) if isinstance(value, dict) else ""
    except (ValueError, RecursionError):
        return ""


def index_of(value: Any) -> int | None:
    """Return the number of a call, or None where a server gave no usable one."""
    return whole_number(value, most=MOST_CALLS)


def _differ(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one != other
