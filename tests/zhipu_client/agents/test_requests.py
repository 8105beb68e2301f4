"""Agents: what is sent, and what is refused before."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from tests.zhipu_client.agents.calls import CAT, DECK, message
from zhipu_client import (
    AuthenticationError,
    Client,
    InvalidRequestError,
    agents,
    call_agent,
    file_parser,
    files,
    tasks,
)
from zhipu_client._replies import read
from zhipu_client.agents import AgentCall, AgentEvent

# --- What is sent


def test_what_is_sent() -> None:
    request = agents.create(
        agent_id="general_translation",
        messages="hello",
        custom_variables={"target_lang": "de"},
        conversation_id="c-1",
        extra_body={"new": 1},
    )
    assert request.json == {
        "agent_id": "general_translation",
        "messages": [{"role": "user", "content": [{"type": "text", "text": "hello"}]}],
        "custom_variables": {"target_lang": "de"},
        "conversation_id": "c-1",
        "new": 1,
    }
    assert (request.path, request.kind) == ("//api/v1/agents", "generate")
    below = agents.create(agent_id="ai_drawing_agent", messages="a kite", below_base_url=True)
    assert (below.path, below.kind) == ("/v1/agents", "paid")
    assert agents.stream(agent_id="an-agent-of-tomorrow", messages="x").kind == "paid"


@pytest.mark.parametrize(
    ("content", "sent"),
    [
        ("hi", "hi"),
        ({"type": "text", "text": "hi"}, {"type": "text", "text": "hi"}),
        (["hi"], [{"type": "text", "text": "hi"}]),
        (
            [{"type": "image_url", "image_url": {"url": "https://a.b/c"}}],
            [{"type": "image_url", "image_url": "https://a.b/c"}],
        ),
        ([{"type": "file_id", "file_id": "f"}], [{"type": "file_id", "file_id": "f"}]),
    ],
)
def test_contents(content: Any, sent: Any) -> None:
    request = agents.create(agent_id="a", messages=[{"role": "user", "content": content}])
    assert request.json is not None
    assert request.json["messages"][0]["content"] == sent


REFUSED: list[tuple[Any, dict[str, Any], str]] = [
    (agents.create, {"agent_id": " ", "messages": "x"}, "agent_id"),
    (agents.create, {"agent_id": "a", "messages": " "}, "messages"),
    (agents.create, {"agent_id": "a", "messages": []}, "messages"),
    (agents.create, {"agent_id": "a", "messages": 5}, "messages"),
    (agents.create, {"agent_id": "a", "messages": ["x"]}, "messages[0]"),
    (agents.create, message("x", role="tool"), "messages[0].role"),
    (agents.create, message(None), "messages[0].content"),
    (agents.create, message([]), "messages[0].content"),
    (agents.create, message(["x", 5]), "messages[0].content[1]"),
    (agents.create, message([{"type": "video"}]), "messages[0].content[0].type"),
    (agents.create, message({"type": "file_id"}), "messages[0].content.file_id"),
    (agents.create, {**message("x"), "custom_variables": "en"}, "custom_variables"),
    (agents.create, {**message("x"), "conversation_id": ""}, "conversation_id"),
    (agents.stream, {**message("x"), "request_id": "short"}, "request_id"),
    (agents.retrieve, {"agent_id": "a"}, "async_id"),
    (agents.retrieve, {"agent_id": "a", "async_id": ""}, "async_id"),
    (agents.conversation, {"conversation_id": ""}, "conversation_id"),
    (agents.conversation, {"conversation_id": "c", "pages": [5]}, "pages[0]"),
    (
        agents.conversation,
        {"conversation_id": "c", "pages": [{"position": 1, "width": 0, "height": 2}]},
        "pages[0].width",
    ),
    (agents.waiting, {"task": "t"}, "agent_id"),
    (agents.waiting, {"task": "t", "agent_id": "a", "interval": 0}, "interval"),
    (agents.translate, {"text": " "}, "text"),
    (agents.translate, {"text": "x", "target_lang": "klingon"}, "target_lang"),
    (agents.translate, {"text": "x", "source_lang": "en-GB"}, "source_lang"),
    (agents.translate, {"text": "x", "strategy": "best"}, "strategy"),
    (agents.translate, {"text": "x", "strategy": "cot", "suggestion": "y"}, "suggestion"),
    (agents.translate, {"text": "x", "reason_lang": "to"}, "reason_lang"),
    (agents.translate_stream, {"text": ""}, "text"),
]


@pytest.mark.parametrize(("function", "given", "field"), REFUSED)
def test_refused_before_it_is_sent(function: Any, given: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        function(**given)
    assert caught.value.field == field


def test_a_wrong_wait_is_refused_before_anything_is_paid_for(client, server) -> None:
    for call in (AgentCall("vidu_template_agent", CAT, interval=0), AgentCall("a", "x", timeout=0)):
        with pytest.raises(InvalidRequestError):
            call_agent(client, call)
    with pytest.raises(InvalidRequestError, match="answers at once"):
        AgentCall("general_translation", "hi").submission()
    assert server.requests == []


# --- Against the emulator


@pytest.mark.parametrize("below", [False, True])
def test_both_paths(client, server, below) -> None:
    reply = client.send(agents.translate("Good morning, world!", below_base_url=below))
    assert (reply.text, reply.finish_reason, reply.state) == ("早上好，世界！", "stop", "succeeded")
    assert server.requests[0]["path"] == ("/api/paas/v4" if below else "/api") + "/v1/agents"


@pytest.mark.parametrize("below", [False, True])
def test_a_wrong_key_is_the_same_error_on_both(server, below) -> None:
    client = Client(api_key="wrong.key", base_url=server.base_url)
    with pytest.raises(AuthenticationError):
        client.send(agents.translate("Good morning", below_base_url=below))


def test_a_glossary_goes_up_as_a_file(client) -> None:
    terms = files.create(file=b"kite,Papierdrache\n", filename="terms.csv", purpose="agent")
    glossary = client.send(terms).id
    asked = agents.translate("The kite", target_lang="de", glossary=glossary, strategy="two_step")
    assert client.send(asked).text == "Der Papierdrache"


@pytest.mark.parametrize(
    ("base", "root"),
    [
        ("https://open.bigmodel.cn/api/paas/v4", "https://open.bigmodel.cn"),
        ("https://api.z.ai/api/coding/paas/v4", "https://api.z.ai"),
        ("https://relay.example/bigmodel/api/paas/v4", "https://relay.example/bigmodel"),
        ("http://127.0.0.1:8000/v1", "http://127.0.0.1:8000"),
    ],
)
def test_a_path_from_the_root_keeps_that_of_a_relay(base, root) -> None:
    client = Client(api_key="k.s", base_url=base)
    assert str(client._core.url("//api/v1/agents")) == f"{root}/api/v1/agents"


def test_calls_and_answers_go_to_another_process(client) -> None:
    deck = call_agent(client, pickle.loads(pickle.dumps(DECK)))
    again = pickle.loads(pickle.dumps(deck))
    assert again.text == deck.text
    event = AgentEvent.of_reply(deck)
    assert pickle.loads(pickle.dumps(event)) == event
    assert "tea" not in repr(DECK)  # what is asked for is the caller's own


def test_ids_of_tasks_may_be_numbers() -> None:
    assert tasks.waiting(read(tasks.Task, {"id": 42})).task_id == "42"
    assert file_parser.waiting(read(file_parser.ParserTask, {"task_id": 42})).task_id == "42"
