"""What failed, in the words of servers that are not the service: two tables. Pure.

The service has a business code for each failure. Other servers have a word for it (in ``code`` or
``type``), or only a sentence. Each row has the servers whose words they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from zhipu_client.errors import (
    APIError,
    AuthenticationError,
    ContentFilterError,
    ContextOverflowError,
    InsufficientBalanceError,
    NotFoundError,
    QuotaExceededError,
    RateLimitError,
    ServerError,
)

__all__ = ["kind_by_words"]

#: How much of a message is looked at: overflow is said at its beginning, whatever is quoted after.
_LONGEST = 2000
#: Statuses for which an overflow is never meant: limits, keys and missing models speak of tokens,
#: lengths and windows too.
_NEVER_OVERFLOW = frozenset({401, 402, 403, 404, 408, 429})

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
        # Moonshot, LiteLLM: a plan or budget is used up.
        ("exceeded_current_quota_error budget_exceeded", (QuotaExceededError, False)),
        # OpenAI, vLLM, SGLang, one-api, DashScope; llama-server's router.
        ("model_not_found modelnotfound notfounderror not_found_error model_not_exist",
         (NotFoundError, False)),
        # OpenAI, DashScope, llama-server, Moonshot, LiteLLM.
        (("invalid_api_key authentication_error authenticationerror invalid_authentication_error "
         "auth_error token_not_found_in_db"), (AuthenticationError, False)),
        # OpenAI and Azure, DashScope, Moonshot, LiteLLM's class.
        (("content_filter content_policy_violation responsibleaipolicyviolation "
         "data_inspection_failed datainspectionfailed contentpolicyviolationerror"),
         (ContentFilterError, False)),
        # Anthropic, new-api.
        ("overloaded_error service_unavailable_error", (ServerError, True)),
    )
    for word in words.split()
}  # fmt: skip

_OVERFLOW = (
    # vLLM (all versions), SGLang, DeepSeek, OpenRouter, OpenAI, xAI, transformers serve, Mistral.
    r"maximum (?:context|prompt|model) length",
    # vLLM: "longer than the maximum model length", "exceeds model's maximum context length".
    r"(?:longer|larger|greater) than the (?:maximum )?(?:model|context) (?:length|size|window)",
    # SGLang: "is longer than the model's context length"; Ollama: "exceeds the context length".
    (r"(?:longer than|exceeds?|exceeded)(?: the)?(?: (?:model's|max(?:imum)?|allowed|available))* "
    r"context(?: length| size| window|_length)"),
    # llama-server: "exceeds the available context size"; older: "context size exceeded".
    r"context (?:size|length|window|limit) (?:has been |was |is )?exceed(?:ed|s)",
    # OpenAI's responses: "your input exceeds the context window of this model"; MiniMax.
    r"exceeds? (?:the )?(?:context (?:window|limit|length)|model token limit)",
    # llama-cpp-python, which Xinference serves: "exceed context window of".
    r"requested tokens \(\d+\) exceed context window",
    # LM Studio: "tokens to keep from the initial prompt is greater than the context length".
    r"tokens to keep from the initial prompt",
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
    # Moonshot: "exceeded model token limit"; DashScope: "Range of input length should be [1, …]".
    r"exceeded model token limit|range of input length should be",
    # Groq, Cerebras, and vLLM's own advice.
    r"reduce the length of the (?:input )?(?:messages|prompt)",
)  # fmt: skip
#: Sentences -> the error, and whether a retry can help. Read in this order.
_SENTENCES: tuple[tuple[re.Pattern[str], Row], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), row)
    for pattern, row in (
        ("|".join(_OVERFLOW), (ContextOverflowError, False)),
        # OpenAI and its gateways; OpenRouter ("Insufficient credits").
        (r"exceeded your current quota|insufficient (?:credits|balance|quota)",
         (InsufficientBalanceError, False)),
        # LiteLLM (router and classes), OpenAI, SGLang's router, Hugging Face.
        (r"rate ?limit(?:error| reached| exceeded|ed)|too many requests|request queue is full",
         (RateLimitError, True)),
        # vLLM, SGLang, Ollama, LiteLLM, LM Studio, Xinference, one-api (also in Chinese).
        ((r"the model .{0,200}does not exist|model .{0,200}not found|invalid model name passed|"
         r"no available channel|无可用渠道"), (NotFoundError, False)),
        # OpenAI, llama-server, LiteLLM.
        (r"(?:incorrect|invalid) api key|invalid proxy server token",
         (AuthenticationError, False)),
        # Azure, LiteLLM, OpenRouter ("flagged").
        (r"content management policy|content ?policy ?violation|input was flagged",
         (ContentFilterError, False)),
    )
)  # fmt: skip


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
    text = (message or "")[:_LONGEST]
    for pattern, row in _SENTENCES:
        if pattern.search(text) and _may_be(row[0], status):
            return row
    return None


def _may_be(kind: type[APIError], status: int | None) -> bool:
    return kind is not ContextOverflowError or status not in _NEVER_OVERFLOW


def _codes_in(body: Any) -> Iterator[str]:
    """Yield the words for its kind that a body has, in its own member or around it."""
    if not isinstance(body, Mapping):
        return
    inner = body.get("error")
    for source in (inner, body):
        if isinstance(source, Mapping):
            for name in ("code", "type", "error_type"):
                if isinstance(source.get(name), str):
                    yield source[name].strip().lower()
