"""A person is asked before a tool does something that cannot be undone.

    python cookbook/llama_index/human_in_the_loop.py [yes | no]

The tool sends an event and waits for the answer; a web application would send both over its own
connection. Without a key the emulator of this project answers.
"""

import asyncio
import sys

from llama_index.core.agent.workflow import FunctionAgent, ToolCallResult
from llama_index.core.workflow import Context, HumanResponseEvent, InputRequiredEvent

from llama_index_zhipu import ZhipuAI
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in

TASK = "Delete the file draft.txt"


class Question(InputRequiredEvent):
    """What a person is asked."""

    text: str


class Answer(HumanResponseEvent):
    """What the person says."""

    text: str


# In this file annotations are not texts: LlamaIndex looks for the context in those of a tool.
async def delete_file(ctx: Context, name: str) -> str:
    """Delete a file by its name."""
    question = f"Delete {name}?"
    answer = await ctx.wait_for_event(
        Answer, waiter_id=question, waiter_event=Question(text=question)
    )
    if answer.text.strip().lower() != "yes":
        return f"{name} was kept: the user did not agree"
    return f"{name} was deleted"  # here it would be


async def run(answer: str) -> None:
    """Give the agent its task and answer what it asks."""
    agent = FunctionAgent(tools=[delete_file], llm=ZhipuAI(model="glm-4.7"))
    handler = agent.run(TASK)
    async for event in handler.stream_events():
        if isinstance(event, Question):
            print(f"{event.text} {answer}")
            handler.ctx.send_event(Answer(text=answer))
        elif isinstance(event, ToolCallResult):
            print(f"{event.tool_name} returned: {event.tool_output.content}")
    print(f"the agent: {await handler}")


def main(arguments: list[str] | None = None) -> int:
    """Run with one answer for all questions."""
    words = sys.argv[1:] if arguments is None else arguments
    try:
        with stand_in():
            asyncio.run(run(words[0] if words else "yes"))
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
