"""The fields of the LLM, and how they are written down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

from llama_index.core.bridge.pydantic import Field, field_serializer, model_validator
from llama_index.core.llms.function_calling import FunctionCallingLLM

from llama_index_zhipu._connection import ALIASES, ZhipuSettings
from zhipu_client.adapting import TrueOrFalse
from zhipu_client.conversation import FREE_FIELDS, ReasoningHistory, redacted, without_secrets
from zhipu_client.dialects import STANDARD

__all__ = ["DEFAULT_MODEL", "SENT", "ChatSettings"]

#: Fields that go into every request unless the call says otherwise.
SENT = (
    "temperature",
    "top_p",
    "max_tokens",
    "do_sample",
    "stop",
    "reasoning_effort",
    "tool_stream",
    "response_format",
    "server_tools",
    "user_id",
    "sensitive_word_check",
    "watermark_enabled",
    "meta",
    "extra",
)

DEFAULT_MODEL = "glm-4.7"


class ChatSettings(FunctionCallingLLM, ZhipuSettings):
    """All fields of `ZhipuAI`, which documents them; the calls are there."""

    model: str = Field(default=DEFAULT_MODEL, description="The model code.")
    temperature: float | None = Field(default=None, ge=0.0, description="0.0 to 1.0.")
    top_p: float | None = Field(default=None, ge=0.0, le=1.0, description="0.01 to 1.0.")
    max_tokens: int | None = Field(default=None, gt=0, description="The most tokens to write.")
    do_sample: TrueOrFalse | None = Field(default=None, description="False for greedy decoding.")
    stop: str | list[str] | None = Field(default=None, description="Words that end the answer.")
    thinking: TrueOrFalse | Literal["auto", "enabled", "disabled"] | dict[str, Any] | None = Field(
        default=None, description="Whether the model reasons before it answers."
    )
    clear_thinking: TrueOrFalse | None = Field(default=None, description="False keeps reasoning.")
    reasoning_effort: str | None = Field(default=None, description="How much to reason.")
    reasoning_history: ReasoningHistory | None = Field(
        default=None, description="Which earlier reasoning is sent back."
    )
    tool_stream: TrueOrFalse | None = Field(default=None, description="Stream tool arguments.")
    stream_usage: TrueOrFalse | None = Field(default=None, description="Count tokens of streams.")
    think_tags: TrueOrFalse | Literal["opened"] | None = Field(
        default=None, description="Take reasoning out of the text."
    )
    keep_box_marks: TrueOrFalse = Field(default=False, description="Keep box marks in the text.")
    cost: TrueOrFalse | Literal["bigmodel", "zai"] = Field(
        default=False, description="Reckon what an answer costs."
    )
    include_response_headers: TrueOrFalse = Field(
        default=False, description="Keep the headers of the HTTP response."
    )
    file_mode: Literal["inline", "auto"] = Field(
        default="inline", description="How large local documents are sent."
    )
    repair_tool_calls: TrueOrFalse | None = Field(
        default=None, description="Read calls in the text."
    )
    tool_choice_mode: Literal["auto", "native", "emulate"] = Field(
        default="auto", description="How a tool choice other than auto is met."
    )
    structured_output: Literal["auto", "json", "tool", "prompt"] = Field(
        default="auto", description="How structured output is asked for."
    )
    response_format: dict[str, Any] | None = Field(default=None, description="JSON mode.")
    server_tools: list[dict[str, Any]] | None = Field(
        default=None, repr=False, description="Tools that the service runs."
    )
    web_search: TrueOrFalse | dict[str, Any] | None = Field(
        default=None, description="Search the web."
    )
    user_id: str | None = Field(default=None, description="Your own id of the end user.")
    sensitive_word_check: dict[str, Any] | None = Field(default=None)
    watermark_enabled: TrueOrFalse | None = Field(default=None)
    meta: dict[str, Any] | None = Field(default=None)
    extra: dict[str, Any] | None = Field(default=None)
    raise_on_content_filter: TrueOrFalse = Field(default=False)
    context_window: int | None = Field(default=None, gt=0)
    is_function_calling_model: TrueOrFalse | None = Field(default=None)
    additional_kwargs: dict[str, Any] = Field(
        default_factory=dict, description="Further arguments for every request."
    )
    extra_body: dict[str, Any] | None = Field(
        default=None, description="Further fields for every request body."
    )

    _aliases: ClassVar[Mapping[str, str]] = {**ALIASES, "model_name": "model"}
    _ignored: ClassVar[frozenset[str]] = frozenset(
        {
            "api_version", "audio_config", "is_chat_model", "modalities", "reuse_client",
            "should_use_structured_outputs", "strict", "tokenizer",
        }
    )  # fmt: skip

    @model_validator(mode="before")
    @classmethod
    def _with_standard_arguments(cls, data: Any) -> Any:
        """Take parameters of a request that are fields of ``OpenAI`` as further arguments."""
        if not isinstance(data, dict):
            return data
        moved = {n: data[n] for n in STANDARD - cls._ignored if data.get(n) is not None}
        if not moved:
            return data
        kept = {name: value for name, value in data.items() if name not in moved}
        return {**kept, "additional_kwargs": {**moved, **(data.get("additional_kwargs") or {})}}

    @field_serializer("server_tools")
    def _write_tools(self, tools: list[dict[str, Any]] | None) -> list[dict[str, Any]] | None:
        return None if tools is None else [without_secrets(tool) for tool in tools]

    @field_serializer(*FREE_FIELDS, check_fields=False)
    def _write_further(self, value: dict[str, Any] | None) -> dict[str, Any] | None:
        return redacted(value) if isinstance(value, Mapping) else value

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        for name, value in super().__repr_args__():
            hidden = name in FREE_FIELDS and isinstance(value, Mapping)
            yield name, redacted(value) if hidden else value
