"""Reasoning: what to ask for, and what of earlier answers goes back. Pure.

How reasoning is taken out of an answer's text is in `conversation.think_tags`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from zhipu_client._check import not_boolean
from zhipu_client.models import ModelInfo

__all__ = [
    "ReasoningHistory",
    "clearing",
    "is_switched_off",
    "reasoning_history",
    "template_arguments",
    "thinking_fields",
    "thinking_value",
]

#: Which earlier reasoning is sent back: that of the tool calls being worked on, all, or none.
ReasoningHistory = Literal["tool_loop", "all", "none"]


def thinking_value(value: Any, clear: bool | None = None) -> dict[str, Any] | None:
    """Return the wire's ``thinking`` for what a caller said; None when there is nothing to send.

    Args:
        value: True, False, ``"enabled"``, ``"disabled"``, ``"auto"``, None, or the wire's object.
        clear: ``clear_thinking``, which wins over the object's own.

    Raises:
        InvalidRequestError: The value is something else.

    Examples:
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
        raise not_boolean("thinking", value, "'auto', 'enabled' or 'disabled'", "a dict")
    if clear is not None:
        wanted["clear_thinking"] = clear
    return wanted or None


def template_arguments(thinking: Any, clear_thinking: bool | None) -> dict[str, bool]:
    """Return the arguments of GLM's chat template that switch thinking on your own server.

    Args:
        thinking: See `thinking_value`.
        clear_thinking: False keeps the reasoning of earlier turns in the prompt.

    Raises:
        InvalidRequestError: ``thinking`` has no known form.

    Examples:
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

    Examples:
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


def clearing(
    said: ReasoningHistory | None,
    thinking: Any,
    clear: bool | None,
    *,
    agent: bool,
    info: ModelInfo | None,
    site: str | None,
) -> bool | None:
    """Return whether the service is to forget earlier reasoning; None: it is not said.

    An agent's reasoning is kept, as Z.ai recommends: what the model has thought of its tools it
    need not think again, and the beginning of the conversation stays what it was, so that the
    service's cache has it. A general site forgets unless it is asked not to, a coding site keeps.

    ================= ======== ============================ ==================================
    model             site     sent, unless said otherwise  what it costs
    ================= ======== ============================ ==================================
    GLM-4.7 and later general  with functions: all, and     the most tokens; each request
                               ``clear_thinking: false``    begins with all of the last one
    GLM-4.7 and later general  without: of the running      few tokens; at a new question the
                               tool loop                    last loop's reasoning goes, and
                                                            what follows it is not cached
    GLM-4.7 and later coding   all: the service's default   as the first row
    GLM-4.5, GLM-4.6  general  of the running tool loop     as the second row
    any               own      of the running tool loop     as the second row
    without reasoning any      none                         nothing
    ================= ======== ============================ ==================================

    Measured with thoughts of 400 characters: a tool loop of 30 steps sends 312 kB in all, of which
    20 kB are new, by each of them. Ten questions of three requests each send 275 kB by the first
    row and 95 kB by the second; of both 18 kB are new, but the shortest beginning that a request
    shares with the last one is 99 % of it by the first row and 9 % by the second.

    Args:
        said: Which history the caller wants, or None.
        thinking: The ``thinking`` of the call.
        clear: ``clear_thinking`` of the call; None: not said.
        agent: Whether the model has functions to call.
        info: What is known of the model, or None.
        site: The preset that is called, or None for any other server.
    """
    wanted = thinking_value(thinking, clear) or {}
    if "clear_thinking" in wanted:
        return bool(wanted["clear_thinking"])
    can_keep = info is not None and info.keeps_thinking and wanted.get("type") != "disabled"
    if not can_keep or site is None or "coding" in site:
        return None
    return False if said == "all" or (said is None and agent) else None


def reasoning_history(
    said: ReasoningHistory | None,
    thinking: Any,
    clear: bool | None,
    *,
    info: ModelInfo | None,
    site: str | None,
) -> ReasoningHistory:
    """Return which earlier reasoning to send: what the caller says, else what the service keeps.

    Args:
        said: The caller's own word, or None.
        thinking: The ``thinking`` of the call; an object can have ``clear_thinking``.
        clear: ``clear_thinking`` of the call; None: not said.
        info: What is known of the model, or None.
        site: The preset that is called, or None for any other server.
    """
    if info is not None and info.thinking == "none":
        return "none"
    if said is not None:
        return said
    if clear is None and isinstance(thinking, Mapping):
        clear = thinking.get("clear_thinking")
    if clear is None:  # the coding sites keep it by default
        clear = "coding" not in (site or "")
    return "tool_loop" if clear else "all"
