"""What is known about one model: the shape of a record of the catalogue. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Kind", "ModelDeprecationWarning", "ModelInfo", "Thinking"]

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
        max_output: The most that it writes, and that ``max_tokens`` may be.
        max_tokens_allowed: A larger ``max_tokens`` that one page of the documents allows and
            another does not; not refused before sending.
        default_max_tokens: What ``max_tokens`` is when it is not sent.
        thinking: Whether it reasons before it answers, see `Thinking`.
        keeps_thinking: Keeps the reasoning of earlier turns when asked to, with
            ``clear_thinking=False``.
        effort_levels: Accepted values of ``reasoning_effort``, from little to much. The coding
            sites take the others too and map them.
        efforts_instead: What to send in place of an effort that it does not have, in pairs; see
            `nearest_effort`.
        inputs: Kinds of content that messages may have: text, image, video, file, audio.
        tools: Function calling.
        server_tools: Tools that the service runs itself: web_search, retrieval, mcp.
        tool_stream: Streams the arguments of tool calls in pieces when asked to.
        json_mode: Takes ``response_format={"type": "json_object"}``.
        temperature: The default, from 0 to 1.
        top_p: The default, from 0.01 to 1.
        files_by_id: Takes documents by the id of a file sent before, with purpose ``user_data``. Of
            other models it is not known, and believed that they do not.
        files_by_url: Takes documents by URL in the older content part, ``file_url``.
        counts_tokens: ``/tokenizer`` takes its code.
        max_images: Images in one request.
        min_images: The fewest images that a video is made of.
        max_image_bytes: Size of one image in bytes.
        max_file_bytes: Size of one file (PDF, recording) in bytes.
        base64_images: False where images must be URLs.
        legacy: Of 2024 or before. Such chat models refuse a temperature of exactly 0 or 1.
        deprecated: Switched off by the service, about to be, or no longer documented by it.
        retires: The day it was or will be switched off, ``"2025-11-15"``; None: not announced.
        successor: The code to use in its place.
        retired: Switched off by the service.
        free: Costs nothing.
        dimensions: Lengths of an embedding, the default first.
        max_items: Texts in one request (embedding, rerank).
        max_item_tokens: Tokens of one such text.
        max_total_tokens: Tokens of all texts of one request.
        max_chars: Characters of one text or prompt.
        sizes: Preset sizes of an image or video as ``"WxH"``, the default first.
        size_min: Shortest side of another image size, in pixels; with ``size_max`` the longest,
            ``size_step`` what both sides are a multiple of, and ``max_pixels`` the area.
        qualities: Values of ``quality``, the default first.
        durations: Lengths of a video in seconds, the default first.
        fps: Pictures of a video in a second, the default first.
        options: Further parameters that a video model takes.
        prompt_required: A video is not made of images alone.
        asynchronous: The asynchronous endpoint takes it too (images).
        aliases: Beginnings of names of its open weights that do not begin with its code; `find`
            knows them.
        sites: Where the documents list it: bigmodel, zai. Accounts differ, so this informs only.
    """

    id: str
    kind: Kind
    context: int | None = None
    max_output: int | None = None
    max_tokens_allowed: int | None = None
    default_max_tokens: int | None = None
    thinking: Thinking = "none"
    keeps_thinking: bool = False
    effort_levels: tuple[str, ...] = ()
    efforts_instead: tuple[tuple[str, str], ...] = ()
    inputs: frozenset[str] = frozenset({"text"})
    tools: bool = False
    server_tools: frozenset[str] = frozenset()
    tool_stream: bool = False
    json_mode: bool = False
    temperature: float | None = None
    top_p: float | None = None
    files_by_id: bool = False
    files_by_url: bool = False
    counts_tokens: bool = False
    max_images: int | None = None
    min_images: int = 0
    max_image_bytes: int | None = None
    max_file_bytes: int | None = None
    base64_images: bool = True
    legacy: bool = False
    deprecated: bool = False
    retires: str | None = None
    successor: str | None = None
    retired: bool = False
    free: bool = False
    dimensions: tuple[int, ...] = ()
    max_items: int | None = None
    max_item_tokens: int | None = None
    max_total_tokens: int | None = None
    max_chars: int | None = None
    sizes: tuple[str, ...] = ()
    size_min: int | None = None
    size_max: int | None = None
    size_step: int | None = None
    max_pixels: int | None = None
    qualities: tuple[str, ...] = ()
    durations: tuple[int, ...] = ()
    fps: tuple[int, ...] = ()
    options: frozenset[str] = frozenset()
    prompt_required: bool = False
    asynchronous: bool = False
    aliases: tuple[str, ...] = ()
    sites: frozenset[str] = frozenset()

    @property
    def temperature_min(self) -> float:
        """The lowest temperature that is accepted."""
        return 0.01 if self.legacy else 0.0

    @property
    def temperature_max(self) -> float:
        """The highest temperature that is accepted."""
        return 0.99 if self.legacy else 1.0

    def nearest_effort(self, effort: str) -> str | None:
        """Return the ``reasoning_effort`` of this model that is nearest to another model's.

        Args:
            effort: A value such as ``"medium"``.

        Returns:
            The effort itself where the model has it, or where it has no levels at all; None for a
            word that no model has.
        """
        if not self.effort_levels or effort in self.effort_levels:
            return effort
        return dict(self.efforts_instead).get(effort)


class ModelDeprecationWarning(FutureWarning):
    """A model is used that the service has switched off or is about to.

    Example:
        ```python
        import warnings

        from zhipu_client import ModelDeprecationWarning

        warnings.simplefilter("error", ModelDeprecationWarning)  # in the tests of a program
        ```
    """
