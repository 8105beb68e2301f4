"""Agents: what is sent, what is refused before, what answers and events mean."""

from __future__ import annotations

import asyncio
import json
import pickle
from collections.abc import Iterator
from typing import Any

import pytest

import zhipu_emulator
from tests.reliability.clocks import FakeClock
from zhipu_client import (
    APIError,
    AsyncClient,
    AuthenticationError,
    Client,
    ContentFilterError,
    InvalidRequestError,
    NotFoundError,
    ServerError,
    StreamIncompleteError,
    TaskFailedError,
    TaskTimeoutError,
    acall_agent,
    agents,
    aiterate_agent,
    call_agent,
    file_parser,
    files,
    iterate_agent,
    tasks,
    wait_for,
)
from zhipu_client._replies import read
from zhipu_client.agents import AgentCall, AgentEvent, AgentReply, Collected
from zhipu_emulator.scripting import Answer

DECK = AgentCall("slides_glm_agent", "Make three slides about tea")
CAT = [
    {
        "role": "user",
        "content": [
            "A cat dances",
            {"type": "image_url", "image_url": "https://example.com/a.png"},
        ],
    }
]
FILM = AgentCall("vidu_template_agent", CAT, {"template": "bodyshake"}, interval=0.01)


@pytest.fixture(scope="module")
def running() -> Iterator[zhipu_emulator.Server]:
    with zhipu_emulator.serve() as server:
        yield server


@pytest.fixture
def server(running: zhipu_emulator.Server) -> zhipu_emulator.Server:
    running.reset()
    return running


@pytest.fixture
def client(server: zhipu_emulator.Server) -> Client:
    return Client(api_key=server.api_key, base_url=server.base_url, max_retries=0)


def carried_out(client: Client, call: AgentCall, way: str) -> AgentReply:
    """Call an agent in one of four ways."""
    if way == "sync":
        return call_agent(client, call)
    if way == "async":
        return asyncio.run(acall_agent(client.as_async(), call))
    collected = Collected()
    if way == "streamed":
        for event in iterate_agent(client, call):
            collected.add(event)
    else:

        async def collect(other: AsyncClient) -> None:
            async for event in aiterate_agent(other, call):
                collected.add(event)

        asyncio.run(collect(client.as_async()))
    return collected.reply()


ways = pytest.mark.parametrize("way", ["sync", "async", "streamed", "async streamed"])


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


def message(content: Any, role: str = "user") -> dict[str, Any]:
    return {"agent_id": "a", "messages": [{"role": role, "content": content}]}


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


@ways
def test_a_deck_by_every_way(client, way) -> None:
    deck = carried_out(client, DECK, way)
    assert (deck.text, deck.thinking) == ("The deck has 3 slides.", "Slides on tea. ")
    assert [step.tool for step in deck.steps] == ["search"] * 2 + ["insert_page"] * 6
    assert len(deck.pages) == 3
    assert [one.get("phase") for one in deck.messages] == ["thinking", "tool", "answer"]
    assert deck.conversation_id
    assert deck.usage is not None

    on = AgentCall("slides_glm_agent", "Delete slide 2", conversation_id=deck.conversation_id)
    assert carried_out(client, on, way).steps[0].position == (2,)
    made = client.send(agents.conversation(deck.conversation_id, include_pdf=True))
    assert [(file.kind, file.name) for file in made.files] == [("file", "tea.pdf")]


@ways
def test_a_task_is_waited_for_by_every_way(client, way) -> None:
    film = carried_out(client, FILM, way)
    assert [file.name for file in film.files] == ["video.mp4"]
    assert film.urls[0].startswith("http://127.0.0.1")
    assert film.async_id


@ways
def test_an_agent_that_does_not_stream_gives_one_answer(client, way) -> None:
    drawn = carried_out(client, AgentCall("ai_drawing_agent", "a kite"), way)
    assert [file.kind for file in drawn.files] == ["image"]


@ways
def test_an_answer_in_one_piece_where_a_stream_was_wanted_is_not_lost(client, server, way) -> None:
    body = {"choices": [{"messages": [{"role": "assistant", "content": "all at once"}]}]}
    server.script(Answer(json=body))
    assert carried_out(client, AgentCall("an-agent-of-tomorrow", "hi"), way).text == "all at once"
    assert len(server.requests) == 1


def test_a_task_may_be_fetched_elsewhere(client) -> None:
    async_id = FILM.submitted(client.send(FILM.submission()))
    plan = agents.waiting(async_id, agent_id="vidu_template_agent", interval=0.01)
    assert wait_for(client, plan).urls


# --- Failures


