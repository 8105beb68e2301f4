"""Changing the import is all that leaving ``langchain_community`` takes."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import HumanMessage, SystemMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate

from langchain_zhipu import ChatZhipuAI


def program(model_class: Any, base: str, key: str) -> str:
    """What the community package's own documentation shows."""
    chat = model_class(
        model="glm-4",
        temperature=0.5,
        top_p=0.7,
        api_key=key,
        api_base=f"{base}/chat/completions",
        max_tokens=200,
        streaming=True,
    )
    messages = [
        SystemMessage(content="Your role is a poet."),
        HumanMessage(content="Write a short poem about AI in four lines."),
    ]
    response = chat.invoke(messages)
    chain = ChatPromptTemplate.from_messages([("human", "{question}")]) | chat | StrOutputParser()
    return str(response.content) + str(chain.invoke({"question": "What is 2 + 2?"}))


def test_the_documented_program_runs(server: Any, sent: Any) -> None:
    assert program(ChatZhipuAI, server.base_url, server.api_key)
    first = sent()[0]
    assert (first["model"], first["temperature"], first["top_p"]) == ("glm-4", 0.5, 0.7)
    assert first["stream"] is True


@pytest.mark.filterwarnings("ignore")  # of the other package
def test_the_same_program_with_either_import(server: Any) -> None:
    community = pytest.importorskip("langchain_community.chat_models")
    assert program(community.ChatZhipuAI, server.base_url, server.api_key)
    assert program(ChatZhipuAI, server.base_url, server.api_key)


@pytest.mark.parametrize(
    ("given", "field", "value"),
    [
        ({"zhipuai_api_key": "a.b"}, "zhipuai_api_key", "a.b"),
        ({"api_key": "a.b", "model_name": "glm-4"}, "model_name", "glm-4"),
        (
            {"api_key": "a.b", "zhipuai_api_base": "https://x/v4"},
            "zhipuai_api_base",
            "https://x/v4",
        ),
        ({"api_key": "a.b", "api_base": "https://x/v4"}, "base_url", "https://x/v4"),
        ({"api_key": "a.b", "request_timeout": 5}, "timeout", 5),
        ({"api_key": "a.b", "model_kwargs": {"seed": 1}}, "model_kwargs", {"seed": 1}),
        ({"api_key": "a.b", "max_completion_tokens": 9}, "max_tokens", 9),
        ({"api_key": "a.b", "stop_sequences": ["x"]}, "stop", ["x"]),
    ],
)
def test_constructor_arguments_of_the_community_package(
    given: dict[str, Any], field: str, value: Any
) -> None:
    found = getattr(ChatZhipuAI(**given), field)
    assert (found.get_secret_value() if hasattr(found, "get_secret_value") else found) == value


def test_the_environment_of_the_community_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIPUAI_API_KEY", "a.b")
    monkeypatch.setenv("ZHIPUAI_API_BASE", "https://x/v4/chat/completions")
    assert ChatZhipuAI().base_url == "https://x/v4"


def test_an_alias_and_its_name_together_take_the_name() -> None:
    found = ChatZhipuAI(api_key="a.b", model="glm-4.6", model_name="glm-4")
    assert found.model == "glm-4.6"
