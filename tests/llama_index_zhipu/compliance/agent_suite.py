"""What LlamaIndex's own agents, engines, memory and pipelines call: a class to subclass."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from llama_index.core import Document, SummaryIndex, VectorStoreIndex
from llama_index.core.agent.workflow import (
    AgentOutput,
    AgentStream,
    AgentWorkflow,
    FunctionAgent,
    ReActAgent,
    ToolCallResult,
)
from llama_index.core.base.llms.types import ChatMessage, ImageBlock, TextBlock, ThinkingBlock
from llama_index.core.chat_engine import SimpleChatEngine
from llama_index.core.embeddings import MockEmbedding
from llama_index.core.extractors import TitleExtractor
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.llms import LLM
from llama_index.core.memory import ChatMemoryBuffer, Memory
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.response_synthesizers import ResponseMode
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import ImageNode, NodeWithScore
from llama_index.core.storage.chat_store import sql
from llama_index.core.tools import FunctionTool
from llama_index.core.workflow import Context
from pydantic import BaseModel

from tests.llama_index_zhipu.compliance.llm_subject import PIXEL, add, weather

#: What a model says that keeps to ReAct, for servers that have to be told.
REACT = (
    'Thought: I need a tool.\nAction: add\nAction Input: {"a": 17, "b": 25}',
    "Thought: I can answer without using any more tools.\nAnswer: It is 42.",
)


class Forecast(BaseModel):
    """The weather of a city."""

    city: str
    degrees: int


class AgentTests:
    """Agents, chat engines, query engines, memory and ingestion, with a real LLM behind them."""

    shows_thinking = True
    sees_images = True

    sum_prompt = "What is 17 plus 25?"
    two_cities_prompt = "What is the weather in Paris and in Rome?"
    handoff_prompt = "Hand off to Meteo: what is the weather in Paris?"
    fact = "The warehouse in Rotterdam opened in 1987."
    question = "When did the warehouse in Rotterdam open?"
    answer = "1987"

    def make_llm(self, **kwargs: Any) -> Any:
        """An LLM to test, with ``kwargs`` for its constructor."""
        raise NotImplementedError

    def make_vision_llm(self) -> Any:
        """An LLM that sees."""
        return self.make_llm()

    def make_react_llm(self) -> Any:
        """An LLM that keeps to the text protocol of ReAct: calls ``add``, then answers 42."""
        return self.make_llm()

    @pytest.fixture
    def llm(self) -> Any:
        return self.make_llm()

    @pytest.fixture(autouse=True)
    async def _close_databases(self, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
        made = []

        def create(*args: Any, **kwargs: Any) -> Any:
            made.append(create_async_engine(*args, **kwargs))
            return made[-1]

        create_async_engine = sql.create_async_engine
        monkeypatch.setattr(sql, "create_async_engine", create)
        yield
        for engine in made:
            await engine.dispose()  # Memory leaves its database open

    @pytest.fixture
    def memory(self) -> Memory:
        return Memory.from_defaults(token_limit=40_000)

    @pytest.fixture
    def index(self) -> VectorStoreIndex:
        documents = [Document(text=self.fact)]  # one, so that the order is certain
        return VectorStoreIndex.from_documents(documents, embed_model=MockEmbedding(8))

    # -- agents -------------------------------------------------------------------------------

    @pytest.mark.parametrize("streaming", [True, False])
    async def test_function_agent(self, llm, streaming):
        agent = FunctionAgent(tools=[add, weather], llm=llm, streaming=streaming)
        handler = agent.run(self.sum_prompt)
        results, thinking, text = [], "", ""
        async for event in handler.stream_events():
            if isinstance(event, ToolCallResult):
                results.append((event.tool_name, str(event.tool_output)))
            elif isinstance(event, AgentStream):
                thinking += event.thinking_delta or ""
                text += event.delta
        output = await handler
        assert results == [("add", "42")]
        assert "42" in str(output)
        if streaming:
            assert "42" in text
            assert bool(thinking) == self.shows_thinking

    async def test_function_agent_with_several_calls_at_once(self, llm):
        seen = []

        async def look(city: str) -> str:
            """Get the current weather of a city."""
            seen.append(city)
            return f"{city}: sunny"

        await FunctionAgent(tools=[look], llm=llm).run(self.two_cities_prompt)
        assert sorted(seen) == ["Paris", "Rome"]

    async def test_function_agent_with_a_failing_tool(self, llm):
        def broken(city: str) -> str:
            """Get the current weather of a city."""
            raise RuntimeError("the station is down")

        output = await FunctionAgent(tools=[broken], llm=llm).run("What is the weather in Paris?")
        assert str(output)

    async def test_function_agent_keeps_its_memory(self, llm, memory):
        agent = FunctionAgent(tools=[add], llm=llm)
        await agent.run(self.sum_prompt, memory=memory)
        messages = await memory.aget()
        assert [message.role.value for message in messages] == [
            "user",
            "assistant",
            "tool",
            "assistant",
        ]
        if self.shows_thinking:
            assert isinstance(messages[1].blocks[0], ThinkingBlock)
        assert str(await agent.run(self.sum_prompt, memory=memory))

    async def test_function_agent_context_goes_through_json(self, llm):
        agent = FunctionAgent(tools=[add], llm=llm)
        context = Context(agent)
        await agent.run(self.sum_prompt, ctx=context)
        saved = json.loads(json.dumps(context.to_dict()))
        again = FunctionAgent(tools=[add], llm=llm)
        restored = Context.from_dict(again, saved)
        memory = await restored.store.get("memory")
        said = [message.content for message in await memory.aget()]
        assert said[0] == self.sum_prompt
        assert len(said) == 4
        assert str(await again.run(self.sum_prompt, ctx=restored))

    async def test_function_agent_with_an_output_class(self, llm):
        agent = FunctionAgent(tools=[weather], llm=llm, output_cls=Forecast)
        output = await agent.run("What is the weather in Paris?")
        assert output.structured_response == {"city": "Paris", "degrees": 21}

    async def test_function_agent_with_a_first_tool(self, llm):
        agent = FunctionAgent(tools=[add, weather], llm=llm, initial_tool_choice="weather")
        handler = agent.run("It is nice in Rome.")
        called = [
            event.tool_name
            async for event in handler.stream_events()
            if isinstance(event, ToolCallResult)
        ]
        await handler
        assert called[0] == "weather"

    async def test_function_agent_returns_a_result_directly(self, llm, memory):
        tool = FunctionTool.from_defaults(add, return_direct=True)
        agent = FunctionAgent(tools=[tool], llm=llm)
        assert str(await agent.run(self.sum_prompt, memory=memory)) == "42"
        assert str(await agent.run(self.sum_prompt, memory=memory)) == "42"

    async def test_function_agent_stops_early_with_an_answer(self, llm):
        agent = FunctionAgent(tools=[add], llm=llm, early_stopping_method="generate")
        assert str(await agent.run(self.sum_prompt, max_iterations=1))

    async def test_agent_workflow_with_a_hand_off(self, llm):
        clerk = FunctionAgent(
            name="Clerk",
            description="Takes questions.",
            system_prompt="You pass questions on.",
            tools=[add],
            llm=llm,
            can_handoff_to=["Meteo"],
        )
        meteo = FunctionAgent(
            name="Meteo",
            description="Knows the weather.",
            system_prompt="You tell the weather.",
            tools=[weather],
            llm=llm,
        )
        workflow = AgentWorkflow(agents=[clerk, meteo], root_agent="Clerk")
        handler = workflow.run(self.handoff_prompt)
        called, agents = [], []
        async for event in handler.stream_events():
            if isinstance(event, ToolCallResult):
                called.append(event.tool_name)
            elif isinstance(event, AgentOutput):
                agents.append(event.current_agent_name)
        output = await handler
        assert called == ["handoff", "weather"]
        assert agents[0] == "Clerk"
        assert agents[-1] == "Meteo"
        assert "21" in str(output)

    @pytest.mark.parametrize("streaming", [True, False])
    async def test_react_agent(self, streaming):
        agent = ReActAgent(tools=[add], llm=self.make_react_llm(), streaming=streaming)
        handler = agent.run(self.sum_prompt)
        called = [
            event.tool_name
            async for event in handler.stream_events()
            if isinstance(event, ToolCallResult)
        ]
        assert "42" in str(await handler)
        assert called == ["add"]

    # -- chat engines -------------------------------------------------------------------------

    @pytest.mark.parametrize(
        "mode", ["simple", "context", "condense_question", "condense_plus_context", "best"]
    )
    async def test_chat_engines(self, llm, index, mode):
        engine: Any
        if mode == "simple":
            engine = SimpleChatEngine.from_defaults(llm=llm)
        else:
            engine = index.as_chat_engine(chat_mode=mode, llm=llm)
        assert str(engine.chat(self.question))
        assert "".join(engine.stream_chat(self.question).response_gen)
        assert str(await engine.achat(self.question))
        streamed = await engine.astream_chat(self.question)
        assert "".join([token async for token in streamed.async_response_gen()])
        assert len(engine.chat_history) >= 8

    async def test_chat_engine_answers_from_its_context(self, llm, index):
        engine = index.as_chat_engine(chat_mode="context", llm=llm)
        assert self.answer in str(await engine.achat(self.question))

    async def test_memory_buffers(self, llm):
        memory = ChatMemoryBuffer.from_defaults(llm=llm)
        assert memory.token_limit > 4000
        engine = SimpleChatEngine.from_defaults(llm=llm, memory=memory)
        engine.chat("Hello.")
        engine.chat("Hello again.")
        assert len(memory.get_all()) == 4

    # -- query engines ------------------------------------------------------------------------

    @pytest.mark.parametrize(
        "mode",
        [
            ResponseMode.COMPACT,
            ResponseMode.REFINE,
            ResponseMode.TREE_SUMMARIZE,
            ResponseMode.SIMPLE_SUMMARIZE,
            ResponseMode.ACCUMULATE,
            ResponseMode.COMPACT_ACCUMULATE,
        ],
    )
    async def test_response_modes(self, llm, mode):
        index = SummaryIndex.from_documents([Document(text=self.fact)])
        engine = index.as_query_engine(llm=llm, response_mode=mode)
        assert self.answer in str(engine.query(self.question))
        assert self.answer in str(await engine.aquery(self.question))

    async def test_streamed_answers(self, llm, index):
        engine = index.as_query_engine(llm=llm, streaming=True)
        assert self.answer in "".join(engine.query(self.question).response_gen)
        response = await engine.aquery(self.question)
        assert self.answer in "".join([token async for token in response.async_response_gen()])

    async def test_query_engine_with_an_output_class(self, llm):
        class Opening(BaseModel):
            """When something opened."""

            year: int

        index = SummaryIndex.from_documents([Document(text=self.fact)])
        engine = index.as_query_engine(llm=llm, output_cls=Opening)
        assert engine.query(self.question).response == Opening(year=1987)
        assert (await engine.aquery(self.question)).response == Opening(year=1987)

    async def test_images_in_a_query_engine(self):
        if not self.sees_images:
            pytest.skip("sees_images is False: the suite has no vision model here")

        class One(BaseRetriever):
            def _retrieve(self, query_bundle):
                return [NodeWithScore(node=ImageNode(image=PIXEL, text="a picture"), score=1.0)]

        llm = self.make_vision_llm()
        engine = RetrieverQueryEngine.from_args(One(), llm=llm, multimodal=True)
        assert str(engine.query("What is in the picture?"))
        assert str(await engine.aquery("What is in the picture?"))

    async def test_images_in_memory(self):
        if not self.sees_images:
            pytest.skip("sees_images is False: the suite has no vision model here")
        engine = SimpleChatEngine.from_defaults(llm=self.make_vision_llm())
        image = ImageBlock(url=f"data:image/png;base64,{PIXEL}")
        first = ChatMessage(role="user", blocks=[TextBlock(text="What is this?"), image])
        assert str(await engine.achat("And now?", chat_history=[first]))

    # -- ingestion ----------------------------------------------------------------------------

    async def test_ingestion(self, llm):
        pipeline = IngestionPipeline(
            transformations=[SentenceSplitter(), TitleExtractor(llm=llm, nodes=1)]
        )
        documents = [Document(text=self.fact), Document(text="Cats sleep a lot.")]
        nodes = await pipeline.arun(documents=documents)
        assert all(node.metadata["document_title"] for node in nodes)
        assert isinstance(pipeline.transformations[1].llm, LLM)  # type: ignore[attr-defined]
