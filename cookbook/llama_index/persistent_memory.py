"""An agent whose memory outlives the program: LlamaIndex's `Memory` in SQLite or PostgreSQL.

    pip install aiosqlite
    python cookbook/llama_index/persistent_memory.py [memory.sqlite]

    pip install asyncpg
    python cookbook/llama_index/persistent_memory.py postgresql+asyncpg://user:password@localhost/memory

Run it twice: the second run knows the first one's messages, and answers from them. Thinking is
part of them, so it is kept too. Without a key the emulator of this project answers.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.memory import Memory
from sqlalchemy.ext.asyncio import create_async_engine

from llama_index_zhipu import ZhipuAI
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in


def multiply(a: int, b: int) -> int:
    """Multiply two whole numbers."""
    return a * b


async def ask(url: str, session: str, question: str) -> None:
    """One run of a program: it opens the memory, asks, and closes it again."""
    try:
        engine = create_async_engine(url)
    except ImportError as error:
        driver = "asyncpg" if "asyncpg" in url else "aiosqlite"
        raise SystemExit(f"{error}. This recipe needs: pip install {driver}") from None
    memory = Memory.from_defaults(session_id=session, async_engine=engine)
    known = len(await memory.aget())
    agent = FunctionAgent(tools=[multiply], llm=ZhipuAI(model="glm-4.7"))
    answer = await agent.run(question, memory=memory)
    messages = await memory.aget()
    thoughts = sum(block.block_type == "thinking" for each in messages for block in each.blocks)
    print(f"> {question}\n{answer}")
    print(f"  {known} messages were known, {len(messages)} are, {thoughts} with thinking.")
    await engine.dispose()


async def run(memory: str) -> None:
    """Ask as three runs of a program would, two of them of one person."""
    url = memory if "://" in memory else f"sqlite+aiosqlite:///{memory}"
    await ask(url, "ann", "My name is Ann. What is 17 * 19?")
    await ask(url, "ann", "What is my name?")
    await ask(url, "ben", "What is 6 * 7?")


def main(arguments: list[str] | None = None) -> int:
    """Ask, and ask again."""
    parser = argparse.ArgumentParser(description="An agent whose memory is a file or a database.")
    parser.add_argument("memory", nargs="?", help="default: a file that is thrown away")
    chosen = parser.parse_args(arguments)
    try:
        with stand_in(), tempfile.TemporaryDirectory() as folder:
            asyncio.run(run(chosen.memory or str(Path(folder, "memory.sqlite"))))
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
