"""An agent whose memory outlives the program: LangGraph's checkpoints in an SQLite file.

    pip install langgraph-checkpoint-sqlite
    python cookbook/langchain/persistent_memory.py [memory.sqlite]

For PostgreSQL put `PostgresSaver` (langgraph-checkpoint-postgres) in its place. Reasoning is part
of the messages, so it is kept too. Without a key the emulator of this project answers.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from langchain.agents import create_agent
from langchain_core.messages import HumanMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.sqlite import SqliteSaver

from langchain_zhipu import ChatZhipuAI
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in


def multiply(a: int, b: int) -> int:
    """Multiply two whole numbers."""
    return a * b


def ask(memory: Path, thread: str, question: str) -> None:
    """One run of a program: it opens the memory, asks, and closes it again."""
    with SqliteSaver.from_conn_string(str(memory)) as saver:
        agent = create_agent(ChatZhipuAI(model="glm-4.7"), tools=[multiply], checkpointer=saver)
        config: RunnableConfig = {"configurable": {"thread_id": thread}}
        known = len(agent.get_state(config).values.get("messages", []))
        messages = agent.invoke({"messages": [HumanMessage(question)]}, config)["messages"]
        thoughts = sum(
            block["type"] == "reasoning" for each in messages for block in each.content_blocks
        )
        print(f"> {question}\n{messages[-1].text}")
        print(f"  {known} messages were known, {len(messages)} are, {thoughts} with reasoning.")


def main(arguments: list[str] | None = None) -> int:
    """Ask twice, as two runs of a program would."""
    parser = argparse.ArgumentParser(description="An agent whose memory is a file.")
    parser.add_argument("memory", nargs="?", type=Path, help="default: one that is thrown away")
    chosen = parser.parse_args(arguments)
    try:
        with stand_in(), tempfile.TemporaryDirectory() as folder:
            memory = chosen.memory or Path(folder, "memory.sqlite")
            ask(memory, "ann", "What is 17 * 19?")
            ask(memory, "ann", "And what is 323 * 2?")
            ask(memory, "ben", "What is 6 * 7?")
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
