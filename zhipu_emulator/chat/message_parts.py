"""What messages carry beside text: images, files, sound; decoded and checked."""

from __future__ import annotations

import base64
import binascii
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from zhipu_emulator.content.pages import UnreadableError, page_count
from zhipu_emulator.content.wav_mp3 import kind_of as sound_kind
from zhipu_emulator.http.errors import ServiceError
from zhipu_emulator.http.forms import suffix_of

if TYPE_CHECKING:
    from zhipu_emulator.chat.model_facts import ChatFacts

# The wire's part types, by what they carry.
PART_KINDS: Mapping[str, str] = {
    "text": "text",
    "image_url": "image",
    "video_url": "video",
    "file_url": "file",
    "file": "file",
    "input_audio": "audio",
}

_MAX_IMAGE_BYTES = 5 * 1024 * 1024
_MAX_IMAGE_SIDE = 6000
_MAX_FILE_BYTES = 50 * 1024 * 1024
#: A JPEG of many cameras has a second picture behind the first, and is called MPO for it.
_IMAGE_FORMATS = {"JPEG", "MPO", "PNG"}
_OFFICE = ("docx", "xlsx", "pptx")
_SUFFIXES = {"application/pdf": "pdf"}


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """One part that is not text.

    Attributes:
        kind: What it is.
        data: The bytes, None when only a link was given: the emulator never fetches.
        name: The link or the file's name.
    """

    kind: Literal["image", "video", "file", "audio"]
    data: bytes | None
    name: str


def plain(content: Any) -> str:
    """The text of a message's content, parts joined by line breaks."""
    if isinstance(content, str):
        return content
    if isinstance(content, Sequence):
        texts = [p.get("text") for p in content if isinstance(p, Mapping)]
        return "\n".join(text for text in texts if isinstance(text, str))
    return ""


def attachments(
    message: Mapping[str, Any], files: Mapping[str, Any] | None = None
) -> Iterator[Attachment]:
    """The attachments of one message; ``files`` has uploaded ones by id.

    Raises:
        ServiceError: 1210, bytes that cannot be read.
    """
    content = message.get("content")
    for part in content if isinstance(content, list) else ():
        kind = PART_KINDS.get(part.get("type", ""))
        if kind == "image":
            yield _image(part["image_url"])
        elif kind == "video":
            link = part["video_url"]
            yield Attachment(kind="video", data=None, name=_link(link))
        elif kind == "file":
            yield _file(part.get("file_url") or part.get("file") or {}, files or {})
        elif kind == "audio":
            yield _audio(part["input_audio"])


def _link(value: Any) -> str:
    found = value.get("url", "") if isinstance(value, Mapping) else value
    return found if isinstance(found, str) else ""


def _bytes(text: Any, refusal: ServiceError) -> bytes:
    if not isinstance(text, str):
        raise refusal
    payload = text.partition(",")[2] if text.startswith("data:") else text
    try:
        return base64.b64decode(payload, validate=True)
    except (binascii.Error, ValueError):
        raise refusal from None


def _image(value: Any) -> Attachment:
    refusal = ServiceError("1210", "图片输入格式/解析错误")
    link = _link(value)
    if not link:
        raise refusal
    if link.startswith(("http://", "https://")):
        return Attachment(kind="image", data=None, name=link)
    data = _bytes(link, refusal)
    if not data or len(data) > _MAX_IMAGE_BYTES:
        raise refusal
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data)) as picture:
            good = picture.format in _IMAGE_FORMATS and max(picture.size) <= _MAX_IMAGE_SIDE
            if good:
                picture.load()  # a picture that ends too early has a good head
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise refusal from None
    if not good:
        raise refusal
    return Attachment(kind="image", data=data, name="")


def _unreadable_file() -> ServiceError:
    return ServiceError("1210", "文件解析失败，请检查文件可访问性和格式")


def _file_id(part: Mapping[str, Any]) -> bool:
    return isinstance(part["file"], Mapping) and bool(part["file"].get("file_id"))


def _file(value: Any, files: Mapping[str, Any]) -> Attachment:
    refusal = _unreadable_file()
    if not isinstance(value, Mapping):
        raise refusal
    name = str(value.get("filename") or "")
    if value.get("file_id"):
        stored = files.get(str(value["file_id"]))
        if stored is None or stored.get("purpose") != "user_data":
            raise refusal
        name = stored.get("filename", name)
        _check_document(stored["content"], suffix_of(name), refusal)
        return Attachment(kind="file", data=stored["content"], name=name)
    if value.get("file_data"):
        data = _bytes(value["file_data"], refusal)
        if not data or len(data) > _MAX_FILE_BYTES:
            raise refusal
        said = str(value["file_data"])[:100].partition(";")[0].removeprefix("data:")
        _check_document(data, suffix_of(name) or _SUFFIXES.get(said, ""), refusal)
        return Attachment(kind="file", data=data, name=name)
    link = value.get("url") or value.get("file_url")
    if not isinstance(link, str) or not link.startswith(("http://", "https://")):
        raise refusal
    return Attachment(kind="file", data=None, name=link)


def _check_document(data: bytes, suffix: str, refusal: ServiceError) -> None:
    """Refuse what is not of the kind that its name says; of other kinds anything may be in it."""
    good = True
    if suffix == "pdf":
        try:
            page_count(data)
        except UnreadableError:
            good = False
    elif suffix in _OFFICE:
        good = zipfile.is_zipfile(io.BytesIO(data))
    if not good:
        raise refusal


def _audio(value: Any) -> Attachment:
    refusal = ServiceError("1210", "音频输入格式/解析错误")
    if not isinstance(value, Mapping) or not isinstance(value.get("data"), str):
        raise refusal
    data = _bytes(value["data"], refusal)
    if sound_kind(data) is None:
        raise refusal
    return Attachment(kind="audio", data=data, name=str(value.get("format", "wav")))


def check_parts(content: list[Any], facts: ChatFacts, place: str) -> list[str]:
    """Check the parts of one message; gives their kinds.

    Raises:
        ServiceError: 1214 (a wrong type of JSON value), 1210 (a part this model does not take).
    """
    kinds = []
    for index, part in enumerate(content):
        where = f"{place}.content[{index}]"
        if not isinstance(part, Mapping):
            raise ServiceError("1214", f"{where} type error")
        name = part.get("type")
        if not isinstance(name, str):
            raise ServiceError("1214", f"{where}.type type error")
        kind = PART_KINDS.get(name)
        if kind not in facts.inputs:
            allowed = [name for name, kind in PART_KINDS.items() if kind in facts.inputs]
            raise ServiceError(
                "1210",
                f"messages.content.type 参数非法，取值范围 {allowed}",
                f"messages.content.type is invalid, allowed values: {allowed}",
            )
        if kind == "text" and not isinstance(part.get("text"), str):
            raise ServiceError("1214", f"{where}.text type error")
        if kind != "text" and name not in part:
            raise ServiceError("1210")
        if name == "file" and not facts.file_id and _file_id(part):
            raise _unreadable_file()
        kinds.append(kind or "")
    return kinds
