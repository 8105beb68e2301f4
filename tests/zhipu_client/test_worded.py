"""Failures in the words of other servers, as they send them, and what they are."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.overflows import OVERFLOW
from zhipu_client import (
    APIError,
    AuthenticationError,
    BadRequestError,
    ContentFilterError,
    ContextOverflowError,
    InsufficientBalanceError,
    NotFoundError,
    PermissionDeniedError,
    QuotaExceededError,
    RateLimitError,
    ServerError,
)
from zhipu_client.errors._failures import error_from


def read(status: int, body: Any) -> APIError:
    return error_from(status, {}, json.dumps(body, ensure_ascii=False).encode())


def nested(message: str, **facts: Any) -> dict[str, Any]:
    return {"error": {"message": message, **facts}}


@pytest.mark.parametrize("server", OVERFLOW)
def test_an_overflow_in_every_shape(server: str) -> None:
    said = OVERFLOW[server]
    shapes = [
        nested(said, type="BadRequestError", param=None, code=400),
        nested(said, type="None", code="400"),
        {"object": "error", "message": said, "type": "BadRequestError", "code": 400},
        {"error": said},
        {"error": said, "error_type": "validation"},
        {"detail": f"[address=127.0.0.1:1, pid=7] {said}"},
        nested("Provider returned error", code=400, metadata={"raw": said}),
    ]
    for status in (400, 413, 422, 500):
        for body in shapes:
            error = read(status, body)
            assert isinstance(error, ContextOverflowError), (status, body, error)
            assert not error.retryable


#: Servers, HTTP status, the message with the facts beside it (or a whole body), the error.
ROWS: list[tuple[str, int, Any, type[APIError]]] = [
    # Limits.
    ("openai", 429, nested("Limit 3, Used 3", code="rate_limit_exceeded"), RateLimitError),
    ("azure", 429, {"statusCode": 429, "message": "Try again in 6 seconds."}, RateLimitError),
    ("router", 503, nested("rate-limited upstream, retry shortly"), RateLimitError),
    ("raw", 429, nested("Provider returned error", code=429, metadata={"raw": "is temporarily "
     "rate-limited upstream"}), RateLimitError),
    ("sglang", 503, {"object": "error", "message": "The request queue is full.",
     "type": "ServiceUnavailable", "code": 503}, RateLimitError),
    ("litellm", 500, nested('ZaiException - {"error":{"code":"1302","message":"busy"}}'),
     RateLimitError),
    ("aliyun", 400, nested("Throttling: Requests rate limit exceeded"), RateLimitError),
    ("tgi", 503, {"error": "Model is overloaded", "error_type": "overloaded"}, ServerError),
    # Money and plans.
    ("litellm-1113", 429, nested("litellm.RateLimitError: ZaiException - 余额不足或无可用资源包"),
     InsufficientBalanceError),
    ("one-api", 403, nested("用户额度不足, 剩余额度: 0"), InsufficientBalanceError),
    ("silicon", 403, {"code": 30001, "message": "your account balance is insufficient"},
     InsufficientBalanceError),
    ("new-api", 401, nested("该令牌额度已用尽 TokenStatusExhausted[sk-a***z]"), QuotaExceededError),
    ("new-api-2", 403, nested("no", code="pre_consume_token_quota_failed"), QuotaExceededError),
    ("openrouter-key", 403, nested("Key limit exceeded (total limit)", code=403),
     QuotaExceededError),
    ("litellm-budget", 400, nested("Budget has been exceeded!", type="budget_exceeded"),
     QuotaExceededError),
    # Models.
    ("vllm-old", 404, {"object": "error", "message": "The model `x` does not exist.",
     "type": "NotFoundError", "code": 404}, NotFoundError),
    ("lm-studio", 400, {"error": "No models loaded. Please load one"}, NotFoundError),
    ("litellm-name", 400, nested("litellm.BadRequestError: LLM Provider NOT provided."),
     NotFoundError),
    ("openrouter", 400, nested("x/y is not a valid model ID", code=400), NotFoundError),
    ("xinference", 500, {"detail": "[pid=3] Model not found in the model list, uid: x"},
     NotFoundError),
    ("transformers", 500, {"detail": "x is not a valid model identifier listed there"},
     NotFoundError),
    ("groq", 400, nested("The model `x` has been decommissioned"), NotFoundError),
    ("github", 400, nested("no", code="unknown_model"), NotFoundError),
    ("silicon-model", 400, {"code": 20012, "message": "Model does not exist."}, NotFoundError),
    ("in-chinese", 400, nested("模型不存在，请检查"), NotFoundError),
    ("new-api-model", 503, nested("No available channel for model x"), NotFoundError),
    ("litellm-access", 401, nested("key not allowed", type="key_model_access_denied"),
     PermissionDeniedError),
    # Keys.
    ("vllm", 401, {"error": "Unauthorized"}, AuthenticationError),
    ("gemini", 400, nested("API key not valid."), AuthenticationError),
    ("litellm-expired", 400, nested("Expired Key.", type="expired_key"), AuthenticationError),
    ("litellm-upstream", 500, nested("litellm.AuthenticationError: token expired or incorrect"),
     AuthenticationError),
    ("one-api-key", 500, nested("无效的令牌"), AuthenticationError),
    # Filters.
    ("azure-within", 400, nested("no", innererror={"code": "ResponsibleAIPolicyViolation"}),
     ContentFilterError),
    ("openai-safety", 400, nested("rejected as a result of our safety system"),
     ContentFilterError),
    ("litellm-guard", 400, nested("Violated guardrail policy"), ContentFilterError),
    ("new-api-words", 400, nested("no", code="sensitive_words_detected"), ContentFilterError),
    ("behind-a-gateway", 400, nested("系统检测到输入或生成内容可能包含不安全或敏感内容"),
     ContentFilterError),
    ("deepseek", 400, nested("Content Exists Risk"), ContentFilterError),
    ("raw-1301", 400, nested("Provider returned error", metadata={"raw":
     {"error": {"code": "1301", "message": "no"}}}), ContentFilterError),
    # The words of one thing in the answer about another.
    ("tokens-a-minute", 429, nested("the context length of 9001 tokens exceeds the limit of "
     "tokens per minute", type="tokens"), RateLimitError),
    ("one-request", 413, nested("please reduce your message size", code="rate_limit_exceeded"),
     ContextOverflowError),
    ("max-tokens", 400, nested("max_tokens is too large: 9. It supports 4 completion tokens"),
     BadRequestError),
    ("a-name", 400, nested("name: string too long, maximum length 64"), BadRequestError),
    ("a-name-in-chinese", 400, nested("输入参数 name 超过最大长度 64"), BadRequestError),
    ("a-function", 400, nested("the function get_x was not found in tools"), BadRequestError),
    ("no-tools", 400, nested("model x does not support tools"), BadRequestError),
    ("an-echo", 422, {"detail": [{"loc": ["body", "x"], "msg": "Field required", "input":
     'rate limit exceeded; the model x does not exist; prompt is too long; "code":"1301"'}]},
     BadRequestError),
    ("a-code-of-another", 400, nested('upstream: {"base_resp": {"code": 1002}}'), BadRequestError),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "kind"), [pytest.param(*r[1:], id=r[0]) for r in ROWS])
def test_words_of_other_servers(status: int, body: Any, kind: type[APIError]) -> None:
    error = read(status, body)
    assert type(error) is kind
    assert error.retryable is (kind in {RateLimitError, ServerError})


def test_what_a_provider_said_behind_a_gateway_is_in_the_text() -> None:
    error = read(400, nested("Provider returned error", metadata={"raw": "no such voice"}))
    assert str(error).startswith("Provider returned error: no such voice")
