"""What LlamaIndex expects of the tools and structured output of an LLM: a part of `llm_suite`."""

from __future__ import annotations

import json
from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, TextBlock, ToolCallBlock
from llama_index.core.prompts import ChatPromptTemplate, PromptTemplate
from llama_index.core.tools import FunctionTool

from tests.llama_index_zhipu.compliance.llm_subject import LLMSubject, Person, add, weather


class ToolTests(LLMSubject):
    """The contract of tools and structured output, call by call."""

    # -- tools --------------------------------------------------------------------------------

    def tools(self) -> list[FunctionTool]:
        return [FunctionTool.from_defaults(add), FunctionTool.from_defaults(weather)]

    async def with_tools(self, llm: Any, prompt: str, **kwargs: Any) -> list[ChatResponse]:
        """The last response of each of the four calls with tools."""
        kwargs = {"tools": self.tools(), **kwargs}
        *_, streamed = llm.stream_chat_with_tools(user_msg=prompt, **kwargs)
        astream = await llm.astream_chat_with_tools(user_msg=prompt, **kwargs)
        return [
            llm.chat_with_tools(user_msg=prompt, **kwargs),
            streamed,
            await llm.achat_with_tools(user_msg=prompt, **kwargs),
            [response async for response in astream][-1],
        ]

    async def test_a_tool_is_called(self, llm):
        for response in await self.with_tools(llm, self.sum_prompt):
            (call,) = llm.get_tool_calls_from_response(response)
            assert call.tool_name == "add"
            assert call.tool_kwargs == {"a": 17, "b": 25}
            assert call.tool_id
            blocks = [b for b in response.message.blocks if isinstance(b, ToolCallBlock)]
            assert [block.tool_call_id for block in blocks] == [call.tool_id]
            (plain,) = response.message.additional_kwargs["tool_calls"]
            json.dumps(plain)

    async def test_calls_while_they_come_do_not_raise(self, llm):
        chunks = list(llm.stream_chat_with_tools(self.tools(), user_msg=self.sum_prompt))
        for chunk in chunks:
            llm.get_tool_calls_from_response(chunk, error_on_no_tool_call=False)

    async def test_several_calls_at_once(self, llm):
        for response in await self.with_tools(
            llm, self.two_cities_prompt, allow_parallel_tool_calls=True
        ):
            calls = llm.get_tool_calls_from_response(response)
            assert {call.tool_kwargs["city"] for call in calls} == {"Paris", "Rome"}
            assert len({call.tool_id for call in calls}) == 2

    async def test_one_call_where_only_one_is_allowed(self, llm):
        for response in await self.with_tools(llm, self.two_cities_prompt):
            assert len(llm.get_tool_calls_from_response(response)) == 1

    async def test_no_call(self, llm):
        response = llm.chat_with_tools(self.tools(), user_msg=self.hello)
        assert llm.get_tool_calls_from_response(response, error_on_no_tool_call=False) == []
        with pytest.raises(ValueError):
            llm.get_tool_calls_from_response(response)
        refused = llm.chat_with_tools(self.tools(), user_msg=self.sum_prompt, tool_choice="none")
        assert llm.get_tool_calls_from_response(refused, error_on_no_tool_call=False) == []

    async def test_a_call_that_has_to_be_made(self, llm):
        for kwargs in ({"tool_required": True}, {"tool_choice": "weather"}):
            response = await llm.achat_with_tools(
                self.tools(), user_msg="It is nice in Rome.", **kwargs
            )
            assert llm.get_tool_calls_from_response(response)
        assert llm.get_tool_calls_from_response(response)[0].tool_name == "weather"

    async def test_results_go_back(self, llm):
        for response in await self.with_tools(llm, self.sum_prompt):
            (call,) = llm.get_tool_calls_from_response(response)
            history = [
                *self.ask(self.sum_prompt),
                # Memory keeps messages as JSON.
                ChatMessage.model_validate_json(response.message.model_dump_json()),
                ChatMessage(
                    role="tool",
                    blocks=[TextBlock(text="42")],
                    additional_kwargs={"tool_call_id": call.tool_id},
                ),
            ]
            before = [message.model_dump() for message in history]
            final = llm.chat_with_tools(self.tools(), chat_history=history)
            assert "42" in final.message.content
            assert [message.model_dump() for message in history] == before

    async def test_predict_and_call(self, llm):
        found = llm.predict_and_call(self.tools(), user_msg=self.sum_prompt)
        assert found.response == "42"
        found = await llm.apredict_and_call(self.tools(), user_msg=self.sum_prompt)
        assert found.response == "42"

    async def test_any_tool_name(self, llm):
        if not self.any_tool_name:
            pytest.skip("any_tool_name is False: the LLM takes only ASCII tool names")
        names = ["查天气", "Get.Weather[city]", "w" * 80]
        for name in names:
            tool = FunctionTool.from_defaults(weather, name=name, description=weather.__doc__)
            response = llm.chat_with_tools([tool], user_msg="What is the weather in Paris?")
            (call,) = llm.get_tool_calls_from_response(response)
            assert call.tool_name == name
            result = ChatMessage(
                role="tool", content="sunny", additional_kwargs={"tool_call_id": call.tool_id}
            )
            history = [*self.ask("What is the weather in Paris?"), response.message, result]
            assert llm.chat_with_tools([tool], chat_history=history).message.content

    # -- structured output --------------------------------------------------------------------

    async def test_structured_output(self, llm):
        prompt = PromptTemplate(self.person_prompt)
        *_, streamed = llm.stream_structured_predict(Person, prompt, text=self.person_text)
        stream = await llm.astream_structured_predict(Person, prompt, text=self.person_text)
        for found in (
            llm.structured_predict(Person, prompt, text=self.person_text),
            await llm.astructured_predict(Person, prompt, text=self.person_text),
            streamed,
            [partial async for partial in stream][-1],
        ):
            assert isinstance(found, Person)
            assert found.age == 36
            assert "Ada" in found.name

    async def test_structured_llm(self, llm):
        structured = llm.as_structured_llm(Person)
        messages = self.ask(self.person_prompt.format(text=self.person_text))
        for response in (structured.chat(messages), await structured.achat(messages)):
            assert isinstance(response.raw, Person)
            assert json.loads(response.message.content)["age"] == 36
        *_, streamed = structured.stream_chat(messages)
        assert streamed.raw.age == 36

    async def test_structured_output_of_a_chat_prompt(self, llm):
        prompt = ChatPromptTemplate.from_messages(
            [("system", "You extract."), ("user", self.person_prompt)]
        )
        assert llm.structured_predict(Person, prompt, text=self.person_text).age == 36
