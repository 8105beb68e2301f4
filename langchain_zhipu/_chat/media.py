"""Content blocks of every style LangChain knows, as the parts that Zhipu takes.

Accepted: LangChain's own blocks (v1 and v0), OpenAI's parts, Anthropic's blocks, and the service's
own parts. URLs are passed on as they are. Everything else is refused with its place.

A local file is read where ``path`` is a `pathlib.Path` in a user's message, and nowhere else: texts
in messages come from browsers, tools and models, and JSON cannot carry such an object.
"""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from zhipu_client import InvalidRequestError
from zhipu_client.conversation import (
    audio_part,
    data_url,
    is_well_formed,
    most_bytes,
    read_file,
)

__all__ = ["refused", "result_part", "result_parts", "takes_time", "to_part"]

#: Keys of blocks with the bytes of a medium.
_DATA = frozenset({"base64", "data", "file_data"})
#: The most characters of such a key that a model reads as text.
_MOST_SHOWN = 1000

#: Keys of blocks that say nothing beside the text, or the medium, of the block.
_OF_TEXT = frozenset(
    {
        "type",
        "text",
        "id",
        "index",
        "extras",
        "annotations",
        "citations",
        "cache_control",
        "metadata",
    }
)
_OF_MEDIA = _OF_TEXT | _DATA | {
    "url", "mime_type", "source", "source_type", "path", "file_id", "file", "file_url",
    "image_url", "video_url", "input_audio", "detail", "filename", "title", "context", "value",
}  # fmt: skip
#: Media whose title is the name of a file.
_TITLED = frozenset({"file", "document", "text-plain"})

Block = Mapping[str, Any]


def refused(where: str, value: Any, why: str) -> InvalidRequestError:
    """Return the error for a block that cannot be sent: its place, its type, what is wrong."""
    shown = repr(value)
    shown = shown if len(shown) <= 80 else f"{shown[:77]}..."
    return InvalidRequestError(f"{where} is {shown}: {why}", field=where, value=value)


def to_part(
    block: Block | str, where: str, *, files: bool, model: str | None = None
) -> dict[str, Any] | None:
    """One content block as a part of a user message; None for one that is not sent.

    Args:
        block: A content block, or a string.
        where: What to call it in an error, such as ``messages[2].content[0]``.
        files: Whether a ``path`` may be read: in a user's own message only.
        model: The model that it goes to, which decides how large a file may be.

    Raises:
        InvalidRequestError: Unknown type, missing or too large file, a path that may not be read,
            no data.
    """
    if isinstance(block, str):
        return {"type": "text", "text": block}
    kind = block.get("type") if isinstance(block, Mapping) else None
    read = _READERS.get(kind) if isinstance(kind, str) else None
    if read is None:
        known = ", ".join(sorted(_READERS))
        raise refused(where, kind, f"no such content block can be sent; known are {known}")
    path = block.get("path")
    if not isinstance(path, Path):
        return read(block, where)
    part = read({**block, "_model": model} if files else {**block, "path": str(path)}, where)
    # For errors; the core takes it off.
    return part if part is None or part["type"] == "text" else {**part, "_name": str(path)}


def result_part(block: Any, where: str) -> dict[str, Any] | None:
    """A piece of a tool's result as a part; what cannot be sent as one, as the text of its JSON.

    Never raises for what the tool said, and never reads a file: a model can make a tool say
    anything.

    Args:
        block: A string, a content block, or any data.
        where: What to call it.
    """
    if isinstance(block, str) or _is_block(block):
        try:
            part = to_part(block, where, files=False)
        except (InvalidRequestError, TypeError, ValueError, AttributeError):
            pass  # it is data that only looks like a block
        else:
            if part is None or part["type"] == "text" or is_well_formed(part):
                return part
        block = _shown(block)
    return {"type": "text", "text": _json(block)}


def result_parts(block: Any, where: str) -> list[dict[str, Any]]:
    """A piece of a tool's result as parts, none of what it says lost.

    A record may look like a block: ``{"type": "image", "url": "...", "price": 10}``. What it has
    beside a medium is shown with it, and a text that is a record's stays in its JSON.

    Args:
        block: A string, a content block, or any data.
        where: What to call it.
    """
    part = result_part(block, where)
    if part is None:
        return []
    if not _is_block(block) or not _is_record(block):
        return [part]
    record = {"type": "text", "text": _json(_shown(block))}
    return [record] if part["type"] == "text" else [record, part]


