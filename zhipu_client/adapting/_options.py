"""The settings of an adapter as keyword arguments of a constructor, for editors and type checkers.

Where a constructor has arguments of its own, it takes the settings as ``**settings``. Each class
here has the fields of one class of settings, with the kinds of values that they are given.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Literal, TypedDict

from pydantic import SecretStr

from zhipu_client._attempt_events import AttemptHook
from zhipu_client._defaults import Timeout
from zhipu_client._io.usage import UsageCounter
from zhipu_client.conversation.enforcement import ToolChoiceMode
from zhipu_client.conversation.thinking import ReasoningHistory
from zhipu_client.dialects import DialectName

__all__ = [
    "ChatModelOptions",
    "ConnectionOptions",
    "FormerNames",
    "KeepsAnswersOptions",
    "KeyedOptions",
    "PlaceOptions",
    "SeveralRequestsOptions",
    "StandardOptions",
]


class PlaceOptions(TypedDict, total=False):
    """The fields of `ConnectionSettings` that are never an argument by themselves."""

    base_url: str | None
    max_retries: int
    max_concurrency: int | None
    shared_limit: str | Path | None
    usage_counter: UsageCounter | None
    default_headers: Mapping[str, str] | None
    http_client: Any
    http_async_client: Any
    dialect: DialectName | None
    proxy: str | None
    auth: Literal["bearer", "jwt"]
    on_attempt: AttemptHook | None


class ConnectionOptions(PlaceOptions, total=False):
    """The fields of `ConnectionSettings`, without ``api_key``, which may be an argument by itself.

    Examples:
        >>> from zhipu_client.adapting import ConnectionOptions, ConnectionSettings
        >>> options: ConnectionOptions = {"base_url": "zai", "timeout": 30.0}
        >>> ConnectionSettings(api_key="id.secret", **options).timeout
        30.0
    """

    timeout: float | Timeout | tuple[float | None, float | None] | None


class KeyedOptions(ConnectionOptions, total=False):
    """The fields of `ConnectionSettings`."""

    api_key: str | SecretStr | Callable[[], str] | Callable[[], Awaitable[str]] | None


class KeepsAnswersOptions(KeyedOptions, total=False):
    """The fields of `KeepsAnswers`."""

    checkpoint: str | Path | None


class SeveralRequestsOptions(KeepsAnswersOptions, total=False):
    """The fields of `SeveralRequests`."""

    max_in_flight: int
    on_result: Callable[[Any], Any] | None


class FormerNames(TypedDict, total=False):
    """What the packages that people come from call the settings of a connection.

    A setting may be given by two of its names with equal values, in constructors and calls; with
    different values it is refused.
    """

    api_base: Any
    async_http_client: Any
    openai_api_base: Any
    openai_api_key: Any
    openai_organization: Any
    openai_proxy: Any
    organization: Any
    request_timeout: Any
    zhipuai_api_base: Any
    zhipuai_api_key: Any


class ChatModelOptions(TypedDict, total=False):
    """The arguments that the chat models of both frameworks have for what is sent and read."""

    top_p: float | None
    do_sample: bool | None
    stop: list[str] | str | None
    thinking: bool | dict[str, Any] | Literal["auto", "enabled", "disabled"] | None
    reasoning_effort: str | None
    clear_thinking: bool | None
    reasoning_history: ReasoningHistory | None
    tool_stream: bool | None
    stream_usage: bool | None
    think_tags: bool | Literal["opened"] | None
    keep_box_marks: bool
    cost: bool | Literal["bigmodel", "zai"]
    include_response_headers: bool
    file_mode: Literal["inline", "auto"]
    repair_tool_calls: bool | None
    tool_choice_mode: ToolChoiceMode
    user_id: str | None
    sensitive_word_check: dict[str, Any] | None
    watermark_enabled: bool | None
    meta: dict[str, Any] | None
    extra: dict[str, Any] | None


class StandardOptions(TypedDict, total=False):
    """Parameters of a request that are fields of ``OpenAI``: sent where the server knows them."""

    context_management: Any
    extra_query: dict[str, Any] | None
    frequency_penalty: float | None
    include: Any
    logit_bias: dict[str, float] | None
    logprobs: bool | None
    modalities: Any
    n: int | None
    prediction: Any
    presence_penalty: float | None
    previous_response_id: str | None
    prompt_cache_key: str | None
    prompt_cache_options: dict[str, Any] | None
    reasoning: Any
    safety_identifier: str | None
    seed: int | None
    service_tier: str | None
    store: bool | None
    top_logprobs: int | None
    truncation: Any
    verbosity: str | None
    web_search_options: Any
