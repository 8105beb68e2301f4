"""A whole answer as users of the client get it; the adapters read the body themselves. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zhipu_client._replies import ReplyModel
from zhipu_client.chat._chunks import reasoning_of, text_of

__all__ = ["ChatCompletion", "Choice", "Message", "Usage"]


class Message(ReplyModel):
    """The answer's message."""

    role: str = "assistant"
    content: Any = None
    reasoning_content: str | None = None
    tool_calls: list[dict[str, Any]] | None = None
    audio: dict[str, Any] | None = None


class Choice(ReplyModel):
    """The one choice of an answer."""

    index: int = 0
    finish_reason: str | None = None
    message: Message = Message()


class Usage(ReplyModel):
    """Tokens, as billed; ``completion_tokens`` includes the reasoning."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    prompt_tokens_details: dict[str, Any] | None = None
    completion_tokens_details: dict[str, Any] | None = None


class ChatCompletion(ReplyModel):
    """A whole answer."""

    id: str | None = None
    request_id: str | None = None
    created: int | None = None
    model: str | None = None
    choices: Sequence[Choice] = ()
    usage: Usage | None = None
    web_search: list[dict[str, Any]] | None = None
    content_filter: list[dict[str, Any]] | None = None

    @property
    def text(self) -> str:
        """The answer's text, without the reasoning."""
        return text_of(self.choices[0].message.content) if self.choices else ""

    @property
    def reasoning(self) -> str:
        """The answer's reasoning, or an empty string."""
        return reasoning_of(self.choices[0].message.model_dump()) if self.choices else ""
