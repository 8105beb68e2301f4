"""Every dialect of the wire, in our own words, is read as what it says."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.wire.dialects import DIALECTS, Dialect, as_asked
from tests.wire.reading import Answer, read
from tests.wire.serving import InProcess
from zhipu_client import (
    APIError,
    AuthenticationError,
    BadRequestError,
    ContentFilterError,
    InsufficientBalanceError,
    QuotaExceededError,
    RateLimitError,
    ServerError,
    StreamIncompleteError,
    ZhipuError,
)

ROUNDS = 8


@pytest.mark.parametrize("name", DIALECTS)
def test_a_dialect_is_read_as_what_it_says(product: InProcess, name: str) -> None:
    dialect = DIALECTS[name]
    tools = [
        {"type": "function", "function": {"name": tool, "parameters": {"type": "object"}}}
        for tool in dialect.tools
    ]
    # The bytes are cut elsewhere each time.
    for _ in range(ROUNDS):
        outcome = product.ask(dialect.body, tools=tools).ok()
        found = Answer(
            outcome.text,
            outcome.reasoning,
            outcome.calls,
            list(outcome.ids),
            outcome.finish,
            outcome.usage,
        )
        wanted = read_as(dialect, asked=product.asked)
        assert found == wanted


def read_as(dialect: Dialect, *, asked: bool) -> Answer:
    """What a dialect says where the stream's tokens are asked for, or are not."""
    counted = as_asked(dialect.body, usage=asked) == dialect.body
    return dialect.answer if counted else replace(dialect.answer, usage=None)


#: Those that were seen to count a stream for whoever asks, and for no one else.
ON_REQUEST = [n for n in DIALECTS if any(s in n for s in ("vLLM", "llama-server", "LiteLLM"))]


@pytest.mark.parametrize("name", ON_REQUEST)
def test_usage_comes_only_where_it_is_asked_for(name: str) -> None:
    dialect = DIALECTS[name]
    assert read_as(dialect, asked=True).usage == (21, 9, 30)
    assert read_as(dialect, asked=False).usage is None
    assert "usage" not in as_asked(dialect.body, usage=False)


def test_usage_that_comes_with_the_end_comes_always() -> None:
    dialect = DIALECTS["transformers serve: the usage with the end, no DONE"]
    assert read_as(dialect, asked=False).usage == (21, 9, 30)


#: Dialects that the direct reading is too simple for: calls in pieces, text in parts.
NOT_PLAIN = {
    "arguments in pieces",
    "index -1 for every call, arguments as an object",
    "vLLM 0.32: two calls in pieces, each name by itself",
    "llama-server: arguments in tokens, text before the call",
    "a new id in each piece of one call",
    "pieces without index and id",
    "a gateway: comments, its own details of reasoning",
    "content in parts",
}


@pytest.mark.parametrize("name", sorted(DIALECTS.keys() - NOT_PLAIN))
def test_the_direct_reading_agrees(name: str) -> None:
    """So the reading that the recordings are compared with is not merely what the client does."""
    assert read(DIALECTS[name].body) == DIALECTS[name].answer


def _error(code: str, message: str, **more: object) -> str:
    return json.dumps({"error": {"code": code, "message": message}, **more}, ensure_ascii=False)


#: Status, body, the error it is, its code.
ERRORS: dict[str, tuple[int, str, type[ZhipuError], str | None]] = {
    "no token": (401, _error("1001", "Authorization Token Missing"), AuthenticationError, "1001"),
    "overloaded, with a request id": (
        429,
        _error("1305", "该模型当前访问量过大，请您稍后再试", request_id="2026"),
        RateLimitError,
        "1305",
    ),
    "too many at once, in brackets": (
        429,
        _error("1302", "[1302][您的账户已达到速率限制，请您控制请求频率][2026aa]"),
        RateLimitError,
        "1302",
    ),
    "no money": (
        429,
        _error("1113", "余额不足或无可用资源包,请充值。"),
        InsufficientBalanceError,
        "1113",
    ),
    "a plan used up until an hour": (
        429,
        _error("1308", "已达到 5 小时的使用上限。您的限额将在 2026-03-12 18:30:00 重置。"),
        QuotaExceededError,
        "1308",
    ),
    "a filter": (
        400,
        _error("1301", "系统检测到输入内容可能敏感", contentFilter=[{"level": 2, "role": "user"}]),
        ContentFilterError,
        "1301",
    ),
    "an error as a string": (
        429,
        json.dumps({"error": "Too many requests, please try again later"}),
        RateLimitError,
        None,
    ),
    "a wrong path with status 200": (
        200,
        json.dumps({"code": 500, "msg": "404 NOT_FOUND", "success": False}),
        APIError,
        "500",
    ),
    "an expired token with status 200": (
        200,
        json.dumps({"code": 401, "msg": "token expired or incorrect", "success": False}),
        AuthenticationError,
        "401",
    ),
    "a list of details": (
        422,
        json.dumps({"detail": [{"loc": ["body", "messages"], "msg": "field required"}]}),
        BadRequestError,
        None,
    ),
    "a gateway's page": (
        502,
        "<html>\n<head><title>502 Bad Gateway</title></head>\n<body>no upstream</body></html>",
        ServerError,
        None,
    ),
    "a network error": (
        500,
        _error("1234", "网络错误，错误id：2026aa，请稍后重试"),
        ServerError,
        "1234",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_in_any_dialect_is_typed(product: InProcess, name: str) -> None:
    status, body, kind, code = ERRORS[name]
    error = product.ask(body, status=status).failed(kind, code=code, status=status)
    assert len(str(error)) < 700
    if "reset" in body or "重置" in body:
        assert error.reset_at is not None
        assert error.reset_at.isoformat() == "2026-03-12T18:30:00+08:00"


#: Streams that must not be taken for whole answers.
BROKEN: dict[str, str] = {
    "a frame cut in a key and another glued to it": 'data: {"id":"2026a","created":1,"cho'
    'data: {"id":"2026b","created":1,"choices":[{"index":0,"delta":{"content":"x"}}]}\n\n'
    'data: {"choices":[{"index":0,"finish_reason":"stop","delta":{}}]}\n\ndata: [DONE]\n\n',
    "no finish reason and no DONE": 'data: {"choices":[{"index":0,"delta":{"content":"x"}}]}\n\n',
    "an error after content": 'data: {"choices":[{"index":0,"delta":{"content":"x"}}]}\n\n'
    'data: {"error":{"code":"1234","message":"network error"}}\n\ndata: [DONE]\n\n',
    "an interrupted generation": 'data: {"choices":[{"index":0,"delta":{"content":"x"}}]}\n\n'
    'data: {"choices":[{"index":0,"finish_reason":"network_error","delta":{}}]}\n\n',
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_stream_raises(product: InProcess, name: str) -> None:
    for _ in range(ROUNDS):
        outcome = product.ask(BROKEN[name])
        outcome.failed(StreamIncompleteError, ServerError, retryable=True)
        assert outcome.finish is None or outcome.finish == "network_error"
