"""How long a text is in tokens, before the service counts them. Pure."""

from __future__ import annotations

import re

from zhipu_client.errors import InvalidRequestError

__all__ = ["advice", "check_length", "estimate_tokens", "truncated"]

# What makes tokens of several characters; all else is taken for a token a character.
_PLAIN = re.compile(r"[A-Za-z0-9\s]")
#: A word is a token at least, and a long one several.
_WORD = re.compile(r"[A-Za-z0-9]+")
_LONG_WORD = 10
#: Chinese, Japanese and Korean characters, of which a token has two or so.
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_TOKENS_OF_CJK = 0.4


def estimate_tokens(text: str) -> int:
    """Return a guess at the tokens of a text that is rather too high than too low.

    Args:
        text: Any text.

    Examples:
        >>> estimate_tokens("你好"), estimate_tokens("hello world")
        (3, 5)
    """
    plain = len(_PLAIN.findall(text))
    return len(text) - plain + plain * 2 // 5 + 1


def _at_least(text: str) -> int:
    """Return how many tokens a text has at least."""
    words = sum(1 + len(word) // _LONG_WORD for word in _WORD.findall(text))
    return words + int(len(_CJK.findall(text)) * _TOKENS_OF_CJK)


def check_length(field: str, text: str, most: int, model: str) -> None:
    """Refuse a text that is certainly too long; what may be, the service decides.

    Args:
        field: Its place (``texts[3]``).
        text: The text.
        most: The most tokens that the model takes.
        model: The model.
    """
    # Without a look at the characters: no token is shorter than one.
    if len(text) <= most or (tokens := _at_least(text)) <= most:
        return
    raise InvalidRequestError(
        f"{field} has {tokens:,} tokens or more, and {model} takes {most:,} of a text: "
        f"{advice(most)}",
        field=field,
        value=text,
    )


def advice(most: int) -> str:
    """Return what to do about a text that is too long."""
    return (
        f"split it into smaller chunks (chunk_size={most * 3 // 4} in LlamaIndex, whose splitters "
        "count tokens), or set truncate=True"
    )


def truncated(text: str, most: int) -> str:
    """Return the beginning of a text that has no more than so many tokens, by the estimate."""
    if len(text) < most or estimate_tokens(text) <= most:
        return text
    low, high = 0, len(text)
    while high - low > 1:
        middle = (low + high) // 2
        if estimate_tokens(text[:middle]) <= most:
            low = middle
        else:
            high = middle
    return text[:low]
