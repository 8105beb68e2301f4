"""The media of a chat request: where each is, what it is, and when a refusal is about them. Pure.

The service often says no more than that a picture cannot be read: which one, only the request can
tell. An adapter's messages have marks for it, `PLACE` and `NAME`, which are taken off before
anything is sent; messages on the wire's own shape have their own places.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from zhipu_client._lazy import pattern
from zhipu_client.errors import (
    APIError,
    AuthenticationError,
    BadRequestError,
    ContentFilterError,
    ContextOverflowError,
    PermissionDeniedError,
    QuotaExceededError,
    RateLimitError,
    ZhipuError,
)
from zhipu_client.errors._naming import shown_name

__all__ = ["NAME", "PLACE", "SentMedium", "inline_data", "kind_of", "name_media", "sent_media"]

#: Marks of a content part: its place among the caller's messages, and the name of its file.
PLACE, NAME = "_place", "_name"
#: Type of a content part -> the kind of medium in it.
_KINDS = {
    "image_url": "image", "video_url": "video", "file_url": "file", "file": "file",
    "input_audio": "audio",
}  # fmt: skip
#: Refusals that say nothing about what was sent.
_OTHER = (
    AuthenticationError, ContextOverflowError, PermissionDeniedError, QuotaExceededError,
    RateLimitError,
)  # fmt: skip
#: Words of a refusal that is about media.
_MEDIA = pattern(
    r"图|视频|音频|语音|文件|文档|多模态|image|picture|video|audio|sound|\bfile|media|modal|base64|"
    r"data.?ur[il]|pdf|document|download|fetch",
    re.IGNORECASE,
)
#: Fields of a request whose names a refusal may have that is about media all the same.
_COMMON = frozenset({"messages", "model", "stream", "meta", "extra"})
#: So many media are named in one error.
_MOST = 10
_KB = 1024


class SentMedium(NamedTuple):
    """What a request has in one place of the caller's messages.

    Attributes:
        place: The place, such as ``messages[2].content[1]``.
        kind: image, video, audio or file.
        name: The path, file name, address or id; None where it has none.
        form: The MIME type or format that it is sent as; None where that is not known.
        size: Its bytes; None for one that is not in the request.
        parts: How many parts it became: the pages of a TIFF are sent one by one.
    """

    place: str
    kind: str
    name: str | None = None
    form: str | None = None
    size: int | None = None
    parts: int = 1

    def __str__(self) -> str:
        facts = [self.kind if self.name is None else f"{self.kind} {shown_name(self.name)}"]
        if self.form is not None:
            facts.append(f"{self.parts} of {self.form}" if self.parts > 1 else self.form)
        if self.size is not None:
            facts.append(f"{self.size / _KB:.1f} KB" if self.size >= _KB else f"{self.size} bytes")
        return f"{self.place} ({', '.join(facts)})"


def kind_of(part: Any) -> str | None:
    """Return the kind of medium in a content part: image, video, audio or file; or None.

    Args:
        part: A part of a message as it is sent.

    Examples:
        >>> from zhipu_client.conversation import kind_of
        >>> kind_of({"type": "image_url", "image_url": {"url": "https://example.com/a.png"}})
        'image'
        >>> kind_of({"type": "text", "text": "Hello"}) is None
        True
    """
    kind = part.get("type") if isinstance(part, Mapping) else None
    return _KINDS.get(kind) if isinstance(kind, str) else None


def inline_data(part: Mapping[str, Any]) -> str | None:
    """Return the base64 of a part that has its medium inline; None for one that has a link."""
    data = _link_or_data(part)
    if not isinstance(data, str) or _is_link(data):
        return None
    return data.partition(",")[2] if data.startswith("data:") else data


def _inner(part: Mapping[str, Any]) -> Mapping[str, Any]:
    inner = part.get(part["type"])
    return inner if isinstance(inner, Mapping) else {"url": inner}


def _link_or_data(part: Mapping[str, Any]) -> Any:
    inner = _inner(part)
    return inner.get("url") or inner.get("data") or inner.get("file_data") or inner.get("file_url")


def _is_link(data: str) -> bool:
    return data[:8].lower().startswith(("http://", "https://"))


def sent_media(messages: Sequence[Mapping[str, Any]]) -> list[SentMedium]:
    """Return the media of messages in their order, pictures of one place as one.

    Args:
        messages: On the wire's shape, with or without the marks of an adapter.

    Examples:
        >>> part = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
        >>> print(*sent_media([{"role": "user", "content": [part]}]))
        messages[0].content[0] (image, image/png, 8 bytes)
    """
    found: dict[tuple[str, str | None], SentMedium] = {}
    for medium in _each(messages):
        known = found.get((medium.place, medium.name))
        if known is not None:
            sizes = [size for size in (known.size, medium.size) if size is not None]
            size = sum(sizes) if sizes else None
            medium = SentMedium(
                known.place, known.kind, known.name, known.form, size, known.parts + 1
            )
        found[medium.place, medium.name] = medium
    return list(found.values())


def _each(messages: Sequence[Mapping[str, Any]]) -> Iterator[SentMedium]:
    for position, message in enumerate(messages):
        content = message.get("content") if isinstance(message, Mapping) else None
        if not isinstance(content, (list, tuple)):
            continue
        for number, part in enumerate(content):
            kind = kind_of(part)
            if kind is not None:
                place = part.get(PLACE) or f"messages[{position}].content[{number}]"
                yield _medium(part, kind, place)


def _medium(part: Mapping[str, Any], kind: str, place: str) -> SentMedium:
    inner, given = _inner(part), _link_or_data(part)
    name = part.get(NAME) or inner.get("filename") or inner.get("file_id")
    name = name if isinstance(name, str) else None
    if not isinstance(given, str) or _is_link(given):
        return SentMedium(place, kind, name or (given if isinstance(given, str) else None))
    form, start = inner.get("format"), 0
    if given.startswith("data:"):
        start = given.find(",") + 1 or len(given)
        form = given[5:start].partition(",")[0].partition(";")[0]
    # Without a copy: it may have hundreds of megabytes.
    size = (len(given) - start) * 3 // 4 - given[max(start, len(given) - 2) :].count("=")
    return SentMedium(place, kind, name, form if form and isinstance(form, str) else None, size)


def name_media(
    error: ZhipuError, media: Sequence[SentMedium], fields: Mapping[str, Any] | None = None
) -> None:
    """Add to a refusal which media were sent, unless it is about something else.

    Args:
        error: What the server answered.
        media: What the request had.
        fields: The fields of the request: a refusal that names one of them is not about media.

    Examples:
        >>> from zhipu_client import BadRequestError
        >>> error = BadRequestError("the picture cannot be read", status=400)
        >>> name_media(error, [SentMedium("messages[0].content[1]", "image", "scan.png")])
        >>> print(error)
        the picture cannot be read (HTTP 400). It was sent with messages[0].content[1] (image scan.png)
    """  # noqa: E501
    if media and isinstance(error, APIError) and _is_about_media(error, fields or {}):
        shown = ", ".join(str(medium) for medium in media[-_MOST:])
        few = len(media) <= _MOST
        error.explain(
            f"It was sent with {shown}"
            if few
            else f"It was sent with {len(media)} media, the last of them: {shown}"
        )


def _is_about_media(error: APIError, fields: Mapping[str, Any]) -> bool:
    if isinstance(error, _OTHER):
        return False
    if isinstance(error, ContentFilterError):
        # What was cut out of an answer is not about what was sent.
        return error.partial is None
    if _MEDIA.search(error.message):
        return True
    named = "|".join(re.escape(field) for field in fields if field not in _COMMON)
    elsewhere = bool(named) and re.search(rf"\b(?:{named})\b", error.message) is not None
    return isinstance(error, BadRequestError) and not elsewhere
