"""A fault and an answer, checked when they are made: what cannot be said is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from zhipu_emulator.scripting.fault_kinds import FORMS, HABITS, INSTEAD, KINDS

_IN_A_MESSAGE = ("role", "content", "reasoning_content", "tool_calls")
_A_CALL = '{"function": {"name": "add", "arguments": {"a": 1}}}'


def check_habits(names: Sequence[str]) -> None:
    """Refuse names that are not in the table.

    Raises:
        ValueError: A habit that does not exist.
    """
    for name in [names] if isinstance(names, str) else names:
        if name not in HABITS or isinstance(names, str):
            known = ", ".join(HABITS)
            msg = f"habits={names!r}: expected a sequence of names; known are {known}"
            raise ValueError(msg)


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request.

    Attributes:
        orders: Kinds of fault with their values; ``zhipu_emulator.scripting.fault_kinds`` has them.
        path: Only for a request whose path ends like this.

    Examples:
        >>> Fault({"error": "1302", "retry-after": "2"}, path="/chat/completions").orders["error"]
        '1302'
    """

    orders: Mapping[str, str]
    path: str | None = None

    def __post_init__(self) -> None:
        """Check the kinds and their values.

        Raises:
            ValueError: A kind that does not exist, or a value that it cannot have.
        """
        for kind, value in self.orders.items():
            if kind not in KINDS:
                known = ", ".join(sorted(KINDS))
                msg = f"unknown fault {kind!r} (an answer in words is say(...)); known are {known}"
                raise ValueError(msg)
            form = FORMS.get(kind)
            if form is not None and not re.fullmatch(form, value):
                msg = f"{kind}={value}: wanted {KINDS[kind]}"
                raise ValueError(msg)

    @classmethod
    def parse(cls, text: str, path: str | None = None) -> Fault:
        """From the form of the header ``x-emulator-fault``: ``error=1302; retry-after=2``.

        Raises:
            ValueError: A kind that does not exist, or a value that it cannot have.

        Examples:
            >>> Fault.parse("cut=3").orders
            {'cut': '3'}
        """
        parts = (part.partition("=") for part in text.split(";"))
        return cls({kind.strip(): value.strip() for kind, _, value in parts if kind.strip()}, path)

    @property
    def habits(self) -> tuple[str, ...]:
        """The habits of GLM that it orders."""
        names = self.orders.get("habits", "").split(",")
        return tuple(name.strip() for name in names if name.strip())


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A whole answer, given as it is. ``say``, ``call`` and ``think`` make one with a message.

    Attributes:
        json: The body of an answer that is not streamed.
        chunks: The objects of a stream; ``[DONE]`` is added unless ``done`` is False.
        frames: The raw bytes of a stream, piece by piece.
        message: Only what the model says: an assistant message; the rest (ids, usage, chunks)
            is made as for any other answer, streamed or not as the request wants. Only requests of
            the chat take it.
        finish_reason: With ``message``: why it stopped.
        habits: Names of habits of GLM to apply, to ``message`` or, without one, to what the
            emulator makes up.
        status: HTTP status, 200 to 599.
        headers: Headers to set.
        done: Whether ``chunks`` end with ``[DONE]``.
        path: Only for a request whose path ends like this.
        fault: What goes wrong with it on top.
        offered: With ``message``: whether only a request that offers all the tools that it calls
            takes it. ``call`` sets it; without, the model calls what there may not be.

    Examples:
        >>> Answer(json={"id": "1", "choices": []}, headers={"x-request-id": "7"}).status
        200
        >>> Answer(message={"content": "42"}, finish_reason="length").message["content"]
        '42'
    """

    json: Any = None
    chunks: Sequence[Mapping[str, Any]] | None = None
    frames: Sequence[bytes] | None = None
    message: Mapping[str, Any] | None = None
    finish_reason: str | None = None
    habits: Sequence[str] = ()
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    done: bool = True
    path: str | None = None
    fault: Fault | None = None
    offered: bool = False

    def __post_init__(self) -> None:
        """Check that it can be said.

        Raises:
            ValueError: More than one kind of answer, or one that cannot be written as JSON; a
                message of another form; a habit that does not exist, or beside an answer that is
                given as it is.
        """
        check_habits(self.habits)
        kinds = ("json", "chunks", "frames", "message")
        given = [name for name in kinds if getattr(self, name) is not None]
        if len(given) > 1:
            msg = f"{given[0]}= and {given[1]}=: an answer is one of {', '.join(kinds)}"
            raise ValueError(msg)
        if self.habits and given not in ([], ["message"]):
            msg = "habits change what the model says: give message=, not json=, chunks= or frames="
            raise ValueError(msg)
        if self.message is not None:
            object.__setattr__(self, "message", _message(self.message))
            if self.status != 200 or self.headers:
                raise ValueError("status= and headers= go with json=, chunks= or frames= only")
        elif self.finish_reason is not None:
            msg = f"finish_reason={self.finish_reason!r} goes with message= only"
            raise ValueError(msg)
        if not isinstance(self.offered, bool) or (self.offered and self.message is None):
            msg = f"offered={self.offered!r}: wanted True or False, and True with message= only"
            raise ValueError(msg)
        self._check_fault()
        self._check_parts()

    def _check_fault(self) -> None:
        instead = [kind for kind in INSTEAD if kind in (self.fault.orders if self.fault else ())]
        if instead:
            msg = f"fault={instead[0]!r} comes in the place of an answer: order it by itself"
            raise ValueError(msg)

    def _check_parts(self) -> None:
        for name, value in (("json", self.json), ("chunks", self.chunks)):
            try:
                json.dumps(value)
            except (TypeError, ValueError, RecursionError) as error:
                msg = f"{name}= cannot be written as JSON: {error}"
                raise ValueError(msg) from error
        chunks = () if self.chunks is None else self.chunks
        if isinstance(chunks, Mapping | str) or not all(isinstance(c, Mapping) for c in chunks):
            msg = f"chunks={self.chunks!r}: wanted a list of objects, one for each event"
            raise ValueError(msg)
        frames: Any = () if self.frames is None else self.frames
        if isinstance(frames, str | bytes) or not all(isinstance(f, bytes) for f in frames):
            msg = f"frames={self.frames!r}: wanted a list of bytes, such as [b'data: {{}}\\n\\n']"
            raise ValueError(msg)
        if not isinstance(self.status, int) or not 200 <= self.status <= 599:
            msg = f"status={self.status!r}: wanted a status from 200 to 599"
            raise ValueError(msg)
        if not all(isinstance(part, str) for pair in self.headers.items() for part in pair):
            msg = f"headers={self.headers!r}: names and values are texts"
            raise ValueError(msg)

    @property
    def made_up(self) -> bool:
        """Whether the emulator makes up what it says: only habits or a fault are given."""
        given = (self.message, self.json, self.chunks, self.frames)
        ordered = bool(self.habits) or self.fault is not None
        return ordered and self.status == 200 and all(value is None for value in given)

    def __add__(self, other: Answer) -> Answer:
        """One answer that thinks, says and calls what both do.

        Raises:
            ValueError: One of them has no message.
        """
        if self.message is None or other.message is None:
            raise ValueError("only answers of say, call and think can be added")
        joined = {
            name: (self.message.get(name) or "") + (other.message.get(name) or "")
            for name in ("content", "reasoning_content")
        }
        calls = [*(self.message.get("tool_calls") or ()), *(other.message.get("tool_calls") or ())]
        return replace(
            self,
            message={**joined, "tool_calls": calls},
            finish_reason=other.finish_reason or self.finish_reason,
            habits=tuple(dict.fromkeys([*self.habits, *other.habits])),
            fault=other.fault or self.fault,
            offered=self.offered or other.offered,
        )


def _message(message: Any) -> dict[str, Any]:
    """The message with its calls' arguments as text.

    Raises:
        ValueError: It is not an assistant's message.
    """
    good = isinstance(message, Mapping)
    if not good:
        msg = f"message={message!r}: wanted an object such as {{'content': '...'}}"
        raise ValueError(msg)
    if unknown := [name for name in message if name not in _IN_A_MESSAGE]:
        msg = f"message[{unknown[0]!r}]: a message has {', '.join(_IN_A_MESSAGE)}"
        raise ValueError(msg)
    if message.get("role", "assistant") != "assistant":
        msg = f"message['role']={message['role']!r}: only the assistant answers"
        raise ValueError(msg)
    for name in ("content", "reasoning_content"):
        good = isinstance(message.get(name) or "", str)
        if not good:
            msg = f"message[{name!r}]={message[name]!r}: wanted a text"
            raise ValueError(msg)
    calls = message.get("tool_calls") or []
    good = isinstance(calls, Sequence) and not isinstance(calls, str)
    if not good:
        msg = f"message['tool_calls']={calls!r}: wanted a list of calls such as {_A_CALL}"
        raise ValueError(msg)
    return {**message, "tool_calls": [_call(one, place) for place, one in enumerate(calls)]}


def _call(given: Any, place: int) -> dict[str, Any]:
    function = given.get("function") if isinstance(given, Mapping) else None
    name = function.get("name") if isinstance(function, Mapping) else None
    good = isinstance(name, str) and bool(name)
    if not good or not isinstance(function, Mapping):
        msg = f"message['tool_calls'][{place}]={given!r}: wanted a call such as {_A_CALL}"
        raise ValueError(msg)
    if unknown := {*function} - {"name", "arguments"}:
        msg = f"message['tool_calls'][{place}]: unknown key {min(unknown)!r}; wanted {_A_CALL}"
        raise ValueError(msg)
    arguments = function.get("arguments", "{}")
    if not isinstance(arguments, str):
        try:
            arguments = json.dumps(arguments, ensure_ascii=False)
        except (TypeError, ValueError, RecursionError) as error:
            msg = (
                f"message['tool_calls'][{place}]: its arguments cannot be written as JSON: {error}"
            )
            raise ValueError(msg) from error
    return {"function": {"name": name, "arguments": arguments}}


def say(text: str, **more: Any) -> Answer:
    """Return an answer in words.

    Args:
        text: What the model says.
        more: Other fields of ``Answer``: ``finish_reason``, ``habits``, ``fault``, ``path``.

    Raises:
        TypeError: A field that an answer does not have.

    Examples:
        >>> (think("Easy.") + say("42")).message["content"]
        '42'
    """
    known = [name for name in Answer.__dataclass_fields__ if name != "message"]
    if unknown := [name for name in more if name not in known]:
        msg = (
            f"say(..., {unknown[0]}=...): an answer has {', '.join(known)}; which request gets it "
            "(model, system, user, tool, when, times) is said to script(say(...), ...)"
        )
        raise TypeError(msg)
    return Answer(message={"content": _text("say", text)}, **more)


def call(name: str, given: str | Mapping[str, Any] | None = None, /, **arguments: Any) -> Answer:
    """Return an answer that calls a tool; ``+`` puts several calls into one answer.

    It waits for a request that offers the tool. A model that calls what it was not offered is
    ``Answer(message={"tool_calls": [{"function": {"name": "gone", "arguments": "{}"}}]})``.

    Args:
        name: The tool.
        given: The arguments as an object, or as the text that the model writes: JSON, or what
            begins like an object or a list and is cut (``'{"a": '``).
        arguments: The arguments by name.

    Raises:
        ValueError: The arguments are given twice, without names, or cannot be written as JSON.

    Examples:
        >>> "tool_calls" in call("add", a=1, b=2).message
        True
    """
    if given is not None and arguments:
        msg = f"call({name!r}): give the arguments as an object or by name, not both"
        raise ValueError(msg)
    if given is not None and not isinstance(given, Mapping) and not _written(given):
        msg = (
            f"call({name!r}, {given!r}): wanted the arguments by name, call({name!r}, a=1), or as "
            f"an object, call({name!r}, {{'a': 1}})"
        )
        raise ValueError(msg)
    function = {"name": name, "arguments": arguments if given is None else given}
    return Answer(message={"tool_calls": [{"function": function}]}, offered=True)


def _written(given: Any) -> bool:
    """Whether it can be what a model writes for arguments."""
    return isinstance(given, str) and (given.strip() in ("", "null") or given.strip()[0] in '{["')


def think(text: str) -> Answer:
    """Return an answer's reasoning, to be added to what is said: ``think("Easy.") + say("42")``.

    Args:
        text: What the model thinks before it answers.

    Examples:
        >>> (think("Easy.") + say("42")).message["reasoning_content"]
        'Easy.'
    """
    return Answer(message={"reasoning_content": _text("think", text)})


def _text(name: str, text: Any) -> str:
    good = isinstance(text, str)
    if not good:
        msg = f"{name}={text!r}: wanted a text"
        raise ValueError(msg)
    return str(text)


Item = Fault | Answer | None
