"""Searches and web pages in answers of another shape: read alike by both adapters, or refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import langchain_zhipu
import llama_index_zhipu
from zhipu_client import ServerError

from .server import Reply, scripted
from .subjects import KEY

ROW = {"title": "Whales", "link": "https://a.example/", "content": "They sing."}


def langchain(settings: dict[str, Any]) -> list[str]:
    found = langchain_zhipu.ZhipuAIWebSearchRetriever(**settings).invoke("whales")
    return [document.page_content for document in found]


def llama_index(settings: dict[str, Any]) -> list[str]:
    found = llama_index_zhipu.ZhipuAIWebSearchRetriever(**settings).retrieve("whales")
    return [node.text for node in found]


def langchain_page(settings: dict[str, Any]) -> str:
    (page,) = langchain_zhipu.ZhipuAIWebReaderLoader("https://a.example/", **settings).load()
    return page.page_content


def llama_index_page(settings: dict[str, Any]) -> str:
    (page,) = llama_index_zhipu.ZhipuAIWebReader(**settings).load_data("https://a.example/")
    return page.text


def tool_page(settings: dict[str, Any]) -> str:
    spec = llama_index_zhipu.ZhipuAIWebReaderToolSpec(**settings)
    return spec.read_web_page("https://a.example/").rpartition("\n\n")[2]


def answered(body: Any, ask: Callable[[dict[str, Any]], Any]) -> Any:
    with scripted(Reply(body)) as server:
        return ask(
            {"api_key": KEY, "base_url": server.base_url, "dialect": "zhipu", "max_retries": 0}
        )


@pytest.mark.parametrize("ask", [langchain, llama_index])
@pytest.mark.parametrize(
    ("found", "texts"),
    [
        ([ROW], ["They sing."]),
        (ROW, ["They sing."]),
        ([None, "x", ROW, 5], ["They sing."]),
        ([{**ROW, "content": ["They", "sing."], "title": ["a"], "media": [1]}], ["They\nsing."]),
        ([{**ROW, "content": {"text": "They sing."}}], ["They sing."]),
        ([{**ROW, "content": [{"type": "text", "text": "They"}, "sing."]}], ["They\nsing."]),
        ([], []),
        (None, []),
    ],
)
def test_results_of_any_shape_are_text(
    ask: Callable[..., Any], found: Any, texts: list[str]
) -> None:
    assert answered({"id": "1", "search_result": found}, ask) == texts


@pytest.mark.parametrize("ask", [langchain_page, llama_index_page, tool_page])
@pytest.mark.parametrize(
    ("page", "text"),
    [
        ({"content": "They sing."}, "They sing."),
        ({"content": ["They", "sing."], "title": ["a"], "url": ["b"]}, "They\nsing."),
        ({"content": {"text": "They sing."}, "description": {"a": 1}}, "They sing."),
        ({"content": "They sing.", "external": [1], "metadata": ["a"]}, "They sing."),
        ([{"content": "They sing."}], "They sing."),
        ("They sing.", "They sing."),
    ],
)
def test_pages_of_any_shape_are_text(ask: Callable[..., Any], page: Any, text: str) -> None:
    assert answered({"id": "1", "reader_result": page}, ask) == text


@pytest.mark.parametrize("body", [[ROW], [], ["x"], [{"search_result": [ROW]}]])
@pytest.mark.parametrize(
    "ask", [langchain, llama_index, langchain_page, llama_index_page, tool_page]
)
def test_a_list_in_place_of_the_answer_is_no_empty_answer(
    ask: Callable[..., Any], body: list[Any]
) -> None:
    with pytest.raises(ServerError) as caught:
        answered(body, ask)
    assert caught.value.body == body


@pytest.mark.parametrize("ask", [langchain_page, llama_index_page, tool_page])
@pytest.mark.parametrize("body", [{"id": "1"}, {"reader_result": 5}, {"reader_result": []}])
def test_an_answer_without_a_page_is_no_blank_page(ask: Callable[..., Any], body: Any) -> None:
    with pytest.raises(ServerError, match="has no page"):
        answered(body, ask)


LONG = "How many people live in the city of Beijing at the moment, and when was that?"
CUT = "How many people live in the city of Beijing at the moment, and when"
#: What searches, and its method.
SEARCHES: list[tuple[type[Any], str]] = [
    (langchain_zhipu.ZhipuAIWebSearchTool, "run"),
    (langchain_zhipu.ZhipuAIWebSearchRetriever, "invoke"),
    (llama_index_zhipu.ZhipuAIWebSearchToolSpec, "web_search"),
    (llama_index_zhipu.ZhipuAIWebSearchRetriever, "retrieve"),
]


@pytest.mark.parametrize(("kind", "method"), SEARCHES)
def test_what_is_sent_of_a_long_query(kind: type[Any], method: str) -> None:
    with scripted(Reply({"search_result": [ROW]})) as server:
        reach = {"api_key": KEY, "base_url": server.base_url, "dialect": "zhipu"}
        getattr(kind(**reach), method)(LONG)
        getattr(kind(max_query_length=8, search_intent=True, **reach), method)(LONG)
        first, second = (request.json for request in server.requests)
    assert first["search_query"] == CUT
    assert (first["search_intent"], second["search_intent"]) == (False, True)
    assert second["search_query"] == "How many"


def test_how_long_a_page_may_take() -> None:
    with scripted(Reply({"reader_result": {"content": "They sing."}})) as server:
        reach = {"api_key": KEY, "base_url": server.base_url, "dialect": "zhipu"}
        langchain_page({"page_timeout": 60, **reach})
        llama_index_page({"page_timeout": 60, **reach})
        assert [request.json["timeout"] for request in server.requests] == [60, 60]
