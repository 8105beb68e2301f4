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


#: Characters of a conversation whose tokens are estimated; more would hold up an event loop.
_ESTIMATED = 400_000


def model_hint(request: Any, error: APIError, dialect: str) -> str | None:
    """Return what is known of the model, where the failure is about it; None for others.

    Args:
        request: The request that was refused.
        error: The failure.
        dialect: The server's dialect. The catalogue speaks of the service's models: a server of
            one's own may have the same model with another window.
    """
    model = request.model
    if not isinstance(model, str) or not model:
        return None
    if error.code == "1211":
        return _unknown(model)
    if not isinstance(error, ContextOverflowError):
        return None
    return _too_long(models.find(model) if dialect == "zhipu" else None, request.json)


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
    sites = ", ".join(sorted(info.sites))
    return f"{said}{'' if said.endswith('?') else '.'} Sites that have it: {sites}"


def _too_long(info: models.ModelInfo | None, body: Any) -> str | None:
    """Return what a conversation may have, and what it has; None where the body has none."""
    if not isinstance(body, Mapping) or not isinstance(body.get("messages"), list):
        return None
    said = []
    if info is not None and info.context:
        said.append(f"{info.id} takes {info.context} tokens, the answer included")
    with suppress(AttributeError, TypeError):  # a body of the caller's own, in no known form
        about = _amount(body["messages"], body.get("tools"))
        said.append(f"{'about' if said else 'About'} {about} were sent")
    if said and body.get("max_tokens"):
        said.append(
            f"max_tokens={body['max_tokens']} is kept for the answer: a smaller one leaves room"
        )
    return "; ".join(said) or None


def _amount(messages: list[Any], tools: Any) -> str:
    characters = sum(len(text) for message in messages for text in _texts(message.get("content")))
    if characters > _ESTIMATED:
        return f"{characters} characters"
    with importing():
        from zhipu_client.conversation.token_estimates import estimate_messages

    return f"{estimate_messages(messages, tools)} tokens"


def _texts(content: Any) -> list[str]:
    if isinstance(content, str):
        return [content]
    return [part.get("text") or "" for part in content or () if part.get("type") == "text"]