def test_an_answer_to_a_submission_is_on_its_error(client, server) -> None:
    body = {"choices": [{"messages": [{"role": "assistant", "content": "done"}]}]}
    server.script(Answer(json=body))
    call = AgentCall("an-agent-of-tomorrow", "hi")
    with pytest.raises(ServerError, match="answered at once") as caught:
        call.submitted(client.send(call.submission()))
    assert caught.value.partial.text == "done"


@ways
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("cut=5", StreamIncompleteError),
        ("reset=5", StreamIncompleteError),
        ("no-finish", StreamIncompleteError),
        ("garbage=5", StreamIncompleteError),
        ("error-frame=5/1301", ContentFilterError),
        ("finish=sensitive", ContentFilterError),
        ("finish=network_error", ServerError),
    ],
)
def test_a_stream_that_is_not_whole_is_never_an_answer(client, server, way, fault, kind) -> None:
    server.script(fault)
    with pytest.raises(kind) as caught:
        carried_out(client, DECK, way)
    partial = caught.value.partial
    assert partial.thinking == "Slides on tea. "
    assert partial.conversation_id
    assert len(server.requests) == 1  # nothing is replayed after its first event


def test_a_stream_that_ends_before_it_begins_has_no_partial(client, server) -> None:
    server.script(Answer(frames=[b"data: [DONE]\n\n"]))
    with pytest.raises(StreamIncompleteError, match="before any content") as caught:
        call_agent(client, DECK)
    assert caught.value.partial is None


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize(
    ("polls", "kind"),
    [
        ([{"status": "failed"}], TaskFailedError),
        ([{"status": "failed", "error": {"code": "1230", "message": "no"}}], TaskFailedError),
        ([{"status": "failed", "error": {"code": "1301", "message": "no"}}], TaskFailedError),
        ([{"status": "failed", "choices": [], "error": "no"}], TaskFailedError),
        ([{"error": {"code": "1233", "message": "gone"}}], NotFoundError),
        ([{"status": "thinking about it"}] * 99, TaskTimeoutError),
    ],
)
def test_what_is_paid_for_has_its_id(client, server, way, polls, kind) -> None:
    server.script(Answer(json={"agent_id": "vidu_template_agent", "async_id": "t-1"}))
    server.script(*(Answer(json=poll) for poll in polls))
    call = AgentCall("vidu_template_agent", CAT, interval=0.01, timeout=0.05)
    with pytest.raises(kind) as caught:
        carried_out(client, call, way)
    assert caught.value.task_id == "t-1"
    if kind is TaskFailedError and "error" in polls[0]:
        assert "no" in str(caught.value)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"status": "failed"}, ServerError),
        ({"status": "failed", "error": {"code": "1301", "message": "no"}}, ContentFilterError),
        ({"agent_id": "a"}, ServerError),
        ({"choices": [{"finish_reason": "network_error", "messages": []}]}, ServerError),
        ({"choices": [{"messages": []}], "error": {"code": "1301"}}, ContentFilterError),
        ({"choices": [{"messages": []}], "error": {}}, None),
        ({"choices": [{"messages": []}], "error": {"code": "", "message": ""}}, None),
    ],
)
def test_failures_in_an_answer_with_status_200(client, server, body, kind) -> None:
    server.script(Answer(json=body))
    asked = agents.create(agent_id="a", messages="x")
    if kind is None:
        client.send(asked)
        return
    with pytest.raises(kind) as caught:
        client.send(asked)
    assert isinstance(caught.value, APIError)


# --- What answers mean


def reply_of(*contents: Any, **message: Any) -> AgentReply:
    messages = [{"role": "assistant", "content": content, **message} for content in contents]
    found: AgentReply = read(AgentReply, {"choices": [{"messages": messages}]})
    return found


@pytest.mark.parametrize(
    ("choice", "text"),
    [
        ({"messages": [{"content": "a"}, {"content": {"type": "text", "text": "b"}}]}, "ab"),
        ({"message": {"role": "assistant", "content": {"type": "text", "text": "a"}}}, "a"),
        ({"message": [{"content": [{"type": "text", "text": "a"}, "b"]}]}, "ab"),
        ({"delta": {"content": "a"}}, "a"),
        ({"messages": None, "message": "odd"}, ""),
        ({"messages": [{"content": [None, 5, {"text": ["a"]}]}]}, "5a"),
        ({"messages": [{"content": "a", "phase": ["answer"]}]}, "a"),
    ],
)
def test_every_shape_of_the_wire_is_read(choice, text) -> None:
    assert read(AgentReply, {"choices": [choice]}).text == text


def test_odd_facts_cost_no_answer_and_are_in_no_warning() -> None:
    choices = [{"messages": [{"content": "a"}]}]
    reply = read(AgentReply, {"id": ["x"], "usage": "odd", "status": {}, "choices": choices})
    assert AgentEvent.of_reply(reply).text == "a"


