"""Traps of LlamaIndex that other integrations fell into, one test each."""

from __future__ import annotations

import asyncio
import copy
import inspect
import json
import subprocess
import sys

import pytest
from llama_index.core.agent.workflow import AgentStream, FunctionAgent, ReActAgent
from llama_index.core.base.llms.types import ChatMessage, TextBlock
from llama_index.core.callbacks import CallbackManager, TokenCountingHandler
from llama_index.core.program import FunctionCallingProgram
from llama_index.core.prompts import PromptTemplate
from llama_index.core.readers.base import BaseReader
from llama_index.core.tools import FunctionTool
from llama_index.core.workflow import Context
from pydantic import BaseModel

from llama_index_zhipu import ZhipuAI, ZhipuAIOCRReader
from tests.llama_index_zhipu.conftest import KEY
from tests.llama_index_zhipu.stub import call, chunk, chunks, last, reply

ASK = [ChatMessage(role="user", content="?")]


class Person(BaseModel):
    """Somebody."""

    name: str
    age: int


def calling(name, arguments="{}"):
    """A server that calls the tool which it is offered, then says "done"."""

    def answer(request):
        made = reply if not request.get("stream") else chunks
        if request["messages"][-1]["role"] == "tool" or not request.get("tools"):
            return made("done")
        offered = request["tools"][0]["function"]["name"]
        text = [""] if made is reply else []
        return made(*text, tool_calls=[call(offered, arguments)])

    return answer


async def test_01_chinese_names_survive(stub, llm):
    seen = []

    def 查天气(city: str) -> str:  # noqa: PLC2401
        """查询天气"""
        seen.append(city)
        return "晴"

    def 算价格(city: str) -> str:  # noqa: PLC2401
        """计算价格"""
        return "1"

    stub.default = calling("查天气", '{"city": "北京"}')
    assert str(await FunctionAgent(tools=[查天气, 算价格], llm=llm).run("?")) == "done"
    assert seen == ["北京"]
    names = [tool["function"]["name"] for tool in stub.requests[0]["tools"]]
    assert len(set(names)) == 2
    assert all(name.isascii() for name in names)
    assert stub.requests[1]["messages"][1]["tool_calls"][0]["function"]["name"] == names[0]


async def test_02_thinking_deltas_reach_agents(stub, llm):
    stub.put(chunks("a", reasoning=["I ", "think"]))
    handler = FunctionAgent(tools=[], llm=llm).run("?")
    deltas = [e.thinking_delta async for e in handler.stream_events() if isinstance(e, AgentStream)]
    await handler
    assert deltas == ["I ", "think", None, None]


def test_03_streamed_programs_are_not_blank(stub, llm):
    first = call("Person", '{"name": "Ada"')
    rest = {"index": 0, "function": {"arguments": ', "age": 36}'}}
    stub.put(chunks(tool_calls=[first, rest]))
    program = FunctionCallingProgram.from_defaults(Person, prompt=PromptTemplate("Who?"), llm=llm)
    names = [partial.name for partial in program.stream_call()]
    assert names[0] == "Ada"
    assert names[-1] == "Ada"


async def test_04_a_last_chunk_with_usage_alone_keeps_the_calls(stub, llm):
    seen = []

    def act() -> str:
        """Act."""
        seen.append(1)
        return "done"

    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    stub.put(
        [*chunks(tool_calls=[call("act")], usage=None), {"choices": [], "usage": usage}],
        chunks("done"),
    )
    assert str(await FunctionAgent(tools=[act], llm=llm).run("?")) == "done"
    assert seen == [1]


async def test_05_no_tool_calls_means_no_key(stub, llm):
    stub.put(chunks("a"), reply("a"))
    assert all("tool_calls" not in c.message.additional_kwargs for c in llm.stream_chat(ASK))
    assert "tool_calls" not in llm.chat(ASK).message.additional_kwargs


async def test_06_the_history_given_stays_as_it_is(llm):
    tool = FunctionTool.from_defaults(lambda: 1, name="f")
    history = list(ASK)
    llm.chat_with_tools([tool], "more", history)
    await llm.achat_with_tools([tool], "more", history)
    list(llm.stream_chat_with_tools([tool], "more", history))
    assert history == ASK


def test_07_completions_are_counted_once(make):
    counter = TokenCountingHandler()
    make(callback_manager=CallbackManager([counter])).complete("?")
    assert counter.total_llm_token_count == 18


def test_08_one_text_block(stub, llm):
    stub.put(chunks("a", "b", "c"), reply([{"type": "text", "text": "a"}, {"text": "bc"}]))
    *_, streamed = llm.stream_chat(ASK)
    for response in (streamed, llm.chat(ASK)):
        assert response.message.content == "abc"
        assert [type(block) for block in response.message.blocks] == [TextBlock]


async def test_09_the_first_chunk_is_not_skipped(stub, llm):
    events = [chunk({"role": "assistant", "reasoning_content": "用户"}), *chunks("a")]
    stub.put(events, events)
    sync = [c.additional_kwargs.get("thinking_delta") for c in llm.stream_chat(ASK)]
    later = [c.additional_kwargs.get("thinking_delta") async for c in await llm.astream_chat(ASK)]
    assert sync == later == ["用户", None, None]


