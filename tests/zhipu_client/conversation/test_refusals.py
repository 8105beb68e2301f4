"""Which field a server refuses, in the words and shapes of servers that exist."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from zhipu_client.conversation.refusals import refusals_in
from zhipu_client.errors._failures import error_from

SENT: dict[str, Any] = {
    "chat_template_kwargs": {"enable_thinking": False},
    "parallel_tool_calls": False,
    "reasoning_content": True,
    "response_format": {"type": "json_schema"},
    "stream_options": {"include_usage": True},
    "tool_choice": "required",
    "tools": [],
    "max_tokens": 5,
}
OURS = SENT.keys() - {"tools", "max_tokens"}
ECHO = {"messages": [{"content": "unknown"}], **SENT}


def camel(field: str) -> str:
    first, *others = field.split("_")
    return first + "".join(word.title() for word in others)


Body = Callable[[str], Any]
#: Server -> status, what it says of a field, whether it means always.
SHAPES: dict[str, tuple[int, Body, bool]] = {
    "vllm-older": (400, lambda f: {"object": "error", "code": 400, "type": "BadRequestError",
        "message": f"[{{'type': 'extra_forbidden', 'loc': ('body', '{f}'), 'input': 1}}]"}, True),
    "fastapi": (422, lambda f: {"detail": [{"type": "extra_forbidden", "loc": ["body", f],
        "msg": "Extra inputs are not permitted", "input": ECHO}]}, True),
    "mistral": (422, lambda f: {"object": "error", "type": "invalid_request_error", "message": {
        "detail": [{"type": "extra_forbidden", "loc": ["body", f], "input": ECHO}]}}, True),
    "tgi": (422, lambda f: {"error": f"Failed to deserialize the body: {f}: unknown variant"},
        True),
    "text": (422, lambda f: f"Failed to deserialize the body: {f}: invalid type", False),
    "fireworks": (400, lambda f: {"error": {"message": f"Extra inputs are not permitted, field: "
        f"'{f}', value: 1", "code": "invalid_request_error"}}, True),
    "xinference": (500, lambda f: {"detail": f"[pid=7] chat() got an unexpected keyword argument "
        f"'{f}'"}, True),
    "litellm": (500, lambda f: {"error": {"message": "litellm.APIConnectionError: X does not "
        f"support parameters: {{'{f}': 1}}, for model=x", "code": "500"}}, True),
    "aspnet": (400, lambda f: {"title": "Validation errors", "status": 400,
        "errors": {f: ["The field is not allowed."]}}, True),
    "rows": (400, lambda f: {"message": "no", "errors": [{"field": f, "message": "unknown"}]},
        True),
    "path": (400, lambda f: {"error": {"message": "no", "details": [{"path": ["body", f]}]}},
        False),
    "zod": (400, lambda f: {"success": False, "error": {"name": "ZodError", "issues": [
        {"code": "unrecognized_keys", "keys": [f], "path": []}]}}, True),
    "protobuf": (400, lambda f: {"error": {"message": f'Unknown name "{camel(f)}"'}}, True),
    "words": (405, lambda f: {"error": f"{f.replace('_', ' ').title()} is not supported"}, True),
}  # fmt: skip


def refused(status: int, body: Any, sent: dict[str, Any] = SENT) -> list[tuple[str, bool]]:
    raw = body if isinstance(body, str) else json.dumps(body)
    found = refusals_in(error_from(status, {}, raw.encode()), sent, OURS)
    return [(refusal.field, refusal.lasting) for refusal in found]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_field_that_is_named(shape: str) -> None:
    status, body, lasting = SHAPES[shape]
    for field in sorted(OURS):
        assert refused(status, body(field)) == [(field, lasting)]


@pytest.mark.parametrize("words", ["JSON schemas", "json mode", "structured output", "guided_json"])
def test_a_schema_by_other_words(words: str) -> None:
    error = {"error": {"message": f"{words} not supported by this backend"}}
    assert refused(400, error) == [("response_format", True)]


VAGUE: list[tuple[int, Any]] = [
    (400, ""), (422, {}), (400, "<html><h1>Bad Request</h1></html>"),
    (400, {"error": {"message": "Invalid request body", "type": "invalid_request_error"}}),
    (422, {"error": "unknown field in the request"}),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body"), VAGUE)
def test_no_field_is_named(status: int, body: Any) -> None:
    """All of ours are left out once; nothing is remembered of it."""
    assert refused(status, body) == [(field, False) for field in sorted(OURS)]
    assert refused(status, body, {"max_tokens": 5}) == []


def test_only_the_beginning_of_a_long_refusal_is_read() -> None:
    tail = "x " * 20_000
    assert refused(400, {"error": f"tool_choice: not supported {tail}"}) == [("tool_choice", True)]
    assert refused(400, {"error": {"message": f"no {tail} tool_choice not supported"}}) == []


OTHERS: list[tuple[int, Any]] = [
    (400, {"error": {"message": "Invalid value: max_tokens is too large"}}),
    (400, {"error": {"message": "Invalid messages: the first must not be a tool's"}}),
    (400, {"error": {"message": "the temperature is too high", "type": "invalid_request_error"}}),
    (400, {"error": {"message": "Prompt is too long for stream_options", "code": 400}}),
    (401, {"error": {"message": "Invalid key for tool_choice"}}),
    (404, {"error": "unknown"}),
    (429, {"error": {"message": "unknown"}}),
    (500, {"error": {"message": "failed at tool_choice"}}),
    (500, "unknown"),
    (422, {"detail": [{"loc": ["body", "max_tokens"], "msg": "no", "input": ECHO}]}),
]


@pytest.mark.parametrize(("status", "body"), OTHERS)
def test_what_is_not_a_refusal_of_ours(status: int, body: Any) -> None:
    assert refused(status, body) == []
