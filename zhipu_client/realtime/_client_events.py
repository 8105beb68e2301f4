"""The client's events: what may be sent while a session is open."""

from __future__ import annotations

import base64
from typing import Any

from zhipu_client import _check

__all__ = [
    "MAX_APPENDS_PER_SECOND",
    "MAX_AUDIO_SECONDS",
    "append_audio",
    "append_video_frame",
    "cancel",
    "clear",
    "commit",
    "delete_item",
    "function_output",
    "message",
    "respond",
    "retrieve_item",
    "truncate_item",
]

#: The most sound of one turn where the client says when it is over.
MAX_AUDIO_SECONDS = 30.0
#: The most pieces of sound or video a second.
MAX_APPENDS_PER_SECOND = 50

_JPEG = b"\xff\xd8\xff"


def append_audio(content: bytes) -> dict[str, Any]:
    r"""Return the event that adds a piece of what the user says.

    Args:
        content: In the session's ``input_audio_format``.

    Raises:
        InvalidRequestError: There is nothing in it.

    Examples:
        >>> from zhipu_client.realtime import append_audio
        >>> append_audio(b"\x00\x00")["type"]
        'input_audio_buffer.append'
    """
    return {"type": "input_audio_buffer.append", "audio": _encoded("audio", content)}


def append_video_frame(content: bytes) -> dict[str, Any]:
    r"""Return the event that adds a picture of what the user shows.

    Args:
        content: A JPEG.

    Raises:
        InvalidRequestError: It is something else.

    Examples:
        >>> from zhipu_client.realtime import append_video_frame
        >>> append_video_frame(b"\xff\xd8\xff\xe0")["type"]
        'input_audio_buffer.append_video_frame'
    """
    encoded = _encoded("video_frame", content)
    if not bytes(content[:3]).startswith(_JPEG):
        raise _check.refuse("video_frame", content[:8], "must be a JPEG")
    return {"type": "input_audio_buffer.append_video_frame", "video_frame": encoded}


def commit() -> dict[str, Any]:
    """Return the event that ends the user's turn; not with ``server_vad``.

    Examples:
        >>> from zhipu_client.realtime import commit
        >>> commit()["type"]
        'input_audio_buffer.commit'
    """
    return {"type": "input_audio_buffer.commit"}


def clear() -> dict[str, Any]:
    """Return the event that forgets the sound of the turn that is going on.

    Examples:
        >>> from zhipu_client.realtime import clear
        >>> clear()["type"]
        'input_audio_buffer.clear'
    """
    return {"type": "input_audio_buffer.clear"}


def message(text: str, role: str = "user") -> dict[str, Any]:
    """Return the event that adds a message in words.

    Args:
        text: What is said.
        role: ``user``, ``system`` or ``assistant``.

    Raises:
        InvalidRequestError: The text is empty, or there is no such role.

    Examples:
        >>> from zhipu_client.realtime import message
        >>> message("Good morning!")["item"]["content"]
        [{'type': 'input_text', 'text': 'Good morning!'}]
    """
    _check.text("text", text)
    _check.choice("role", role, ("user", "system", "assistant"))
    kind = "text" if role == "assistant" else "input_text"
    return _item({"type": "message", "role": role, "content": [{"type": kind, "text": text}]})


def function_output(call_id: str, output: str) -> dict[str, Any]:
    """Return the event that adds the result of a function that the model has called.

    Args:
        call_id: Of the `FunctionCall`.
        output: The result as text.

    Examples:
        >>> from zhipu_client.realtime import function_output
        >>> function_output("call_1", "sunny")["item"]["output"]
        'sunny'
    """
    made: dict[str, Any] = {"type": "function_call_output", "output": output}
    return _item({**made, "call_id": call_id} if call_id else made)


def delete_item(item_id: str) -> dict[str, Any]:
    """Return the event that removes an item of the conversation.

    Args:
        item_id: The item's id.

    Examples:
        >>> from zhipu_client.realtime import delete_item
        >>> delete_item("item_7")["item_id"]
        'item_7'
    """
    return {"type": "conversation.item.delete", "item_id": _named(item_id)}


def retrieve_item(item_id: str) -> dict[str, Any]:
    """Return the event that asks for an item of the conversation.

    Args:
        item_id: The item's id.

    Examples:
        >>> from zhipu_client.realtime import retrieve_item
        >>> retrieve_item("item_7")["item_id"]
        'item_7'
    """
    return {"type": "conversation.item.retrieve", "item_id": _named(item_id)}


def truncate_item(item_id: str, audio_end_ms: int, content_index: int = 0) -> dict[str, Any]:
    """Return the event that cuts what the user has not heard off an answer.

    Args:
        item_id: The item of the answer.
        audio_end_ms: How much of its sound was heard, in milliseconds.
        content_index: Which part of the item.

    Examples:
        >>> from zhipu_client.realtime import truncate_item
        >>> truncate_item("item_7", 1500)["audio_end_ms"]
        1500
    """
    _check.within("audio_end_ms", audio_end_ms, 0, 3_600_000, "milliseconds")
    return {
        "type": "conversation.item.truncate",
        "item_id": _named(item_id),
        "content_index": content_index,
        "audio_end_ms": audio_end_ms,
    }


def respond() -> dict[str, Any]:
    """Return the event that asks for an answer; not with ``server_vad``, after sound.

    Examples:
        >>> from zhipu_client.realtime import respond
        >>> respond()["type"]
        'response.create'
    """
    return {"type": "response.create"}


def cancel() -> dict[str, Any]:
    """Return the event that stops the answer that is going on.

    Examples:
        >>> from zhipu_client.realtime import cancel
        >>> cancel()["type"]
        'response.cancel'
    """
    return {"type": "response.cancel"}


def _item(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "conversation.item.create", "item": item}


def _named(item_id: str) -> str:
    _check.text("item_id", item_id)
    return item_id


def _encoded(name: str, content: Any) -> str:
    if not isinstance(content, (bytes, bytearray, memoryview)):
        raise _check.refuse(name, type(content).__name__, "must be bytes")
    if not len(content):
        raise _check.refuse(name, content, "must not be empty")
    return base64.b64encode(content).decode()
