"""What failed, in the words of servers that are not the service: two tables. Pure.

The service has a business code for each failure. Other servers have a word for it (in ``code`` or
``type``), or only a sentence. Each row has the servers whose words they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from zhipu_client.errors import (
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

__all__ = ["kind_by_words", "quoted_code", "says_no_path"]

#: How much of a message is looked at: overflow is said at its beginning, whatever is quoted after.
_LONGEST = 2000
#: Statuses for which an overflow is never meant: limits, keys and missing models speak of tokens,
#: lengths and windows too.
_NEVER_OVERFLOW = frozenset({401, 402, 403, 404, 408, 429})
#: One request that is larger than a limit will not fit later either, whatever it is called.
_TOO_LARGE = 413

Row = tuple[type[APIError], bool]

#: Words in ``code`` and ``type`` -> the error, and whether a retry can help.
_CODES: Mapping[str, Row] = {
    word: row
    for words, row in (
        # OpenAI, LM Studio, Groq, OpenRouter, new-api; llama-server; vLLM's and SGLang's forks.
        (("context_length_exceeded exceed_context_size_error context_window_exceeded "
         "contextwindowexceedederror model_context_window_exceeded"),
         (ContextOverflowError, False)),
        # OpenAI, Groq, Mistral, Anthropic; LiteLLM's class; Moonshot.
        (("rate_limit_exceeded rate_limit_error ratelimiterror rate_limit_reached_error "
         "too_many_requests throttling_error engine_overloaded_error"),
         (RateLimitError, True)),
        # OpenAI (no money left), DashScope; OpenRouter and one-api have a status of their own.
        ("insufficient_quota insufficient_user_quota arrearage", (InsufficientBalanceError, False)),
        # Moonshot, LiteLLM: a plan or budget is used up; new-api: that of the key.
        ("exceeded_current_quota_error budget_exceeded pre_consume_token_quota_failed",
         (QuotaExceededError, False)),
        # LiteLLM: the key may not use this model.
        ("key_model_access_denied team_model_access_denied user_model_access_denied",
         (PermissionDeniedError, False)),
        # OpenAI, vLLM, SGLang, one-api, DashScope, GitHub, Groq, Azure; llama-server's router.
        (("model_not_found modelnotfound notfounderror not_found_error model_not_exist "
         "unknown_model model_decommissioned deploymentnotfound"), (NotFoundError, False)),
        # OpenAI, DashScope, llama-server, Moonshot, LiteLLM.
        (("invalid_api_key authentication_error authenticationerror invalid_authentication_error "
         "auth_error token_not_found_in_db expired_key no_db_connection"),
         (AuthenticationError, False)),
        # OpenAI and Azure, DashScope, Moonshot, LiteLLM's class; new-api; Volcengine.
        (("content_filter content_policy_violation responsibleaipolicyviolation "
         "data_inspection_failed datainspectionfailed contentpolicyviolationerror "
         "moderation_blocked sensitive_words_detected sensitivecontentdetected "
         "inputtextsensitivecontentdetected outputtextsensitivecontentdetected"),
         (ContentFilterError, False)),
        # Anthropic, new-api.
        ("overloaded_error service_unavailable_error", (ServerError, True)),
    )
    for word in words.split()
}  # fmt: skip

#: A name in quotes or without.
_NAME = r"""(?:[`'"][^`'"\n]{1,150}[`'"]|[^\s`'"]{1,150})"""
_OVERFLOW = (
    # vLLM (all versions), SGLang, DeepSeek, OpenRouter, OpenAI, xAI, transformers serve, Mistral.
    r"maximum (?:context|prompt|model) length",
    # vLLM: "longer than the maximum model length", "exceeds model's maximum context length".
    r"(?:longer|larger|greater) than the (?:maximum )?(?:model|context) (?:length|size|window)",
    # SGLang: "is longer than the model's context length"; Ollama: "exceeds the context length".
    (r"(?:longer than|exceeds?|exceeded)(?: the)?"
    r"(?: (?:model(?:'s)?|max(?:imum)?|allowed|available))* "
    r"context(?: length| size| window|_length)"),
    # SGLang: "Input length (9 tokens) exceeds the maximum allowed length"; TensorRT-LLM: "Prompt
    # length (9) exceeds maximum input length", "The sum of prompt length (9.0), … not exceed".
    r"(?:prompt|input) length \(?\d.{0,60}exceed",
    # vLLM and SGLang, with pictures: "too long to fit into the model", "too long after expanding".
    r"too long (?:to fit into the model|after expanding)",
    # LMDeploy.
    r"(?:input|messages?|prompt)s? (?:are|is) too long|exceeds? session_len",
    # llama-server: "exceeds the available context size"; older: "context size exceeded".
    r"context (?:size|length|window|limit) (?:has been |was |is )?exceed(?:ed|s)",
    # llama-server, for embeddings and reranking.
    r"too large to process.{0,20}increase the physical batch size",
    # OpenAI's responses: "your input exceeds the context window of this model"; MiniMax.
    r"exceeds? (?:the )?(?:context (?:window|limit|length)|model token limit)",
    # llama-cpp-python, which Xinference serves: "exceed context window of".
    r"requested tokens \(\d+\) exceed context window",
    # LM Studio: "tokens to keep from the initial prompt is greater than the context length"; older
    # ones: "when context the overflows", "Reached context length of 4096 tokens".
    (r"tokens to keep from the initial prompt|when context (?:the )?overflows|"
    r"reached context length of"),
    # Text Generation Inference: "`inputs` tokens + `max_new_tokens` must be <= 4096"; the
    # embeddings server of the same makers: "must have less than 512 tokens".
    r"`?inputs?`? (?:tokens \+ `max_new_tokens` must be <=|must have less than \d+ tokens)",
    # Ollama: "prompt too long; exceeded max context length"; Anthropic: "prompt is too long".
    r"prompt (?:is )?too long",
    # The service behind a gateway (LiteLLM quotes it, without its code).
    r"prompt exceeds max length|contextwindowexceeded",
    # Bedrock: "Input is too long for requested model"; Gemini's gateway: "exceeds the maximum
    # number of tokens allowed"; Copilot: "prompt token count of 5 exceeds the limit of 4".
    r"input is too long for|input token count .{0,40}exceeds|prompt token count of \d+ exceeds",
    # Cohere: "too many tokens: size limit exceeded by 9 tokens"; gateways: "9 tokens exceed the
    # limit". What is asked for as an answer is another thing.
    r"too many tokens:|\d (?:input |prompt )?tokens exceeds? the (?:limit|max)",
    # Moonshot: "exceeded model token limit"; DashScope: "Range of input length should be [1, …]".
    r"exceeded model token limit|range of input length should be",
    # Groq, Cerebras, and vLLM's own advice; Groq, with HTTP 413.
    r"reduce the length of the (?:input )?(?:messages|prompt)|reduce your message size",
    # Gateways in Chinese.
    (r"(?:输入(?!参数)|上下文|prompt|tokens?).{0,20}(?:超过|超出).{0,20}(?:上下文|长度|窗口)|"
    r"(?:输入|上下文|prompt).{0,8}(?:过长|超长)"),
)  # fmt: skip
#: Sentences -> the error, and whether a retry can help. Read in this order.
_SENTENCES: tuple[tuple[str, Row], ...] = (
    ("|".join(_OVERFLOW), (ContextOverflowError, False)),
    # OpenAI and its gateways; OpenRouter ("Insufficient credits"); SiliconFlow; the service
    # behind a gateway; one-api and new-api.
    ((r"exceeded your current quota|insufficient (?:credits|balance|quota)|"
     r"balance is insufficient|余额不足|额度不足"), (InsufficientBalanceError, False)),
    # new-api: a key with a budget; OpenRouter.
    ((r"令牌额度已用尽|TokenStatusExhausted|token quota is not enough|"
     r"key limit exceeded|over budget"), (QuotaExceededError, False)),
    # LiteLLM (router and classes), OpenAI, SGLang's router, Hugging Face; OpenRouter.
    (r"rate[ -]?limit(?:error| reached| exceeded|ed)|too many requests|request queue is full",
     (RateLimitError, True)),
    # The service itself, with HTTP 200 and the code 500: it has no such path.
    (r"^404 NOT_FOUND$", (NotFoundError, False)),
    # vLLM, SGLang, Ollama, LiteLLM, LM Studio, Xinference, one-api (also in Chinese), Groq,
    # OpenRouter, SiliconFlow, the service behind a gateway; transformers serve.
    ((rf"\bmodel:?(?: {_NAME})? (?:does not exist|(?:is |was )?not found|"
     r"has been decommissioned)|invalid model name passed|LLM provider not provided|"
     r"is not a valid model (?:id|name)|no models loaded|"
     r"no available channel|无可用渠道|模型不存在"), (NotFoundError, False)),
    # OpenAI, llama-server, LiteLLM (its class, and what it quotes), Gemini, new-api; the
    # service behind a gateway.
    ((r"(?:incorrect|invalid) api key|api key not valid|invalid proxy server token|"
     r"\bAuthenticationError\b|token expired or incorrect|无效的令牌|令牌已过期"),
     (AuthenticationError, False)),
    # Azure, LiteLLM (its class and its guardrails), OpenRouter ("flagged"), OpenAI, DashScope,
    # DeepSeek, Moonshot, Volcengine; the service behind a gateway, and new-api, in Chinese.
    ((r"content management policy|content ?policy ?violation|input was flagged|"
     r"flagged by moderation|violated guardrail|result of our safety system|"
     r"inappropriate content|content exists risk|was considered high risk|"
     r"contain sensitive information|敏感词|敏感内容"),
     (ContentFilterError, False)),
    # Xinference and LiteLLM, with HTTP 500: a field that the server does not know.
    (r"got an unexpected keyword argument|does not support parameters",
     (BadRequestError, False)),
)  # fmt: skip


#: A code of the service in a text that a gateway quotes, as JSON (also escaped) or in brackets.
#: Those about keys are left out: other providers have the same numbers for other things.
_QUOTED = re.compile(r"""code\\*["']\s*:\s*\\*["']?(1[1-7]\d\d)\b|\[(1[1-7]\d\d)\]\s*\[""")


def quoted_code(body: Any, message: str | None) -> str | None:
    """Return the business code in an answer of the service that a gateway quotes, or None.

    Args:
        body: The decoded body or frame.
        message: Its message.

    Examples:
        >>> quoted_code({}, 'ZaiException - {"error":{"code":"1302","message":"too many"}}')
        '1302'
    """
    found = _QUOTED.search(_said(body, message)[:_LONGEST])
    return found.group(1) or found.group(2) if found else None


def kind_by_words(status: int | None, body: Any, message: str | None) -> Row | None:
    """Return the error that a failure's words mean, and whether a retry can help; None for others.

    Args:
        status: The HTTP status; None inside a stream.
        body: The decoded body or frame.
        message: Its message.
    """
    for word in _codes_in(body):
        row = _CODES.get(word)
        if row is not None and _may_be(row[0], status):
            return row
    text = _said(body, message)[:_LONGEST]
    for pattern, row in _SENTENCES:
        # Compiled by the first failure: at import it costs more than all else here.
        if _compiled(pattern).search(text) and _may_be(row[0], status):
            return row
    return None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.DOTALL)