async def test_10_two_calls_in_one_chunk_are_two(stub, llm):
    seen = []

    async def look(city: str) -> str:
        """Look."""
        seen.append(city)
        return city

    both = [call("look", '{"city": "a"}', "c1", -1), call("look", '{"city": "b"}', "c2", -1)]
    stub.put([chunk({"tool_calls": both}), last("tool_calls")], chunks("done"))
    await FunctionAgent(tools=[look], llm=llm).run("?")
    assert sorted(seen) == ["a", "b"]


def test_11_the_most_output_is_not_what_prompts_leave_room_for(make):
    assert make().metadata.num_output == -1
    assert make(max_tokens=100).metadata.num_output == 100


@pytest.mark.parametrize("model", ["glm-9-omega", "x", "", "名字"])
def test_12_metadata_never_raises(make, model):
    assert make(model=model or "m").metadata.context_window >= 100_000


def test_13_one_object_in_many_loops_without_retries(stub, make):
    llm = make(max_retries=0)
    for _ in range(3):
        assert asyncio.run(llm.acomplete("?")).text == "ok"
    assert len(stub.requests) == 3


async def test_14_raw_is_there_and_json(stub, llm):
    for response in (llm.chat(ASK), *llm.stream_chat(ASK)):
        assert json.loads(json.dumps(response.raw))["choices"]


def test_15_the_key_is_not_in_the_repr(llm):
    assert KEY not in repr(llm) + str(llm)


async def test_16_async_streams_are_coroutines_that_return_generators(llm):
    assert inspect.iscoroutinefunction(inspect.unwrap(ZhipuAI.astream_chat))
    started = llm.astream_chat(ASK)
    assert inspect.iscoroutine(started)
    assert inspect.isasyncgen(await started)


def test_17_readers_take_extra_info():
    assert issubclass(ZhipuAIOCRReader, BaseReader)
    for method in ("load_data", "aload_data", "lazy_load_data"):
        parameters = inspect.signature(getattr(ZhipuAIOCRReader, method)).parameters
        assert {"extra_info", "fs"} <= set(parameters)


def test_18_deepcopy_of_a_used_object(stub, llm):
    llm.complete("?")
    assert copy.deepcopy(llm).complete("?").text == "ok"


def test_19_programs_force_their_tool_whatever_llm_kwargs_say(stub, llm):
    stub.put(reply("No."), reply("", tool_calls=[call("Person", '{"name": "A", "age": 1}')]))
    program = FunctionCallingProgram.from_defaults(Person, prompt=PromptTemplate("Who?"), llm=llm)
    assert program(llm_kwargs={"tool_choice": "auto", "temperature": 0.5}) == Person(
        name="A", age=1
    )
    assert stub.requests[0]["temperature"] == 0.5


async def test_20_the_system_prompt_is_where_llama_index_puts_it(stub, make):
    stub.default = reply('{"name": "A", "age": 1}')
    llm = make(system_prompt="Be brief.")
    llm.predict(PromptTemplate("?"))
    llm.structured_predict(Person, PromptTemplate("?"))
    await llm.astructured_predict(Person, PromptTemplate("?"))
    for request in stub.requests:
        assert request["messages"][0]["content"].startswith("Be brief.")


def test_21_the_key_is_no_argument_of_a_call(stub, make):
    make().chat(ASK)
    assert KEY not in json.dumps(stub.requests)


def test_22_a_system_message_at_the_end(emulator):
    llm = ZhipuAI(api_key=emulator.api_key, base_url=emulator.base_url)
    late = ChatMessage(role="system", content="You have reached the limit: answer now.")
    first = ChatMessage(role="system", content="Be brief.")
    assert llm.chat([first, ChatMessage(role="user", content="Hello."), late]).message.content


async def test_23_think_tags_do_not_disturb_react(stub, llm):
    text = "<think>Hm, Action: none.</think>\nThought: I can answer.\nAnswer: 42"
    stub.put(chunks(*text))
    assert str(await ReActAgent(tools=[], llm=llm).run("?")) == "42"


async def test_24_raw_holds_the_chunk_alone(stub, llm):
    stub.put(chunks(*("word " for _ in range(200))))
    sizes = [len(json.dumps(response.raw)) for response in llm.stream_chat(ASK)]
    assert max(sizes) < 1000


def test_25_long_descriptions(stub, llm):
    tool = FunctionTool.from_defaults(lambda: 1, name="f", description="x" * 5000)
    llm.chat_with_tools([tool], "?")
    assert len(stub.requests[0]["tools"][0]["function"]["description"]) == 5000


def test_26_no_vendor_sdk():
    program = (
        "import sys, llama_index_zhipu.llms\n"
        "import llama_index_zhipu.embeddings, llama_index_zhipu.tools\n"
        "print([m for m in ('zhipuai', 'zai', 'openai', 'jwt', 'httpx') if m in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout == "[]\n"


async def test_27_closing_a_stream_ends_the_request(stub, llm):
    stub.put([chunk({"content": "a"})] * 500)
    stub.pause = 0.02
    stream = await llm.astream_chat(ASK)
    await anext(stream)
    await stream.aclose()
    assert await asyncio.to_thread(stub.left.wait, 5)


async def test_messages_of_agents_go_through_json(stub, llm):
    stub.default = calling("f")
    agent = FunctionAgent(tools=[FunctionTool.from_defaults(lambda: "1", name="f")], llm=llm)
    context = Context(agent)
    await agent.run("?", ctx=context)
    saved = json.dumps(context.to_dict())
    memory = await Context.from_dict(agent, json.loads(saved)).store.get("memory")
    assert [message.content for message in await memory.aget()][:1] == ["?"]
