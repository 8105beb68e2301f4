"""A workflow of your own that reports what it does while it works: progress, tokens, the end.

    python cookbook/llama_index/workflow_events.py ["a question"]

Without a key the emulator of this project answers.
"""

from __future__ import annotations

import asyncio
import sys

from llama_index.core.llms import ChatMessage
from llama_index.core.workflow import Context, Event, StartEvent, StopEvent, Workflow, step

from llama_index_zhipu import ZhipuAI
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in

QUESTION = "What did the hydrophones cost?"
NOTES = (
    "The two hydrophones cost 4,100 euros together.",
    "Five people were on board for three weeks.",
)


class Progress(Event):
    """How far a step is."""

    text: str


class Token(Event):
    """A piece of the answer."""

    text: str


class Found(Event):
    """The notes for a question."""

    question: str
    notes: list[str]


class Answering(Workflow):
    """Look up notes, then answer from them."""

    @step
    async def look_up(self, ctx: Context, event: StartEvent) -> Found:
        """Find the notes that share words with the question."""
        words = {word.strip("?.,").lower() for word in event.question.split()}
        found = [note for note in NOTES if "hydrophones" in words and "hydrophones" in note]
        ctx.write_event_to_stream(Progress(text=f"{len(found)} of {len(NOTES)} notes"))
        return Found(question=event.question, notes=found)

    @step
    async def answer(self, ctx: Context, event: Found) -> StopEvent:
        """Answer from the notes, piece by piece."""
        messages = [
            ChatMessage(role="system", content="\n".join(event.notes)),
            ChatMessage(role="user", content=event.question),
        ]
        llm = ZhipuAI(model="glm-4.7", thinking=False)
        text = ""
        async for chunk in await llm.astream_chat(messages):
            text += chunk.delta or ""
            if chunk.delta:
                ctx.write_event_to_stream(Token(text=chunk.delta))
        return StopEvent(result=text)


async def watch(question: str) -> None:
    """Run the workflow and show its events as they come."""
    handler = Answering(timeout=60).run(question=question)
    async for event in handler.stream_events():
        if isinstance(event, Progress):
            print(f"progress: {event.text}")
        elif isinstance(event, Token):
            print(event.text, end="|")
    print(f"\nresult: {await handler}")


def main(arguments: list[str] | None = None) -> int:
    """Ask the workflow."""
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
