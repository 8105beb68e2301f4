"""An agent that searches the web and draws an illustration of what it found.

    pip install langchain
    python cookbook/langchain/illustrated_search.py ["a question"] [--to folder]

Without a key the emulator of this project answers: its web is a few dozen pages of its own, and its
pictures show the words they were asked for.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from langchain_zhipu import ChatZhipuAI, ZhipuAIImageGenerator, ZhipuAIWebSearchTool
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in

try:
    from langchain.agents import create_agent
except ImportError as error:
    raise SystemExit(f"{error}. This recipe needs: pip install langchain") from None

TASK = (
    "Search the web for the Great Wall near Beijing. Then generate an image that illustrates what "
    "you found."
)
RULES = (
    "You answer questions with the web and illustrate the answer. First search, then draw one "
    "picture of what you found, then answer in a few sentences and cite the addresses you used."
)


def illustrate(task: str, folder: Path) -> list[BaseMessage]:
    """Let the agent work; answers with all that was said. Pictures are kept in a folder."""
    agent = create_agent(
        ChatZhipuAI(model="glm-4.7"),
        tools=[
            ZhipuAIWebSearchTool(count=3),
            ZhipuAIImageGenerator(model="cogview-4", save_to=folder),
        ],
        system_prompt=RULES,
    )
    found: list[BaseMessage] = agent.invoke({"messages": [HumanMessage(task)]})["messages"]
    return found


def show(messages: Sequence[BaseMessage]) -> None:
    """Print what the agent did and said."""
    for message in messages:
        if isinstance(message, AIMessage):
            for call in message.tool_calls:
                said = ", ".join(f"{name}={value!r}" for name, value in call["args"].items())
                print(f"  calls {call['name']}({said})")
        elif isinstance(message, ToolMessage):
            print(f"  {message.name}: {message.text.splitlines()[0]}")
    print(f"\n{messages[-1].text}")


def main(arguments: list[str] | None = None) -> int:
    """Run the agent once and keep its pictures."""
    parser = argparse.ArgumentParser(description="Search the web and draw an illustration.")
    parser.add_argument("task", nargs="?", default=TASK)
    parser.add_argument("--to", type=Path, default=Path("pictures"), help="default: %(default)s")
    chosen = parser.parse_args(arguments)
    try:
        with stand_in():
            print(f"> {chosen.task}")
            messages = illustrate(chosen.task, chosen.to)
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    show(messages)
    return 0


if __name__ == "__main__":
    sys.exit(main())
