"""The ``web_search`` tool inside a chat: the service searches, and answers from what it finds.

``retrieval`` does nothing here (an unknown knowledge base is ignored by the service too); ``mcp``
is in `mcp_servers`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from zhipu_emulator.chat.message_parts import plain
from zhipu_emulator.chat.tokens import count_text
from zhipu_emulator.content import search_engine

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zhipu_emulator.chat.checks import ChatRequest
    from zhipu_emulator.http.state import State

_DEFAULT_ENGINE = {"bigmodel": "search_std", "zai": "search_pro_jina"}
_PASSED_ON = ("count", "search_domain_filter", "search_recency_filter", "content_size")
_LONGEST_QUERY = 70  # characters that the search takes


@dataclass(frozen=True)
class Searched:
    """What a search brought.

    Attributes:
        asked: The request with the results as documents, billed as part of the prompt.
        shown: The results for the answer; None when none are to be shown.
    """

    asked: ChatRequest
    shown: tuple[Mapping[str, Any], ...] | None = None


def search(asked: ChatRequest, state: State) -> Searched:
    """Search when the request has the tool.

    Raises:
        ServiceError: What the search refuses, such as an unknown engine (1211).
    """
    wanted = asked.web_search
    if wanted is None:
        return Searched(asked)
    question = [plain(m.get("content")) for m in asked.messages if m["role"] == "user"][-1]
    engines = search_engine.ENGINES[state.options.site]
    order = {
        "search_engine": wanted.get("search_engine") or _DEFAULT_ENGINE[state.options.site],
        "search_query": str(wanted.get("search_query") or question)[:_LONGEST_QUERY],
        # In a chat whether to search is found out first, unless the request says otherwise.
        "search_intent": str(wanted.get("search_intent", "true")).lower() != "false",
        **{name: wanted[name] for name in _PASSED_ON if wanted.get(name) is not None},
    }
    found = search_engine.answer(order, engines, state.options.clock())["search_result"]
    if not found:
        return Searched(asked)
    texts = tuple(f"{one['title']}\n{one['content']}" for one in found)
    billed = asked.prompt_tokens + sum(count_text(text) for text in texts)
    grown = replace(asked, prompt_tokens=billed, documents=texts)
    return Searched(grown, tuple(found) if wanted.get("search_result") is True else None)
