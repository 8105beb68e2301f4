"""A supervisor that has agents for its tools, each with tools and a context of its own.

    python cookbook/llama_index/supervisor.py ["..."]

Without a key the emulator of this project answers: it picks tools by simple rules. See handoff for
agents that give a conversation to one another.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any

from llama_index.core.agent.workflow import FunctionAgent

from llama_index_zhipu import ZhipuAI
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in

TASK = "What is the weather in Oslo? And what is 17 times 19?"
_WEATHER = {"Paris": "sunny, 21 degrees", "Oslo": "snow, -3 degrees"}


def get_weather(city: str) -> str:
    """Get the current weather of a city."""
    return f"{city}: {_WEATHER.get(city, 'unknown')}"


def multiply(a: int, b: int) -> int:
    """Multiply two whole numbers."""
    return a * b


async def ask_meteorologist(question: str) -> str:
    """Ask the meteorologist about the weather of a city."""
    return await _asked("meteorologist", "You tell the weather.", get_weather, question)


async def ask_clerk(question: str) -> str:
    """Ask the clerk to multiply whole numbers."""
    return await _asked("clerk", "You do sums.", multiply, question)


async def _asked(name: str, prompt: str, tool: Callable[..., Any], question: str) -> str:
    # Made for each question: it knows nothing of the others, and pays for none of them.
    agent = FunctionAgent(
        name=name, tools=[tool], llm=ZhipuAI(model="glm-4.7"), system_prompt=prompt
    )
    answer = str(await agent.run(question))
    print(f"  {name}: {answer}")
    return answer


async def run(task: str) -> str:
    """Give the supervisor one task; returns its answer. Agents work side by side."""
    # A larger model plans; the agents below it could have a smaller one.
    supervisor = FunctionAgent(
        name="supervisor",
        tools=[ask_meteorologist, ask_clerk],
        llm=ZhipuAI(model="glm-4.7", thinking=True),
        system_prompt="Give each part of a task to the one who knows about it.",
    )
    return str(await supervisor.run(task))


def main(arguments: list[str] | None = None) -> int:
    """Give the supervisor one task."""
    words = sys.argv[1:] if arguments is None else arguments
    task = words[0] if words else TASK
    print(f"> {task}")
    try:
        with stand_in():
            print(asyncio.run(run(task)))
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
