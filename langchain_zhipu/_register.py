"""Register this package for ``init_chat_model("zhipu:glm-4.7")``. Importing registers nothing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["register"]

#: Module of LangChain -> (our class, whether the module must have the registry).
_TARGETS = {
    "langchain.chat_models.base": "ChatZhipuAI",
    "langchain.embeddings.base": "ZhipuAIEmbeddings",
}


def _call(cls: Any, **kwargs: Any) -> Any:
    return cls(**kwargs)


def register(name: str = "zhipu") -> None:
    """Register this package with LangChain's ``init_chat_model`` and ``init_embeddings``.

    LangChain has a fixed table of providers and no hook for others. This adds a row to it; calling
    it again changes nothing. Without it, construct `ChatZhipuAI` directly.

    Args:
        name: The provider's name, used as ``init_chat_model("zhipu:glm-4.7")``.

    Raises:
        RuntimeError: This version of LangChain has no such table.

    Examples:
        >>> from langchain_zhipu import register
        >>> register()  # doctest: +SKIP
        >>> from langchain.chat_models import init_chat_model
        >>> init_chat_model("zhipu:glm-4.7")  # doctest: +SKIP
    """
    done = False
    for module, cls in _TARGETS.items():
        try:
            providers = vars(import_module(module)).get("_BUILTIN_PROVIDERS")
        except ImportError:
            continue
        if isinstance(providers, dict) and providers:
            providers.setdefault(name, _row(next(iter(providers.values())), cls))
            done = done or module.startswith("langchain.chat_models")
    if not done:
        raise RuntimeError(
            "this version of LangChain has no table of providers to add to: construct "
            "ChatZhipuAI(model=...) instead of calling init_chat_model"
        )


def _row(like: Any, cls: str) -> Any:
    """Return a row in the table's shape: (module, class, constructor), or without the last."""
    if isinstance(like, tuple) and len(like) == 2:
        return ("langchain_zhipu", cls)
    return ("langchain_zhipu", cls, _call)
