"""`ZhipuAI` on the wire: what it sends, what it makes of the answers."""

from __future__ import annotations

import asyncio
import threading

import pytest
from llama_index.core.base.llms.types import ChatMessage, TextBlock, ToolCallBlock

from llama_index_zhipu import ZhipuAI
from tests.llama_index_zhipu.asking import ASK, four
from tests.llama_index_zhipu.stub import call, chunk, chunks, reply
from zhipu_client import InvalidRequestError, ServerError


async def test_all_eight_methods(stub, llm):
    stub.put(reply("a"), chunks("a"), reply("a"), chunks("a"))
    async for response in four(llm):
        assert response.message.content == "a"
        assert response.additional_kwargs["total_tokens"] == 18
    stub.put(reply("b"), chunks("b", "c"), reply("b"), chunks("b", "c"))
    assert llm.complete("?").text == "b"
    assert [made.text for made in llm.stream_complete("?")] == ["b", "bc", "bc"]
    assert (await llm.acomplete("?")).text == "b"
    stream = await llm.astream_complete("?")
    assert [(made.text, made.delta) async for made in stream] == [
        ("b", "b"),
        ("bc", "c"),
        ("bc", ""),
    ]
    assert [request.get("stream", False) for request in stub.requests] == [False, True] * 4
    assert all(r["messages"] == [{"role": "user", "content": "?"}] for r in stub.requests)


async def test_nothing_is_sent_that_was_not_asked_for(stub, llm):
    llm.chat(ASK)
    assert set(stub.requests[0]) <= {"model", "messages", "request_id"}


async def test_fields_then_additional_kwargs_then_the_call(stub, make):
    llm = make(
        temperature=0.1,
        max_tokens=10,
        additional_kwargs={"top_p": 0.5, "max_tokens": 20, "seed": 1},
        extra_body={"x": 1, "y": 1},
    )
    async for _ in four(llm, temperature=0.9, extra_body={"y": 2}, best_of=1):
        sent = stub.requests[-1]
        assert (sent["temperature"], sent["top_p"], sent["max_tokens"]) == (0.9, 0.5, 20)
        assert (sent["seed"], sent["x"], sent["y"], sent["best_of"]) == (1, 1, 2, 1)


@pytest.mark.parametrize(
    ("fields", "sent"),
    [
        ({}, None),
        ({"thinking": True}, {"type": "enabled"}),
        ({"thinking": False}, {"type": "disabled"}),
        ({"thinking": "disabled"}, {"type": "disabled"}),
        ({"thinking": {"type": "enabled", "x": 1}}, {"type": "enabled", "x": 1}),
        ({"clear_thinking": False}, {"clear_thinking": False}),
        ({"thinking": True, "clear_thinking": False}, {"type": "enabled", "clear_thinking": False}),
    ],
)
def test_thinking(stub, make, fields, sent):
    make(**fields).chat(ASK)
    make().chat(ASK, **fields)
    assert [request.get("thinking") for request in stub.requests] == [sent, sent]


def test_other_fields_on_the_wire(stub, make):
    llm = make(
        model="glm-5.2",
        reasoning_effort="high",
        do_sample=False,
        stop="END",
        tool_stream=True,
        user_id="user-12345",
        response_format={"type": "json_object"},
    )
    llm.chat(ASK, request_id="request-1")
    sent = stub.requests[0]
    assert sent["reasoning_effort"] == "high"
    assert (sent["do_sample"], sent["stop"]) == (False, ["END"])
    assert "tool_stream" not in sent
    assert (sent["user_id"], sent["request_id"]) == ("user-12345", "request-1")
    assert sent["response_format"] == {"type": "json_object"}


@pytest.mark.parametrize("policy", [None, "none", "all"])
def test_reasoning_goes_back_in_the_tool_loop(stub, make, policy):
    stub.put(reply("", reasoning="why", tool_calls=[call("weather", '{"city": "x"}')]))
    llm = make(reasoning_history=policy)
    message = llm.chat(ASK).message
    result = ChatMessage(role="tool", content="r", additional_kwargs={"tool_call_id": "call_1"})
    llm.chat([*ASK, message, result])
    sent = stub.requests[1]["messages"][1]
    assert sent.get("reasoning_content") == (None if policy == "none" else "why")
    llm.chat([*ASK, message, result, ChatMessage(role="assistant", content="a"), *ASK])
    sent = stub.requests[2]["messages"][1]
    assert sent.get("reasoning_content") == ("why" if policy == "all" else None)


def test_preserved_thinking_sends_all_reasoning_back(stub, make):
    stub.put(reply("a", reasoning="why"))
    llm = make(clear_thinking=False)
    message = llm.chat(ASK).message
    llm.chat([*ASK, message, *ASK])
    assert stub.requests[1]["messages"][1]["reasoning_content"] == "why"


