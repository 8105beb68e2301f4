"""A chat model with arguments bound to its calls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from langchain_core.language_models import LanguageModelInput
from langchain_core.language_models.chat_models import _ChatModelBinding
from langchain_core.load.serializable import SerializedConstructor, SerializedNotImplemented
from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable, RunnableBinding

from langchain_zhipu._chat.settings import redacted_json, redacted_repr
from langchain_zhipu._chat.tasks import ChatTasks

__all__ = ["BoundChat"]

#: What tools or a schema have bound: others take their place.
_OF_TOOLS_AND_SCHEMAS = frozenset(
    {
        "tools", "tool_choice", "parallel_tool_calls", "response_format", "structured",
        "ls_structured_output_format",
    }
)  # fmt: skip


# Its field ``kwargs`` and the catch-all of its constructor have one name, says mypy.
class BoundChat(_ChatModelBinding):  # type: ignore[no-redef]
    """A chat model with arguments bound, also for the methods that only a chat model has.

    LangChain's own class, as which it is stored and shown, would call these without the arguments.
    """

    def bind_tools(self, tools: Any, **kwargs: Any) -> Runnable[LanguageModelInput, AIMessage]:
        """Offer tools to the model; see `ChatZhipuAI.bind_tools`. What is bound stays so."""
        made = self._chat.bind_tools(tools, **{**self._kept(), **kwargs})
        assert isinstance(made, RunnableBinding)  # noqa: S101 - for type checkers
        return self.__class__(
            bound=self.bound,
            kwargs=made.kwargs,
            config=self.config,
            config_factories=self.config_factories,
        )

    def with_structured_output(
        self, schema: Any = None, **kwargs: Any
    ) -> Runnable[LanguageModelInput, Any]:
        """See `ChatZhipuAI.with_structured_output`. What is bound stays so."""
        made = self._chat.with_structured_output(schema, **{**self._kept(), **kwargs})
        if not (self.config or self.config_factories):
            return made
        return RunnableBinding(
            bound=made, kwargs={}, config=self.config, config_factories=self.config_factories
        )

    def submit(self, input: LanguageModelInput, **kwargs: Any) -> str:  # noqa: A002
        """See `ChatTasks.submit`."""
        return self._chat.submit(input, **{**self.kwargs, **kwargs})

    async def asubmit(self, input: LanguageModelInput, **kwargs: Any) -> str:  # noqa: A002
        """See `ChatTasks.submit`."""
        return await self._chat.asubmit(input, **{**self.kwargs, **kwargs})

    def result(self, task_id: str, **kwargs: Any) -> AIMessage:
        """See `ChatTasks.result`."""
        return self._chat.result(task_id, **{**self.kwargs, **kwargs})

    async def aresult(self, task_id: str, **kwargs: Any) -> AIMessage:
        """See `ChatTasks.result`."""
        return await self._chat.aresult(task_id, **{**self.kwargs, **kwargs})

    @property
    def profile(self) -> Any:
        """What the model can do that is bound."""
        model = self.kwargs.get("model")
        chat = self._chat.model_copy(update={"model": model}) if model else self._chat
        return chat.profile

    def to_json(self) -> SerializedConstructor | SerializedNotImplemented:
        """Return the serialised form, in which headers and other secrets are redacted."""
        return redacted_json(super().to_json(), "kwargs")

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        yield from redacted_repr(super().__repr_args__(), "kwargs")

    def __getstate__(self) -> dict[Any, Any]:
        from zhipu_client.conversation import for_pickle  # when something is pickled

        state = super().__getstate__()
        fields = state["__dict__"]
        kwargs = for_pickle(fields["kwargs"], self._chat.api_key)
        return {**state, "__dict__": {**fields, "kwargs": kwargs}}

    def _kept(self) -> dict[str, Any]:
        return {k: v for k, v in self.kwargs.items() if k not in _OF_TOOLS_AND_SCHEMAS}

    @property
    def _chat(self) -> ChatTasks:
        assert isinstance(self.bound, ChatTasks)  # noqa: S101 - for type checkers
        return self.bound
