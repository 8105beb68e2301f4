"""Media in a conversation: what the model at hand can see, and what it is given in words. Pure.

What a tool returned and what was answered before cannot be taken back by the user: if the model
cannot take it, a refusal would end the conversation for good (a screenshot of a tool, a picture
from before a change to a text model). Such media become a short note. What the user has just sent
is refused by its place in the caller's own messages.

What a model takes is looked up by whatever name it has (`models.find`). A user's own medium is
refused only for the service's codes (`models.get`), as your own server may take more. Nothing
is left out or refused for a model that the catalogue does not know.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zhipu_client import models
from zhipu_client._sent_media import NAME, inline_data, kind_of
from zhipu_client.conversation.media import READ_FIRST, most_bytes, too_large
from zhipu_client.errors import InvalidRequestError
from zhipu_client.errors._naming import shown_name

__all__ = ["NO_OUTPUT", "seen", "unsendable"]

Wire = dict[str, Any]

#: Stands in for a result without text.
NO_OUTPUT = "(no output)"
#: The type of a part that stands in for a block which cannot be sent.
_UNSENDABLE = "_unsendable"
_WORDS = {"image": "an image", "video": "a video", "audio": "a sound", "file": "a file"}
_PLURALS = {"image": "images", "video": "videos", "audio": "sound", "file": "files"}
#: Kind of medium -> how its content becomes text.
_AS_TEXT = {
    "image": "read its text first (OCR)",
    "video": "describe it in words",
    "audio": "transcribe it first",
    "file": READ_FIRST,
}


def unsendable(error: InvalidRequestError, what: str = "content") -> Wire:
    """Return the part for a block of a user's message that cannot be sent.

    Its error is raised where the message is new; in an old turn it becomes a note.

    Args:
        error: What is wrong with it.
        what: The kind of block.

    Examples:
        >>> from zhipu_client import InvalidRequestError
        >>> from zhipu_client.conversation import prepared, unsendable
        >>> part = unsendable(InvalidRequestError("the sound is of an unknown format"), "sound")
        >>> prepared([{"role": "user", "content": [part]}], model="glm-4.7")
        Traceback (most recent call last):
        ...
        zhipu_client.errors.InvalidRequestError: the sound is of an unknown format
    """
    return {"type": _UNSENDABLE, "what": what, "error": error}


def seen(messages: Sequence[Mapping[str, Any]], model: str | None, *, strict: bool) -> list[Wire]:
    """Return the messages with what the model cannot see in words.

    Args:
        messages: Wire messages in order. They are not changed. A content that is a list may have
            the place of each part among the caller's own under ``_places``, as a tool's message
            those of its media.
        model: The model's name; None to keep all media.
        strict: Whether what the user has just sent may be refused.

    Raises:
        InvalidRequestError: The user's own new medium, or block, cannot be sent.
    """
    sight = _Sight.of(model)
    new = _new_from(messages)
    # From the end: where a model takes so many images only, it gets the last ones.
    out: list[Wire] = []
    for position in range(len(messages) - 1, -1, -1):
        message = dict(messages[position])
        places = message.pop("_places", None)
        if message["role"] == "tool":
            message = _result(message, sight)
        elif isinstance(message.get("content"), list):
            refusing = strict and position >= new
            where = f"messages[{position}].content"
            places = places or [f"{where}[{n}]" for n in range(len(message["content"]))]
            message["content"] = _content(message["content"], places, sight, refusing=refusing)
        out.append(message)
    out.reverse()
    return out


def _new_from(messages: Sequence[Mapping[str, Any]]) -> int:
    """The position from which on nothing was answered: that of the last user message."""
    for position in range(len(messages) - 1, -1, -1):
        role = messages[position]["role"]
        if role == "user":
            return position
        if role == "assistant":
            break
    return len(messages)


@dataclass(slots=True)
class _Sight:
    """What a model can still take of the media in one request.

    Attributes:
        info: Its facts; None where all media are sent.
        model: Its name, as the caller has it.
        known: Whether it is one of the service's own codes.
        images: How many images were let through.
    """

    info: models.ModelInfo | None = None
    model: str = ""
    known: bool = False
    images: int = 0

    @classmethod
    def of(cls, model: str | None) -> _Sight:
        if model is None:
            return cls()
        return cls(models.find(model), model, models.get(model) is not None)

    def why_not(self, part: Mapping[str, Any], kind: str, name: str) -> str | None:
        """Why a medium is not sent, in words that go on from "because"; None where it is.

        Args:
            part: The content part.
            kind: The kind of medium in it.
            name: What to call the model.
        """
        info = self.info
        if info is None:
            return None
        if kind not in info.inputs:
            if info.inputs == {"text"}:
                return f"{name} reads text only"
            return f"{name} does not take {_PLURALS[kind]}"
        data = inline_data(part)
        if data is not None:
            if not _takes_inline(info, kind):
                return f"{name} takes {_PLURALS[kind]} by URL only"
            size, most = len(data) * 3 // 4, most_bytes(kind, self.model)
            if size > most:
                return too_large(kind, size, most)
        return None

    def one_too_many(self, kind: str) -> str | None:
        """Count a medium; why it is not sent where the model takes no more of its kind."""
        most = self.info.max_images if self.info is not None and kind == "image" else None
        if most is None:
            return None
        self.images += 1
        if self.images <= most:
            return None
        return f"this model takes {most} in one request, and later ones are sent"


def _content(
    parts: Sequence[Any], places: Sequence[str], sight: _Sight, *, refusing: bool
) -> str | list[Any]:
    """A user's parts; one string where nothing but text is left: older models take no list."""
    kept: list[Any] = []
    for part, place in zip(reversed(parts), reversed(places), strict=True):
        kept.append(_user_part(part, place, sight, refusing=refusing))
    kept.reverse()
    if kept != list(parts) and all(part.get("type") == "text" for part in kept):
        return "\n".join(part["text"] for part in kept)
    return kept


