"""A deep agent: it hands each part of a task to a sub-agent with tools and a context of its own.

    pip install deepagents
    python cookbook/langchain/deep_agent.py ["..."]

What `deepagents` adds to every agent (a plan, files, a sub-agent for anything) is there as well;
its files are in the state and not on the disk. Without a key the emulator of this project answers:
it picks tools by simple rules.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from langchain_zhipu import ChatZhipuAI
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in

try:
    from deepagents import SubAgent, create_deep_agent
except ImportError as error:
    raise SystemExit(f"{error}. This recipe needs: pip install deepagents") from None

if TYPE_CHECKING:
    from langchain_core.messages import AnyMessage

TASK = "Ask the meteorologist what the weather in Oslo is. Ask the clerk what 17 times 19 is."
_WEATHER = {"Paris": "sunny, 21 degrees", "Oslo": "snow, -3 degrees"}


def get_weather(city: str) -> str:
    """Get the current weather of a city."""
    return f"{city}: {_WEATHER.get(city, 'unknown')}"


def multiply(a: int, b: int) -> int:
    """Multiply two whole numbers."""
    return a * b


def _subagents() -> list[SubAgent]:
    small = ChatZhipuAI(model="glm-4.7-flash", thinking=False)
    return [
        {
            "name": "meteorologist",
            "description": "Tells the weather of a city.",
            "system_prompt": "You tell the weather.",
            "tools": [get_weather],
            "model": small,
        },
        {
            "name": "clerk",
            "description": "Multiplies whole numbers.",
            "system_prompt": "You do sums.",
            "tools": [multiply],
            "model": small,
        },
    ]


def _show(depth: int, message: AnyMessage) -> None:
    room = "    " * depth
    if isinstance(message, AIMessage):
        for call in message.tool_calls:
            values = ", ".join(f"{name}={value!r}" for name, value in call["args"].items())
            print(f"{room}calls {call['name']}({values})")
        if message.text:
            print(f"{room}says {message.text}")
    elif isinstance(message, ToolMessage) and depth:
        print(f"{room}{message.name} returned {message.text}")


def run(task: str) -> None:
    """Show each step of the planner, and indented those of its sub-agents, as they are made."""
    agent = create_deep_agent(
        ChatZhipuAI(model="glm-4.7", thinking=True),
        subagents=_subagents(),
        system_prompt="Give each part of a task to the sub-agent who knows about it.",
    )
    asked = HumanMessage(task)
    for part in agent.stream(
        {"messages": [asked]}, stream_mode="updates", subgraphs=True, version="v2"
    ):
        if part["type"] == "updates":
            for state in part["data"].values():
                messages = (state or {}).get("messages", [])
                for message in messages if isinstance(messages, list) else []:
                    _show(len(part["ns"]), message)


def main(arguments: list[str] | None = None) -> int:
    """Give the agent one task."""
    words = sys.argv[1:] if arguments is None else arguments
    task = words[0] if words else TASK
    try:
        with stand_in():
            print(f"> {task}")
            run(task)
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
