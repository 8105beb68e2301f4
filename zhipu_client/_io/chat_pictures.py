"""The pictures of a conversation as what the service takes: PNG and JPEG.

What a picture is, its bytes show, whatever its label says. TIFF, WebP, BMP, GIF, HEIC, AVIF and
JPEG 2000 are converted: each page of a TIFF is a picture, of an animation the first frame is.
"""

from __future__ import annotations

import base64
import binascii
import io
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from zhipu_client import models
from zhipu_client._image_types import convertible
from zhipu_client._sent_media import NAME
from zhipu_client.conversation import most_bytes, unsendable
from zhipu_client.conversation.media import MOST_UNCONVERTED, too_large
from zhipu_client.errors import InvalidRequestError
from zhipu_client.errors._naming import shown_name

from .converted import Converted
from .pictures import pictures

__all__ = ["with_pictures"]

_log = logging.getLogger("zhipu_client")

Wire = dict[str, Any]

#: The most pixels of a side, and the most pictures where the catalogue has no number.
_MOST_PIXELS, _MOST_PICTURES = 6000, 50
#: What was converted, in base64.
_CONVERTED = Converted(32 * 1024 * 1024)
#: So many characters of base64 show what a picture is.
_HEAD = 64
_PDF = "application/pdf"
#: What is sent as it is, by its first bytes. The service goes by the label, which may be wrong.
_TAKEN = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


def with_pictures(messages: Sequence[Wire], model: str | None) -> list[Wire]:
    """Return the messages of an adapter with all pictures as PNG or JPEG.

    A picture that cannot be converted is kept with its error, which is raised where the message is
    new; for a model that is not one of the service's it is sent as it is.

    Args:
        messages: Wire messages, as adapters make them; they are not changed. A part may have the
            name of its file under ``_name``, for errors.
        model: The model's name.

    Examples:
        >>> from zhipu_client.adapting import with_pictures
        >>> gif = "R0lGODdhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs="
        >>> part = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{gif}"}}
        >>> (found,) = with_pictures([{"role": "user", "content": [part]}], "glm-4.6v")
        >>> found["content"][0]["image_url"]["url"][:26]
        'data:image/png;base64,iVBO'
    """
    info = models.find(model) if model else None
    unseen = info is not None and ("image" not in info.inputs or not info.base64_images)
    return [_message(message, None if unseen else model, n) for n, message in enumerate(messages)]


def _message(message: Wire, model: str | None, position: int) -> Wire:
    found = dict(message)
    for field in ("content", "_media"):
        parts = message.get(field)
        if not isinstance(parts, list) or not any(map(_is_picture, parts)):
            continue
        where = f"messages[{position}].content"
        places = message.get("_places") or [f"{where}[{n}]" for n in range(len(parts))]
        made = [
            (part, place)
            for given, place in zip(parts, places, strict=False)
            for part in _parts(given, place, model)
        ]
        found[field] = [part for part, _ in made]
        if "_places" in message:
            found["_places"] = [place for _, place in made]
    return found


def _is_picture(part: Any) -> bool:
    return isinstance(part, Mapping) and part.get("type") == "image_url"


def _parts(part: Any, place: str, model: str | None) -> list[Any]:
    """Return what is sent for a part: several for a TIFF of several pages."""
    if not _is_picture(part):
        return [part]
    name = part.get(NAME)
    inner = part.get("image_url")
    url = inner.get("url") if isinstance(inner, Mapping) else inner
    data = _base64(url) if model is not None else None
    head = _head(data) if data else b""
    label = next((kind for mark, kind in _TAKEN.items() if head.startswith(mark)), None)
    if label is not None:
        return [part if _labelled(url, label) else _part(part, f"data:{label};base64,{data}")]
    kind = convertible(head) or (_PDF if head.startswith(b"%PDF-") else None)
    if data is not None and kind is None and name:  # a refusal would not name it
        why = "%s (%s) is not an image of a kind that is known here (it starts with %r)"
        _log.warning(why, place, shown_name(name), head[:8])
    if kind is None or data is None:
        return [part]
    assert model is not None  # noqa: S101 - for the type checker
    try:
        found = _converted(data, f"{place} ({name})" if name else place, kind, model)
    except InvalidRequestError as error:
        return [part if models.get(model) is None else unsendable(error, "image")]
    return [_part(part, url) for url in found]


def _part(part: Wire, url: str) -> Wire:
    inner = part["image_url"]
    more = {**inner, "url": url} if isinstance(inner, Mapping) else {"url": url}
    return {**part, "image_url": more}


def _base64(url: Any) -> str | None:
    """Return the base64 of an image's URL, or of one that is nothing but base64."""
    if not isinstance(url, str) or url[:8].lower().startswith(("http://", "https://")):
        return None
    if not url.startswith("data:"):
        return url
    head, _, data = url.partition(",")
    return data if head.endswith(";base64") else None


def _labelled(url: Any, label: str) -> bool:
    """Whether a picture has the right label, or none: bare base64 is taken, too."""
    return not str(url).startswith("data:") or str(url).startswith(f"data:{label};")


def _head(data: str) -> bytes:
    try:
        return base64.b64decode(data[:_HEAD])
    except ValueError:
        return b""


def _converted(data: str, place: str, kind: str, model: str) -> list[str]:
    if kind == _PDF:
        why = (
            "give it as a document (LangChain: a block of the type file, LlamaIndex: DocumentBlock)"
        )
        raise InvalidRequestError(f"{place} is a PDF, not an image: {why}", field=place)
    size = len(data) * 3 // 4
    if size > MOST_UNCONVERTED:
        why = too_large("image", size, MOST_UNCONVERTED)
        raise InvalidRequestError(f"{place}: {why}", field=place, value=size)
    info = models.find(model)
    most = (info.max_images if info else None) or _MOST_PICTURES
    bounds = (kind, most, most_bytes("image", model))
    # A conversation is sent anew at each turn, with all pictures of the turns before.
    return _CONVERTED.get(data, bounds, lambda: _made(data, place, *bounds))


def _made(data: str, place: str, kind: str, most: int, largest: int) -> list[str]:
    try:
        content = binascii.a2b_base64(data)
    except ValueError as error:
        message = f"{place} is {kind}, and its base64 is broken ({error})"
        raise InvalidRequestError(message, field=place) from None
    made = pictures(
        io.BytesIO(content),
        place,
        kind,
        most=most,
        most_bytes=largest,
        most_pixels=_MOST_PIXELS,
    )
    _log.debug("%s: %s sent as %d picture(s)", place, kind, len(made))
    return [_data_url(content) for content in made]


def _data_url(content: bytes) -> str:
    kind = next(kind for mark, kind in _TAKEN.items() if content.startswith(mark))
    return f"data:{kind};base64,{str(base64.b64encode(content), 'ascii')}"
