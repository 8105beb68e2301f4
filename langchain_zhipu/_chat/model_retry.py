"""The runnable that ``with_retry`` of the chat model gives; imported where somebody asks for it."""

from __future__ import annotations

from typing import Any

from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.retry import RunnableRetry
from typing_extensions import override

__all__ = ["ModelRetry"]


# The pydantic plugin of mypy takes the field `kwargs` for a second name of the arguments.
class ModelRetry(RunnableRetry[LanguageModelInput, AIMessage]):  # type: ignore[no-redef]
    """A runnable that retries calls of a model whose own retries are switched off.

    Streams keep the model's own retries: LangChain does not retry them.
    """

    @classmethod
    @override
    def lc_id(cls) -> list[str]:
        return RunnableRetry.lc_id()

    @override
    def invoke(
        self, input: LanguageModelInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AIMessage:
        return super().invoke(input, config, **_alone(kwargs))

    @override
    async def ainvoke(
        self, input: LanguageModelInput, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AIMessage:
        return await super().ainvoke(input, config, **_alone(kwargs))

    @override
    def batch(
        self,
        inputs: list[LanguageModelInput],
        config: RunnableConfig | list[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> list[AIMessage]:
        return super().batch(inputs, config, return_exceptions=return_exceptions, **_alone(kwargs))

    @override
    async def abatch(
        self,
        inputs: list[LanguageModelInput],
        config: RunnableConfig | list[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> list[AIMessage]:
        return await super().abatch(
            inputs, config, return_exceptions=return_exceptions, **_alone(kwargs)
        )


def _alone(kwargs: dict[str, Any]) -> dict[str, Any]:
    return {"max_retries": 0, **kwargs}
