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
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from llama_index.core.base.llms.base import BaseLLM
from llama_index.core.base.llms.types import (
    ChatMessage,
    ImageBlock,
    MessageRole,
    TextBlock,
    ThinkingBlock,
)
from llama_index.core.callbacks import CallbackManager, TokenCountingHandler
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.llms.loading import load_llm
from llama_index.core.prompts import PromptTemplate

from tests.llama_index_zhipu.compliance.llm_subject import PIXEL
from tests.llama_index_zhipu.compliance.tool_suite import ToolTests


class LLMTests(ToolTests):
    """The contract of `FunctionCallingLLM`, call by call."""

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
