"""Two agents, one of which hands a question to the other.

    python cookbook/llama_index/handoff.py ["..."]

Without a key the emulator of this project answers. It is not a model: it hands over when the
question says so, and takes the weather from the tool.
"""

from __future__ import annotations

import argparse
import asyncio
import sys

from llama_index.core.agent.workflow import (
    AgentOutput,
    AgentWorkflow,
    FunctionAgent,
    ToolCallResult,
)

from llama_index_zhipu import ZhipuAI
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in

TASK = "Hand off to Meteo: what is the weather in Paris?"

_WEATHER = {"Paris": "sunny, 21 degrees", "Oslo": "snow, -3 degrees"}


def get_weather(city: str) -> str:
    """Get the current weather of a city."""
    return f"{city}: {_WEATHER.get(city, 'unknown')}"


def add(a: int, b: int) -> int:
    """Add two whole numbers."""
    return a + b


def team() -> AgentWorkflow:
    """A clerk who adds numbers, and a meteorologist."""
    llm = ZhipuAI(model="glm-4.7")
    clerk = FunctionAgent(
        name="Clerk",
        description="Takes every question and does sums.",
        system_prompt="You do sums. Hand other questions to the agent that knows about them.",
        tools=[add],
        llm=llm,
        can_handoff_to=["Meteo"],
    )
    meteo = FunctionAgent(
        name="Meteo",
        description="Knows the weather everywhere.",
        system_prompt="You tell the weather, in one sentence.",
        tools=[get_weather],
        llm=llm,
    )
    return AgentWorkflow(agents=[clerk, meteo], root_agent="Clerk")


async def run(workflow: AgentWorkflow, task: str) -> str:
    """Give the team a task and show who does what; returns the answer."""
    handler = workflow.run(task)
    async for event in handler.stream_events():
        if isinstance(event, AgentOutput):
            names = [call.tool_name for call in event.tool_calls]
            doing = f"calls {', '.join(names)}" if names else "answers"
            print(f"{event.current_agent_name} {doing}.")
        elif isinstance(event, ToolCallResult):
            print(f"  {event.tool_name} returned {str(event.tool_output)[:80]!r}")
    return str(await handler)


def main(arguments: list[str] | None = None) -> int:
    """Run the team on one task."""
    parser = argparse.ArgumentParser(description="Two agents, one hands over to the other.")
    parser.add_argument("task", nargs="?", default=TASK)
    chosen = parser.parse_args(arguments)
    try:
        with stand_in():
            print(f"\n{asyncio.run(run(team(), chosen.task))}")
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
