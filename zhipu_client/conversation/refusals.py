"""A server that refuses a field of the request: which one, and for how long. Pure.

Servers of the common dialect differ in what they take. A field that was our own decision is left
out where the server refuses it by its name, and what it asked for goes on in words.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from zhipu_client.errors import APIError, ContentFilterError, ContextOverflowError

__all__ = ["Refusal", "kind_of", "refusals_in"]

#: Statuses of a request that is wrong; an error inside a stream has none.
_STATUSES = frozenset({None, 400, 404, 422, 501})
#: How servers name a field, where not by its name on the wire.
_WORDS: Mapping[str, str] = {
    "chat_template_kwargs": r"chat.template.kwargs|enable_thinking",
    "parallel_tool_calls": r"parallel.tool.calls",
    "response_format": r"response.?format|json_schema|json_object|guided_json|structured outputs?",
    "stream_options": r"stream.options|include_usage",
    "tool_choice": r"tool.choice",
}
#: Words for a field that this server never takes, rather than not with this value.
_LASTING = re.compile(
    r"support|unknown|unrecogni[sz]ed|unexpected|unavailable|extra|drop_params|"
    r"not (?:permitted|allowed|available|implemented|enabled)|requires --",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A field that a server refused.

    Attributes:
        field: Its name on the wire.
        kind: The name with the kind of its value, as `kind_of` writes it.
        lasting: Whether the server refuses it always.
    """

    field: str
    kind: str
    lasting: bool


def kind_of(field: str, value: Any) -> str:
    """Return a field with the kind of its value: a server may take JSON mode, but no schemas.

    Example:
        >>> kind_of("response_format", {"type": "json_schema"}), kind_of("tool_choice", "required")
        ('response_format=json_schema', 'tool_choice=required')
    """
    kind = value.get("type") if isinstance(value, Mapping) else value
    return f"{field}={kind}" if isinstance(kind, str) else field


def refusals_in(
    error: Exception, sent: Mapping[str, Any], fields: Collection[str]
) -> list[Refusal]:
    """Return the fields that an error says are refused.

    Args:
        error: What the request failed with.
        sent: The fields of the request.
        fields: Those of them that can be left out.
    """
    if not isinstance(error, APIError) or error.status not in _STATUSES:
        return []
    if isinstance(error, (ContentFilterError, ContextOverflowError)):
        return []
    text = " ".join(_words_of(error))
    lasting = _LASTING.search(text) is not None
    return [
        Refusal(field, kind_of(field, sent[field]), lasting)
        for field in sorted(fields)
        if field in sent and re.search(_WORDS.get(field, re.escape(field)), text, re.IGNORECASE)
    ]


def _words_of(error: APIError) -> Iterator[str]:
    """Yield what an error says itself: FastAPI repeats the whole request beside it."""
    body = error.body if isinstance(error.body, Mapping) else {}
    detail = body.get("detail")
    if isinstance(detail, list):
        for row in detail:
            if isinstance(row, Mapping):
                yield f"{row.get('loc')} {row.get('msg')} {row.get('type')}"
        return
    yield error.message
    inner = body.get("error")
    param = (inner if isinstance(inner, Mapping) else body).get("param")
    if isinstance(param, str):
        yield param
