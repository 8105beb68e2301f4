"""An agent whose memory outlives the program: LangGraph's checkpoints in SQLite or PostgreSQL.

    pip install langchain langgraph-checkpoint-sqlite
    python cookbook/langchain/persistent_memory.py [memory.sqlite]

    pip install langgraph-checkpoint-postgres "psycopg[binary]"
    python cookbook/langchain/persistent_memory.py postgresql://user:password@localhost/memory

Run it twice: the second run knows the first one's messages, and answers from them. Reasoning is
part of them, so it is kept too. With `ainvoke` take `AsyncSqliteSaver` or `AsyncPostgresSaver`.
Without a key the emulator of this project answers.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from langchain_core.messages import HumanMessage
from langchain_core.runnables import RunnableConfig

from langchain_zhipu import ChatZhipuAI
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in

try:
    from langchain.agents import create_agent
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.checkpoint.sqlite import SqliteSaver
except ImportError as error:
    command = "pip install langchain langgraph-checkpoint-sqlite"
    raise SystemExit(f"{error}. This recipe needs: {command}") from None


def multiply(a: int, b: int) -> int:
    """Multiply two whole numbers."""
    return a * b


@contextmanager
def opened(memory: str) -> Iterator[BaseCheckpointSaver[str]]:
    """The checkpoints in a file, or in the database at a URL."""
    if memory.startswith("postgresql://"):
        try:
            from langgraph.checkpoint.postgres import PostgresSaver
        except ImportError as error:
            command = 'pip install langgraph-checkpoint-postgres "psycopg[binary]"'
            raise SystemExit(f"{error}. For PostgreSQL this recipe needs: {command}") from None

        with PostgresSaver.from_conn_string(memory) as saver:
            saver.setup()  # makes its tables, where they are missing
            yield saver
    else:
        with SqliteSaver.from_conn_string(memory) as saver:
            yield saver


def ask(memory: str, thread: str, question: str) -> None:
    """One run of a program: it opens the memory, asks, and closes it again."""
    with opened(memory) as saver:
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
    """Ask as three runs of a program would, two of them of one person."""
    parser = argparse.ArgumentParser(description="An agent whose memory is a file or a database.")
    parser.add_argument("memory", nargs="?", help="default: a file that is thrown away")
    chosen = parser.parse_args(arguments)
    try:
        with stand_in(), tempfile.TemporaryDirectory() as folder:
            memory = chosen.memory or str(Path(folder, "memory.sqlite"))
            ask(memory, "ann", "My name is Ann. What is 17 * 19?")
            ask(memory, "ann", "What is my name?")
            ask(memory, "ben", "What is 6 * 7?")
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