#: FastAPI (as JSON), Spring (with the path), Go, llama-server; the service.
_NO_PATH = re.compile(r"\W?(?:404:? ?)?(?:file |page )?not[ _]found(?: /\S*)?\W?", re.IGNORECASE)


def says_no_path(message: str) -> bool:
    """Return whether a failure's message is that of a server without the path that was asked for.

    Examples:
        >>> says_no_path("404 page not found"), says_no_path("model 'a' not found")
        (True, False)
    """
    return _NO_PATH.fullmatch(message[:_LONGEST]) is not None


def _may_be(kind: type[APIError], status: int | None) -> bool:
    if kind is RateLimitError:
        return status != _TOO_LARGE
    return kind is not ContextOverflowError or status not in _NEVER_OVERFLOW


def _said(body: Any, message: str | None) -> str:
    """Return what a failure says itself: FastAPI repeats the whole request beside it."""
    detail = body.get("detail") if isinstance(body, Mapping) else None
    if not isinstance(detail, list):
        return message or ""
    return " ".join(str(row.get("msg")) for row in detail if isinstance(row, Mapping))


def _codes_in(body: Any) -> Iterator[str]:
    """Yield the words for its kind that a body has: in its own member, around it, and within."""
    if not isinstance(body, Mapping):
        return
    inner = body.get("error")
    # Azure has the true reason one level further down.
    within = inner.get("innererror") if isinstance(inner, Mapping) else None
    for source in (inner, body, within):
        if isinstance(source, Mapping):
            for name in ("code", "type", "error_type"):
                if isinstance(source.get(name), str):
                    yield source[name].strip().lower()
