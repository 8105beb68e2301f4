"""Which of the reasoning of earlier answers goes back to the model. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from zhipu_client.conversation.thinking import thinking_value
from zhipu_client.models import ModelInfo

__all__ = ["ReasoningHistory", "clearing", "reasoning_history"]

#: Which earlier reasoning is sent back: that of the tool calls being worked on, all, or none.
ReasoningHistory = Literal["tool_loop", "all", "none"]


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
        thinking: The ``thinking`` of the call; an object may have ``clear_thinking``.
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
