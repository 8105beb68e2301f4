"""The number of a conversation's tokens: by the service where possible and safe, else a guess."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from zhipu_client._io.first_use import importing
from zhipu_client._lazy import hint
from zhipu_client._replies import counts
from zhipu_client.errors import ZhipuError

if TYPE_CHECKING:
    from zhipu_client._io.sync import Client
else:
    Client = hint("zhipu_client._io.sync", "Client")

__all__ = ["TokenCounting", "TokenCounts"]

#: Who counts: the service; the estimate; or the service until it fails, and never in an event loop.
TokenCounting = Literal["auto", "service", "estimate"]


@dataclass
class TokenCounts:
    """Counts the tokens of conversations for one model object.

    Attributes:
        failed: Whether the endpoint has failed: it is not asked again.
    """

    failed: bool = False

    def of(
        self,
        client: Callable[[], Client],
        model: str,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] | None = None,
        *,
        how: TokenCounting = "auto",
    ) -> int:
        """Return how many tokens a conversation has, with its tools.

        Args:
            client: What returns the client to ask with; not called for an estimate.
            model: The model; where the endpoint does not know it, its nearest relative is asked.
            messages: The conversation, in the shape of the wire.
            tools: Function tools, in the shape of the wire.
            how: See `TokenCounting`.

        Raises:
            InvalidRequestError: The conversation is empty, or cannot be sent.
            ZhipuError: The endpoint failed, with ``how="service"`` only.
        """
        if self._asks_service(how):
            counted = self._counted(client(), model, messages, tools, must=how == "service")
            if counted is not None:
                return counted
        from zhipu_client.conversation.token_estimates import estimate_messages

        return estimate_messages(messages, tools)

    def _asks_service(self, how: TokenCounting) -> bool:
        if how != "auto":
            return how == "service"
        # The method is synchronous: in an event loop a request would block all of it.
        return not self.failed and not _in_event_loop()

    def _counted(
        self,
        client: Client,
        model: str,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] | None,
        *,
        must: bool,
    ) -> int | None:
        with importing():
            from zhipu_client import tokenizer

        request = tokenizer.create(
            model=tokenizer.counting_model(model), messages=messages, tools=tools
        )
        try:
            reply = client.send(request, max_retries=None if must else 0)
        except ZhipuError:
            if must:
                raise
            self.failed = True
            return None
        usage = reply.usage
        found = counts(usage.model_dump() if isinstance(usage, tokenizer.TokenCount) else None)
        return found.get("total_tokens") or found.get("prompt_tokens")


def _in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