def _user_part(part: Any, place: str, sight: _Sight, *, refusing: bool) -> Any:
    if isinstance(part, Mapping) and part.get("type") == _UNSENDABLE:
        if refusing:
            raise part["error"]
        return _text(f"({_in_words(part)} was here, which cannot be sent)")
    kind = kind_of(part)
    if kind is None:
        return part
    if refusing:
        why = sight.why_not(part, kind, sight.model)
        if why is not None and sight.known:
            raise _refused(part, place, why, sight)
        sight.one_too_many(kind)  # the client refuses too many that are new
        return part
    why = sight.why_not(part, kind, "this model") or sight.one_too_many(kind)
    return part if why is None else _text(f"({_named(part, kind)} was here; {why})")


def _in_words(part: Mapping[str, Any]) -> str:
    what = part["what"]
    return _WORDS.get(what, f"content of the type {what}")


def _refused(part: Mapping[str, Any], place: str, why: str, sight: _Sight) -> InvalidRequestError:
    """The error for the user's own new medium: where it is, why not, what to do."""
    kind = kind_of(part) or ""
    shown = _WORDS[kind]
    inner = part.get("file")
    name = part.get(NAME) or (inner.get("filename") if isinstance(inner, Mapping) else None)
    if name:
        shown += f" ({shown_name(name)})"
    ways = _ways_out(kind, sight.info) if sight.info is not None else []
    remedy = f": {', or '.join(ways)}" if ways else ""
    return InvalidRequestError(f"{place} is {shown}, but {why}{remedy}", field=place, value=kind)


def _ways_out(kind: str, info: models.ModelInfo) -> list[str]:
    """What a user can do about a medium that a model does not take."""
    ways = []
    taken = kind in info.inputs
    if (not taken or not _takes_inline(info, kind)) and (other := _taking(kind)):
        ways.append(f"use a model that does, such as {other}")
    if taken and not _takes_inline(info, kind):
        ways.append("give its URL")
    if not taken or kind == "file":
        ways.append(_AS_TEXT[kind])
    return ways


def _takes_inline(info: models.ModelInfo, kind: str) -> bool:
    """Whether a model takes a kind of medium that is in the request itself."""
    if kind == "image":
        return info.base64_images
    return kind != "file" or not info.files_by_url


def _taking(kind: str) -> str | None:
    """The newest model that takes a kind of medium in a chat, also inline."""
    for info in models.MODELS.values():
        chats = not info.deprecated and info.kind in {"vision", "voice"}
        if kind in info.inputs and chats and _takes_inline(info, kind):
            return info.id
    return None


def _result(message: Wire, sight: _Sight) -> Wire:
    """A tool's result: its text, and its media for a user message of their own.

    Only a user message can carry media; `history.repaired` puts it after all results.
    """
    media: list[Any] = []
    notes: list[str] = []
    for part in reversed(message.pop("_media", ())):
        if part.get("type") == _UNSENDABLE:
            notes.append(f"(the tool returned {_in_words(part)}, which cannot be sent)")
            continue
        kind = kind_of(part)
        why = None
        if kind is not None:
            why = sight.why_not(part, kind, "this model") or sight.one_too_many(kind)
        if kind is None or why is None:
            media.append(part)
        else:
            notes.append(f"(the tool returned {_named(part, kind)}; {why})")
    if media:
        notes.insert(0, "(see the next message)")
        label = _text(f"{_label(message)}:")
        message["_media"] = [label, *reversed(media)]
    said = [message["content"]] if message["content"].strip() else []
    message["content"] = "\n".join([*said, *reversed(notes)]) or NO_OUTPUT
    return message


def _label(message: Mapping[str, Any]) -> str:
    if message.get("_name"):
        return f"Returned by the tool {message['_name']}"
    if message.get("tool_call_id"):
        return f"Result of the tool call {message['tool_call_id']}"
    return "Returned by the tool"


def _named(part: Mapping[str, Any], kind: str) -> str:
    """A medium in words, a document by its name."""
    inner = part.get("file")
    name = inner.get("filename") if isinstance(inner, Mapping) else None
    return f"the file {name}" if name else _WORDS[kind]


def _text(words: str) -> Wire:
    return {"type": "text", "text": words}
