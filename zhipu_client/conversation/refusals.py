"""A server that refuses a field of the request: which one, and for how long. Pure.

Servers of the common dialect differ in what they take. A field that was our own decision is left
out where the server refuses it by its name, and what it asked for goes on in words. Where a server
names no field at all, the request goes out once more without any of them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from zhipu_client._lazy import pattern
from zhipu_client.errors import APIError, BadRequestError, ContentFilterError, ContextOverflowError

__all__ = ["Refusal", "kind_of", "refusals_in"]

#: Statuses of a request that is wrong; an error inside a stream has none. Some servers break on
#: what they do not know (Xinference, some routes of LiteLLM): HTTP 500.
_BROKEN = 500
_STATUSES = frozenset({None, 400, 404, 405, 422, _BROKEN, 501})
#: Those of them where a field need not be named.
_VAGUE_STATUSES = frozenset({400, 422})
#: How servers name a field, where not by its name on the wire.
_WORDS: Mapping[str, str] = {
    "chat_template_kwargs": r"chat.?template.?kwargs|enable_thinking",
    "parallel_tool_calls": r"parallel.?tool.?calls?",
    "reasoning_content": r"reasoning.?contents?",
    "response_format": (
        r"response.?format|json.?(?:schema|object|mode)|guided.?(?:json|decoding)|"
        r"structured.?(?:outputs?|generation)"
    ),
    "stream_options": r"stream.?options|include.?usage",
    "tool_choice": r"tool.?choice",
}
#: Words for a field that this server never takes, rather than not with this value.
_LASTING = pattern(
    r"support|unknown|unrecogni[sz]ed|unexpected|unavailable|extra|drop_params|"
    r"not (?:permitted|allowed|available|implemented|enabled)|requires --",
    re.IGNORECASE,
)
#: Words for a body that is not understood, without a reason.
_VAGUE = pattern(
    r"without a message|unknown|unexpected|unrecogni[sz]ed|unsupported|not supported|extra|"
    r"invalid|validation|bad request|malformed|deserialize|parse",
    re.IGNORECASE,
)
#: Members of a refusal that repeat the request (FastAPI's have all of it), not what is wrong.
_ECHOES = frozenset({"input", "body", "ctx", "request", "value", "received", "messages", "url"})
#: How much of a refusal is read: levels, texts, and characters in all.
_DEEPEST, _MOST, _LONGEST = 6, 200, 20_000


class Refusal(NamedTuple):
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

    Examples:
        >>> kind_of("response_format", {"type": "json_schema"}), kind_of("tool_choice", "required")
        ('response_format=json_schema', 'tool_choice=required')
    """
    kind = value.get("type") if isinstance(value, Mapping) else value
    return f"{field}={kind}" if isinstance(kind, str) else field


def refusals_in(
    error: Exception, sent: Mapping[str, Any], fields: Collection[str]
) -> list[Refusal]:
    """Return the fields that an error says are refused; all of them where it names no field.

    Args:
        error: What the request failed with.
        sent: The fields of the request.
        fields: Those of them that can be left out.
    """
    if not isinstance(error, APIError) or error.status not in _STATUSES:
        return []
    if isinstance(error, (ContentFilterError, ContextOverflowError)):
        return []
    text = " ".join(_words_of(error))[:_LONGEST]
    lasting = _LASTING.search(text) is not None
    if error.status == _BROKEN and not lasting:
        return []
    ours = sorted(field for field in fields if field in sent)
    named = [field for field in ours if _names(field, text)]
    if not named and _is_vague(error, text, sent):
        named, lasting = ours, False
    return [Refusal(field, kind_of(field, sent[field]), lasting) for field in named]


def _names(field: str, text: str) -> bool:
    return re.search(_WORDS.get(field, re.escape(field)), text, re.IGNORECASE) is not None


def _is_vague(error: APIError, text: str, sent: Mapping[str, Any]) -> bool:
    """Return whether a refusal says neither which field is wrong nor what else."""
    if type(error) is not BadRequestError or error.status not in _VAGUE_STATUSES:
        return False
    named = (rf"\b{re.escape(field)}\b" for field in (*sent, "messages", "model"))
    return _VAGUE.search(error.message) is not None and not re.search(
        "|".join(named), text, re.IGNORECASE
    )


def _words_of(error: APIError) -> Iterator[str]:
    """Yield what an error says: its text, or each text in its body."""
    if not isinstance(error.body, (Mapping, list)):
        yield error.message
    yield from islice(_said_in(error.body, _DEEPEST), _MOST)


def _said_in(value: Any, depth: int) -> Iterator[str]:
    """Yield the texts in a body and the names of its members, echoes of the request apart."""
    if isinstance(value, str):
        yield value
    elif depth and isinstance(value, Mapping):
        for key, member in value.items():
            if key not in _ECHOES:
                yield str(key)
                yield from _said_in(member, depth - 1)
    elif depth and isinstance(value, list):
        for member in value:
            yield from _said_in(member, depth - 1)
