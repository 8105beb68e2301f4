"""The settings of `ChatZhipuAI` and the loaders as keyword arguments, for type checkers.

`ChatZhipuAI` takes some by the names that they have in the packages that people come from, too.
A loader's first argument is given by its place, so its constructor is written by hand and takes the
settings as ``**settings``. Each class here has the fields of one class of settings.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from langchain_core.caches import BaseCache
from langchain_core.callbacks import Callbacks
from langchain_core.language_models.model_profile import ModelProfile
from langchain_core.rate_limiters import BaseRateLimiter

from langchain_zhipu._ocr.documents import Mode, Tables
from zhipu_client import file_parser, ocr
from zhipu_client.adapting import (
    ChatModelOptions,
    FormerNames,
    KeyedOptions,
    SeveralRequestsOptions,
    StandardOptions,
)

__all__ = [
    "ChatOptions",
    "HandwritingOptions",
    "OCROptions",
    "ParserOptions",
    "TranscriptionOptions",
    "WebPageOptions",
]


class _LoaderOptions(SeveralRequestsOptions, total=False):
    on_error: Literal["raise", "skip"]
    show_progress: bool
    request_info: bool


class OCROptions(_LoaderOptions, total=False):
    """The fields of `OCRSettings`."""

    model: str
    mode: Mode
    tables: Tables
    pages_delimiter: str
    boxes: bool
    keep_empty: bool
    crops: bool
    layout_images: bool
    save_images_to: str | Path | None
    first_page: int | None
    last_page: int | None
    pages_per_request: int | None
    root: str | Path | None
    max_bytes: int
    extra_body: dict[str, Any] | None
    password: str | Callable[[str], str | None] | None
    endpoint: ocr.Endpoint | None
    task: ocr.Task | None
    prompt: str | None
    max_tokens: int | None
    dpi: int | None
    max_pixels: int | None


class HandwritingOptions(_LoaderOptions, total=False):
    """The fields of `HandwritingSettings`."""

    language_type: str | None
    probability: bool
    boxes: bool
    keep_empty: bool
    max_bytes: int


class TranscriptionOptions(_LoaderOptions, total=False):
    """The fields of `TranscriptionSettings`."""

    model: str
    prompt: str | None
    hotwords: list[str] | None
    segments: bool
    root: str | Path | None
    max_bytes: int


class ParserOptions(_LoaderOptions, total=False):
    """The fields of `ParserSettings`."""

    tool_type: file_parser.ToolType
    file_type: str | None
    file_name: str | None
    interval: float
    wait: float


class WebPageOptions(_LoaderOptions, total=False):
    """The fields of `WebPageSettings`."""

    return_format: Literal["markdown", "text"] | None
    no_cache: bool | None
    retain_images: bool | None
    with_images_summary: bool | None
    with_links_summary: bool | None
    page_timeout: int | None
    extra_body: dict[str, Any] | None


class ChatOptions(KeyedOptions, ChatModelOptions, StandardOptions, FormerNames, total=False):
    """The arguments of `ChatZhipuAI`."""

    # Of LangChain.
    name: str | None
    cache: BaseCache | bool | None
    verbose: bool
    callbacks: Callbacks
    tags: list[str] | None
    metadata: dict[str, Any] | None
    custom_get_token_ids: Callable[[str], list[int]] | None
    rate_limiter: BaseRateLimiter | None
    disable_streaming: bool | Literal["tool_calling"]
    output_version: str | None
    profile: ModelProfile | None

    model: str
    temperature: float | None
    max_tokens: int | None
    request_id: str | None
    response_format: Any
    extra_body: dict[str, Any] | None
    model_kwargs: dict[str, Any]
    streaming: bool
    token_counting: Literal["auto", "service", "estimate"]

    # Of the packages that people come from.
    model_name: str
    stop_sequences: list[str] | str | None
    max_completion_tokens: int | None
