"""Values of a call as the parameters of a chat request. Pure.

Both adapters hand in what their users set, by the names of the wire or of other providers; here a
model's settings and a call's arguments become values by one set of names (`combined`), and those
the parameters of a request (`build`).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from zhipu_client._check import suggestion
from zhipu_client._other_names import by_own_names
from zhipu_client._user_warnings import warn_user
from zhipu_client.conversation._decisions import Built, decide
from zhipu_client.conversation._settings import IGNORED, KNOWN, OF_OTHERS, RENAMED, mapping
from zhipu_client.dialects import Dialect
from zhipu_client.errors import InvalidRequestError

__all__ = ["build", "combined"]

#: Settings of the model that no call can change; in a request's body they would be sent abroad.
_OF_THE_MODEL = (
    "api_key", "zhipuai_api_key", "base_url", "zhipuai_api_base", "api_base", "max_concurrency",
    "http_client", "http_async_client", "auth", "dialect", "proxy", "openai_api_key",
    "openai_api_base", "openai_proxy", "organization", "openai_organization", "shared_limit",
    "on_attempt", "usage_counter",
)  # fmt: skip


def combined(settings: Mapping[str, Any], call: Mapping[str, Any]) -> dict[str, Any]:
    """Return a model's settings with a call's arguments by the names used here; the call's win.

    Args:
        settings: The model's own; None means not set. ``model_kwargs`` in it are further ones.
        call: The call's.

    Raises:
        InvalidRequestError: The call sets what only the model can have, or one thing by two names.

    Examples:
        >>> from zhipu_client.conversation import combined
        >>> combined({"model": "glm-4.7", "temperature": 0.2, "top_p": None}, {"temperature": 0.9})
        {'model': 'glm-4.7', 'temperature': 0.9}
    """
    if call:
        _check_call(settings, call)
    own = by_own_names({n: value for n, value in call.items() if n not in IGNORED}, RENAMED)
    thinking = own.get("thinking")
    if isinstance(thinking, Mapping) and own.get("clear_thinking") is None:
        own["clear_thinking"] = thinking.get("clear_thinking")
    values = {key: value for key, value in settings.items() if value is not None}
    further = values.pop("model_kwargs", None) or {}
    extra: dict[str, Any] = {}
    if "extra_body" in values or "extra_body" in own:
        extra = {**mapping("extra_body", values), **mapping("extra_body", own)}
    values.update({key: value for key, value in own.items() if value is not None})
    return {**further, **values, **({"extra_body": extra} if extra else {})}


def _check_call(settings: Mapping[str, Any], call: Mapping[str, Any]) -> None:
    for name in _OF_THE_MODEL:
        if call.get(name) is not None:
            why = "is a setting of the model, not of a call: make another model, or a copy"
            raise InvalidRequestError(f"{name} {why}", field=name)
    _suggest(call, {*settings, *KNOWN})


def _suggest(call: Mapping[str, Any], known: set[str]) -> None:
    """Warn of names that are not known and nearly those of others: they are sent as they are."""
    for name in call.keys() - known - OF_OTHERS:
        meant = suggestion(str(name), known)
        if meant is not None:
            warn_user(
                f"no argument of a call is named {name!r} (did you mean {meant!r}?); it is sent as "
                "it is",
            )


def build(
    values: Mapping[str, Any], *, dialect: Dialect, streaming: bool, one_answer: bool = False
) -> Built:
    """Decide what is sent.

    Args:
        values: From `combined`. Those that no one knows are sent as they are.
        dialect: What the server understands.
        streaming: Whether the answer comes in chunks.
        one_answer: Whether the framework has no place for more (``n``).

    Raises:
        InvalidRequestError: Something can never be accepted.

    Examples:
        >>> from zhipu_client.conversation import build
        >>> from zhipu_client.dialects import dialect_of
        >>> values = {"model": "glm-4.7", "temperature": 0.2, "max_tokens": 500}
        >>> dialect = dialect_of("https://api.z.ai/api/paas/v4")
        >>> sorted(build(values, dialect=dialect, streaming=False).params.items())
        [('max_tokens', 500), ('temperature', 0.2)]
    """
    built = _decided_before(values, dialect, streaming=streaming, one_answer=one_answer)
    for note in built.notes:
        warn_user(note)
    if streaming and built.dialect.request_id == "body" and "request_id" not in built.params:
        # Chunks do not repeat it, so it must be known here.
        built = replace(built, params={**built.params, "request_id": uuid.uuid4().hex})
    return built


def _decided_before(
    values: Mapping[str, Any], dialect: Dialect, *, streaming: bool, one_answer: bool
) -> Built:
    """Return what was decided for the same values before, where they are all plain."""
    key = _key(values, streaming, one_answer)
    kept = None if key is None else _decided.get(key)
    if kept is not None and kept.given_dialect is dialect:
        return kept.built
    built = decide(values, dialect, streaming=streaming, one_answer=one_answer)
    if key is not None:
        if len(_decided) >= _MOST_DECIDED:
            _decided.clear()
        _decided[key] = _Decided(dialect, built)
    return built


class _Decided(NamedTuple):
    given_dialect: Dialect
    built: Built


#: Values of calls -> what was decided: most calls of a program have the same ones.
_decided: dict[tuple[Any, ...], _Decided] = {}
_MOST_DECIDED = 64
#: Types of values that nobody can change behind our back. 1, 1.0 and True are not the same.
_PLAIN = (str, bool, int, float)


def _key(values: Mapping[str, Any], *kind: bool) -> tuple[Any, ...] | None:
    """Return what values are known by; None where one of them is not plain, or for one call."""
    found: list[Any] = [*kind]
    for name, value in values.items():
        if value is None:
            continue
        if type(value) not in _PLAIN or name == "request_id":
            return None
        found += (name, type(value), value)
    return tuple(found)
