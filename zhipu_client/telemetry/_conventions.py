"""OpenTelemetry's conventions for generative AI: what a request and its answer are called. Pure.

After https://github.com/open-telemetry/semantic-conventions-genai as of November 2026 (their status
is "development": names may change, and are changed here then).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from zhipu_client.conversation import Usage
from zhipu_client.errors import ZhipuError

__all__ = ["error_type", "of_answer", "of_request", "of_session", "operation_of", "server_of"]

#: Path -> the operation, and the kind of what it makes where that is not text.
_OPERATIONS: Mapping[str, tuple[str, str | None]] = {
    "/chat/completions": ("chat", None),
    "/async/chat/completions": ("chat", None),
    "/embeddings": ("embeddings", None),
    "/images/generations": ("generate_content", "image"),
    "/async/images/generations": ("generate_content", "image"),
    "/videos/generations": ("generate_content", "video"),
    "/audio/speech": ("generate_content", "speech"),
    "/audio/transcriptions": ("generate_content", "text"),
    # The conventions have no names for these.
    "/layout_parsing": ("ocr", None),
    "/rerank": ("rerank", None),
    "//rerank": ("rerank", None),
    "/moderations": ("moderation", None),
    "/web_search": ("web_search", None),
    "/v1/agents": ("invoke_agent", None),
    "//api/v1/agents": ("invoke_agent", None),
}
_NUMBER = (int, float)
#: Field of the body -> attribute, and the kinds of value that it may have.
_FIELDS: Mapping[str, tuple[str, tuple[type, ...]]] = {
    "temperature": ("gen_ai.request.temperature", _NUMBER),
    "top_p": ("gen_ai.request.top_p", _NUMBER),
    "top_k": ("gen_ai.request.top_k", _NUMBER),
    "frequency_penalty": ("gen_ai.request.frequency_penalty", _NUMBER),
    "presence_penalty": ("gen_ai.request.presence_penalty", _NUMBER),
    "max_tokens": ("gen_ai.request.max_tokens", (int,)),
    "seed": ("gen_ai.request.seed", (int,)),
    "dimensions": ("gen_ai.embeddings.dimension.count", (int,)),
}
_PORTS = {"http": 80, "https": 443}


def operation_of(path: str) -> tuple[str, str | None] | None:
    """Return the operation of an endpoint and what it makes; None for one that has no span.

    Examples:
        >>> operation_of("/images/generations")
        ('generate_content', 'image')
    """
    return _OPERATIONS.get(path)


def server_of(base_url: str) -> dict[str, Any]:
    """Return the address and the port of a server.

    Examples:
        >>> server_of("https://api.z.ai/api/paas/v4")
        {'server.address': 'api.z.ai', 'server.port': 443}
    """
    parts = urlsplit(base_url)
    found: dict[str, Any] = {"server.address": parts.hostname or ""}
    port = parts.port or _PORTS.get(parts.scheme)
    return found if port is None else {**found, "server.port": port}


def of_request(body: Any) -> dict[str, Any]:
    """Return the attributes of what a request asks for, its words apart."""
    if not isinstance(body, Mapping):
        return {}
    found: dict[str, Any] = {
        name: body[field]
        for field, (name, kinds) in _FIELDS.items()
        if isinstance(body.get(field), kinds) and not isinstance(body[field], bool)
    }
    if body.get("stream") is True:
        found["gen_ai.request.stream"] = True
    stop = body.get("stop")
    if stop:
        words = [stop] if isinstance(stop, str) else stop
        found["gen_ai.request.stop_sequences"] = [str(word) for word in words]
    if isinstance(body.get("n"), int) and body["n"] != 1:
        found["gen_ai.request.choice.count"] = body["n"]
    wanted = body.get("response_format")
    if isinstance(wanted, Mapping) and str(wanted.get("type")).startswith("json"):
        found["gen_ai.output.type"] = "json"
    if isinstance(body.get("encoding_format"), str):
        found["gen_ai.request.encoding_formats"] = [body["encoding_format"]]
    return found


def of_session(session: Any) -> dict[str, Any]:
    """Return the attributes of what a session of GLM-Realtime is set to, its words apart."""
    given = {
        "gen_ai.request.temperature": session.temperature,
        "gen_ai.request.max_tokens": session.max_tokens,
        "zhipu.realtime.turn_detection": session.turn_detection,
        "zhipu.realtime.chat_mode": session.chat_mode,
    }
    return {name: value for name, value in given.items() if value is not None}


def of_answer(body: Any) -> dict[str, Any]:
    """Return the attributes of a whole answer, or of a stream's chunks added up."""
    if not isinstance(body, Mapping):
        return {}
    found: dict[str, Any] = {}
    for field, name in (("id", "gen_ai.response.id"), ("model", "gen_ai.response.model")):
        if isinstance(body.get(field), str):
            found[name] = body[field]
    choices = body.get("choices")
    reasons = [
        str(choice["finish_reason"])
        for choice in (choices if isinstance(choices, list) else ())
        if isinstance(choice, Mapping) and choice.get("finish_reason")
    ]
    if reasons:
        found["gen_ai.response.finish_reasons"] = reasons
    usage = Usage.of(body.get("usage"))
    if usage is not None:
        counts = {
            "gen_ai.usage.input_tokens": usage.input,
            "gen_ai.usage.output_tokens": usage.output if choices else None,
            "gen_ai.usage.cache_read.input_tokens": usage.cached,
            "gen_ai.usage.reasoning.output_tokens": usage.reasoning,
        }
        found.update({name: count for name, count in counts.items() if count is not None})
    return found


def error_type(error: BaseException | None) -> str:
    """Return what went wrong, as the conventions want it: a code, or the name of the error.

    Examples:
        >>> error_type(TimeoutError("made-up"))
        'TimeoutError'
    """
    if error is None:
        return "_OTHER"
    code = getattr(error, "code", None) if isinstance(error, ZhipuError) else None
    return str(code) if code else type(error).__name__
