"""Reasoning that a model has written into its answer's text, between tags. Pure.

GLM-4.1V-Thinking and GLM-Z1 write it there always; the hybrid models do where your own server
runs without a reasoning parser. Their chat template may have opened the reasoning, so that its end
is all that shows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from zhipu_client._lazy import pattern
from zhipu_client.chat._chunks import reasoning_of, text_of
from zhipu_client.conversation._quoting import Place

__all__ = ["CLOSE_TAG", "OPEN_TAG", "ThinkFilter", "ThoughtsMode", "thinking_apart"]

#: How reasoning may be in the text, see `ThinkFilter`.
ThoughtsMode = Literal["tags", "implicit", "opened", "off"]

OPEN_TAG, CLOSE_TAG = "<think>", "</think>"
_TAGS = (OPEN_TAG, CLOSE_TAG)
_TAG = pattern(r"</?think>")
#: An element that is opened directly before a tag, and one that is closed behind it.
_ELEMENT_OPENED = pattern(r"(?<![\w<])<[A-Za-z][\w:.-]*(?:\s[^<>]*)?>\s*\Z")
_ELEMENT_CLOSED = pattern(r"</(?!think>)[A-Za-z]")
#: Directly before the tag: no reasoning ends so. Directly behind it: no answer begins so.
_NO_END = frozenset(",，、“‘「『«(（[【《")
_NO_BEGIN = frozenset(",.;:?)]}，。；：？、”’」』»）】》…")
_SENTENCE_ENDS = frozenset(".!?。！？…")
#: How much of the text behind a tag is looked at.
_AHEAD = 64


def begun(text: str, marks: tuple[str, ...]) -> int:
    """Return how many characters at the end of a text may be the beginning of a mark."""
    start = text.rfind("<")
    if start < 0 or not any(mark.startswith(text[start:]) for mark in marks):
        return 0
    return len(text) - start


class ThinkFilter:
    """Splits a text that comes in pieces into the reasoning at its start and the rest.

    ============================================  ====================================
    what is known                                 what is taken out
    ============================================  ====================================
    ``"tags"``: the model may think               ``<think>`` … ``</think>`` at the very start
    ``"implicit"``: its template may have opened  the same; a ``</think>`` at the start; all text up
    the reasoning (hybrid models on your own      to the first ``</think>`` that nothing opened and
    servers)                                      that is not spoken about
    ``"opened"``: the template has opened it      all text up to ``</think>``, or up to the end
    ``"off"``: this request switches thinking     an empty pair, a ``</think>`` or a closed
    off                                           ``<think>`` … ``</think>`` at the very start
    reasoning came in a field of its own          an empty pair or a ``</think>`` at the very start
    ============================================  ====================================

    An answer *speaks about* a tag that is in a code span, in a fence of backticks or tildes, in
    quotation marks or a block quote, directly behind an opening bracket or a comma or before a mark
    that begins no answer, directly in another element (``<a></think></a>``), the partner of a
    ``<think>`` before it, or between the words of a sentence (a blank before it; not, where that
    sentence is over and no blank follows). In reasoning that a tag has opened, only a
    ``</think>`` directly between quotation marks is not its end.

    With ``"implicit"`` it is known too late in a stream for text that was already passed on, and
    holding all text back would end streaming for models that do not reason. So the tag is taken
    off, and `misplaced` counts the characters that were passed on as text and are reasoning: who
    shows the whole answer each time can move them. A whole text, and a stream whose first piece of
    text has the tag, are split right; so is every stream with ``"opened"``.

    Args:
        mode: What is known before the answer comes.

    Examples:
        >>> reader = ThinkFilter()
        >>> reader.feed("<thi"), reader.feed("nk>hm</th"), reader.feed("ink>yes"), reader.rest()
        (('', ''), ('hm', ''), ('', 'yes'), ('', ''))
        >>> reader = ThinkFilter("implicit")
        >>> reader.feed("Add them up.</think>It is 7.")
        ('Add them up.', 'It is 7.')
    """

    __slots__ = (
        "_held", "_kept", "_mode", "_open", "_parser", "_passed", "_place", "_state",
        "_unread", "misplaced",
    )  # fmt: skip

    def __init__(self, mode: ThoughtsMode = "tags") -> None:
        self._mode = mode
        self._state = "start"
        self._parser = False
        #: What is kept back: pieces in full, or the end of the text that may be a tag.
        self._kept: list[str] = []
        self._held = ""
        #: Where one is in what was passed on, the pieces that this has not read yet, and how many
        #: tags in it are open.
        self._place = Place()
        self._unread: list[str] = []
        self._open = 0
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
        return self._read(text, last=False)

    def blanks(self) -> str:
        """Return the blanks held at the start, for what comes next is not text."""
        if self._state != "start" or self._mode == "opened" or self._held:
            return ""
        blanks, self._kept = "".join(self._kept), []
        return blanks

    def rest(self, text: str = "") -> tuple[str, str]:
        """Return what is still held when the answer ends, after its last piece."""
        found = self._read(text, last=True)
        self._state = "after"
        return found

    def _read(self, text: str, *, last: bool) -> tuple[str, str]:
        if self._state == "after":
            return "", text
        if self._state in {"start", "opened"} and not last and not text.strip() and not self._held:
            self._kept.append(text)
            return "", ""
        if self._state == "unsure":
            return self._unsure(text, last=last)
        text = "".join([*self._kept, self._held, text])
        self._kept, self._held = [], ""
        if self._state == "start":
            return self._start(text, last=last)
        if self._state in {"opened", "thinking"}:
            return self._thinking(text, last=last)
        if self._state == "closed":
            return "", self._closed(text)
        return self._text(text, last=last)

    def _start(self, text: str, *, last: bool) -> tuple[str, str]:
        start = text.lstrip()
        tags = _TAGS[:1] if self._mode == "tags" and not self._parser else _TAGS
        if not last and any(tag.startswith(start) and start != tag for tag in tags):
            self._held = text
            return "", ""
        tag = next((tag for tag in tags if start.startswith(tag)), "")
        if tag and (self._parser or self._mode == "off"):
            self._state = "unsure"
            return self._unsure(text, last=last)
        if tag:
            self._state = "opened" if tag == OPEN_TAG else "closed"
            behind = start[len(tag) :]
            if tag == CLOSE_TAG:
                return "", self._closed(behind)
            return self._thinking(behind, last=last)
        if self._mode == "opened" and not self._parser:
            self._state = "opened"
            return self._thinking(text, last=last)
        if self._mode == "implicit" and not self._parser:
            self._state = "text"
            return self._text(text, last=last)
        self._state = "after"
        return "", text

    def _unsure(self, text: str, *, last: bool) -> tuple[str, str]:
        """Read tags at the start where reasoning is not expected; all is held until it is clear."""
        before = self._held
        self._kept.append(text)
        self._held = (before + text)[-_AHEAD - len(CLOSE_TAG) :]
        if not (last or self._parser) and CLOSE_TAG not in before + text:
            return "", ""
        text = "".join(self._kept)
        inner, tag, behind = text.partition(CLOSE_TAG)
        thought = inner.lstrip().removeprefix(OPEN_TAG)
        if not last and not tag and CLOSE_TAG.startswith(thought.lstrip()):
            return "", ""
        if not tag or (self._parser and thought.strip()):
            verdict: bool | None = True
        elif thought.strip():
            place = Place()
            place.feed(thought)
            verdict = _is_spoken_about(place, behind, last=last)
        else:
            verdict = behind[:1] == " " if behind or last else None
        if verdict is None:
            return "", ""
        self._kept, self._held = [], ""
        if verdict:
            self._state = "after"
            return "", text
        self._state = "closed"
        return thought if thought.strip() else "", self._closed(behind)

    def _thinking(self, text: str, *, last: bool) -> tuple[str, str]:
        opened, at = self._state == "opened", 0
        while (found := text.find(CLOSE_TAG, at)) >= 0:
            end = found + len(CLOSE_TAG)
            self._go_on(text[at:found])
            quote = self._place.quote
            if not quote or (text[end : end + 1] != quote and (last or text[end:])):
                thought = text[:found]
                self._state = "closed"
                # An empty pair of tags is not reasoning.
                thought = "" if opened and not thought.strip() else thought
                return thought, self._closed(text[end:])
            if not text[end:]:
                break
            self._place.feed(CLOSE_TAG)
            at = end
        kept = len(text) if last else found
        if kept < 0:
            kept = len(text) - begun(text[at:], _TAGS[1:])
        if opened and not text[:kept].strip():
            self._held = text
            return "", ""
        self._state = "thinking"
        self._held = text[kept:]
        self._unread.append(text[at:kept] if found < 0 else "")
        return text[:kept], ""

    def _closed(self, text: str) -> str:
        """Return the text behind the reasoning, without the line breaks between them."""
        text = text.lstrip("\n")
        if text:
            self._state = "after"
        return text

    def _text(self, text: str, *, last: bool) -> tuple[str, str]:
        """Pass text on, and look for a tag that ends reasoning which nothing began."""
        if self._parser:
            self._state = "after"
            return "", text
        at = 0
        while (found := _TAG.search(text, at)) is not None:
            self._go_on(text[at : found.start()])
            behind = text[found.end() : found.end() + _AHEAD]
            spoken = self._is_spoken_about(found, behind, last=last)
            if spoken is None:
                return "", self._pass(text, found.start())
            if not spoken:
                return self._ended(text[: found.start()], text[found.end() :])
            self._place.feed(found.group())
            at = found.end()
        kept = len(text) if last else len(text) - begun(text[at:], _TAGS)
        self._unread.append(text[at:kept])
        return "", self._pass(text, kept)

    def _go_on(self, text: str) -> None:
        self._place.feed("".join([*self._unread, text]))
        self._unread = []

    def _pass(self, text: str, kept: int) -> str:
        self._held = text[kept:]
        self._passed += kept
        return text[:kept]

    def _ended(self, before: str, behind: str) -> tuple[str, str]:
        if self._passed:
            self._state = "after"
            self.misplaced = self._passed + len(before)
            return "", before + behind
        self._state = "closed"
        return before, self._closed(behind)

    def _is_spoken_about(self, tag: re.Match[str], behind: str, *, last: bool) -> bool | None:
        if self._place.in_code or self._place.in_quotation:
            return True
        if tag.group() == OPEN_TAG:
            self._open += 1
            return True
        if self._open:
            self._open -= 1
            return True
        return _is_spoken_about(self._place, behind, last=last)


def _is_spoken_about(place: Place, behind: str, *, last: bool) -> bool | None:
    """Return whether a ``</think>`` is part of what is said; None while more text must come.

    Args:
        place: Where the tag is.
        behind: What follows it.
        last: Whether that is all.
    """
    before, window = place.before, behind[:_AHEAD]
    if place.in_code or place.in_quotation or before[-1:] in _NO_END:
        return True
    if _ELEMENT_OPENED.search(before) or place.quote == "'":
        return True
    between = before[-1:] in {" ", "\t"} and not place.at_line_start
    if not window:
        return between if last else None
    if window[0] in _NO_BEGIN:
        return True
    if between:
        return before.rstrip()[-1:] not in _SENTENCE_ENDS or window[0] in " \t"
    following = window.lstrip()
    if CLOSE_TAG.startswith(following[: len(CLOSE_TAG)]) and len(following) < len(CLOSE_TAG):
        return None if not last and len(window) < _AHEAD else False
    return _ELEMENT_CLOSED.match(following) is not None


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
    content = text_of(wire.get("content"))
    thought, text = reader.rest(content) if last else reader.feed(content)
    thought = apart + thought
    return {**wire, "content": text, **({"reasoning_content": thought} if thought else {})}
