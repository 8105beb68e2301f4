"""Agents: both adapters call, stream, wait, go on and fail alike."""

from __future__ import annotations

import asyncio
import pickle
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.output_parsers import StrOutputParser

import zhipu_emulator
from langchain_zhipu import ZhipuAIAgent, ZhipuAITranslation
from llama_index_zhipu import ZhipuAIAgentToolSpec
from zhipu_client import (
    ContentFilterError,
    InvalidRequestError,
    NotFoundError,
    ServerError,
    StreamIncompleteError,
    TaskFailedError,
    TaskTimeoutError,
)
from zhipu_client.agents import Collected
from zhipu_emulator.scripting import Answer

adapters = pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
ways = pytest.mark.parametrize("way", ["sync", "async"])

SLIDES = "slides_glm_agent"
FILM = "vidu_template_agent"
#: A message with an image, in the words of each framework.
CAT: dict[str, Any] = {
    "langchain": [
        HumanMessage(
            [
                {"type": "text", "text": "A cat dances"},
                {"type": "image", "url": "https://example.com/a.png"},
            ]
        )
    ],
    "llama_index": [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "A cat dances"},
                {"type": "image_url", "image_url": "https://example.com/a.png"},
            ],
        }
    ],
}


@pytest.fixture(scope="module")
def running():
    with zhipu_emulator.serve() as server:
        yield server


@pytest.fixture
def reach(reach):
    return {**reach, "interval": 0.01, "max_retries": 0}


def made(adapter: str, agent_id: str, **given: Any) -> Any:
    kind = ZhipuAIAgent if adapter == "langchain" else ZhipuAIAgentToolSpec
    return kind(agent_id=agent_id, **given)


def called(agent: Any, way: str, name: str, *values: Any, **named: Any) -> Any:
    found = getattr(agent, name if way == "sync" else f"a{name}")(*values, **named)
    return asyncio.run(found) if way == "async" else found


def streamed(agent: Any, way: str, *values: Any, **named: Any) -> list[Any]:
    if way == "sync":
        return list(agent.stream(*values, **named))

    async def collect() -> list[Any]:
        return [piece async for piece in agent.astream(*values, **named)]

    return asyncio.run(collect())


def facts(found: Any) -> dict[str, Any]:
    """What an answer is, whichever framework it came from."""
    if isinstance(found, AIMessage):
        about = found.response_metadata
        blocks: list[Any] = found.content_blocks
        usage = found.usage_metadata or {}
        return {
            "text": found.text,
            "thinking": "".join(b["reasoning"] for b in blocks if b["type"] == "reasoning"),
            "steps": sum(block["type"] == "non_standard" for block in blocks),
            "files": [(b["type"], b["extras"]["name"]) for b in blocks if b.get("url")],
            "finish": about.get("finish_reason"),
            "conversation": bool(about.get("conversation_id")),
            "total": usage.get("total_tokens"),
        }
    return {
        "text": found.text,
        "thinking": found.thinking,
        "steps": len(found.steps),
        "files": [(file.kind, file.name) for file in found.files],
        "finish": found.finish_reason,
        "conversation": bool(found.conversation_id),
        "total": (found.usage or {}).get("total_tokens"),
    }


def summed(pieces: list[Any]) -> Any:
    if isinstance(pieces[0], AIMessage):
        total = pieces[0]
        for piece in pieces[1:]:
            total = total + piece
        return total
    collected = Collected()
    for piece in pieces:
        collected.add(piece)
    return collected.reply()


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
    service.configure(token_delay=0.05)
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
    service.script(fault)
    agent = made(adapter, SLIDES, **reach)
    with pytest.raises(kind) as caught:
        if how == "invoke":
            called(agent, way, "invoke", "Two slides about tea")
        else:
            streamed(agent, way, "Two slides about tea")
    assert caught.value.partial.thinking == "Slides on tea. "
    assert caught.value.partial.conversation_id
    assert len(service.requests) == 1


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
    service.script(Answer(json={"agent_id": FILM, "async_id": "t-1", "status": "pending"}))
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

    service.script(Answer(json={"agent_id": FILM, "async_id": "t-1", "status": "pending"}))
    service.script(Answer(json={"status": "pending"}), times=None)
    agent = made(adapter, FILM, **{**reach, "interval": 5})
    assert asyncio.run(cancelled(agent)) == "t-1"


@adapters
@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"agent_id": " "}, "agent_id"),
        ({"interval": 0}, "interval"),
        ({"wait": -1}, "timeout"),
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


@adapters
def test_copies_work(adapter, reach, monkeypatch):
    monkeypatch.setenv("ZHIPUAI_API_KEY", reach.pop("api_key"))
    agent = made(adapter, "general_translation", **reach)
    again = pickle.loads(pickle.dumps(agent))
    assert again.agent_id == "general_translation"
    assert facts(again.invoke("tea"))["text"] == "茶"


# --- Translation


def translated(adapter: str, way: str, reach: dict[str, Any], text: str, **given: Any) -> str:
    reach = {name: value for name, value in reach.items() if name != "interval"}
    if adapter == "langchain":
        found: str = called(ZhipuAITranslation(**given, **reach), way, "invoke", text)
        return found
    return str(called(ZhipuAIAgentToolSpec(**reach), way, "translate", text, **given))


@adapters
@ways
def test_translations(adapter, way, reach):
    assert translated(adapter, way, reach, "Good morning, world!") == "早上好，世界！"
    assert translated(adapter, way, reach, "我爱你", target_lang="en") == "I love you"


@adapters
@ways
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"finish_reason": "sensitive"}, ContentFilterError),
        ({"finish_reason": "length"}, ServerError),
        ({"messages": []}, ServerError),
    ],
)
def test_half_a_translation_is_never_one(adapter, way, body, kind, reach, service):
    message = {"role": "assistant", "content": "half"}
    service.script(Answer(json={"choices": [{"messages": [message], **body}]}))
    with pytest.raises(kind) as caught:
        translated(adapter, way, reach, "tea")
    assert caught.value.partial.text == ("" if "messages" in body else "half")


@adapters
def test_wrong_languages_are_refused(adapter, reach, service):
    with pytest.raises(InvalidRequestError, match="target_lang"):
        translated(adapter, "sync", reach, "tea", target_lang="klingon")
    with pytest.raises(InvalidRequestError):
        translated(adapter, "sync", reach, " ")
    assert service.requests == []


@ways
def test_a_translation_streams_in_a_chain(way, reach, service):
    reach.pop("interval")
    german = ZhipuAITranslation(target_lang="de", **reach)
    pieces = streamed(german, way, HumanMessage("Good morning, world!"))
    assert len(pieces) > 1
    assert "".join(pieces) == "Guten Morgen, Welt!"
    chain = ZhipuAIAgent(**reach) | StrOutputParser() | german
    assert "".join(streamed(chain, way, "Good morning")) == "Guten Morgen"
    assert german.batch(["tea", "book"]) == ["Tee", "Buch"]
    service.script("finish=length")
    with pytest.raises(ServerError, match="not whole"):
        streamed(german, way, "tea")


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
