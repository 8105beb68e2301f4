"""One conversation in, one reply out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zhipu_emulator.answer import Reply

if TYPE_CHECKING:
    from zhipu_emulator.checks import ChatRequest
    from zhipu_emulator.state import State


def reply_to(asked: ChatRequest, state: State) -> Reply:
    """Make up the answer."""
    return Reply(
        reasoning="The user says something." if asked.thinking else "",
        content="Hello! I am a stand-in for the service, without a model behind me.",
    )
