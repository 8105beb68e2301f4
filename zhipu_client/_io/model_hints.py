"""What to say of the model that a refused request was for. Loaded where something fails."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from zhipu_client import models
from zhipu_client._check import show, suggestion
from zhipu_client._io.first_use import importing
from zhipu_client.errors import APIError, ContextOverflowError

__all__ = ["model_hint"]


def model_hint(request: Any, error: APIError) -> str | None:
    """Return what is known of the model, where the failure is about it; None for others.

    Args:
        request: The request that was refused.
        error: The failure.
    """
    model = request.model
    if not isinstance(model, str) or not model:
        return None
    if error.code == "1211":
        return _unknown(model)
    return _too_long(model, request.json) if isinstance(error, ContextOverflowError) else None


def _unknown(model: str) -> str:
    said = f"The model asked for was {show(model)}"
    info = models.get(model)
    if info is None:
        meant = suggestion(model.strip().lower(), models.MODELS)
        if meant is None:
            return said
        said, info = f"{said}: did you mean {meant!r}?", models.get(meant)
    if info is None or not info.sites:
        return said
    return f"{said}{'' if said.endswith('?') else '.'} Sites that have it: {_list(info.sites)}"


def _too_long(model: str, body: Any) -> str | None:
    info = models.find(model)
    said = []
    if info is not None and info.context:
        said.append(f"{info.id} takes {info.context} tokens, the answer included")
    messages = body.get("messages") if isinstance(body, Mapping) else None
    if isinstance(messages, list):
        with importing():
            from zhipu_client.conversation.token_estimates import estimate_messages

        with suppress(AttributeError, TypeError):  # a body of the caller's own, in no known form
            said.append(f"about {estimate_messages(messages, body.get('tools'))} were sent")
    return "; ".join(said) or None


def _list(sites: frozenset[str]) -> str:
    return ", ".join(sorted(sites))
