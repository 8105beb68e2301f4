"""Translation by the service's agent: `ZhipuAITranslation`, text in, text out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any, Self

from langchain_core.runnables import RunnableConfig, RunnableSerializable
from pydantic import ConfigDict, model_validator
from typing_extensions import override

from langchain_zhipu._agent_messages import text_input
from langchain_zhipu._errors import raised_as_model_errors
from langchain_zhipu._streamed_runnable import StreamedRunnable
from langchain_zhipu.agents import AgentSettings
from zhipu_client import acall_agent, agents, aiterate_agent, call_agent, iterate_agent
from zhipu_client.adapting import refuse

__all__ = ["ZhipuAITranslation"]


class ZhipuAITranslation(
    StreamedRunnable[str], AgentSettings, RunnableSerializable[Any, str], defer_build=False
):
    """Translates texts with the agent ``general_translation``: ``POST /v1/agents``.

    A text, a message or a prompt in, the translation out, so that it goes before or behind a model:
    ``model | StrOutputParser() | ZhipuAITranslation(target_lang="fr")``.

    Args:
        source_lang: One of `zhipu_client.agents.SOURCE_LANGUAGES`; ``auto`` finds it out.
        target_lang: One of `zhipu_client.agents.TARGET_LANGUAGES`.
        glossary: The id of a file with terms that was sent with ``purpose="agent"``.
        strategy: ``general``, ``paraphrase``, ``two_step``, ``three_step``, ``reflection`` or
            ``cot``; None for the service's ``general``.
        suggestion: What to heed, such as style or terms; with the strategy ``general``.
        reason_lang: The language of the reasons, ``from`` or ``to``; with the strategy ``cot``.
        below_base_url: False: the documented path, ``/api/v1/agents`` of the host. True:
            ``/v1/agents`` below the base URL, where the official SDKs send it.
        api_key: This and the other settings that all adapters share: see ``ZhipuSettings``.

    Raises:
        InvalidRequestError: No key was found, a language is unknown, or the text is empty.
        ContentFilterError: Content safety refused the text or the translation.
        ServerError: The translation is not whole. What came is ``partial``, an `AgentReply`.
        ZhipuError: A call failed.

    Example:
        ```python
        from langchain_zhipu import ZhipuAITranslation

        translation = ZhipuAITranslation(target_lang="zh-CN")
        print(translation.invoke("Good morning, world!"))
        print(translation.batch(["tea", "coffee"]))
        ```
    """

    model_config = ConfigDict(extra="forbid")

    source_lang: str = "auto"
    target_lang: str = "zh-CN"
    glossary: str | None = None
    strategy: str | None = None
    suggestion: str | None = None
    reason_lang: str | None = None

    @model_validator(mode="after")
    def _zhipu_translation_values(self) -> Self:
        self._variables({})
        return self

    @override
    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> str:
        """Return the translation.

        Args:
            input: A text, a message or a prompt.
            config: Callbacks of LangChain, and tags.
            **kwargs: ``source_lang``, ``target_lang``, ``glossary``, ``strategy``, ``suggestion``
                and ``reason_lang``, of this call.
        """
        return self._call_with_config(self._one, input, config, **kwargs)

    @override
    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> str:
        """Return the translation, asynchronously; see `invoke`."""
        return await self._acall_with_config(self._aone, input, config, **kwargs)

    def _one(self, given: Any, **kwargs: Any) -> str:
        with raised_as_model_errors():
            call = self._call(text_input(given), kwargs)
            return agents.translated(call_agent(self._sync_client(), call))

    async def _aone(self, given: Any, **kwargs: Any) -> str:
        with raised_as_model_errors():
            call = self._call(text_input(given), kwargs)
            return agents.translated(await acall_agent(self._async_client(), call))

    @override
    def _pieces(self, given: Iterator[Any], **kwargs: Any) -> Iterator[str]:
        pieces = list(given)
        with raised_as_model_errors():
            collected = agents.Collected()
            call = self._call(_joined(pieces), kwargs)
            for event in iterate_agent(self._sync_client(), call):
                collected.add(event)
                if event.text:
                    yield event.text
            agents.translated(collected.reply())

    @override
    async def _apieces(self, given: AsyncIterator[Any], **kwargs: Any) -> AsyncIterator[str]:
        pieces = [piece async for piece in given]
        with raised_as_model_errors():
            collected = agents.Collected()
            call = self._call(_joined(pieces), kwargs)
            async with aclosing(aiterate_agent(self._async_client(), call)) as events:
                async for event in events:
                    collected.add(event)
                    if event.text:
                        yield event.text
            agents.translated(collected.reply())

    def _variables(self, options: dict[str, Any]) -> dict[str, Any]:
        own = {
            "source_lang": self.source_lang,
            "target_lang": self.target_lang,
            "glossary": self.glossary,
            "strategy": self.strategy,
            "suggestion": self.suggestion,
            "reason_lang": self.reason_lang,
        }
        for name in sorted(options.keys() - own.keys()):
            raise refuse(name, options[name], "is not an argument of a translation")
        return agents.translation(**{**own, **options})

    def _call(self, text: str, options: dict[str, Any]) -> agents.AgentCall:
        variables = self._variables(options)
        if not text.strip():
            raise refuse("input", text, "must not be empty")
        return agents.AgentCall(
            "general_translation", text, variables, below_base_url=self.below_base_url
        )


def _joined(pieces: list[Any]) -> str:
    return "".join(map(text_input, pieces))
