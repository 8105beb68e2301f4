"""`dumps` and `load`: models, bindings, chains and messages; the key is never written."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.load import dumpd, dumps, load, loads
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate

from langchain_zhipu import ChatZhipuAI

Make = Callable[..., ChatZhipuAI]
Say = Callable[..., None]

pytestmark = pytest.mark.filterwarnings("ignore:.*is in beta")

ANSWER = {"content": "four", "reasoning_content": "2+2"}
CALL = {
    "content": "",
    "reasoning_content": "I must look.",
    "tool_calls": [
        {"id": "call_1", "type": "function", "index": 0,
         "function": {"name": "f", "arguments": '{"a": "杭州"}'}},
    ],
}  # fmt: skip
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}


@pytest.fixture
def key_in_the_environment(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIPUAI_API_KEY", server.api_key)


def restored(thing: Any) -> Any:
    return load(
        json.loads(dumps(thing)),
        allowed_objects=[ChatZhipuAI, *_PARTS],
        valid_namespaces=["langchain_zhipu"],
        secrets_from_env=True,
    )


def _parts() -> list[Any]:
    from langchain_core.prompts import HumanMessagePromptTemplate, PromptTemplate
    from langchain_core.runnables import RunnableBinding, RunnableSequence

    return [
        ChatPromptTemplate, HumanMessagePromptTemplate, PromptTemplate, RunnableBinding,
        RunnableSequence, StrOutputParser,
    ]  # fmt: skip


_PARTS = _parts()


@pytest.mark.usefixtures("key_in_the_environment")
def test_a_model_comes_back_by_the_public_way(make: Make, server: Any) -> None:
    model = make(
        model="glm-4.6", temperature=0.0, thinking={"type": "enabled"}, max_tokens=50,
        extra_body={"seed": 1}, stop=["x"], reasoning_history="all",
    )  # fmt: skip
    assert model.is_lc_serializable()
    text = dumps(model)
    assert server.api_key not in text
    assert json.loads(text)["id"] == ["langchain_zhipu", "chat_models", "ChatZhipuAI"]
    again = restored(model)
    assert type(again) is ChatZhipuAI
    assert again == model
    assert again.invoke("hi").text


@pytest.mark.usefixtures("key_in_the_environment")
def test_bindings_and_chains_come_back(make: Make, server: Any) -> None:
    bound = make().bind_tools([TOOL], tool_choice="f")
    again = restored(bound)
    assert again.kwargs == bound.kwargs  # type: ignore[attr-defined]
    prompt = ChatPromptTemplate.from_messages([("human", "{question}")])
    chain = restored(prompt | make() | StrOutputParser())
    assert chain.invoke({"question": "hi"})


def test_without_the_key_a_model_is_not_loaded(make: Make) -> None:
    text = dumps(make())
    with pytest.raises(Exception, match=r"ZHIPUAI_API_KEY|API key"):
        loads(text, allowed_objects=[ChatZhipuAI], valid_namespaces=["langchain_zhipu"])


def test_a_model_is_not_loaded_where_nobody_allowed_it(make: Make) -> None:
    with pytest.raises(ValueError, match=r"not allowed|namespace"):
        load(dumpd(make()), allowed_objects="core")


@pytest.mark.parametrize("answer", [ANSWER, CALL])
@pytest.mark.parametrize("version", ["v0", "v1"])
def test_messages_come_back_equal(
    make: Make, say: Say, answer: dict[str, Any], version: str
) -> None:
    say(answer, answer)
    model = make(output_version=version).bind_tools([TOOL])
    whole = model.invoke("?")
    total: Any = None
    for chunk in model.stream("?"):
        again = loads(dumps(chunk), allowed_objects="messages")
        assert isinstance(again, AIMessageChunk)
        assert dumpd(again) == dumpd(chunk)
        total = chunk if total is None else total + chunk
    for message in (whole, total):
        again = loads(dumps(message), allowed_objects="messages")
        assert isinstance(again, AIMessage)
        assert again == message
        assert again.content_blocks == message.content_blocks
    reasoning = [b for b in again.content_blocks if b["type"] == "reasoning"]
    assert reasoning[0]["reasoning"] == answer["reasoning_content"]
