"""ZhipuAIWebSearchRetriever."""

from __future__ import annotations

import asyncio

import pytest

import zhipu_emulator
from langchain_zhipu import ZhipuAIWebSearchRetriever
from tests.reliability.scenarios import answer
from tests.reliability.server import FaultServer
from zhipu_client import AuthenticationError, InvalidRequestError, ServerError

PAGE = {
    "title": "Whales",
    "link": "https://sea.example/whales",
    "content": "They sleep.",
    "media": "sea",
    "icon": "",
    "publish_date": "2026-09-30",
    "refer": "ref_1",
    "score": 0.5,
}
REPLY = {"id": "1", "search_result": [PAGE, {"content": "bare"}, "odd"]}


async def test_results_become_documents(access, server):
    server.script(REPLY, REPLY)
    retriever = ZhipuAIWebSearchRetriever(**access)
    found = retriever.invoke("whales")
    assert found == await retriever.ainvoke("whales")
    whales, bare = found
    assert whales.page_content == "They sleep."
    assert whales.metadata == {
        "title": "Whales",
        "source": "https://sea.example/whales",
        "media": "sea",
        "published_date": "2026-09-30",
        "refer": "ref_1",
        "score": "0.5",
    }
    assert (bare.page_content, bare.metadata) == ("bare", {})


async def test_k_decides_what_is_asked_for_and_given(access, server):
    retriever = ZhipuAIWebSearchRetriever(k=5, **access)
    assert len(retriever.invoke("capital city", k=2)) == 2
    assert len(await retriever.ainvoke("capital city", k=1)) == 1
    retriever.invoke("capital city")
    assert [r["json"]["count"] for r in server.requests] == [2, 1, 5]
    with pytest.raises(InvalidRequestError, match="from 1 to 50, got 0"):
        retriever.invoke("capital city", k=0)
    with pytest.raises(ValueError, match="k"):
        ZhipuAIWebSearchRetriever(k=51, **access)


def test_a_question_that_is_too_long_is_cut(access, server):
    question = "What did the authors find out about the sleep of whales " * 3
    assert ZhipuAIWebSearchRetriever(**access).invoke(question)
    assert len(server.requests[0]["json"]["search_query"]) <= 70


def test_nothing_found_is_an_empty_list(access, server):
    server.script(
        {"search_result": None},
        zhipu_emulator.Answer(json={"error": {"code": "1703", "message": "x"}}, status=400),
    )
    retriever = ZhipuAIWebSearchRetriever(**access)
    assert retriever.invoke("whales") == []
    assert retriever.invoke("whales") == []


def test_failures_are_raised(access):
    with pytest.raises(AuthenticationError):
        ZhipuAIWebSearchRetriever(**{**access, "api_key": "wrong.key"}).invoke("whales")


def test_in_a_chain(access):
    chain = ZhipuAIWebSearchRetriever(k=1, **access) | (lambda found: found[0].metadata["source"])
    assert chain.invoke("Beijing").startswith("https://")


@pytest.mark.parametrize("body", [[], [1], [{"content": "whales"}]])
def test_an_answer_that_is_a_list_is_a_typed_error(body):
    with FaultServer(answer(body)) as server:
        made = ZhipuAIWebSearchRetriever(api_key="a.b", base_url=server.base_url, max_retries=0)
        with pytest.raises(ServerError, match="cannot be read"):
            made.invoke("whales")
        with pytest.raises(ServerError, match="cannot be read"):
            asyncio.run(made.ainvoke("whales"))
