"""Zhipu AI (BigModel, Z.ai; the GLM models) for LangChain and LangGraph.

    >>> from langchain_zhipu import ChatZhipuAI
    >>> ChatZhipuAI(model="glm-4.7").invoke("17 * 19?")  # doctest: +SKIP

Everything is loaded at first use: importing an adapter loads that adapter alone.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langchain_zhipu._register import register
    from langchain_zhipu.chat_models import ChatZhipuAI
    from zhipu_client import __version__

#: Public name -> the module that has it. One line an export, sorted by module.
_HOMES = {
    "ChatZhipuAI": "langchain_zhipu.chat_models",
    "__version__": "zhipu_client",
    "register": "langchain_zhipu._register",
}

__all__ = [
    "ChatZhipuAI",
    "__version__",
    "register",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
