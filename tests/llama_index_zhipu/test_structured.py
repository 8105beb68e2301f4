"""Structured output: JSON mode, tools, prompts; checked, repaired, or refused clearly."""

from __future__ import annotations

from itertools import pairwise

import pytest
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.prompts import ChatPromptTemplate, PromptTemplate
from llama_index.core.types import PydanticProgramMode
from pydantic import BaseModel, Field, RootModel

from llama_index_zhipu import StructuredOutputError
from tests.llama_index_zhipu.stub import call, chunks, reply


class Person(BaseModel):
    """Somebody."""

    name: str
    age: int = Field(ge=0)


class 人物(BaseModel):  # noqa: PLC2401
    姓名: str  # noqa: PLC2401
    年龄: int  # noqa: PLC2401


class People(RootModel[list[Person]]):
    pass


GOOD = '{"name": "Ada", "age": 36}'
ADA = Person(name="Ada", age=36)


def prompt():
    # A new one each time: programs of LlamaIndex put their output parser into it.
    return PromptTemplate("Who is {who}?")


async def predicted(llm, output_cls=Person, **kwargs):
    """The four ways to the same object."""
    yield llm.structured_predict(output_cls, prompt(), who="Ada", **kwargs)
    yield await llm.astructured_predict(output_cls, prompt(), who="Ada", **kwargs)
    *_, final = llm.stream_structured_predict(output_cls, prompt(), who="Ada", **kwargs)
    yield final
    stream = await llm.astream_structured_predict(output_cls, prompt(), who="Ada", **kwargs)
    yield [partial async for partial in stream][-1]


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"```json\n{GOOD}\n```",
        f"Here you are:\n```\n{GOOD}\n```\nAnything else?",
        f"\n\n{GOOD} I hope it helps.",
        f"<|begin_of_box|>{GOOD}<|end_of_box|>",
        f"With {{name}} and $\\frac{{1}}{{2}}$ as in [1]: {GOOD}",
    ],
)
async def test_json_in_any_wrapping(stub, llm, text):
    stub.put(reply(text), reply(text), chunks(*text), chunks(*text))
    async for found in predicted(llm):
        assert found == ADA
    sent = stub.requests[0]
    assert sent["response_format"] == {"type": "json_object"}
    assert '"minimum": 0' in sent["messages"][0]["content"]
    assert sent["messages"][1] == {"role": "user", "content": "Who is Ada?"}


async def test_by_a_tool(stub, make):
    llm = make(structured_output="tool")
    made = [call("Person", GOOD)]
    stub.put(reply("", tool_calls=made), reply("", tool_calls=made))
    stub.put(chunks(tool_calls=made), chunks(tool_calls=made))
    async for found in predicted(llm):
        assert found == ADA
    assert [tool["function"]["name"] for tool in stub.requests[0]["tools"]] == ["Person"]


async def test_chinese_classes(stub, make):
    text = '{"姓名": "张伟", "年龄": 42}'
    stub.put(reply(text), reply(text), chunks(text), chunks(text))
    async for found in predicted(make(), 人物):
        assert found == 人物(姓名="张伟", 年龄=42)

    def by_tool(request):
        name = request["tools"][0]["function"]["name"]
        assert name.isascii()
        make_answer = chunks if request.get("stream") else reply
        return make_answer(*([] if request.get("stream") else [""]), tool_calls=[call(name, text)])

    stub.default = by_tool
    async for found in predicted(make(structured_output="tool"), 人物):
        assert found == 人物(姓名="张伟", 年龄=42)


async def test_a_list(stub, llm):
    text = f'{{"value": [{GOOD}]}}'
    stub.put(reply(text), reply(text), chunks(text), chunks(text))
    async for found in predicted(llm, People):
        assert found == People([ADA])
    asked = stub.requests[0]["messages"][0]["content"]
    assert "$ref" not in asked
    assert '"age"' in asked


async def test_a_wrong_answer_is_repaired_once(stub, llm):
    wrong = '{"name": "Ada", "age": -1}'
    for first, second in ((reply, reply), (reply, reply), (chunks, chunks), (chunks, chunks)):
        stub.put(first(wrong), second(GOOD))
    async for found in predicted(llm):
        assert found == ADA
    repair = stub.requests[1]["messages"]
    assert repair[-2] == {"role": "assistant", "content": wrong}
    assert "age" in repair[-1]["content"]


async def test_two_wrong_answers_are_an_error(stub, llm):
    stub.default = lambda request: (chunks if request.get("stream") else reply)("no idea")
    with pytest.raises(StructuredOutputError, match="give Person") as caught:
        llm.structured_predict(Person, prompt(), who="Ada")
    assert caught.value.response.message.content == "no idea"
    assert len(stub.requests) == 2
    with pytest.raises(StructuredOutputError):
        await llm.astructured_predict(Person, prompt(), who="Ada")
    with pytest.raises(StructuredOutputError):
        list(llm.stream_structured_predict(Person, prompt(), who="Ada"))


