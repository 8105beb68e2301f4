"""The model against the emulator: calls, streams, and what comes in answers."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.callbacks import UsageMetadataCallbackHandler
from langchain_core.messages import AIMessage, HumanMessage

from langchain_zhipu import ChatZhipuAI
from tests.langchain_zhipu.chat.making import Make, Sent, total
from tests.langchain_zhipu.chat.wire import HEAD, USAGE, body, delta
from zhipu_emulator import Answer


async def atotal(chunks: Any) -> Any:
    found: Any = None
    async for chunk in chunks:
        found = chunk if found is None else found + chunk
    return found


WHOLE = body("stop", USAGE, content="four", reasoning_content="2+2")
PIECES = [delta(reasoning_content="2+2"), delta(content="fo"), delta(content="ur")]
PIECES.append(delta("stop", USAGE, content=""))


def check(message: AIMessage, request_id: str = HEAD["id"]) -> None:
    assert message.content == "four"
    assert message.additional_kwargs == {"reasoning_content": "2+2"}
    assert message.content_blocks[0] == {"type": "reasoning", "reasoning": "2+2"} or (
        message.content_blocks[0]["type"] == "reasoning"
    )
    assert message.usage_metadata == {
        "input_tokens": 9,
        "output_tokens": 7,
        "total_tokens": 16,
        "input_token_details": {"cache_read": 4},
        "output_token_details": {"reasoning": 3},
    }
    metadata = message.response_metadata
    assert metadata["finish_reason"] == "stop"
    assert metadata["model_name"] == "glm-4.7"
    assert metadata["id"] == HEAD["id"]
    assert metadata["request_id"] == request_id
    assert metadata["created"] == HEAD["created"]
    assert metadata["model_provider"] == "zhipu"
    assert metadata["token_usage"] == USAGE


def test_invoke(model: ChatZhipuAI, server: Any) -> None:
    server.script(Answer(json=WHOLE))
    check(model.invoke("2+2?"))


async def test_ainvoke(model: ChatZhipuAI, server: Any) -> None:
    server.script(Answer(json=WHOLE))
    check(await model.ainvoke("2+2?"))


def test_stream(model: ChatZhipuAI, server: Any) -> None:
    server.script(Answer(chunks=PIECES))
    chunks = list(model.stream("2+2?"))
    assert len(chunks) == 4
    check(total(chunks), server.requests[0]["json"]["request_id"])


async def test_astream(model: ChatZhipuAI, server: Any) -> None:
    server.script(Answer(chunks=PIECES))
    check(await atotal(model.astream("2+2?", request_id="request-7")), "request-7")


def test_streaming_true_makes_invoke_use_the_stream(make: Make, server: Any, sent: Sent) -> None:
    server.script(Answer(chunks=PIECES))
    message = make(streaming=True).invoke("2+2?")
    check(message, sent()[0]["request_id"])
    assert sent()[0]["stream"] is True


def test_batch_and_abatch_keep_the_order(model: ChatZhipuAI) -> None:
    found = model.batch(["a", "b", "c"])
    assert len(found) == 3
    assert all(isinstance(message, AIMessage) for message in found)


def test_a_sensitive_answer_is_a_refusal_block(model: ChatZhipuAI, server: Any) -> None:
    flagged = [{"role": "assistant", "level": 1}]
    server.script(Answer(json={**body("sensitive", USAGE, content="x"), "content_filter": flagged}))
    message = model.invoke("hi")
    block: Any = message.content_blocks[-1]
    value = block if block["type"] == "refusal" else block["value"]
    assert value["type"] == "refusal"
    assert value["extras"] == {"category": "sensitive", "content_filter": flagged}
    assert message.response_metadata["content_filter"] == flagged


def test_unknown_finish_reasons_pass(model: ChatZhipuAI, server: Any) -> None:
    server.script(Answer(json=body("brand_new", USAGE, content="x")))
    assert model.invoke("hi").response_metadata["finish_reason"] == "brand_new"


# --- server tools


SEARCH = [{"title": "T", "link": "https://a", "content": "c", "refer": "ref_1", "media": ""}]


@pytest.mark.parametrize("streamed", [False, True])
def test_web_search_becomes_blocks_and_citations(
    model: ChatZhipuAI, server: Any, sent: Sent, streamed: bool
) -> None:
    bound = model.bind_tools([{"type": "web_search", "web_search": {"enable": True}}])
    if streamed:
        end = {**delta("stop", USAGE), "web_search": SEARCH}
        server.script(Answer(chunks=[delta(content="answer"), end]))
        message = total(bound.stream("news?"))
    else:
        server.script(Answer(json={**body("stop", USAGE, content="answer"), "web_search": SEARCH}))
        message = bound.invoke("news?")
    text, asked, result = message.content_blocks
    assert text["annotations"] == [
        {
            "type": "citation",
            "url": "https://a",
            "title": "T",
            "cited_text": "c",
            "extras": {"refer": "ref_1"},
        }
    ]
    assert (asked["type"], asked["name"]) == ("server_tool_call", "web_search")
    assert (result["type"], result["output"]) == ("server_tool_result", SEARCH)
    assert message.response_metadata["web_search"] == SEARCH
    options = {"enable": True, "search_engine": "search_std", "search_result": True}
    assert sent()[0]["tools"] == [{"type": "web_search", "web_search": options}]


# --- streams that are left early


async def test_streams_left_early_leave_nothing_behind(make: Make) -> None:
    model = make(max_concurrency=2)
    for _ in range(10):
        for _chunk in model.stream("Tell me a long story."):
            break
        async for _chunk in model.astream("Tell me a long story."):
            break
    for stream in [model.stream("hi") for _ in range(3)]:
        next(stream)
        stream.close()  # type: ignore[attr-defined]
    assert model.invoke("hi").content
    assert (await model.ainvoke("hi")).content


# --- voice


def test_voice_answers_are_audio_blocks_and_go_back_by_id(
    make: Make, server: Any, sent: Sent
) -> None:
    voice = make(model="glm-4-voice")
    audio = {"id": "a1", "data": "UklGRg==", "expires_at": 1}
    server.script(Answer(json=body("stop", USAGE, content="hi", audio=audio)))
    answer = voice.invoke("say hi")
    block: Any = answer.content_blocks[-1]
    assert (block["type"], block["base64"], block["id"]) == ("audio", "UklGRg==", "a1")
    server.script(Answer(json=body("stop", USAGE, content="again")))
    voice.invoke([HumanMessage("say hi"), answer, HumanMessage("again")])
    assert sent()[1]["messages"][1]["audio"] == {"id": "a1"}


# --- leaked calls


@pytest.mark.parametrize("streamed", [False, True])
def test_leaked_calls_are_repaired_when_asked_for(make: Make, server: Any, streamed: bool) -> None:
    text = "<tool_call>f\n<arg_key>a</arg_key><arg_value>1</arg_value></tool_call>"
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
    bound = make(repair_tool_calls=True).bind_tools([tool])
    if streamed:
        server.script(Answer(chunks=[delta(reasoning_content=text), delta("stop", USAGE)]))
        message = total(bound.stream("hi"))
    else:
        server.script(Answer(json=body("stop", USAGE, content="", reasoning_content=text)))
        message = bound.invoke("hi")
    assert [(c["name"], c["args"]) for c in message.tool_calls] == [("f", {"a": 1})]


@pytest.mark.parametrize("streamed", [False, True])
def test_a_leaked_call_is_the_call_that_was_demanded(
    make: Make, server: Any, sent: Sent, streamed: bool
) -> None:
    text = "<tool_call>f\n<arg_key>a</arg_key><arg_value>1</arg_value></tool_call>"
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
    bound = make(repair_tool_calls=True).bind_tools([tool], tool_choice="any")
    server.script(Answer(message={"role": "assistant", "content": text}))
    message = total(bound.stream("hi")) if streamed else bound.invoke("hi")
    assert [(c["name"], c["args"]) for c in message.tool_calls] == [("f", {"a": 1})]
    assert message.content == ""
    assert len(sent()) == 1


@pytest.mark.parametrize("text", ["<think>hm</think>4 <", "<think>hm </th", "<thi"])
def test_a_stream_without_a_finish_reason_loses_nothing(make: Make, server: Any, text: str) -> None:
    model = make(model="glm-4.1v-thinking-flash")
    server.script(Answer(chunks=[delta(content=text)]), Answer(json=body("stop", content=text)))
    streamed, whole = total(model.stream("hi")), model.invoke("hi")
    assert streamed.content == whole.content
    assert streamed.additional_kwargs == whole.additional_kwargs


@pytest.mark.parametrize("name", ["glm-4.1v-thinking-flash", "zai-org/GLM-4.1V-9B-Thinking"])
@pytest.mark.parametrize("streamed", [False, True])
def test_reasoning_between_tags_is_reasoning(
    make: Make, server: Any, streamed: bool, name: str
) -> None:
    model = make(model=name)
    text = "<think>hm, two</think>\n\nfour"
    if streamed:
        pieces = [delta(content=text[n : n + 5]) for n in range(0, len(text), 5)]
        server.script(Answer(chunks=[*pieces, delta("stop", USAGE, content="")]))
        message = total(model.stream("hi"))
    else:
        server.script(Answer(json=body("stop", USAGE, content=text)))
        message = model.invoke("hi")
    assert message.content == "four"
    assert message.additional_kwargs == {"reasoning_content": "hm, two"}


# --- the rest


def test_usage_callback_counts_both_ways(model: ChatZhipuAI, server: Any) -> None:
    handler = UsageMetadataCallbackHandler()
    server.script(Answer(json=WHOLE), Answer(chunks=PIECES))
    model.invoke("hi", config={"callbacks": [handler]})
    list(model.stream("hi", config={"callbacks": [handler]}))
    assert handler.usage_metadata["glm-4.7"]["total_tokens"] == 32


def test_llm_output_adds_up(model: ChatZhipuAI, server: Any) -> None:
    server.script(Answer(json=WHOLE), Answer(json=WHOLE))
    output = model.generate([[HumanMessage("a")], [HumanMessage("b")]]).llm_output
    assert output is not None
    assert output["token_usage"]["total_tokens"] == 32
    assert output["model_name"] == "glm-4.7"
