"""Estimate the tokens of a text without a tokenizer, for Chinese too. Pure."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["estimate_messages", "estimate_text"]

#: Han, kana, Hangul and their punctuation: GLM's vocabulary has many words of two characters.
_CJK = re.compile(
    r"[\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]"
)
_WORD = re.compile(r"[A-Za-z]+|\d|[^\sA-Za-z\d]")

_PER_CJK = 0.65
_PER_LETTER = 0.2
_PER_MESSAGE = 4
_PER_CALL = 8
#: Roughly the tokens of one image or other medium: the service scales them.
_PER_MEDIUM = 1200


def estimate_text(text: str) -> int:
    """Return about how many tokens a text has; within a fifth for usual Chinese and English prose.

    Args:
        text: Any text.

    Examples:
        >>> estimate_text("智谱清言"), estimate_text("hello")
        (3, 1)
    """
    cjk = len(_CJK.findall(text))
    other = 0.0
    for piece in _WORD.findall(_CJK.sub(" ", text)):
        other += max(1.0, len(piece) * _PER_LETTER) if piece[0].isalpha() else 1.0
    return math.ceil(cjk * _PER_CJK + other)


def estimate_messages(
    messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]] | None = None
) -> int:
    """Return about how many tokens a conversation (wire messages) and its tools have.

    Args:
        messages: The conversation; what a picture counts for is a guess.
        tools: The tools that are offered with it, in the form of the wire.

    Examples:
        >>> from zhipu_client.conversation import estimate_messages
        >>> estimate_messages([{"role": "user", "content": "What is 17 * 19?"}])
        12
    """
    total = 0
    for message in messages:
        total += _PER_MESSAGE + _content(message.get("content"))
        total += estimate_text(str(message.get("reasoning_content") or ""))
        for call in message.get("tool_calls") or ():
            function = call.get("function") or {}
            text = f"{function.get('name', '')} {function.get('arguments', '')}"
            total += _PER_CALL + estimate_text(text)
    for tool in tools or ():
        total += estimate_text(json.dumps(tool, ensure_ascii=False))
    return total


def _content(content: Any) -> int:
    if isinstance(content, str):
        return estimate_text(content)
    return sum(
        estimate_text(part.get("text") or "") if part.get("type") == "text" else _PER_MEDIUM
        for part in content or ()
    )