@pytest.mark.parametrize("way", ["json", "tool"])
async def test_a_way_that_the_model_refuses_is_followed_by_a_prompt(stub, make, way):
    def answer(request):
        if "response_format" in request or "tools" in request:
            return 400, {"error": {"code": "1210", "message": "no"}}
        return (chunks if request.get("stream") else reply)(GOOD)

    stub.default = answer
    async for found in predicted(make(structured_output=way)):
        assert found == ADA


async def test_a_tool_that_is_not_called_is_followed_by_a_prompt(stub, make):
    def answer(request):
        return (chunks if request.get("stream") else reply)("hm" if "tools" in request else GOOD)

    stub.default = answer
    async for found in predicted(make(structured_output="tool")):
        assert found == ADA


def test_a_model_without_json_mode_gets_a_prompt(stub, make):
    stub.put(reply(GOOD))
    assert make(model="glm-4.6v").structured_predict(Person, prompt(), who="Ada") == ADA
    assert "response_format" not in stub.requests[0]


async def test_partial_objects_while_they_come(stub, llm):
    for stream in (chunks(*GOOD), chunks(*GOOD)):
        stub.put(stream)
    partials = list(llm.stream_structured_predict(Person, prompt(), who="Ada"))
    names = [getattr(partial, "name", None) for partial in partials]
    assert "A" in names
    assert "Ad" in names
    assert all(before != after for before, after in pairwise(partials))
    apartials = [
        partial
        async for partial in await llm.astream_structured_predict(Person, prompt(), who="Ada")
    ]
    assert [p.model_dump() for p in apartials] == [p.model_dump() for p in partials]


async def test_partial_objects_of_streamed_arguments(stub, make):
    first = call("Person", '{"name": "A')
    rest = {"index": 0, "function": {"arguments": 'da", "age": 36}'}}
    stub.put(chunks(tool_calls=[first, rest]))
    llm = make(structured_output="tool")
    partials = list(llm.stream_structured_predict(Person, prompt(), who="Ada"))
    assert [partial.name for partial in partials][:1] == ["A"]
    assert partials[-1] == ADA


async def test_the_system_prompt_is_there_in_all_four(stub, make):
    stub.default = lambda request: (chunks if request.get("stream") else reply)(GOOD)
    async for _ in predicted(make(system_prompt="Be brief.")):
        assert stub.requests[-1]["messages"][0]["content"].startswith("Be brief.")


async def test_as_structured_llm(stub, llm):
    stub.put(reply(GOOD), reply(GOOD), chunks(GOOD), chunks(GOOD), reply(GOOD))
    structured = llm.as_structured_llm(Person)
    messages = [ChatMessage(role="user", content="Who?")]
    assert structured.chat(messages).raw == ADA
    assert (await structured.achat(messages)).raw == ADA
    *_, final = structured.stream_chat(messages)
    assert final.raw == ADA
    async for final in await structured.astream_chat(messages):  # noqa: B007
        pass
    assert final.raw == ADA
    assert structured.complete("Who?").raw == ADA


def test_arguments_of_the_call(stub, llm):
    stub.put(reply(GOOD))
    llm.structured_predict(Person, prompt(), {"temperature": 0.2, "thinking": False}, who="Ada")
    assert stub.requests[0]["temperature"] == 0.2
    assert stub.requests[0]["thinking"] == {"type": "disabled"}


def test_braces_in_messages_are_no_template_variables(stub, llm):
    stub.put(reply(GOOD))
    llm.as_structured_llm(Person).chat([ChatMessage(role="user", content='set {"a": 1}')])
    assert 'set {"a": 1}' in stub.requests[0]["messages"][-1]["content"]


@pytest.mark.parametrize("mode", [PydanticProgramMode.FUNCTION, PydanticProgramMode.LLM])
async def test_programs_of_llama_index(stub, make, mode):
    if mode == PydanticProgramMode.FUNCTION:
        made = [call("Person", GOOD)]
        answers = [reply("", tool_calls=made)] * 2
        streams = [chunks(tool_calls=made)] * 2
    else:
        answers, streams = [reply(GOOD)] * 2, [chunks(GOOD)] * 2
    stub.put(*answers, *streams)
    async for found in predicted(make(pydantic_program_mode=mode)):
        assert found.model_dump() == ADA.model_dump()


def test_a_chat_prompt(stub, llm):
    stub.put(reply(GOOD))
    chat_prompt = ChatPromptTemplate.from_messages(
        [("system", "Terse."), ("user", "Who is {who}?")]
    )
    assert llm.structured_predict(Person, chat_prompt, who="Ada") == ADA
    sent = stub.requests[0]["messages"]
    assert [message["role"] for message in sent] == ["system", "user"]
