"""Count tokens: by the service where that is possible and safe, else by an estimate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from langchain_core.messages import BaseMessage
from pydantic import BaseModel, PrivateAttr

from langchain_zhipu._chat.messages import to_wire
from langchain_zhipu._errors import raised_as_model_errors
from zhipu_client.adapting import TokenCounting, TokenCounts, importing
from zhipu_client.conversation import (
    ReasoningHistory,
    prepared,
)

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

    from zhipu_client import Client
else:  # LangChain evaluates the hints of methods
    BaseTool = Any

__all__ = ["CountsTokens"]


class CountsTokens(BaseModel, defer_build=True):
    """The token methods of a chat model with the fields ``model`` and ``token_counting``."""

    _counts: TokenCounts = PrivateAttr(default_factory=TokenCounts)

    def model_post_init(self, context: Any, /) -> None:
        """Pass on to LangChain's own: pydantic's, for private attributes, would end here."""
        super().model_post_init(context)

    def get_num_tokens(self, text: str) -> int:
        """Return about how many tokens a text has; offline.

        Args:
            text: Any text, Chinese or other.
        """
        own: Callable[[str], list[int]] | None = getattr(self, "custom_get_token_ids", None)
        if own is not None:
            return len(own(text))
        with importing():
            from zhipu_client.conversation import estimate_text

        return estimate_text(text)

    def get_token_ids(self, text: str) -> list[int]:
        """Return the ids of a text's tokens, by ``custom_get_token_ids``.

        Raises:
            NotImplementedError: It was not given: the service counts tokens, but returns no ids.
        """
        own: Callable[[str], list[int]] | None = getattr(self, "custom_get_token_ids", None)
        if own is None:
            raise NotImplementedError(
                "the service returns no token ids: pass custom_get_token_ids=, or use "
                "get_num_tokens() for their number"
            )
        return own(text)

    def get_num_tokens_from_messages(
        self,
        messages: Sequence[BaseMessage],
        tools: Sequence[Any | BaseTool] | None = None,
    ) -> int:
        """Return how many tokens a conversation has, with its tools, media and reasoning.

        Args:
            messages: The conversation, or a part of it in any order.
            tools: What `bind_tools` takes.

        Raises:
            InvalidRequestError: A message that cannot be sent. With ``token_counting="service"``
                every error of the endpoint.
        """
        from langchain_zhipu._chat.tools import wire_tools  # which brings LangChain's own tools

        with raised_as_model_errors():
            kept = getattr(self, "reasoning_history", None)
            history: ReasoningHistory = "none" if kept == "none" else "all"
            wire = prepared(to_wire(list(messages)), reasoning=history, repair=False)
            offered = wire_tools(list(tools)) if tools else None
            how: TokenCounting = getattr(self, "token_counting", "estimate")
            # Fields and client are those of the class that this one is mixed into.
            client: Callable[[], Client] = self._sync_client  # type: ignore[attr-defined]
            return self._counts.of(client, getattr(self, "model", ""), wire, offered, how=how)
