"""What each model can do, as data: sizes, thinking, inputs, tools. Pure.

The facts are in ``data/models.json``. Where the service's documents and its own answers disagree,
the answers are followed. A model that is not listed is not refused by anything: it is simply not
checked before sending.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Literal

__all__ = ["MODELS", "Kind", "ModelInfo", "Thinking", "get", "takes_files_by_url"]

Kind = Literal[
    "chat", "vision", "voice", "character", "code", "assistant", "embedding", "rerank", "image",
    "video", "tts", "asr", "voice-clone", "ocr", "moderation", "realtime", "tool",
]  # fmt: skip

#: ``"none"``: never; ``"hybrid"``: on unless switched off; ``"always"``: cannot be switched off;
#: ``"inline"``: always, and written into the answer's text between ``<think>`` tags.
Thinking = Literal["none", "hybrid", "always", "inline"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """One model. None, an empty set or an empty tuple means: not known, or does not apply.

    Attributes:
        id: The code to send, in lower case.
        kind: What it is for.
        context: Tokens that prompt and answer may have together.
        max_output: The most that ``max_tokens`` may be.
        default_max_tokens: What ``max_tokens`` is when it is not sent.
        thinking: Whether it reasons before it answers, see `Thinking`.
        effort_levels: Accepted values of ``reasoning_effort``, from little to much. The coding
            sites take the others too and map them.
        inputs: Kinds of content that messages may hold: text, image, video, file, audio.
        tools: Function calling.
        server_tools: Tools that the service runs itself: web_search, retrieval, mcp.
        tool_stream: Streams the arguments of tool calls in pieces when asked to.
        json_mode: Takes ``response_format={"type": "json_object"}``.
        temperature: The default, from 0 to 1.
        top_p: The default, from 0.01 to 1.
        max_images: Images in one request.
        max_image_bytes: Size of one image in bytes.
        max_file_bytes: Size of one file (PDF, recording) in bytes.
        base64_images: False where images must be URLs.
        legacy: Of 2024 or before. Such chat models refuse a temperature of exactly 0 or 1.
        retired: Switched off by the service.
        free: Costs nothing.
        dimensions: Lengths of an embedding, the default first.
        max_items: Texts in one request (embedding, rerank).
        max_item_tokens: Tokens of one such text.
        max_chars: Characters of one text or prompt.
        sizes: Preset sizes of an image or video as ``"WxH"``, the default first.
        size_min: Shortest side of another image size, in pixels; with ``size_max`` the longest,
            ``size_step`` what both sides are a multiple of, and ``max_pixels`` the area.
        qualities: Values of ``quality``, the default first.
        durations: Lengths of a video in seconds, the default first.
        sites: Where the documents list it: bigmodel, zai. Accounts differ, so this informs only.
    """

    id: str
    kind: Kind
    context: int | None = None
    max_output: int | None = None
    default_max_tokens: int | None = None
    thinking: Thinking = "none"
    effort_levels: tuple[str, ...] = ()
    inputs: frozenset[str] = frozenset({"text"})
    tools: bool = False
    server_tools: frozenset[str] = frozenset()
    tool_stream: bool = False
    json_mode: bool = False
    temperature: float | None = None
    top_p: float | None = None
    max_images: int | None = None
    max_image_bytes: int | None = None
    max_file_bytes: int | None = None
    base64_images: bool = True
    legacy: bool = False
    retired: bool = False
    free: bool = False
    dimensions: tuple[int, ...] = ()
    max_items: int | None = None
    max_item_tokens: int | None = None
    max_chars: int | None = None
    sizes: tuple[str, ...] = ()
    size_min: int | None = None
    size_max: int | None = None
    size_step: int | None = None
    max_pixels: int | None = None
    qualities: tuple[str, ...] = ()
    durations: tuple[int, ...] = ()
    sites: frozenset[str] = frozenset()

    @property
    def temperature_min(self) -> float:
        """The lowest temperature that is accepted."""
        return 0.01 if self.legacy else 0.0

    @property
    def temperature_max(self) -> float:
        """The highest temperature that is accepted."""
        return 0.99 if self.legacy else 1.0


class _Models(Mapping[str, ModelInfo]):
    """The catalogue by id; the file is read at the first look."""

    def __getitem__(self, model: str) -> ModelInfo:
        return _load()[model]

    def __iter__(self) -> Iterator[str]:
        return iter(_load())

    def __len__(self) -> int:
        return len(_load())

    def __repr__(self) -> str:
        return f"<{len(self)} models>"


#: Every known model by its id, newest families first.
MODELS: Mapping[str, ModelInfo] = _Models()


def get(model: str) -> ModelInfo | None:
    """Look up a model by its code; upper and lower case are the same.

    Args:
        model: A code such as ``"glm-4.7"``.

    Returns:
        The facts, or None for a model that this version does not know.

    Example:
        >>> get("GLM-4.6V").max_output
        32768
        >>> get("my-own-finetune") is None
        True
    """
    return _load().get(model.lower())


#: Beginnings of names, for dated and quantised variants too.
_FILES_BY_URL = ("glm-4.1v", "glm-4.5v", "glm-4.6v", "glm-5v")


def takes_files_by_url(model: str) -> bool:
    """True for the models that take documents in the older content part, ``file_url``.

    Args:
        model: A code, also with a prefix (``zai-org/GLM-4.6V-FP8``).

    Example:
        >>> takes_files_by_url("glm-4.6v"), takes_files_by_url("glm-5.3-flash")
        (True, False)
    """
    return model.rsplit("/", 1)[-1].lower().startswith(_FILES_BY_URL)


_COLLECTIONS: Mapping[str, Any] = {
    field.name: tuple if str(field.type).startswith("tuple") else frozenset
    for field in fields(ModelInfo)
    if str(field.type).startswith(("tuple", "frozenset"))
}


@cache
def _load() -> dict[str, ModelInfo]:
    from importlib import resources  # 10 ms that importing the catalogue need not cost

    text = resources.files("zhipu_client").joinpath("data/models.json").read_text("utf-8")
    return {record["id"]: _read(record) for record in json.loads(text)}


def _read(record: dict[str, Any]) -> ModelInfo:
    for name, collection in _COLLECTIONS.items():
        if name in record:
            record[name] = collection(record[name])
    return ModelInfo(**record)
