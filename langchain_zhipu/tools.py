"""Tools for agents: web search."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal, Self

from langchain_core.callbacks import (
    AsyncCallbackManagerForToolRun,
    CallbackManagerForToolRun,
)
from langchain_core.tools import BaseTool, ToolException
from pydantic import BaseModel, ConfigDict, Field, model_validator

from langchain_zhipu._errors import model_error
from langchain_zhipu._web_search import Recency, SearchSettings, results
from zhipu_client import ZhipuError, web_search

__all__ = ["ZhipuAIWebSearchTool"]


class QueryArguments(BaseModel):
    """The tool's arguments when the domain and the age of pages are fixed."""

    query: str = Field(
        min_length=1,
        description="What to look for: a few key words, 70 characters at most.",
    )


class DomainArguments(QueryArguments):
    """The tool's arguments when the age of pages is fixed."""

    domain: str | None = Field(
        default=None,
        description="Only pages of this domain, such as www.example.com. Leave it out unless one "
        "site is wanted.",
    )


class RecencyArguments(QueryArguments):
    """The tool's arguments when the domain is fixed."""

    recency: Recency | None = Field(
        default=None,
        description="How old pages may be. Leave it out unless the question is about news.",
    )


class SearchArguments(DomainArguments, RecencyArguments):
    """The tool's arguments when nothing is fixed."""


# Classes, not made on the spot: a tool can be pickled only if its schema can be imported.
_ARGUMENTS: Mapping[tuple[bool, bool], type[BaseModel]] = {
    (True, True): QueryArguments,
    (False, True): DomainArguments,
    (True, False): RecencyArguments,
    (False, False): SearchArguments,
}


class ZhipuAIWebSearchTool(SearchSettings, BaseTool, defer_build=False):
    """A tool that searches the web: ``POST /web_search``. Billed by search.

    The model reads numbered results, each with title, address and extract, so that it can cite
    them. ``ToolMessage.artifact`` has the whole answer of the service as a dict.

    The tool's arguments are ``query``, ``domain`` and ``recency``. If ``search_domain_filter``
    or ``search_recency_filter`` is set, the model does not have that argument.

    Args:
        count: How many results, 1 to 50.
        search_engine: ``search_std``, ``search_pro``, ``search_pro_sogou``, ``search_pro_quark``;
            ``search-prime`` on api.z.ai. None takes the site's first.
        search_domain_filter: Only results of this domain (``"www.example.com"``).
        search_recency_filter: ``oneDay``, ``oneWeek``, ``oneMonth``, ``oneYear`` or ``noLimit``.
        content_size: Length of an extract: ``medium`` or ``high``.
        search_intent: Let the service decide whether a query needs a search at all.
        max_query_length: A longer query is cut at a word's end (70); None sends it whole.
        handle_tool_error: True (default) returns the error's text to the model; False raises the
            error.
        api_key: This and the other settings that all adapters share: see ``ZhipuSettings``.

    Raises:
        InvalidRequestError: No key was found, or a value is out of its range.

    Example:
        ```python
        from langchain.agents import create_agent
        from langchain_zhipu import ChatZhipuAI, ZhipuAIWebSearchTool

        search = ZhipuAIWebSearchTool(count=5)
        print(search.invoke({"query": "Great Wall opening hours"}))

        agent = create_agent(ChatZhipuAI(model="glm-4.7"), tools=[search])
        question = "When is the Great Wall open? Give your source."
        answer = agent.invoke({"messages": [("user", question)]})
        print(answer["messages"][-1].text)
        ```
    """

    model_config = ConfigDict(extra="forbid")

    name: str = "web_search"
    description: str = (
        "Search the web for current facts, news and sources. Returns numbered results with title, "
        "address and an extract of each page. Cite the addresses that you use."
    )
    response_format: Literal["content", "content_and_artifact"] = "content_and_artifact"
    handle_tool_error: Any = True
    handle_validation_error: Any = True
    count: int = Field(default=10, ge=1, le=50)

    @model_validator(mode="after")
    def _zhipu_search_arguments(self) -> Self:
        if self.args_schema is None:
            fixed = (
                self.search_domain_filter is not None,
                self.search_recency_filter is not None,
            )
            self.args_schema = _ARGUMENTS[fixed]
        return self

    def _run(
        self,
        query: str,
        domain: str | None = None,
        recency: str | None = None,
        run_manager: CallbackManagerForToolRun | None = None,
    ) -> tuple[str, dict[str, Any]]:
        del run_manager
        with self._handled() as answer:
            request = self._search(query, self.count, domain=domain, recency=recency)
            found: dict[str, Any] = self._sync_client().send(request)
            answer.update(found)
        return self._text(query, answer), answer

    async def _arun(
        self,
        query: str,
        domain: str | None = None,
        recency: str | None = None,
        run_manager: AsyncCallbackManagerForToolRun | None = None,
    ) -> tuple[str, dict[str, Any]]:
        del run_manager
        with self._handled() as answer:
            request = self._search(query, self.count, domain=domain, recency=recency)
            found: dict[str, Any] = await self._async_client().send(request)
            answer.update(found)
        return self._text(query, answer), answer

    @contextmanager
    def _handled(self) -> Iterator[dict[str, Any]]:
        """Yield a dict for the answer; an error goes to the model or is raised, as configured."""
        answer: dict[str, Any] = {}
        try:
            yield answer
        except ZhipuError as error:
            if web_search.found_nothing(error):
                answer["search_result"] = []
            elif self.handle_tool_error:
                raise ToolException(f"The web search failed: {error}") from error
            else:
                raise model_error(error) from error

    def _text(self, query: str, answer: Mapping[str, Any]) -> str:
        found = [
            _result(number, result) for number, result in enumerate(results(answer, self.count), 1)
        ]
        return "\n\n".join(found) or (
            f"Nothing was found for {query!r}. Try fewer or more general words."
        )


def _result(number: int, result: Mapping[str, str]) -> str:
    """Return one result as text for the model: number, title, origin, address, extract."""
    title = result.get("title") or result.get("link") or "Without a title"
    origin = ", ".join(result[key] for key in ("media", "publish_date") if key in result)
    lines = [f"[{number}] {title}{origin and f' ({origin})'}"]
    lines += [result[key] for key in ("link", "content") if key in result]
    return "\n".join(lines)
