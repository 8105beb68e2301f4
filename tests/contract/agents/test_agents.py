"""Agents: both adapters call, stream, wait and go on alike."""

from __future__ import annotations

import asyncio
import pickle
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.output_parsers import StrOutputParser

from langchain_zhipu import ZhipuAIAgent, ZhipuAITranslation
from tests.contract.agents.calls import (
    CAT,
    FILM,
    SLIDES,
    adapters,
    called,
    facts,
    made,
    streamed,
    summed,
    ways,
)
from zhipu_client import InvalidRequestError
from zhipu_emulator.scripting import Answer


@adapters
@ways
def test_a_deck_and_its_stream(adapter, way, reach):
    slides = made(adapter, SLIDES, **reach)
    deck = called(slides, way, "invoke", "Two slides about tea")
    assert facts(deck) == {
        "text": "The deck has 2 slides.",
        "thinking": "Slides on tea. ",
        "steps": 6,
        "files": [],
        "finish": "stop",
        "conversation": True,
        "total": 14,
    }
    pieces = streamed(slides, way, "Two slides about tea")
    assert len(pieces) > 10
    total = summed(pieces)
    assert facts(total) == facts(deck)
    if adapter == "langchain":
        assert total.content == deck.content


@pytest.mark.parametrize("adapter", ["langchain", "llama_index", "translation"])
def test_a_stream_that_is_left_is_closed_at_once(adapter, reach, service):
    # What has come already is read in one piece: the rest must not be there yet.
    service.script("stall=3")
    seen: list[str] = []
    reach["on_attempt"] = lambda event: seen.append(event.outcome)
    if adapter == "translation":
        del reach["interval"]
        agent: Any = ZhipuAITranslation(**reach)
    else:
        agent = made(adapter, SLIDES, **reach)

    async def left() -> list[str]:
        pieces = agent.astream("Two slides about tea")
        await anext(pieces)
        await pieces.aclose()
        return list(seen)

    assert asyncio.run(left()) == ["opened", "left"]


@adapters
@ways
def test_a_conversation_goes_on_and_gives_files(adapter, way, reach):
    slides = made(adapter, SLIDES, **reach)
    deck = called(slides, way, "invoke", "Two slides about tea")
    known = deck.response_metadata if adapter == "langchain" else dict(deck)
    ids = {"conversation_id": known["conversation_id"]}
    assert facts(called(slides, way, "invoke", "Delete slide 2", **ids))["text"] == (
        "The deck has 1 slides."
    )
    files = called(slides, way, "conversation", ids["conversation_id"], include_pdf=True)
    assert facts(files)["files"] == [("file", "tea.pdf")]


@adapters
@ways
def test_a_task_is_waited_for_streamed_and_resumed(adapter, way, reach, service):
    seen: list[str] = []
    given = {**reach, "custom_variables": {"template": "bodyshake"}}
    agent = made(adapter, FILM, on_progress=lambda found: seen.append(found.state), **given)
    film = [("file", "video.mp4")]
    assert facts(called(agent, way, "invoke", CAT[adapter]))["files"] == film
    assert seen == ["running", "succeeded"]
    assert facts(summed(streamed(agent, way, CAT[adapter])))["files"] == film

    task_id = called(agent, way, "submit", CAT[adapter], conversation_id="c-1")
    other = made(adapter, FILM, **reach)
    assert facts(called(other, way, "result", task_id))["files"] == film
    bodies = [request["json"] for request in service.requests if "messages" in request["json"]]
    assert [body["custom_variables"] for body in bodies] == [{"template": "bodyshake"}] * 3
    assert [body.get("conversation_id") for body in bodies] == [None, None, "c-1"]


@adapters
@ways
def test_both_paths_and_variables_of_a_call(adapter, way, reach, service):
    for below, path in ((False, "/api/v1/agents"), (True, "/api/paas/v4/v1/agents")):
        agent = made(
            adapter,
            "general_translation",
            below_base_url=below,
            custom_variables={"target_lang": "de"},
            **reach,
        )
        assert facts(called(agent, way, "invoke", "The tea"))["text"] == "Der Tee"
        french = {"custom_variables": {"target_lang": "fr"}}
        assert facts(called(agent, way, "invoke", "The tea", **french))["text"] == "Le thé"
        assert service.requests[-1]["path"] == path


@adapters
def test_copies_work(adapter, reach, monkeypatch):
    monkeypatch.setenv("ZHIPUAI_API_KEY", reach.pop("api_key"))
    agent = made(adapter, "general_translation", **reach)
    again = pickle.loads(pickle.dumps(agent))
    assert again.agent_id == "general_translation"
    assert facts(again.invoke("tea"))["text"] == "茶"


def test_messages_of_langchain_become_the_wires(reach, service):
    agent = ZhipuAIAgent(agent_id="receipt_recognition_agent", **reach)
    messages = [
        ("system", "Be brief."),
        AIMessage(
            [
                {"type": "reasoning", "reasoning": "hm"},
                {"type": "text", "text": "Yes?"},
                {"type": "file", "url": "https://example.com/a.pdf"},
            ]
        ),
        AIMessage([{"type": "reasoning", "reasoning": "hm"}]),
        HumanMessage([{"type": "file", "file_id": "f-1"}, "Total?"]),
    ]
    service.script(Answer(json={"choices": [{"messages": []}]}))
    agent.invoke(messages)
    assert service.requests[-1]["json"]["messages"] == [
        {"role": "system", "content": "Be brief."},
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "Yes?"},
                {"type": "file_url", "file_url": "https://example.com/a.pdf"},
            ],
        },
        {
            "role": "user",
            "content": [{"type": "file_id", "file_id": "f-1"}, {"type": "text", "text": "Total?"}],
        },
    ]
    with pytest.raises(InvalidRequestError, match="agents take no bytes"):
        agent.invoke(
            [HumanMessage([{"type": "image", "base64": "aGk=", "mime_type": "image/png"}])]
        )


@pytest.mark.filterwarnings("ignore:This API is in beta")  # LangChain's own word on as_tool
def test_runnables_as_tools(reach, service):
    reach.pop("interval")
    french = ZhipuAITranslation(target_lang="fr", **reach)
    assert french.as_tool(name="translate", description="To French").invoke("tea") == "thé"
    agent = ZhipuAIAgent(agent_id=SLIDES, **reach) | StrOutputParser()
    slides = agent.as_tool(name="slides", description="Make slides")
    assert slides.invoke("Two slides") == "The deck has 2 slides."


def test_the_tools_of_llama_index(reach, service):
    tools = {tool.metadata.name: tool for tool in made("llama_index", FILM, **reach).to_tool_list()}
    assert sorted(tools) == ["call_agent", "translate"]
    film = tools["call_agent"].call(task="A cat dances", image_url="https://example.com/a.png")
    assert str(film.raw_output).startswith("video.mp4: http://127.0.0.1")
    assert tools["translate"].call(text="tea", target_lang="fr").raw_output == "thé"
    assert asyncio.run(tools["translate"].acall(text="tea")).raw_output == "茶"
