"""The web search tool and retriever from cassettes."""

from __future__ import annotations

from typing import Any

import pytest

from langchain_zhipu import (
    ZhipuAIKnowledgeRetriever,
    ZhipuAIWebSearchRetriever,
    ZhipuAIWebSearchTool,
)
from tests.cassette_support.plugin import Mode, Service
from zhipu_client import BadRequestError, Client, NotFoundError, knowledge

pytestmark = pytest.mark.vcr


async def invoke(runnable: Any, mode: Mode, given: Any) -> Any:
    return runnable.invoke(given) if mode == "sync" else await runnable.ainvoke(given)


def call(**arguments: Any) -> dict[str, Any]:
    return {"name": "web_search", "args": arguments, "id": "call_1", "type": "tool_call"}


async def test_tool(service: Service, mode: Mode) -> None:
    tool = ZhipuAIWebSearchTool(count=2, **service.settings)
    message = await invoke(tool, mode, call(query="capital city", recency="oneYear"))
    assert message.content.startswith("[1] ")
    assert len(message.artifact["search_result"]) == 2


async def test_tool_tells_of_a_failure(service: Service, mode: Mode) -> None:
    tool = ZhipuAIWebSearchTool(search_engine="search_none", **service.settings)
    message = await invoke(tool, mode, call(query="capital city"))
    assert message.status == "error"
    assert "1211" in message.content


async def test_retriever(service: Service, mode: Mode) -> None:
    found = await invoke(ZhipuAIWebSearchRetriever(k=2, **service.settings), mode, "capital city")
    assert len(found) == 2
    assert all(document.metadata["title"] for document in found)


async def test_retriever_raises_failures(service: Service, mode: Mode) -> None:
    retriever = ZhipuAIWebSearchRetriever(search_engine="search_none", **service.settings)
    with pytest.raises(NotFoundError) as caught:
        await invoke(retriever, mode, "capital city")
    assert caught.value.code == "1211"


async def test_a_knowledge_base(service: Service, mode: Mode) -> None:
    listed = Client(**service.settings).send(knowledge.list(size=1))
    retriever = ZhipuAIKnowledgeRetriever(
        knowledge_ids=listed.data.found[0].id, k=2, **service.settings
    )
    first, second = await invoke(retriever, mode, "heat pumps")
    assert first.metadata["doc_name"]
    assert first.metadata["score"] >= second.metadata["score"]


async def test_an_unknown_knowledge_base(service: Service, mode: Mode) -> None:
    retriever = ZhipuAIKnowledgeRetriever(knowledge_ids="42", **service.settings)
    with pytest.raises(BadRequestError) as caught:
        await invoke(retriever, mode, "heat pumps")
    assert caught.value.code == "400"
