"""Agents: in both adapters nothing that was paid for is lost, and mistakes cost nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.contract.agents.calls import CAT, FILM, SLIDES, adapters, called, made, streamed, ways
from zhipu_client import (
    ContentFilterError,
    InvalidRequestError,
    NotFoundError,
    ServerError,
    StreamIncompleteError,
    TaskFailedError,
    TaskTimeoutError,
)
from zhipu_emulator.scripting import Answer

ASKED = "/api/v1/agents"


@adapters
@ways
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("cut=5", StreamIncompleteError),
        ("no-finish", StreamIncompleteError),
        ("error-frame=5/1301", ContentFilterError),
        ("finish=network_error", ServerError),
    ],
)
@pytest.mark.parametrize("how", ["invoke", "stream"])
def test_what_came_of_a_stream_is_on_the_error(adapter, way, fault, kind, how, reach, service):
    # By its path: a poll that the test before has left on its way would take it.
    service.script(fault, path=ASKED)
    agent = made(adapter, SLIDES, **reach)
    with pytest.raises(kind) as caught:
        if how == "invoke":
            called(agent, way, "invoke", "Two slides about tea")
        else:
            streamed(agent, way, "Two slides about tea")
    assert caught.value.partial.thinking == "Slides on tea. "
    assert caught.value.partial.conversation_id
    assert [one["path"] for one in service.requests].count(ASKED) == 1


@adapters
@ways
@pytest.mark.parametrize(
    ("poll", "kind"),
    [
        ({"status": "failed", "error": {"code": "1230", "message": "no"}}, TaskFailedError),
        ({"status": "pending"}, TaskTimeoutError),
        ({"error": {"code": "1233", "message": "gone"}}, NotFoundError),
    ],
)
def test_what_is_paid_for_has_its_id(adapter, way, poll, kind, reach, service):
    begun = {"agent_id": FILM, "async_id": "t-1", "status": "pending"}
    service.script(Answer(json=begun), path=ASKED)
    service.script(Answer(json=poll), times=None)
    agent = made(adapter, FILM, wait=0.05, **reach)
    with pytest.raises(kind) as caught:
        called(agent, way, "invoke", CAT[adapter])
    assert caught.value.task_id == "t-1"


@adapters
def test_a_cancelled_wait_has_its_id(adapter, reach, service):
    async def cancelled(agent: Any) -> Any:
        polled = asyncio.Event()
        agent.on_progress = lambda found: polled.set()
        task = asyncio.ensure_future(agent.ainvoke(CAT[adapter]))
        await polled.wait()
        task.cancel()
        try:
            await task
        except asyncio.CancelledError as error:
            return error.task_id  # type: ignore[attr-defined]

    service.script(
        Answer(json={"agent_id": FILM, "async_id": "t-1", "status": "pending"}), path=ASKED
    )
    service.script(Answer(json={"status": "pending"}), times=None)
    agent = made(adapter, FILM, **{**reach, "interval": 5})
    assert asyncio.run(cancelled(agent)) == "t-1"


@adapters
@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"agent_id": " "}, "agent_id"),
        ({"interval": 0}, "interval"),
        ({"wait": -1}, "wait"),
        ({"conversation_id": " "}, "conversation_id"),
    ],
)
def test_wrong_settings_are_refused_at_once(adapter, given, named, reach):
    with pytest.raises(InvalidRequestError) as caught:
        made(adapter, **{"agent_id": SLIDES, **reach, **given})
    assert caught.value.field == named


@adapters
def test_wrong_inputs_are_refused_before_anything_is_sent(adapter, reach, service):
    agent = made(adapter, SLIDES, **reach)
    for wrong in ("", [], 5, [5], [{"role": "user", "content": [{"type": "video"}]}]):
        with pytest.raises(InvalidRequestError):
            agent.invoke(wrong)
    with pytest.raises(InvalidRequestError, match="answers at once"):
        agent.submit("Two slides")
    assert service.requests == []
