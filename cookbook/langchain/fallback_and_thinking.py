"""An agent that goes on with another model at a limit, and thinks only where it plans.

    pip install langchain
    python cookbook/langchain/fallback_and_thinking.py ["a task"]

On the emulator of this project (started here where no key is set, or the one whose two lines you
exported) the first model answers with the service's error 1308: the plan's quota is used up until
a time that the error names. Until then that model rests, and the second one answers. With a real
key nothing is staged: the second model is asked only when your account is at a limit.
"""

from __future__ import annotations

import os
import sys
from urllib.parse import urlsplit

from langchain_core.messages import AIMessage, HumanMessage

from langchain_zhipu import ChatZhipuAI, ZhipuAIFallbackMiddleware, ZhipuAIThinkingMiddleware
from zhipu_client import AttemptEvent, ZhipuError
from zhipu_emulator import stand_in

try:
    from langchain.agents import create_agent
except ImportError as error:
    raise SystemExit(f"{error}. This recipe needs: pip install langchain") from None

TASK = "What is 17 * 19?"


def multiply(a: int, b: int) -> int:
    """Multiply two whole numbers."""
    return a * b


def note(event: AttemptEvent) -> None:
    """Print what became of an attempt."""
    print(f"{event.model}: {event.outcome} {event.code or ''}".rstrip())


def staged() -> dict[str, str]:
    """The header that makes an emulator answer with a limit; a real service gets none."""
    bases = (os.environ.get(name, "") for name in ("ZHIPUAI_BASE_URL", "ZAI_BASE_URL"))
    if any(urlsplit(base).hostname in {"127.0.0.1", "localhost"} for base in bases):
        return {"x-emulator-fault": "error=1308"}
    print("No limit is staged on the real service: the second model is asked only at a real one.")
    return {}


def main(arguments: list[str]) -> int:
    """Run one task, and show who answered and who thought."""
    task = arguments[0] if arguments else TASK
    try:
        with stand_in():
            # No retries of its own: the next model is asked at once.
            first = ChatZhipuAI(
                model="glm-4.7", max_retries=0, on_attempt=note, default_headers=staged()
            )
            second = ChatZhipuAI(model="glm-4.6", max_retries=0, on_attempt=note)
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
