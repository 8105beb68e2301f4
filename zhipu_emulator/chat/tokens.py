"""Token estimates: one way of counting for every endpoint of the emulator.

The service's tokenizer is not public, so these are estimates in its order of magnitude: about
1.6 Chinese characters or 4 to 6 Latin letters a token. What matters to a caller is that the
numbers are deterministic, grow with the text, and that ``/tokenizer`` and ``usage`` agree.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

__all__ = ["TokenCount", "count_message", "count_messages", "count_text", "measure"]

# Han, kana, hangul and their full-width punctuation; then words; then single marks. Blank space
# belongs to the word after it, as in byte-pair vocabularies, and so costs nothing.
_CJK = "\u2e80-\u303f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef"
_PIECES = re.compile(rf"([{_CJK}]+)|([^\W_]+)|([^\w\s]|_)", re.UNICODE)
_SPLIT = re.compile(rf"[{_CJK}]+|[^{_CJK}]+")

_CJK_PER_TOKEN = 1.6
_LETTERS_PER_TOKEN = 6
_MESSAGE_OVERHEAD = 3
_REPLY_OVERHEAD = 3
_IMAGE_TOKENS = 1047
_VIDEO_TOKENS = 5000
_FILE_TOKENS = 1500
_AUDIO_TOKENS = 125

_PART_TOKENS = {
    "image_url": ("image", _IMAGE_TOKENS),
    "image": ("image", _IMAGE_TOKENS),
    "video_url": ("video", _VIDEO_TOKENS),
    "input_audio": ("text", _AUDIO_TOKENS),
    "file": ("text", _FILE_TOKENS),
    "file_url": ("text", _FILE_TOKENS),
}


class TokenCount(NamedTuple):
    """Tokens of a prompt by origin; ``total`` is their sum."""

    text: int
    image: int
    video: int

    @property
    def total(self) -> int:
        """All tokens of the prompt."""
        return self.text + self.image + self.video


def count_text(text: str) -> int:
    """Estimate the tokens of ``text``; 0 for an empty one, otherwise at least 1.

    >>> count_text("Hello, world!")
    4
    >>> count_text("今天天气很好")
    4
    """
    if not text:
        return 0
    total = 0
    for match in _PIECES.finditer(text):
        cjk, word, _mark = match.groups()
        if cjk is not None:
            total += _cjk_tokens(len(cjk))
        elif word is not None:
            total += _word_tokens(word)
        else:
            total += 1
    return max(total, 1)


def count_message(message: Mapping[str, Any]) -> TokenCount:
    """Estimate one chat message: text, tool calls and media parts, with its own overhead."""
    text, image, video = _content(message.get("content"))
    for key in ("reasoning_content", "name", "tool_call_id"):
        value = message.get(key)
        if isinstance(value, str):
            text += count_text(value)
    calls = message.get("tool_calls")
    if calls:
        text += count_text(_compact(calls))
    return TokenCount(text + _MESSAGE_OVERHEAD, image, video)


def measure(
    messages: Iterable[Mapping[str, Any]], tools: Iterable[Mapping[str, Any]] | None = None
) -> TokenCount:
    """Estimate a whole prompt: ``messages`` plus the ``tools`` offered with them."""
    text, image, video = _REPLY_OVERHEAD, 0, 0
    for message in messages:
        part = count_message(message)
        text, image, video = text + part.text, image + part.image, video + part.video
    for tool in tools or ():
        text += count_text(_compact(tool))
    return TokenCount(text, image, video)


def count_messages(
    messages: Iterable[Mapping[str, Any]], tools: Iterable[Mapping[str, Any]] | None = None
) -> int:
    """Estimate ``prompt_tokens`` of a chat request, media included.

    >>> count_messages([{"role": "user", "content": "Hello, world!"}])
    10
    """
    return measure(messages, tools).total


def _content(content: Any) -> tuple[int, int, int]:
    if isinstance(content, str):
        return count_text(content), 0, 0
    sums = {"text": 0, "image": 0, "video": 0}
    for part in content if isinstance(content, list) else ():
        if isinstance(part, str):
            sums["text"] += count_text(part)
        elif isinstance(part, Mapping):
            origin, tokens = _PART_TOKENS.get(str(part.get("type")), ("text", 0))
            sums[origin] += tokens + count_text(str(part.get("text") or ""))
    return sums["text"], sums["image"], sums["video"]


def _word_tokens(word: str) -> int:
    """A run of letters and digits: Han characters count as such too, so they are cut out here."""
    if word.isascii():
        return 1 + (len(word) - 1) // _LETTERS_PER_TOKEN
    total = 0
    for piece in _SPLIT.findall(word):
        if piece[0] >= "\u2e80":
            total += _cjk_tokens(len(piece))
        else:
            total += 1 + (len(piece) - 1) // _LETTERS_PER_TOKEN
    return total


def _cjk_tokens(length: int) -> int:
    return -int(-length // _CJK_PER_TOKEN)


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
