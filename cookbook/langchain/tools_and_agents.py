"""Tools by hand, a forced tool, and an agent that remembers and shows what it does.

    pip install langchain
    python cookbook/langchain/tools_and_agents.py

Without a key the emulator of this project answers: it picks tools by simple rules.
"""

from __future__ import annotations

import sys
from datetime import date
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.tools import tool

from langchain_zhipu import ChatZhipuAI
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in

try:
    from langchain.agents import create_agent
    from langgraph.checkpoint.memory import InMemorySaver
except ImportError as error:
    raise SystemExit(f"{error}. This recipe needs: pip install langchain") from None

TASK = "What is 17 times 19, and how many days are there from 2026-02-01 to 2026-10-01?"
FOLLOW_UP = "What is 323 times 2?"


@tool
def multiply(a: int, b: int) -> int:
    """Multiply two whole numbers.

    Args:
        a: The first number.
        b: The second number.
    """
    return a * b


@tool
def days_between(start_date: date, end_date: date) -> int:
    """Count the days from one date to another.

    Args:
        start_date: The first day, as YYYY-MM-DD.
        end_date: The last day, as YYYY-MM-DD.
    """
    return (end_date - start_date).days


TOOLS = [multiply, days_between]


def by_hand(model: ChatZhipuAI, task: str) -> AIMessage:
    """The loop that an agent runs: calls, results, answer."""
    with_tools = model.bind_tools(TOOLS)
    messages: list[BaseMessage] = [HumanMessage(task)]
    known = {each.name: each for each in TOOLS}
    while True:
        answer = with_tools.invoke(messages)
        # The message goes back as it is: its reasoning belongs to the loop.
        messages.append(answer)
        if not answer.tool_calls:
            return answer
        for call in answer.tool_calls:
            result = known[call["name"]].invoke(call)
            print(f"  {call['name']}({call['args']}) gives {result.text}")
            messages.append(result)


def forced(model: ChatZhipuAI) -> None:
    """GLM itself knows only ``tool_choice="auto"``; here every form of it works."""
    answer = model.bind_tools(TOOLS, tool_choice="multiply").invoke("Take 6 and 7.")
    print(f"  forced: {answer.tool_calls[0]['name']}({answer.tool_calls[0]['args']})")


def watched(agent: Any, task: str, thread: str) -> None:
    """Show an agent's tokens and tools as they come."""
    config = {"configurable": {"thread_id": thread}}
    where = ""
    for part, metadata in agent.stream(
        {"messages": [HumanMessage(task)]}, config, stream_mode="messages"
    ):
        node = metadata["langgraph_node"]
        if node != where:
            print(f"\n  [{node}] ", end="")
            where = node
        if isinstance(part, AIMessageChunk):
            named = [call["name"] for call in part.tool_call_chunks if call["name"]]
            print(part.text or "".join(f"calls {name} " for name in named), end="", flush=True)
        else:
            print(f"{part.name}: {part.text} ", end="")
    print()


def main() -> int:
    """Run all three."""
    try:
        with stand_in():
            model = ChatZhipuAI(model="glm-4.7")
            print(f"> {TASK}")
            print(by_hand(model, TASK).text)
            forced(model)
            # With a checkpointer the agent remembers the conversation, reasoning included.
            agent = create_agent(model, tools=TOOLS, checkpointer=InMemorySaver())
            for task in (TASK, FOLLOW_UP):
                print(f"\n> {task}", end="")
                watched(agent, task, thread="1")
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
