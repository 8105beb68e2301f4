"""Models for one purpose: what both adapters send of their fields, and who may speak first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from llama_index.core.llms import ChatMessage

import zhipu_emulator
from langchain_zhipu import ChatZhipuAI
from llama_index_zhipu import ZhipuAI

ROLES = {"user_name": "Lin", "user_info": "a", "bot_name": "Ada", "bot_info": "b"}
EXTRA = {"target": {"path": "a.py", "language": "Python", "code_prefix": "x", "code_suffix": ""}}
GREETING = [("assistant", "Good evening."), ("user", "Who are you?")]


@pytest.fixture(scope="module")
def service() -> Iterator[Any]:
    with zhipu_emulator.serve() as server:
        yield server


def langchain(service: Any, model: str, said: list[tuple[str, str]], **settings: Any) -> Any:
    kinds = {"assistant": AIMessage, "user": HumanMessage, "system": SystemMessage}
    chat = ChatZhipuAI(model=model, api_key=service.api_key, base_url=service.base_url, **settings)
    chat.invoke([kinds[role](text) for role, text in said])
    return service.requests[-1]["json"]


def llama_index(service: Any, model: str, said: list[tuple[str, str]], **settings: Any) -> Any:
    llm = ZhipuAI(model=model, api_key=service.api_key, api_base=service.base_url, **settings)
    llm.chat([ChatMessage(role=role, content=text) for role, text in said])
    return service.requests[-1]["json"]


ADAPTERS = pytest.mark.parametrize("send", [langchain, llama_index])


@ADAPTERS
@pytest.mark.parametrize("model", ["charglm-4", "emohaa"])
@pytest.mark.parametrize("before", [[], [("system", "Be brief.")]], ids=["alone", "system"])
def test_a_character_may_speak_first(
    send: Any, model: str, before: list[Any], service: Any
) -> None:
    body = send(service, model, [*before, *GREETING], meta=ROLES)
    assert [(m["role"], m["content"]) for m in body["messages"]] == [*before, *GREETING]
    assert body["meta"] == ROLES


@ADAPTERS
def test_no_other_model_may(send: Any, service: Any) -> None:
    roles = [message["role"] for message in send(service, "glm-4.7", GREETING)["messages"]]
    assert roles == ["user", "assistant", "user"]


@ADAPTERS
def test_a_character_that_nobody_answered_is_asked_to_go_on(send: Any, service: Any) -> None:
    first, *_ = send(service, "charglm-4", GREETING[:1], meta=ROLES)["messages"]
    assert first["role"] == "user"


@ADAPTERS
def test_code_is_completed_between_two_texts(send: Any, service: Any) -> None:
    body = send(service, "codegeex-4", [("user", "Complete.")], extra=EXTRA)
    assert body["extra"] == EXTRA
