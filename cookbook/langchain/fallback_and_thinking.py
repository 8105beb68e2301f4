"""An agent that goes on with another model at a limit, and thinks only where it plans.

    python cookbook/langchain/fallback_and_thinking.py ["a task"]

Without a key the emulator of this project answers, and its first answer is the service's error
1308: the plan's quota is used up until a time that the error names. Until then that model rests.
"""

from __future__ import annotations

import sys

from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage

from langchain_zhipu import ChatZhipuAI, ZhipuAIFallbackMiddleware, ZhipuAIThinkingMiddleware
from zhipu_client import AttemptEvent, ZhipuError
from zhipu_emulator import Fault, stand_in

TASK = "What is 17 * 19?"


def multiply(a: int, b: int) -> int:
    """Multiply two whole numbers."""
    return a * b


def note(event: AttemptEvent) -> None:
    """Print what became of an attempt."""
    print(f"{event.model}: {event.outcome} {event.code or ''}".rstrip())


def main(arguments: list[str]) -> int:
    """Run one task, and show who answered and who thought."""
    task = arguments[0] if arguments else TASK
    try:
        with stand_in() as emulator:
            if emulator is not None:
                emulator.script(Fault({"error": "1308"}))
            # No retries of its own: the next model is asked at once.
            first, second = (
                ChatZhipuAI(model=name, max_retries=0, on_attempt=note)
                for name in ("glm-4.7", "glm-4.6")
            )
            agent = create_agent(
                first,
                tools=[multiply],
                middleware=[
                    ZhipuAIFallbackMiddleware(second),
                    ZhipuAIThinkingMiddleware(when="first", thread_budget=20_000),
                ],
            )
            found = agent.invoke({"messages": [HumanMessage(task)]})["messages"]
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    for step in found:
        if isinstance(step, AIMessage):
            thought = any(block["type"] == "reasoning" for block in step.content_blocks)
            print(f"{'thought' if thought else 'did not think'}: {step.text or step.tool_calls}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
