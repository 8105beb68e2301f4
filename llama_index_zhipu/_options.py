"""The settings of `ZhipuAI` and others as keyword arguments, for editors and type checkers.

Constructors that have arguments by their place, as those of the older packages, are written by hand
and take all others as ``**kwargs``. Each class here has those of one constructor.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, TypedDict

from llama_index.core.callbacks.base import CallbackManager
from llama_index.core.prompts.base import BasePromptTemplate
from llama_index.core.types import BaseOutputParser, PydanticProgramMode

from zhipu_client.adapting import (
    ChatModelOptions,
    FormerNames,
    PlaceOptions,
    SeveralRequestsOptions,
    StandardOptions,
)

__all__ = ["EmbeddingOptions", "LLMOptions", "RerankOptions"]


class _Ignored(TypedDict, total=False):
    """Arguments of those packages that mean nothing here, and are taken."""

    api_version: Any
    reuse_client: Any


class LLMOptions(
    PlaceOptions, ChatModelOptions, StandardOptions, FormerNames, _Ignored, total=False
):
    """The arguments of `ZhipuAI` after the first ones."""

    # Of LlamaIndex.
    callback_manager: CallbackManager
    rate_limiter: Any
    system_prompt: str | None
    messages_to_prompt: Callable[..., str] | None
    completion_to_prompt: Callable[..., str] | None
    output_parser: BaseOutputParser | None
    pydantic_program_mode: PydanticProgramMode
    query_wrapper_prompt: BasePromptTemplate | None

    structured_output: Literal["auto", "json", "tool", "prompt"]
    response_format: dict[str, Any] | None
    server_tools: list[dict[str, Any]] | None
    web_search: bool | dict[str, Any] | None
    raise_on_content_filter: bool
    context_window: int | None
    is_function_calling_model: bool | None
    extra_body: dict[str, Any] | None

    # Of the packages that people come from; those that mean nothing are ignored.
    model_name: str
    audio_config: Any
    is_chat_model: Any
    should_use_structured_outputs: Any
    strict: Any
    tokenizer: Any


class EmbeddingOptions(PlaceOptions, FormerNames, _Ignored, total=False):
    """The arguments of `ZhipuAIEmbedding` after the first ones."""

    # Of LlamaIndex.
    embed_batch_size: int
    num_workers: int | None
    embeddings_cache: Any
    rate_limiter: Any

    model_name: str
    truncate: bool
    on_error: Literal["raise", "skip"]
    extra_body: dict[str, Any] | None
    checkpoint: str | Path | None
    max_in_flight: int
    on_result: Callable[[Any], Any] | None
    in_flight: int


class RerankOptions(SeveralRequestsOptions, FormerNames, total=False):
    """The arguments of `ZhipuAIRerank` after the first ones."""

    # Of LlamaIndex.
    callback_manager: CallbackManager

    raw_scores: bool
    return_raw_scores: bool
    truncate: bool
    on_error: Literal["raise", "skip"]
    in_flight: int
