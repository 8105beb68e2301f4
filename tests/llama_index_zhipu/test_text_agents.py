"""Agents that ask for their tools in words, against the emulator."""

from __future__ import annotations

import pytest
from llama_index.core.agent.workflow import ReActAgent

from llama_index_zhipu import ZhipuAI
from zhipu_emulator import serve


def get_weather(city: str) -> str:
    """Get the weather of a city."""
    return f"sunny and 21 degrees in {city}"


def multiply(a: int, b: int) -> int:
    """Multiply two numbers."""
    return a * b


@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize(
    ("question", "answer", "tools"),
    [
        ("What is the weather in Paris?", "sunny and 21 degrees in Paris", ["get_weather"]),
        ("Multiply 17 by 19", "323", ["multiply"]),
        ("Hello!", "Hello", []),
    ],
)
async def test_a_react_agent_calls_and_answers(
    question: str, answer: str, tools: list[str], streaming: bool
) -> None:
    with serve() as server:
        llm = ZhipuAI(model="glm-4.7", api_key=server.api_key, base_url=server.base_url)
        agent = ReActAgent(tools=[get_weather, multiply], llm=llm, streaming=streaming)
        found = await agent.run(question)
    assert answer in str(found)
    assert [call.tool_name for call in found.tool_calls] == tools
