"""Takes reasoning out of text, for models that write it there: ``<think>…</think>``. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["ThinkFilter", "thinking_apart"]

_OPEN, _CLOSE = "<think>", "</think>"


class ThinkFilter:
    """Splits a text that comes in pieces into the reasoning at its start and the rest.

    GLM-4.1V-Thinking always answers so, and self-hosted servers without a reasoning parser do.
    Only a tag at the very start counts: a model that writes about tags is left alone.

    Example:
        >>> reader = ThinkFilter()
        >>> reader.feed("<thi"), reader.feed("nk>hm</th"), reader.feed("ink>yes")
        (('', ''), ('hm', ''), ('', 'yes'))
    """

    __slots__ = ("_held", "_state")

    def __init__(self) -> None:
        self._state = "start"
        self._held = ""

    def feed(self, text: str) -> tuple[str, str]:
        """The reasoning and the text that are certain after the next piece."""
        if self._state == "after":
            return "", text
        self._held += text
        if self._state == "closed":
            return "", self._begun()
        if self._state == "start":
            begun = self._held.lstrip()
            if _OPEN.startswith(begun[: len(_OPEN)]) and len(begun) < len(_OPEN):
                return "", ""
            if not begun.startswith(_OPEN):
                self._state = "after"
                return "", self._take(len(self._held))
            self._state = "thinking"
            self._held = begun[len(_OPEN) :]
        thought, tag, rest = self._held.partition(_CLOSE)
        if tag:
            self._state, self._held = "closed", rest
            return thought, self._begun()
        # The end of what is held may be the beginning of the closing tag.
        kept = next(n for n in range(len(_CLOSE) - 1, -1, -1) if self._held.endswith(_CLOSE[:n]))
        return self._take(len(self._held) - kept), ""

    def rest(self) -> tuple[str, str]:
        """What is still held when the answer ends."""
        held = self._take(len(self._held))
        return (held, "") if self._state == "thinking" else ("", held)

    def _begun(self) -> str:
        """The text behind the reasoning, without the line breaks between them."""
        self._held = self._held.lstrip("\n")
        if self._held:
            self._state = "after"
        return self._take(len(self._held))

    def _take(self, count: int) -> str:
        taken, self._held = self._held[:count], self._held[count:]
        return taken


def thinking_apart(wire: Mapping[str, Any], reader: ThinkFilter, *, last: bool) -> dict[str, Any]:
    """A message or delta whose reasoning stands in its text, as one that has it apart.

    Args:
        wire: The message or delta. It is not changed.
        reader: The filter of this answer.
        last: Whether this is the end, so that what is held must come out.
    """
    content = wire.get("content")
    thought, text = reader.feed(content) if isinstance(content, str) else ("", "")
    if last:
        more_thought, more_text = reader.rest()
        thought, text = thought + more_thought, text + more_text
    thought = str(wire.get("reasoning_content") or "") + thought
    return {**wire, "content": text, **({"reasoning_content": thought} if thought else {})}
