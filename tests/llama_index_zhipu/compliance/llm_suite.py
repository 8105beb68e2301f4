"""What LlamaIndex expects of a function calling LLM: a class to subclass, for any integration.

A subclass gives `make_llm`; flags say what the model can do, prompts may be put into words that it
understands. Nothing here knows which integration it tests, and answers are judged by their shape.
Tests are coroutines: run them with pytest-asyncio in auto mode.
"""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from llama_index.core.base.llms.base import BaseLLM
from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ImageBlock,
    MessageRole,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
)
from llama_index.core.callbacks import CallbackManager, TokenCountingHandler
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.llms.loading import load_llm
from llama_index.core.prompts import ChatPromptTemplate, PromptTemplate
from llama_index.core.tools import FunctionTool
from pydantic import BaseModel

PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR4nGP4z8CAFTEMLQkAKP8/wc53yE8AAAAASUVO"
    "RK5CYII="
)


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def weather(city: str) -> str:
    """Get the current weather of a city."""
    return f"{city}: sunny, 21 degrees"


class Person(BaseModel):
    """A person."""

    name: str
    age: int


class LLMTests:
    """The contract of `FunctionCallingLLM`, call by call."""

    #: The model sends its reasoning, and the integration shows it.
    shows_thinking = True
    #: It takes images.
    sees_images = True
    #: Names of tools that are not ASCII work.
    any_tool_name = True
    #: The class is known to `load_llm`.
    loadable = True

    hello = "Say hello."
    sum_prompt = "What is 17 plus 25?"
    two_cities_prompt = "What is the weather in Paris and in Rome?"
    person_prompt = "Extract the person from this text: {text}"
    person_text = "Ada Lovelace is 36 years old."
    secret = "compliance-secret"

    def make_llm(self, **kwargs: Any) -> Any:
        """An LLM to test, with ``kwargs`` for its constructor."""
        raise NotImplementedError

    @pytest.fixture
    def llm(self) -> Any:
        return self.make_llm()

    def ask(self, text: str | None = None) -> list[ChatMessage]:
        return [ChatMessage(role="user", content=text or self.hello)]

    async def responses(self, llm: Any, messages: Sequence[ChatMessage]) -> list[ChatResponse]:
        """The last response of each of the four chat calls."""
        *_, streamed = llm.stream_chat(messages)
        astreamed = [response async for response in await llm.astream_chat(messages)][-1]
        return [llm.chat(messages), streamed, await llm.achat(messages), astreamed]

    # -- the class ----------------------------------------------------------------------------

    async def test_is_a_function_calling_llm(self, llm):
        assert isinstance(llm, BaseLLM)
        assert isinstance(llm, FunctionCallingLLM)
        assert llm.class_name() not in ("base_component", "custom_llm")

    async def test_metadata(self, llm):
        found = llm.metadata
        assert found.is_chat_model
        assert found.is_function_calling_model
        assert found.context_window > 4000
        assert found.num_output < found.context_window // 2
        assert found.model_name != "unknown"
        assert found.system_role == MessageRole.SYSTEM

    async def test_metadata_of_a_model_that_is_not_known(self):
        assert self.make_llm(model="from-the-future-9").metadata.context_window > 4000

    # -- answers ------------------------------------------------------------------------------

    async def test_four_chat_calls(self, llm):
        for response in await self.responses(llm, self.ask()):
            assert response.message.role == MessageRole.ASSISTANT
            assert response.message.content
            assert sum(isinstance(block, TextBlock) for block in response.message.blocks) == 1
            json.dumps(response.message.model_dump(mode="json"))

    async def test_four_completion_calls(self, llm):
        *_, streamed = llm.stream_complete(self.hello)
        astreamed = [made async for made in await llm.astream_complete(self.hello)][-1]
        for made in (
            llm.complete(self.hello),
            await llm.acomplete(self.hello),
            streamed,
            astreamed,
        ):
            assert made.text

    async def test_predict(self, llm):
        prompt = PromptTemplate("{what}")
        assert llm.predict(prompt, what=self.hello)
        assert await llm.apredict(prompt, what=self.hello)
        assert "".join(llm.stream(prompt, what=self.hello))
        assert "".join([token async for token in await llm.astream(prompt, what=self.hello)])

    async def test_chunks_are_cumulative(self, llm):
        streams = [
            list(llm.stream_chat(self.ask())),
            [response async for response in await llm.astream_chat(self.ask())],
        ]
        for chunks in streams:
            text = ""
            for chunk in chunks:
                text += chunk.delta or ""
                assert (chunk.message.content or "") == text
            assert len(chunks) > 1
            assert text

    async def test_roles(self, llm):
        messages = [
            ChatMessage(role=MessageRole.SYSTEM, content="You are brief."),
            *self.ask(),
            ChatMessage(role=MessageRole.ASSISTANT, content="Hello."),
            *self.ask(),
        ]
        assert llm.chat(messages).message.content
        # Agents that stop early put a system message at the end.
        late = [*messages, ChatMessage(role=MessageRole.SYSTEM, content="Answer now.")]
        assert llm.chat(late).message.content
        assert llm.chat([ChatMessage(role=MessageRole.SYSTEM, content=self.hello)]).message.content

    async def test_an_answer_can_be_sent_back(self, llm):
        for response in await self.responses(llm, self.ask()):
            again = llm.chat([*self.ask(), response.message, *self.ask()])
            assert again.message.content

    async def test_usage(self, llm):
        for response in await self.responses(llm, self.ask()):
            usage = dict(response.raw)["usage"]
            assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
            assert response.additional_kwargs["total_tokens"] == usage["total_tokens"]

    async def test_tokens_are_counted_once_and_exactly(self):
        counter = TokenCountingHandler(tokenizer=lambda text: [0] * 100_000)
        llm = self.make_llm(callback_manager=CallbackManager([counter]))
        llm.chat(self.ask())
        llm.complete(self.hello)
        list(llm.stream_chat(self.ask()))
        list(llm.stream_complete(self.hello))
        await llm.achat(self.ask())
        await llm.acomplete(self.hello)
        [response async for response in await llm.astream_chat(self.ask())]
        [made async for made in await llm.astream_complete(self.hello)]
        assert len(counter.llm_token_counts) == 8
        assert all(0 < count.total_token_count < 100_000 for count in counter.llm_token_counts)

    # -- thinking -----------------------------------------------------------------------------

    async def test_thinking_comes_first(self, llm):
        if not self.shows_thinking:
            pytest.skip("shows_thinking is False: the model sends no reasoning")
        for response in await self.responses(llm, self.ask(self.sum_prompt)):
            first = response.message.blocks[0]
            assert isinstance(first, ThinkingBlock)
            assert first.content

    async def test_thinking_deltas_are_on_the_response(self, llm):
        if not self.shows_thinking:
            pytest.skip("shows_thinking is False: the model sends no reasoning")
        streams = [
            list(llm.stream_chat(self.ask(self.sum_prompt))),
            [r async for r in await llm.astream_chat(self.ask(self.sum_prompt))],
        ]
        for chunks in streams:
            deltas = [chunk.additional_kwargs.get("thinking_delta") or "" for chunk in chunks]
            assert "".join(deltas) == chunks[-1].message.blocks[0].content
            assert chunks[0].additional_kwargs.get("thinking_delta")

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

    # -- media --------------------------------------------------------------------------------

    async def test_images(self):
        if not self.sees_images:
            pytest.skip("sees_images is False: the suite has no vision model here")
        import base64

        llm = self.make_vision_llm()
        image = base64.b64decode(PIXEL)
        for block in (
            ImageBlock(image=image),
            ImageBlock(url=f"data:image/png;base64,{PIXEL}"),
        ):
            message = ChatMessage(role="user", blocks=[TextBlock(text="What is this?"), block])
            for response in await self.responses(llm, [message]):
                assert response.message.content

    def make_vision_llm(self) -> Any:
        """An LLM that sees; the usual one unless overridden."""
        return self.make_llm()

    # -- use from everywhere ------------------------------------------------------------------

    async def test_many_threads(self, llm):
        with ThreadPoolExecutor(8) as threads:
            found = list(threads.map(lambda _: llm.complete(self.hello).text, range(16)))
        assert len(set(found)) == 1

    async def test_several_event_loops(self, llm):
        def in_own_loop(_: int) -> str:
            return asyncio.run(llm.acomplete(self.hello)).text

        with ThreadPoolExecutor(2) as threads:
            assert all(threads.map(in_own_loop, range(4)))
        assert (await llm.acomplete(self.hello)).text

    async def test_at_once(self, llm):
        found = await asyncio.gather(*(llm.acomplete(self.hello) for _ in range(10)))
        assert all(made.text for made in found)

    async def test_leaving_a_stream(self, llm):
        stream = llm.stream_chat(self.ask())
        next(stream)
        stream.close()
        astream = await llm.astream_chat(self.ask())
        await anext(astream)
        await astream.aclose()
        assert llm.complete(self.hello).text

    # -- serialising --------------------------------------------------------------------------

    async def test_the_key_is_not_shown(self):
        llm = self.make_llm(api_key=self.secret)
        shown = repr(llm) + str(llm) + llm.to_json() + json.dumps(llm.to_payload())
        assert self.secret not in shown
        assert self.secret.encode() not in pickle.dumps(llm)

    async def test_copies_and_dicts(self, llm):
        llm.complete(self.hello)
        assert copy.deepcopy(llm).complete(self.hello).text
        assert copy.copy(llm).complete(self.hello).text
        data = llm.to_dict()
        made = type(llm).from_dict(data, api_key=llm.api_key)
        assert made.to_dict() == data
        assert made.complete(self.hello).text
        if self.loadable:
            loaded = load_llm({**data, "api_key": llm.api_key})
            assert type(loaded) is type(llm)
