"""A graph of your own that reports what it does while it works: progress, tokens, the end.

    pip install langgraph
    python cookbook/langchain/streamed_graph.py ["a question"]

Without a key the emulator of this project answers.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any, TypedDict

from langchain_zhipu import ChatZhipuAI
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in

try:
    from langgraph.config import get_stream_writer
    from langgraph.graph import END, START, StateGraph
except ImportError as error:
    raise SystemExit(f"{error}. This recipe needs: pip install langgraph") from None

QUESTION = "What did the hydrophones cost?"
NOTES = (
    "The two hydrophones cost 4,100 euros together.",
    "Five people were on board for three weeks.",
)


class Input(TypedDict):
    """What the graph is given."""

    question: str


class State(Input):
    """What goes from step to step."""

    notes: list[str]
    answer: str


def look_up(state: State) -> dict[str, Any]:
    """Find the notes that share words with the question."""
    words = {word.strip("?.,").lower() for word in state["question"].split()}
    found = [note for note in NOTES if "hydrophones" in words and "hydrophones" in note]
    get_stream_writer()({"found": len(found), "of": len(NOTES)})
    return {"notes": found}


async def answer(state: State) -> dict[str, Any]:
    """Answer from the notes; the tokens come out of the graph by themselves."""
    model = ChatZhipuAI(model="glm-4.7", thinking=False)
    messages = [("system", "\n".join(state["notes"])), ("user", state["question"])]
    return {"answer": (await model.ainvoke(messages)).text}


def graph() -> StateGraph[State, None, Input]:
    """Two steps, one behind the other."""
    made = StateGraph(State, input_schema=Input)
    made.add_node("look_up", look_up)
    made.add_node("answer", answer)
    made.add_edge(START, "look_up")
    made.add_edge("look_up", "answer")
    made.add_edge("answer", END)
    return made


async def watch(question: str) -> None:
    """Run the graph and show its events as they come."""
    runnable = graph().compile()
    async for kind, event in runnable.astream(
        {"question": question}, stream_mode=["custom", "messages", "updates"]
    ):
        match kind:
            case "custom":
                print(f"progress: {event}")
            case "messages":
                token: Any = event[0]
                print(token.text, end="|" if token.text else "\n")
            case _:
                print("done:", *event)


def main(arguments: list[str] | None = None) -> int:
    """Ask the graph."""
    words = sys.argv[1:] if arguments is None else arguments
    try:
        with stand_in():
            asyncio.run(watch(words[0] if words else QUESTION))
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
