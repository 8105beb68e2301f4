"""LangChain's base class of agent middleware, or one that says that ``langchain`` is missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langchain.agents.middleware import AgentMiddleware, hook_config
else:
    try:
        from langchain.agents.middleware import AgentMiddleware, hook_config
    except ImportError as missing:
        _WHY = (
            "The middleware is for `langchain.agents.create_agent`, and the package "
            f'"langchain" cannot be imported ({missing}): pip install "langchain>=1.2"'
        )

        class AgentMiddleware:
            """The base class where LangChain's is missing; the rest of the package works."""

            def __init__(self) -> None:
                raise ImportError(_WHY)

        def hook_config(**_: Any) -> Callable[[Any], Any]:
            """Return methods as they are."""
            return lambda method: method


__all__ = ["AgentMiddleware", "hook_config"]
