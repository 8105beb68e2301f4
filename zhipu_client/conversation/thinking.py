"""Reasoning: what to ask for, by setting, model and server. Pure.

How reasoning is taken out of an answer's text is in `conversation.think_tags`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zhipu_client.errors import InvalidRequestError
from zhipu_client.models import ModelInfo

__all__ = ["is_switched_off", "template_arguments", "thinking_fields", "thinking_value"]


def thinking_value(value: Any, clear: bool | None = None) -> dict[str, Any] | None:
    """Return the wire's ``thinking`` for what a caller said; None when there is nothing to send.

    Args:
        value: True, False, ``"enabled"``, ``"disabled"``, ``"auto"``, None, or the wire's object.
        clear: ``clear_thinking``, which wins over the object's own.

    Raises:
        InvalidRequestError: The value is something else.

    Example:
        >>> thinking_value(False), thinking_value("auto", clear=False), thinking_value("auto")
        ({'type': 'disabled'}, {'clear_thinking': False}, None)
    """
    wanted: dict[str, Any]
    if value is None or (isinstance(value, str) and value == "auto"):
        wanted = {}
    elif isinstance(value, bool):
        wanted = {"type": "enabled" if value else "disabled"}
    elif isinstance(value, str) and value in {"enabled", "disabled"}:
        wanted = {"type": value}
    elif isinstance(value, Mapping):
        wanted = dict(value)
    else:
        raise InvalidRequestError(
            f'thinking is {value!r}, but must be True, False, "auto" or a dict with "type"',
            field="thinking",
            value=value,
        )
    if clear is not None:
        wanted["clear_thinking"] = clear
    return wanted or None


def template_arguments(thinking: Any, clear_thinking: bool | None) -> dict[str, bool]:
    """Return the arguments of GLM's chat template that switch thinking on a server of one's own.

    Args:
        thinking: See `thinking_value`.
        clear_thinking: False keeps the reasoning of earlier turns in the prompt.

    Raises:
        InvalidRequestError: ``thinking`` has no known form.

    Example:
        >>> template_arguments(False, None), template_arguments(None, False)
        ({'enable_thinking': False}, {'clear_thinking': False})
    """
    wanted = thinking_value(thinking, clear_thinking) or {}
    found: dict[str, bool] = {}
    if wanted.get("type") in {"enabled", "disabled"}:
        found["enable_thinking"] = wanted["type"] == "enabled"
    if wanted.get("clear_thinking") is not None:
        found["clear_thinking"] = wanted["clear_thinking"]
    return found


def is_switched_off(thinking: Any, template: Any) -> bool:
    """Return whether a request switches thinking off.

    Args:
        thinking: See `thinking_value`.
        template: The caller's own arguments of the chat template, if any.

    Example:
        >>> is_switched_off(False, None), is_switched_off(None, {"enable_thinking": False})
        (True, True)
    """
    if isinstance(template, Mapping) and "enable_thinking" in template:
        return template["enable_thinking"] is False
    return (thinking_value(thinking) or {}).get("type") == "disabled"


def thinking_fields(
    thinking: Any,
    clear_thinking: bool | None,
    reasoning_effort: str | None,
    *,
    info: ModelInfo | None,
    site: str | None,
) -> tuple[dict[str, Any] | None, str | None, list[str]]:
    """Return ``thinking`` and ``reasoning_effort`` as they are sent, and what to warn of.

    A model that always thinks refuses to be switched off, and has few efforts: it gets the nearest
    thing. The coding sites do that by themselves.

    Args:
        thinking: See `thinking_value`.
        clear_thinking: Whether the service is to forget earlier reasoning; None: not said.
        reasoning_effort: The effort that the caller wants; None: not said.
        info: What is known of the model, or None.
        site: The preset that is called, or None for any other server.

    Raises:
        InvalidRequestError: ``thinking`` has no known form.
    """
    wanted = thinking_value(thinking, clear_thinking) or {}
    notes: list[str] = []
    if info is None or info.thinking != "always" or "coding" in (site or ""):
        return wanted or None, reasoning_effort, notes
    if wanted.get("type") == "disabled":
        notes.append(
            f"{info.id} always thinks: instead of thinking={thinking!r}, "
            'reasoning_effort="low" is sent'
        )
        del wanted["type"]
        reasoning_effort = "low" if reasoning_effort is None else reasoning_effort
    if isinstance(reasoning_effort, str):
        nearest = info.nearest_effort(reasoning_effort)
        if nearest is not None and nearest != reasoning_effort:
            notes.append(
                f"{info.id} has no reasoning_effort={reasoning_effort!r}: {nearest!r} is sent"
            )
            reasoning_effort = nearest
    return wanted or None, reasoning_effort, notes
