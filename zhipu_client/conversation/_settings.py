"""The names of the values of a call, and how those are sent that the client does not know. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zhipu_client import chat
from zhipu_client._check import refuse
from zhipu_client.dialects import DIALECTS, Dialect

__all__ = [
    "IGNORED", "KNOWN", "OF_OTHERS", "PARAMS", "RENAMED", "further_fields", "mapping", "options",
]  # fmt: skip

#: Parameters that the client knows by name; everything else a caller names goes to `extra_body`.
PARAMS = frozenset(chat.ChatParams.__annotations__) - {"extra_body"}
#: Arguments that frameworks pass around, or other providers have, and that mean nothing here.
IGNORED = frozenset(
    {
        "formatted", "ls_structured_output_format", "run_manager", "stream", "strict",
        "structured_output_format", "tool_required", "verbose",
    }
)  # fmt: skip
#: Names that others have for values -> the names here.
RENAMED = {
    "max_completion_tokens": "max_tokens", "user": "user_id", "model_name": "model",
    "stop_sequences": "stop", "request_timeout": "timeout",
}  # fmt: skip
#: Values that are read here and not sent under their name.
_READ = frozenset(
    {
        "model", "messages", "clear_thinking", "reasoning_history", "tool_choice_mode", "timeout",
        "max_retries", "extra_headers", "default_headers", "headers", "extra_body", "structured",
        "server_tools", "web_search", "parallel_tool_calls", "think_tags", "keep_box_marks",
        "stream_usage", "repair_tool_calls", "cost",
        "include_response_headers", "file_mode",
    }
)  # fmt: skip
KNOWN = PARAMS | IGNORED | _READ | RENAMED.keys()
#: Parameters of other servers whose names look like others here.
OF_OTHERS = DIALECTS["zhipu"].unknown | {
    "max_new_tokens", "min_p", "min_tokens", "top_a", "top_k", "tools",
}  # fmt: skip
_NO_RESPONSES = "there is no Responses API for GLM"
#: What the service has in the place of others' parameters.
_INSTEAD = {
    "include": _NO_RESPONSES,
    "modalities": "a model that speaks, such as glm-4-voice, needs no word for it",
    "previous_response_id": _NO_RESPONSES,
    "prompt_cache_key": "it caches by the beginning of the messages",
    "prompt_cache_options": "it caches by the beginning of the messages",
    "reasoning": 'it takes reasoning_effort="low" and thinking=False',
    "safety_identifier": "it takes user_id",
    "truncation": _NO_RESPONSES,
    "verbosity": 'it takes reasoning_effort="low" and thinking=False',
    "web_search_options": "it takes web_search=True",
}


def further_fields(values: Mapping[str, Any], dialect: Dialect, notes: list[str]) -> dict[str, Any]:
    """Return what goes into the body by names that the client does not know.

    Args:
        values: The values of a call.
        dialect: What the server understands.
        notes: What the caller is to know is added.
    """
    named = PARAMS | _READ | IGNORED
    extra = {key: value for key, value in values.items() if key not in named and value is not None}
    if extra.get("n") == 1:  # every server's own number
        del extra["n"]
    for name in sorted(extra.keys() & dialect.unknown):
        del extra[name]
        other = f"; {_INSTEAD[name]}" if name in _INSTEAD else ""
        notes.append(
            f"{name} is not sent: the service does not know it{other} (extra_body sends it all "
            "the same)"
        )
    extra.update(mapping("extra_body", values))
    return extra


def options(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is of this call alone: ``timeout``, ``max_retries``, ``headers``."""
    headers = {
        key: text
        for name in ("default_headers", "headers", "extra_headers")
        for key, text in mapping(name, values).items()
    }
    found = {
        "timeout": values.get("timeout"),
        "max_retries": values.get("max_retries"),
        "headers": headers or None,
    }
    return {key: value for key, value in found.items() if value is not None}


def mapping(name: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return one of the values, which is a dict of its own or missing."""
    value = values.get(name)
    if value is None or isinstance(value, Mapping):
        return value or {}
    raise refuse(name, type(value).__name__, "must be a dict")