def test_web_search(stub, make):
    found = [{"title": "T", "link": "https://x.example", "content": "C", "refer": "ref_1"}]
    stub.put(reply("a", web_search=found), chunks("a", web_search=found))
    llm = make(web_search={"count": 3})
    response = llm.chat(ASK)
    tool = stub.requests[0]["tools"][0]
    assert tool["type"] == "web_search"
    assert tool["web_search"]["count"] == 3
    assert tool["web_search"]["search_result"] is True
    *_, streamed = llm.stream_chat(ASK)
    for answer in (response, streamed):
        assert [block.block_type for block in answer.message.blocks] == ["text", "citation"]
        assert answer.additional_kwargs["web_search"] == found


def test_json_schema_becomes_json_mode_with_the_schema_told(stub, llm):
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    wanted = {"type": "json_schema", "json_schema": {"name": "A", "schema": schema}}
    stub.put(reply('{"a": 1}'))
    llm.chat(ASK, response_format=wanted)
    sent = stub.requests[0]
    assert sent["response_format"] == {"type": "json_object"}
    assert '"integer"' in sent["messages"][0]["content"]


async def test_leaving_a_stream_ends_the_request(stub, llm):
    for leave in ("close", "drop", "aclose", "cancel"):
        stub.put([chunk({"content": "a"})] * 500)
        stub.pause, stub.written = 0.02, 0
        stub.left.clear()
        if leave in ("close", "drop"):
            stream = llm.stream_chat(ASK)
            next(stream)
            if leave == "close":
                stream.close()
            else:
                del stream
        elif leave == "aclose":
            astream = await llm.astream_chat(ASK)
            await anext(astream)
            await astream.aclose()
        else:

            async def reading():
                async for _ in await llm.astream_chat(ASK):
                    pass

            task = asyncio.create_task(reading())
            while not stub.written:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert await asyncio.to_thread(stub.left.wait, 5), leave
        assert stub.written < 400


async def test_async_does_not_block(stub, llm):
    all_there = threading.Barrier(5)  # the four requests, and this loop, which must be free
    stub.default = lambda request: all_there.wait(20) is not None and reply("a")
    asked = asyncio.gather(*(llm.achat(ASK) for _ in range(4)))
    for _ in range(2000):
        if all_there.n_waiting == 4:
            break
        await asyncio.sleep(0.01)
    all_there.wait(20)
    assert [answer.message.content for answer in await asked] == ["a"] * 4


def test_one_object_in_several_event_loops(stub, llm):
    for _ in range(3):
        assert asyncio.run(llm.achat(ASK)).message.content == "ok"


def test_options_of_a_call_for_the_client(stub, make):
    llm = make(default_headers={"x-a": "1"}, max_retries=3)
    stub.put((500, {"error": {"code": "1234", "message": "m"}}))
    with pytest.raises(ServerError):
        llm.chat(ASK, max_retries=0, headers={"x-b": "2"})
    assert stub.headers[0]["x-a"] == "1"
    assert stub.headers[0]["x-b"] == "2"
    assert set(stub.requests[0]) <= {"model", "messages", "request_id"}


def test_videos_images_and_text_of_one_message(stub, make):
    from llama_index.core.base.llms.types import ImageBlock

    llm = make(model="glm-4.6v")
    llm.chat(
        [
            ChatMessage(
                role="user",
                blocks=[TextBlock(text="see"), ImageBlock(url="https://x.example/a.png")],
            )
        ]
    )
    assert [p["type"] for p in stub.requests[0]["messages"][0]["content"]] == ["text", "image_url"]
    with pytest.raises(InvalidRequestError):
        make(model="glm-4.7").chat(
            [ChatMessage(role="user", blocks=[ImageBlock(url="https://x.example/a.png")])]
        )


def test_the_message_of_an_answer_can_be_sent_again_as_it_is(stub, llm):
    made = [call("weather", '{"city": "x"}')]
    stub.put(chunks("a", reasoning=["w"], tool_calls=made))
    *_, final = llm.stream_chat(ASK)
    result = ChatMessage(role="tool", content="r", additional_kwargs={"tool_call_id": "call_1"})
    llm.chat([*ASK, final.message, result])
    sent = stub.requests[1]["messages"]
    assert sent[1]["reasoning_content"] == "w"
    assert sent[1]["tool_calls"][0]["id"] == sent[2]["tool_call_id"]
    assert any(isinstance(block, ToolCallBlock) for block in final.message.blocks)


async def test_one_answer_is_all_that_a_response_holds(stub):
    llm = ZhipuAI(model="my-glm", api_key="id.secret", base_url=stub.base_url, dialect="openai")
    for way in (llm.chat, llm.stream_chat):
        with pytest.raises(InvalidRequestError, match="n must be 1"):
            list(way([ChatMessage(content="hi")], n=2))
    assert stub.requests == []