def _is_record(block: Block) -> bool:
    """Return whether a block has what is not a block's."""
    if block["type"] == "text":
        return not _OF_TEXT.issuperset(block)
    if block["type"] == "non_standard":
        return False
    titled = block["type"] in _TITLED or "title" not in block
    return not (titled and _OF_MEDIA.issuperset(block))


def _json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except (TypeError, ValueError, RecursionError):  # keys of other types, a loop
        return repr(value)


def _shown(value: Any, key: Any = None) -> Any:
    """What a model is shown of a block: the length of its data where that is long."""
    if isinstance(value, Mapping):
        return {inner: _shown(item, inner) for inner, item in value.items()}
    inline = key in _DATA or (isinstance(value, str) and value.startswith("data:"))
    if inline and isinstance(value, (str, bytes)) and len(value) > _MOST_SHOWN:
        return f"({len(value):,} characters)"
    return value


def _is_block(block: Any) -> bool:
    kind = block.get("type") if isinstance(block, Mapping) else None
    return isinstance(kind, str) and kind in _READERS


def takes_time(content: Any) -> bool:
    """Return True when making parts of a content may take time: to read files, to convert images.

    Those that are on the web are not touched.
    """
    return isinstance(content, (list, tuple)) and any(map(_takes_time, content))


def _takes_time(block: Any) -> bool:
    if not isinstance(block, Mapping):
        return False
    if block.get("type") == "tool_result":
        return takes_time(block.get("content"))
    if isinstance(block.get("path"), Path):
        return True
    source = block.get("source")
    inline = bool(_DATA & block.keys()) or (isinstance(source, Mapping) and "data" in source)
    inner = block.get("image_url")
    url = inner.get("url") if isinstance(inner, Mapping) else inner or block.get("url")
    inline = inline or (isinstance(url, str) and not url.startswith(("http://", "https://")))
    return inline and block.get("type") in ("image", "image_url")


def _text(block: Block, where: str) -> dict[str, Any]:
    text = block.get("text")
    if not isinstance(text, str):
        raise refused(f"{where}.text", text, "a text block needs a string")
    return {"type": "text", "text": text}


def _plain(block: Block, where: str) -> dict[str, Any]:
    """A text document: its text when it is there, else a file."""
    text = block.get("text")
    if isinstance(text, str):
        title = block.get("title") or block.get("filename")
        return {"type": "text", "text": f"{title}\n{text}" if title else text}
    return _file({**block, "mime_type": block.get("mime_type") or "text/plain"}, where)


