"""Reasoning: what to ask for, and how to take it out of an answer's text. Pure.

Some models write their reasoning into the text, between ``<think>`` tags: GLM-4.1V-Thinking always,
the hybrid models where a self-hosted server runs without a reasoning parser.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from zhipu_client.chat._chunks import reasoning_of, text_of
from zhipu_client.errors import InvalidRequestError
from zhipu_client.models import ModelInfo

__all__ = [
    "CLOSE_TAG",
    "OPEN_TAG",
    "BoxFilter",
    "ThinkFilter",
    "template_arguments",
    "thinking_apart",
    "thinking_fields",
    "thinking_value",
    "without_marks",
]

OPEN_TAG, CLOSE_TAG = "<think>", "</think>"
_TAGS = (OPEN_TAG, CLOSE_TAG)
_TAG = re.compile(r"</?think>")
#: What in front of a closing tag says that the text speaks about the tag.
_QUOTED = frozenset(" \t`'\"“‘「『（(")

_BOX_MARKS = ("<|begin_of_box|>", "<|end_of_box|>")
_BOX_MARK = re.compile(r"<\|(?:begin|end)_of_box\|>")


def _begun(text: str, marks: tuple[str, ...]) -> int:
    """Return how many characters at the end of a text may be the beginning of a mark."""
    start = text.rfind("<")
    if start < 0 or not any(mark.startswith(text[start:]) for mark in marks):
        return 0
    return len(text) - start


class ThinkFilter:
    """Splits a text that comes in pieces into the reasoning at its start and the rest.

    An opening tag counts at the very start only: a model that writes about tags is left alone. Give
    a whole text as one piece; then nothing depends on the order in which things come.

    Args:
        open_first: The chat template has opened the reasoning, so the text begins within it.
        implicit: It may have, as with hybrid models behind a server without a reasoning parser. A
            ``</think>`` without ``<think>`` then ends reasoning that began with the text, unless
            the text seems to speak about the tag (in backticks, in quotes, behind a blank). In a
            stream that is known too late for the text that was already passed on, and holding all
            text back would end streaming for models that do not reason. So the tag is taken off,
            and `misplaced` counts the characters that were passed on as text and are reasoning:
            who shows the whole answer each time can move them. A whole text, and a stream whose
            first piece of text has the tag, are split right.

    Example:
        >>> reader = ThinkFilter()
        >>> reader.feed("<thi"), reader.feed("nk>hm</th"), reader.feed("ink>yes")
        (('', ''), ('hm', ''), ('', 'yes'))
        >>> ThinkFilter(implicit=True).feed("Add them up.</think>It is 7.")
        ('Add them up.', 'It is 7.')
    """

    __slots__ = (
        "_before", "_blanks", "_held", "_implicit", "_open_first", "_parser", "_passed", "_state",
        "_ticks", "misplaced",
    )  # fmt: skip

    def __init__(self, *, open_first: bool = False, implicit: bool = False) -> None:
        self._state = "start"
        self._open_first = open_first
        self._implicit = implicit
        self._parser = False
        self._blanks: list[str] = []
        self._held = ""
        self._before = ""
        self._ticks = 0
        self._passed = 0
        #: How many characters were passed on as text, but are reasoning.
        self.misplaced = 0

    @property
    def settled(self) -> bool:
        """True once all that follows is text: pieces need not come here any more."""
        return self._state == "after"

    def has_parser(self) -> None:
        """Note that the server has a reasoning parser: only a tag at the start is left over."""
        self._parser = True

    def feed(self, text: str) -> tuple[str, str]:
        """Return the reasoning and the text that are certain after the next piece."""
        if self._state == "after":
            return "", text
        if self._state in {"start", "opened"}:
            if not text.strip() and not self._held:
                self._blanks.append(text)
                return "", ""
            text = "".join([*self._blanks, self._held, text])
            self._blanks, self._held = [], ""
            return self._start(text) if self._state == "start" else self._thinking(text)
        text, self._held = self._held + text, ""
        if self._state == "thinking":
            return self._thinking(text)
        if self._state == "closed":
            return "", self._closed(text)
        return self._text(text)

    def blanks(self) -> str:
        """Return the blanks held at the start, for what comes next is not text."""
        if self._state != "start" or self._open_first or self._held:
            return ""
        blanks, self._blanks = "".join(self._blanks), []
        return blanks

    def rest(self) -> tuple[str, str]:
        """Return what is still held when the answer ends."""
        held = "".join([*self._blanks, self._held])
        state, self._state = self._state, "after"
        self._blanks, self._held = [], ""
        if state in {"thinking", "opened"} or (state == "start" and self._open_first):
            return (held if state == "thinking" or held.strip() else ""), ""
        return "", held

    def _start(self, text: str) -> tuple[str, str]:
        begun = text.lstrip()
        tags = _TAGS if self._implicit or self._open_first else _TAGS[:1]
        if any(tag.startswith(begun) and begun != tag for tag in tags):
            self._held = text
            return "", ""
        if begun.startswith(OPEN_TAG):
            self._state = "opened"
            return self._thinking(begun[len(OPEN_TAG) :])
        if len(tags) > 1 and begun.startswith(CLOSE_TAG):
            self._state = "closed"
            return "", self._closed(begun[len(CLOSE_TAG) :])
        if self._open_first:
            self._state = "opened"
            return self._thinking(text)
        if self._implicit and not self._parser:
            self._state = "text"
            return self._text(text)
        self._state = "after"
        return "", text

    def _thinking(self, text: str) -> tuple[str, str]:
        thought, tag, rest = text.partition(CLOSE_TAG)
        opened = self._state == "opened"
        if tag:
            self._state = "closed"
            # An empty pair of tags is not reasoning.
            return "" if opened and not thought.strip() else thought, self._closed(rest)
        kept = len(text) - _begun(text, _TAGS[1:])
        if opened and not text[:kept].strip():
            self._held = text
            return "", ""
        self._state = "thinking"
        self._held = text[kept:]
        return text[:kept], ""

    def _closed(self, text: str) -> str:
        """Return the text behind the reasoning, without the line breaks between them."""
        text = text.lstrip("\n")
        if text:
            self._state = "after"
        return text

    def _text(self, text: str) -> tuple[str, str]:
        """Pass text on, and look for a tag that ends reasoning which nothing began."""
        if self._parser:
            self._state = "after"
            return "", text
        found = _TAG.search(text)
        if found is None:
            kept = len(text) - _begun(text, _TAGS)
            self._held, text = text[kept:], text[:kept]
            self._passed += len(text)
            self._ticks += text.count("`")
            self._before = text[-1:] or self._before
            return "", text
        self._state = "after"
        before, rest = text[: found.start()], text[found.end() :]
        ticks = self._ticks + before.count("`")
        last = before[-1:] or self._before
        if found.group() == OPEN_TAG or ticks % 2 or last in _QUOTED:
            return "", text
        if self._passed:
            self.misplaced = self._passed + len(before)
            return "", before + rest
        self._state = "closed"
        return before, self._closed(rest)


def thinking_apart(wire: Mapping[str, Any], reader: ThinkFilter, *, last: bool) -> dict[str, Any]:
    """Return a message or delta with the reasoning taken out of its text.

    Args:
        wire: The message or delta. It is not changed.
        reader: The filter of this answer.
        last: Whether this is the end, so that what is held must come out.
    """
    apart = reasoning_of(wire)
    if apart.strip():
        reader.has_parser()
    thought, text = reader.feed(text_of(wire.get("content")))
    if last:
        more_thought, more_text = reader.rest()
        thought, text = thought + more_thought, text + more_text
    thought = apart + thought
    return {**wire, "content": text, **({"reasoning_content": thought} if thought else {})}


class BoxFilter:
    """Takes GLM's box marks, which enclose the final answer, off a text that comes in pieces.

    Example:
        >>> reader = BoxFilter()
        >>> reader.feed("It says <|begin_of"), reader.feed("_box|>HALT<|end_of_box|>.")
        ('It says ', 'HALT.')
    """

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        """Return the text that is certain after the next piece, without marks."""
        if not self._held and "<" not in text:
            return text
        *whole, tail = _BOX_MARK.split(self._held + text)
        end = len(tail) - _begun(tail, _BOX_MARKS)
        self._held = tail[end:]
        return "".join([*whole, tail[:end]])

    def rest(self) -> str:
        """Return what is still held when the answer ends: it was not a mark."""
        held, self._held = self._held, ""
        return held


def without_marks(text: str) -> str:
    """Return a whole text without GLM's box marks.

    Example:
        >>> without_marks("<|begin_of_box|>42<|end_of_box|>")
        '42'
    """
    return _BOX_MARK.sub("", text) if "<|" in text else text


def thinking_value(value: Any, clear: bool | None = None) -> dict[str, Any] | None:
    """Return the wire's ``thinking`` for what a caller said; None when there is nothing to send.

    Args:
        value: True, False, ``"enabled"``, ``"disabled"``, ``"auto"``, None, or the wire's object.
        clear: ``clear_thinking``, which wins over the object's own.

    Raises:
        InvalidRequestError: The value is something else.

    Example:
        >>> thinking_value(False), thinking_value("auto", clear=False), thinking_value("auto")
        ({'type': 'disabled'}, {'clear_thinking': False}, None)
    """
    wanted: dict[str, Any]
    if value is None or (isinstance(value, str) and value == "auto"):
        wanted = {}
    elif isinstance(value, bool):
        wanted = {"type": "enabled" if value else "disabled"}
    elif isinstance(value, str) and value in {"enabled", "disabled"}:
        wanted = {"type": value}
    elif isinstance(value, Mapping):
        wanted = dict(value)
    else:
        raise InvalidRequestError(
            f'thinking is {value!r}, but must be True, False, "auto" or a dict with "type"',
            field="thinking",
            value=value,
        )
    if clear is not None:
        wanted["clear_thinking"] = clear
    return wanted or None


def template_arguments(thinking: Any, clear_thinking: bool | None) -> dict[str, bool]:
    """Return the arguments of GLM's chat template that switch thinking on a server of one's own.

    Args:
        thinking: See `thinking_value`.
        clear_thinking: False keeps the reasoning of earlier turns in the prompt.

    Raises:
        InvalidRequestError: ``thinking`` has no known form.

    Example:
        >>> template_arguments(False, None), template_arguments(None, False)
        ({'enable_thinking': False}, {'clear_thinking': False})
    """
    wanted = thinking_value(thinking, clear_thinking) or {}
    found: dict[str, bool] = {}
    if wanted.get("type") in {"enabled", "disabled"}:
        found["enable_thinking"] = wanted["type"] == "enabled"
    if wanted.get("clear_thinking") is not None:
        found["clear_thinking"] = wanted["clear_thinking"]
    return found


def thinking_fields(
    thinking: Any,
    clear_thinking: bool | None,
    reasoning_effort: str | None,
    *,
    info: ModelInfo | None,
    site: str | None,
) -> tuple[dict[str, Any] | None, str | None, list[str]]:
    """Return ``thinking`` and ``reasoning_effort`` as they are sent, and what to warn of.

    A model that always thinks refuses to be switched off, and has few efforts: it gets the nearest
    thing. The coding sites do that by themselves.

    Args:
        thinking: See `thinking_value`.
        clear_thinking: Whether the service is to forget earlier reasoning; None: not said.
        reasoning_effort: The effort that the caller wants; None: not said.
        info: What is known of the model, or None.
        site: The preset that is called, or None for any other server.

    Raises:
        InvalidRequestError: ``thinking`` has no known form.
    """
    wanted = thinking_value(thinking, clear_thinking) or {}
    notes: list[str] = []
    if info is None or info.thinking != "always" or "coding" in (site or ""):
        return wanted or None, reasoning_effort, notes
    if wanted.get("type") == "disabled":
        notes.append(
            f"{info.id} always thinks: instead of thinking={thinking!r}, "
            'reasoning_effort="low" is sent'
        )
        del wanted["type"]
        reasoning_effort = "low" if reasoning_effort is None else reasoning_effort
    if isinstance(reasoning_effort, str):
        nearest = info.nearest_effort(reasoning_effort)
        if nearest is not None and nearest != reasoning_effort:
            notes.append(
                f"{info.id} has no reasoning_effort={reasoning_effort!r}: {nearest!r} is sent"
            )
            reasoning_effort = nearest
    return wanted or None, reasoning_effort, notes
