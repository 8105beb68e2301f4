"""Agents: calls, streams and tasks; what was paid for is not lost."""

from __future__ import annotations

import pytest

from tests.reliability.clocks import FakeClock
from tests.zhipu_client.agents.calls import CAT, DECK, FILM, carried_out, ways
from zhipu_client import (
    APIError,
    Client,
    ContentFilterError,
    NotFoundError,
    ServerError,
    StreamIncompleteError,
    TaskFailedError,
    TaskTimeoutError,
    agents,
    call_agent,
    wait_for,
)
from zhipu_client.agents import AgentCall
from zhipu_emulator.scripting import Answer


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