def _image(block: Block, where: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": _url_or_data(block, "image", where)}}


def _image_url(block: Block, where: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": _nested_url(block, "image_url", where)}}


def _video(block: Block, where: str) -> dict[str, Any]:
    return {"type": "video_url", "video_url": {"url": _url_or_data(block, "video", where)}}


def _video_url(block: Block, where: str) -> dict[str, Any]:
    return {"type": "video_url", "video_url": {"url": _nested_url(block, "video_url", where)}}


def _file_url(block: Block, where: str) -> dict[str, Any]:
    return {"type": "file_url", "file_url": {"url": _nested_url(block, "file_url", where)}}


def _nested_url(block: Block, key: str, where: str) -> str:
    value = block.get(key)
    url = value.get("url") if isinstance(value, Mapping) else value
    if not isinstance(url, str) or not url:
        raise refused(f"{where}.{key}", url, "it must have a URL or base64 data")
    return _checked_url(url, f"{where}.{key}")


def _checked_url(url: str, where: str) -> str:
    if url.lstrip().lower().startswith("file:"):
        why = 'a local file is given as {"path": pathlib.Path(...)}, not as a URL'
        raise refused(where, url, why)
    return url


def _document(block: Block, where: str) -> dict[str, Any]:
    """Anthropic's file, whose source may be plain text."""
    source = block.get("source")
    if isinstance(source, Mapping) and source.get("type") == "text":
        return _plain({"text": source.get("data"), "title": block.get("title")}, where)
    return _file(block, where)


def _file(block: Block, where: str) -> dict[str, Any]:
    inner = block.get("file")
    if isinstance(inner, Mapping):
        return _own_file(inner, where)
    identity = block.get("file_id") or (block.get("id") if _is_v0(block, "id") else None)
    if identity:
        return {"type": "file", "file": {"file_id": identity}}
    data = _url_or_data(block, "file", where)
    if not data.startswith("data:"):
        return {"type": "file", "file": {"file_url": data}}
    part = {"type": "file", "file": {"file_data": data, "filename": _filename(block, data)}}
    # The core takes the mark off: a large file of the user's own disk may go up by itself.
    return {**part, "_local": True} if isinstance(block.get("path"), Path) else part


def _own_file(inner: Mapping[str, Any], where: str) -> dict[str, Any]:
    """OpenAI's part, which is Zhipu's too."""
    if inner.get("file_id"):
        return {"type": "file", "file": {"file_id": inner["file_id"]}}
    if inner.get("file_url"):
        url = _nested_url(inner, "file_url", f"{where}.file")
        return {"type": "file", "file": {"file_url": url}}
    data = inner.get("file_data")
    if not isinstance(data, str) or not data:
        raise refused(f"{where}.file", inner, "it needs file_data, file_url or file_id")
    data = data_url(data, "file", name=inner.get("filename"))
    return {"type": "file", "file": {"file_data": data, "filename": _filename(inner, data)}}


def _filename(block: Block, data: str) -> str:
    extras = block.get("extras")
    name = block.get("filename") or block.get("title") or block.get("path")
    if not name and isinstance(extras, Mapping):
        name = extras.get("filename") or extras.get("name")
    if name:
        return Path(str(name)).name
    mime = data[5:].partition(";")[0]
    return f"file{mimetypes.guess_extension(mime) or ''}"


def _audio(block: Block, where: str) -> dict[str, Any]:
    data = _url_or_data(block, "audio", where)
    if not data.startswith("data:"):
        raise refused(where, data, "audio cannot be passed as a URL; give base64 or a path")
    return audio_part(data, None, f"{where}.mime_type")


def _input_audio(block: Block, where: str) -> dict[str, Any]:
    inner = block.get("input_audio")
    if not isinstance(inner, Mapping) or not isinstance(inner.get("data"), str):
        raise refused(f"{where}.input_audio", inner, "it needs data (base64) and format")
    sound = inner.get("format", "wav")
    return {"type": "input_audio", "input_audio": {"data": inner["data"], "format": sound}}


def _non_standard(block: Block, where: str) -> dict[str, Any]:
    """The way around this module: the value is sent as it is."""
    value = block.get("value")
    if not isinstance(value, Mapping) or not isinstance(value.get("type"), str):
        raise refused(f"{where}.value", value, "it must be a part with a type")
    return dict(value)


def _skipped(block: Block, where: str) -> None:
    """Marks without content, such as a prompt cache point of another provider."""


def _is_v0(block: Block, source: str) -> bool:
    return block.get("source_type") == source


def _url_or_data(block: Block, kind: str, where: str) -> str:
    """The URL of a media block, or its data as a data URL."""
    source = block.get("source")
    if isinstance(source, Mapping):  # Anthropic's way
        block = {
            "url": source.get("url"),
            "base64": source.get("data"),
            "mime_type": source.get("media_type"),
        }
    if block.get("path") is not None:
        return _read_file(block, kind, f"{where}.path")
    url = block.get("url")
    if isinstance(url, str) and url:
        return _checked_url(url, f"{where}.url")
    data = block.get("base64") or block.get("data")
    if isinstance(data, (str, bytes)) and data:
        return data_url(data, kind, block.get("mime_type"))
    if block.get("file_id"):
        raise refused(f"{where}.file_id", block["file_id"], f"no file id is taken for {kind}")
    raise refused(where, sorted(block), f"the {kind} block needs url, base64 or path")


def _read_file(block: Block, kind: str, where: str) -> str:
    path = block["path"]
    if not isinstance(path, Path):
        given = repr(path) if isinstance(path, str) and len(path) <= 80 else "..."
        raise refused(
            where,
            path,
            f"no text opens a file; to send your own, give pathlib.Path({given}) in a user's "
            "message",
        )
    content = read_file(path, kind, most_bytes(kind, block.get("_model")), where)
    return data_url(content, kind, block.get("mime_type"), path.name)


_READERS: Mapping[str, Callable[[Block, str], dict[str, Any] | None]] = {
    "text": _text,
    "text-plain": _plain,
    "image": _image,
    "image_url": _image_url,
    "video": _video,
    "video_url": _video_url,
    "file": _file,
    "file_url": _file_url,
    "document": _document,
    "audio": _audio,
    "input_audio": _input_audio,
    "non_standard": _non_standard,
    "cachePoint": _skipped,
}