def test_files_of_every_kind() -> None:
    parts = [
        {"type": "image_url", "image_url": {"url": "i"}, "tag_cn": "图"},
        {"type": "audio_url", "audio_url": "a", "tag": "sound"},
        {"type": "video_url", "video_url": "v"},
        {"type": "file_url", "file_url": None},
        {"type": "hologram_url", "hologram_url": "h"},
    ]
    found = [(file.kind, file.url, file.name) for file in reply_of(parts).files]
    assert found == [("image", "i", "图"), ("audio", "a", "sound"), ("video", "v", None)]


def step(tool: str, output: str | None, *position: int) -> dict[str, Any]:
    return {"type": "object", "object": {"tool_name": tool, "output": output, "position": position}}


def test_pages_follow_the_steps() -> None:
    steps = [
        step("insert_page", "A", 1),
        step("insert_page", "C", 2),
        step("insert_page", "B", 2),
        step("update_page", "c", 3),
        step("remove_slides", None, 1),
        {"type": "object", "object": "odd"},
        step("insert_page", "?", 0),
    ]
    steps = json.loads(json.dumps(steps))
    assert reply_of(steps, phase="tool").pages == ["B", "c"]
    assert reply_of(steps, phase="tool").text == ""


def test_phases_that_nobody_knows_are_part_of_the_answer() -> None:
    assert reply_of("x", phase="conclusion").text == "x"
    assert reply_of("x", phase="thinking").text == ""


@pytest.mark.parametrize(
    ("body", "state"),
    [
        ({"status": "pending", "async_id": "t"}, "running"),
        ({"status": "of tomorrow", "async_id": "t"}, "running"),
        ({"async_id": "t"}, "running"),
        ({"async_id": "t", "choices": [{"index": 0}]}, "succeeded"),
        ({"choices": []}, "succeeded"),
        ({"status": "FAILED"}, "failed"),
    ],
)
def test_states(body, state) -> None:
    assert read(AgentReply, body).state == state


def test_halves_of_characters_are_joined_over_events(client, server) -> None:
    def event(text: str, **more: Any) -> bytes:
        choice = {"messages": [{"role": "assistant", "content": text}], **more}
        return b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n"

    server.script(Answer(frames=[event("a\ud83d"), event("\ude42b", finish_reason="stop")]))
    texts = [found.text for found in iterate_agent(client, AgentCall("b", "x"))]
    assert texts == ["a", "\U0001f642b"]


def test_many_events_are_put_together_in_linear_steps() -> None:
    collected = Collected()
    data = {"choices": [{"messages": [{"role": "assistant", "content": "ab"}]}]}
    event = AgentEvent.of(data)
    for _ in range(20_000):
        collected.add(event)
    assert collected.reply().text == "ab" * 20_000
    assert collected.contents == 20_000


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


def test_a_half_that_nothing_follows_is_shown_as_such(client, server) -> None:
    def event(*contents: str, **more: Any) -> bytes:
        messages = [{"role": "assistant", "content": content} for content in contents]
        choice = {"messages": messages, **more}
        return b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n"

    server.script(Answer(frames=[event("a\ud83d"), event(finish_reason="stop")]))
    call = AgentCall("an-agent-of-tomorrow", "x")
    assert carried_out(client, call, "streamed").text == "a\ufffd"


@pytest.mark.parametrize("async_id", [42, "42"])
def test_an_id_that_is_a_number_is_not_lost(client, server, async_id) -> None:
    server.script(Answer(json={"agent_id": "a", "async_id": async_id, "status": "pending"}))
    call = AgentCall("an-agent-of-tomorrow", "x")
    assert call.submitted(client.send(call.submission())) == "42"


def test_bytes_that_are_not_utf8_end_a_stream(client, server) -> None:
    server.script("bad-utf8=5")
    with pytest.raises(StreamIncompleteError) as caught:
        call_agent(client, DECK)
    assert caught.value.partial.conversation_id


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


@pytest.mark.parametrize(
    ("agent_id", "asked"),
    [("general_translation", 2), ("ai_drawing_agent", 1), ("an-agent-of-tomorrow", 1)],
)
def test_what_is_billed_by_the_call_is_not_asked_for_twice(server, agent_id, asked) -> None:
    client = Client(
        api_key=server.api_key, base_url=server.base_url, max_retries=1, clock=FakeClock()
    )
    server.script("status=502", times=asked)
    with pytest.raises(ServerError):
        client.send(agents.create(agent_id=agent_id, messages="a kite"))
    assert len(server.requests) == asked
