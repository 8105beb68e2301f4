"""Runs a part of a conversation in a process of its own: see test_checkpoint.py.

python -m tests.langchain_zhipu.framework.agent_program FILE BASE_URL KEY STEP
"""

from __future__ import annotations

import json
import sys
import warnings
from typing import Any

from langchain.agents import create_agent
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from langgraph.checkpoint.sqlite import SqliteSaver

from langchain_zhipu import ChatZhipuAI

CONFIG: Any = {"configurable": {"thread_id": "thread-1"}}


@tool
def weather(city: str) -> str:
    """The weather of a city.

    Args:
        city: Its name.
    """
    return f"rain in {city}"


def main(file: str, base_url: str, key: str, step: str) -> None:
    """Ask and stop before the tools, or go on from there, or ask something else."""
    model = ChatZhipuAI(
        base_url=base_url,
        api_key=key,
        reasoning_history="all" if step == "ask-again" else None,
        output_version="v1" if step.endswith("v1") else None,
    )
    question = {"messages": [("human", "Weather in Hangzhou?" if "1" in step else "And now?")]}
    with SqliteSaver.from_conn_string(file) as saver:
        agent = create_agent(model, tools=[weather], checkpointer=saver, interrupt_before=["tools"])
        if step == "stream-1":
            for _ in agent.stream(question, CONFIG, stream_mode="messages"):
                pass
        else:
            agent.invoke(None if step == "go-on" else question, CONFIG)  # type: ignore[arg-type]
        messages = agent.get_state(CONFIG).values["messages"]
    found = [m for m in messages if isinstance(m, AIMessage)]
    print(json.dumps([[type(m).__name__, m.content_blocks] for m in found]))


if __name__ == "__main__":
    warnings.simplefilter("error", UserWarning)
    main(*sys.argv[1:])
