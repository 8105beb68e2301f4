"""The fields of the chat model, how they are copied and written down, and its keys of caches."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.language_models.model_profile import ModelProfile
from langchain_core.load import dumpd
from langchain_core.load.serializable import SerializedConstructor, SerializedNotImplemented
from langchain_core.utils.utils import _build_model_kwargs
from pydantic import Field, field_serializer, model_validator
from typing_extensions import override

from langchain_zhipu._chat.counting import CountsTokens
from langchain_zhipu._chat.migrating import OtherNames, from_chat_openai
from langchain_zhipu._chat.profiles import DerivedProfile, profile_of
from langchain_zhipu._connection import ZhipuSettings
from zhipu_client import InvalidRequestError, __version__
from zhipu_client.adapting import TrueOrFalse, mapping, refuse, suggestion, warn_user
from zhipu_client.conversation import FREE_FIELDS, ReasoningHistory, ToolChoiceMode, redacted

__all__ = ["SENT", "ChatSettings", "redacted_json", "redacted_repr"]

_Serialized = SerializedConstructor | SerializedNotImplemented

#: Fields that decide what is sent, and so what comes back.
SENT = (
    "model", "temperature", "top_p", "max_tokens", "stop", "n", "do_sample", "thinking",
    "reasoning_effort", "clear_thinking", "reasoning_history", "tool_stream", "stream_usage",
    "tool_choice_mode", "repair_tool_calls",
    "think_tags", "keep_box_marks", "cost", "include_response_headers", "file_mode", "request_id",
    "user_id", "response_format", "sensitive_word_check", "watermark_enabled", "meta", "extra",
    "extra_body",
    "model_kwargs",
)  # fmt: skip


class ChatSettings(OtherNames, ZhipuSettings, CountsTokens, BaseChatModel):
    """All fields of `ChatZhipuAI`, which documents them; the calls are there."""

    model: str = "glm-4.7"
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    stop: list[str] | str | None = None
    n: int | None = None
    do_sample: TrueOrFalse | None = None
    thinking: TrueOrFalse | dict[str, Any] | Literal["auto", "enabled", "disabled"] | None = None
    reasoning_effort: str | None = None
    clear_thinking: TrueOrFalse | None = None
    reasoning_history: ReasoningHistory | None = None
    tool_stream: TrueOrFalse | None = None
    stream_usage: TrueOrFalse | None = None
    think_tags: TrueOrFalse | Literal["opened"] | None = None
    keep_box_marks: TrueOrFalse = False
    cost: TrueOrFalse | Literal["bigmodel", "zai"] = False
    include_response_headers: TrueOrFalse = False
    file_mode: Literal["inline", "auto"] = "inline"
    tool_choice_mode: ToolChoiceMode = "auto"
    request_id: str | None = None
    user_id: str | None = None
    response_format: Any = None
    sensitive_word_check: dict[str, Any] | None = None
    watermark_enabled: TrueOrFalse | None = None
    meta: dict[str, Any] | None = None
    extra: dict[str, Any] | None = None
    extra_body: dict[str, Any] | None = None
    model_kwargs: dict[str, Any] = Field(default_factory=dict)
    streaming: TrueOrFalse = False
    repair_tool_calls: TrueOrFalse | None = None
    token_counting: Literal["auto", "service", "estimate"] = "auto"  # noqa: S105 - no password

    _aliases: ClassVar[Mapping[str, str]] = {
        **ZhipuSettings._aliases,
        "model_name": "model",
        "stop_sequences": "stop",
        "max_completion_tokens": "max_tokens",
    }

    @model_validator(mode="before")
    @classmethod
    def _zhipu_extra(cls, values: Any) -> Any:
        """Move unknown arguments to ``model_kwargs``, with a warning."""
        if not isinstance(values, dict):
            return values
        if values.keys() >= cls.model_fields.keys() and _follows(values["profile"]):
            # From `configurable_fields`: all fields of another object, one or more of them changed.
            values = {name: value for name, value in values.items() if name != "profile"}
        if "model_kwargs" in values:
            if values["model_kwargs"] is None:
                raise refuse("model_kwargs", None, "must be a dict with names as keys")
            mapping("model_kwargs", values["model_kwargs"])
        known = {*cls.model_fields, *cls._aliases}
        for name in values.keys() - known:
            if str(name).lower().replace("_", "").endswith("apikey"):
                # It would be sent, and shown, as a parameter of the model.
                raise InvalidRequestError(f"{name} is not known: did you mean api_key?", field=name)
        values = from_chat_openai(cls.__name__, values, known)
        return _build_model_kwargs(_with_suggestions(cls.__name__, values, known), known)

    @model_validator(mode="after")
    def _set_zhipu_version(self) -> Self:
        self._add_version("zhipu-integrations", __version__)
        return self

    # --- What LangChain asks about the model

    @property
    def model_name(self) -> str:
        """Return the model code, by its name in other packages."""
        return self.model

    @model_name.setter
    def model_name(self, value: str) -> None:
        self.model = value

    @property
    def lc_secrets(self) -> dict[str, str]:
        """Return the field that is never serialised, and the variable to read it from instead."""
        return {"api_key": "ZHIPUAI_API_KEY"}

    @classmethod
    @override
    def is_lc_serializable(cls) -> bool:
        return True

    @classmethod
    @override
    def get_lc_namespace(cls) -> list[str]:
        return ["langchain_zhipu", "chat_models"]

    @override
    def _resolve_model_profile(self) -> ModelProfile | None:
        return profile_of(self.model)

    @override
    def _get_llm_string(self, stop: list[str] | None = None, **kwargs: Any) -> str:
        # Not from the cached `_serialized`: a copy with other settings has inherited that.
        own = json.dumps(dumpd(self), sort_keys=True, default=str)
        params = {**redacted(kwargs), "stop": stop}
        return f"{own}---{sorted(params.items(), key=lambda item: item[0])}"

    @override
    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        copied = super().model_copy(update=update, deep=deep)
        copied.__dict__.pop("_serialized", None)
        if update and "model" in update and "profile" not in update and _follows(copied.profile):
            copied.profile = copied._resolve_model_profile()
        return copied

    @override
    def _combine_llm_outputs(self, llm_outputs: list[dict[str, Any] | None], /) -> dict[str, Any]:
        usage: dict[str, int] = {}
        names = []
        for output in llm_outputs:
            for key, value in ((output or {}).get("token_usage") or {}).items():
                if isinstance(value, int):
                    usage[key] = usage.get(key, 0) + value
            names.append((output or {}).get("model_name"))
        return {"token_usage": usage, "model_name": next(filter(None, names), self.model)}

    @override
    def to_json(self) -> _Serialized:
        return redacted_json(super().to_json(), *FREE_FIELDS)

    @field_serializer(*FREE_FIELDS, check_fields=False)
    def _write_further(self, value: dict[str, Any] | None) -> dict[str, Any] | None:
        return redacted(value) if isinstance(value, Mapping) else value

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        yield from redacted_repr(super().__repr_args__(), *FREE_FIELDS)

    if not TYPE_CHECKING:  # to a type checker it would permit any attribute

        def __setattr__(self, name: str, value: Any) -> None:
            super().__setattr__(name, value)
            if name == "model" and _follows(self.profile):
                self.profile = self._resolve_model_profile()


def redacted_json(found: _Serialized, *names: str) -> _Serialized:
    """Return a serialised form without the secrets in its arguments of those names."""
    fields: Any = found.get("kwargs")
    if not isinstance(fields, Mapping):
        return found
    own = {name: redacted(fields[name]) for name in names if isinstance(fields.get(name), Mapping)}
    made: Any = {**found, "kwargs": {**fields, **own}}
    shown: _Serialized = made
    return shown


def redacted_repr(found: Iterable[Any], *names: str) -> Iterator[tuple[str | None, Any]]:
    """Yield what ``repr`` shows, without the secrets in the arguments of those names."""
    for shown, value in found:
        hidden = shown in names and isinstance(value, Mapping)
        yield shown, redacted(value) if hidden else value


def _with_suggestions(owner: str, values: dict[str, Any], known: set[str]) -> dict[str, Any]:
    """Return the values with misspelt names among ``model_kwargs``; says what was meant."""
    further = values.get("model_kwargs") or {}
    meant = {
        name: found
        for name in values.keys() - known - further.keys()
        if (found := suggestion(str(name), known)) is not None
    }
    for name, found in sorted(meant.items()):
        warn_user(
            f"{owner} has no argument {name!r} (did you mean {found!r}?); it is sent with each "
            "request as it is",
        )
    if not meant:
        return values
    moved = {name: values[name] for name in meant}
    kept = {name: value for name, value in values.items() if name not in meant}
    return {**kept, "model_kwargs": {**further, **moved}}


def _follows(profile: Any) -> bool:
    """Return True for a profile that changes with the model, since no user gave it."""
    return profile is None or isinstance(profile, DerivedProfile)
