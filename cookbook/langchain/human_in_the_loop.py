"""A person approves, edits or rejects a tool call before it runs.

    pip install langchain
    python cookbook/langchain/human_in_the_loop.py [approve | reject | edit]

The run stops at the call and can go on in another process: its state is in the checkpointer.
Without a key the emulator of this project answers.
"""

from __future__ import annotations

import sys
from typing import Any

from langchain_core.messages import HumanMessage
from langchain_core.runnables import RunnableConfig

from langchain_zhipu import ChatZhipuAI
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in

try:
    from langchain.agents import create_agent
    from langchain.agents.middleware import HumanInTheLoopMiddleware
    from langgraph.checkpoint.memory import InMemorySaver
    from langgraph.types import Command
except ImportError as error:
    raise SystemExit(f"{error}. This recipe needs: pip install langchain") from None

TASK = "What is 17 times 19?"


def multiply(a: int, b: int) -> int:
    """Multiply two whole numbers."""
    return a * b


def decision(word: str, call: dict[str, Any]) -> dict[str, Any]:
    """What a person decides about a call."""
    if word == "edit":
        return {"type": "edit", "edited_action": {"name": call["name"], "args": {"a": 6, "b": 7}}}
    if word == "reject":
        return {"type": "reject", "message": "No sums today."}
    return {"type": "approve"}


def run(word: str) -> None:
    """Ask, stop at each call, decide, go on."""
    agent = create_agent(
        ChatZhipuAI(model="glm-4.7"),
        tools=[multiply],
        middleware=[HumanInTheLoopMiddleware(interrupt_on={"multiply": True})],
        checkpointer=InMemorySaver(),
    )
    config: RunnableConfig = {"configurable": {"thread_id": "1"}}
    result = agent.invoke({"messages": [HumanMessage(TASK)]}, config)
    while waiting := result.get("__interrupt__"):
        calls = waiting[0].value["action_requests"]
        for call in calls:
            print(f"{word}: {call['name']}({call['args']})")
        answers = {"decisions": [decision(word, call) for call in calls]}
        result = agent.invoke(Command(resume=answers), config)
    for message in result["messages"]:
        if message.type == "tool":
            print(f"the tool: {message.text}")
    print(f"the agent: {result['messages'][-1].text}")


def main(arguments: list[str] | None = None) -> int:
    """Run with one decision for all calls."""
    words = sys.argv[1:] if arguments is None else arguments
    try:
        with stand_in():
            run(words[0] if words else "approve")
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
