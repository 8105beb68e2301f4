"""An agent that thinks aloud: reasoning, tool calls and answer, as they come.

    python cookbook/llama_index/streaming_agent.py ["What is ...?"]

Without a key the emulator of this project answers: its reasoning is made up, the calls are real.
"""

import argparse
import asyncio
import sys
from datetime import date

from llama_index.core.agent.workflow import AgentStream, FunctionAgent, ToolCall, ToolCallResult

from llama_index_zhipu import ZhipuAI
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in

TASK = "What is 17 times 19, and how many days are there from 2026-02-01 to 2026-10-01?"


def multiply(a: int, b: int) -> int:
    """Multiply two whole numbers."""
    return a * b


async def days_between(start_date: date, end_date: date) -> int:
    """Count the days from one date to another."""
    # The schema says "date"; what comes are the model's strings.
    return (date.fromisoformat(str(end_date)) - date.fromisoformat(str(start_date))).days


async def run(agent: FunctionAgent, task: str) -> str:
    """Give the agent a task and show what it does; returns its answer."""
    handler = agent.run(task)
    shown = ""
    async for event in handler.stream_events():
        if isinstance(event, AgentStream):
            for kind, text in (("Thinking", event.thinking_delta), ("Answer", event.delta)):
                if text:
                    print("" if shown == kind else f"\n{kind}: ", text, sep="", end="", flush=True)
                    shown = kind
        elif isinstance(event, ToolCallResult):
            print(f"\n{event.tool_name} returned {event.tool_output}", end="")
            shown = ""
        elif isinstance(event, ToolCall):
            values = ", ".join(f"{name}={value!r}" for name, value in event.tool_kwargs.items())
            print(f"\nThe model calls {event.tool_name}({values})", end="")
            shown = ""
    print()
    return str(await handler)


def main(arguments: list[str] | None = None) -> int:
    """Run the agent on one task."""
    parser = argparse.ArgumentParser(description="An agent that thinks aloud.")
    parser.add_argument("task", nargs="?", default=TASK)
    chosen = parser.parse_args(arguments)
    try:
        with stand_in():
            agent = FunctionAgent(
                tools=[multiply, days_between],
                llm=ZhipuAI(model="glm-4.7", thinking=True),
                system_prompt="Use the tools for every sum.",
            )
            asyncio.run(run(agent, chosen.task))
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
