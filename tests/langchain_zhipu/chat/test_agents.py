"""Agents of LangChain and graphs of LangGraph on the emulator's own brain."""

from __future__ import annotations

from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.structured_output import ProviderStrategy, ToolStrategy
from langchain_core.messages import AIMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from pydantic import BaseModel

from langchain_zhipu import ChatZhipuAI


class Report(BaseModel):
    """A weather report."""

    city: str
    degrees: int


def get_weather(city: str) -> str:
    """Get the weather of a city."""
    return f"{city}: sunny, 21 degrees"


def get_time(city: str) -> str:
    """Get the local time of a city."""
    return f"{city}: 12:30"


ASK = {"messages": [("user", "What is the weather in Paris and the local time in Paris?")]}


def check(messages: list[Any]) -> None:
    first, *results, last = messages[1:]
    assert sorted(c["name"] for c in first.tool_calls) == ["get_time", "get_weather"]
    assert all(isinstance(result, ToolMessage) for result in results)
    assert "21" in last.text
    assert "12:30" in last.text
    assert first.additional_kwargs["reasoning_content"]


def test_an_agent_calls_two_tools_at_once_and_answers(model: ChatZhipuAI, sent: Any) -> None:
    check(create_agent(model, tools=[get_weather, get_time]).invoke(ASK)["messages"])
    second = sent()[1]["messages"]
    assert [m["role"] for m in second] == ["user", "assistant", "tool", "tool"]
    assert second[1]["reasoning_content"]


async def test_an_async_agent_with_output_version_v1(make: Any, sent: Any) -> None:
    agent = create_agent(make(output_version="v1"), tools=[get_weather, get_time])
    check((await agent.ainvoke(ASK))["messages"])
    second = sent()[1]["messages"]
    assert isinstance(second[1]["content"], str)
    assert second[1]["reasoning_content"]


@pytest.mark.parametrize("strategy", [Report, ToolStrategy(Report), ProviderStrategy(Report)])
@pytest.mark.parametrize("tools", [[], [get_weather]])
def test_structured_agents_end_in_every_strategy(
    model: ChatZhipuAI, strategy: Any, tools: list[Any]
) -> None:
    agent = create_agent(model, tools=tools, response_format=strategy)
    question = "It is 21 degrees in Paris." if not tools else "What is the weather in Paris?"
    found = agent.invoke({"messages": [("user", question)]}, {"recursion_limit": 10})
    assert found["structured_response"] == Report(city="Paris", degrees=21)


def test_langgraph_streams_messages_token_by_token(model: ChatZhipuAI) -> None:
    agent = create_agent(model, tools=[get_weather, get_time])
    kinds: list[str] = []
    for chunk, _ in agent.stream(ASK, stream_mode="messages"):
        kinds += [block["type"] for block in chunk.content_blocks]
    assert kinds.index("reasoning") < kinds.index("tool_call_chunk") < kinds.index("text")


def test_a_checkpointer_restores_reasoning_and_sends_it_on(make: Any, sent: Any) -> None:
    """Messages go through the checkpointer's own serialisation and come back whole."""
    model = make(clear_thinking=False)

    def answer(state: MessagesState) -> dict[str, Any]:
        return {"messages": [model.invoke(state["messages"])]}

    def graph(saver: Any) -> Any:
        built = StateGraph(MessagesState)
        built.add_node("answer", answer)
        built.add_edge(START, "answer")
        return built.compile(checkpointer=saver)

    saver = InMemorySaver()
    config: Any = {"configurable": {"thread_id": "1"}}
    first = graph(saver).invoke({"messages": [("user", "What is 2 + 2?")]}, config)
    thoughts = first["messages"][-1].additional_kwargs["reasoning_content"]
    after_restart = graph(saver)
    restored = after_restart.get_state(config).values["messages"][-1]
    assert type(restored) is AIMessage
    assert restored.content_blocks[0] == {"type": "reasoning", "reasoning": thoughts}
    after_restart.invoke({"messages": [("user", "And 3 + 3?")]}, config)
    assert sent()[1]["messages"][1]["reasoning_content"] == thoughts


def test_two_agents_do_not_loop_when_the_model_will_not_call(model: ChatZhipuAI, say: Any) -> None:
    from langchain_core.exceptions import OutputParserException

    say(*["I would rather talk."] * 4)
    agent = create_agent(model, tools=[get_weather], response_format=ToolStrategy(Report))
    with pytest.raises(OutputParserException, match=r"must|asked to call"):
        agent.invoke({"messages": [("user", "hi")]}, {"recursion_limit": 25})
