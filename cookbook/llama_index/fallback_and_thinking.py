"""An agent that goes on with another model at a limit, and thinks only where it plans.

    python cookbook/llama_index/fallback_and_thinking.py ["a task"]

On the emulator of this project (started here where no key is set, or the one whose two lines you
exported) the first model answers with the service's error 1308: the plan's quota is used up until
a time that the error names. So that model is left out, and the second one answers. With a real
key nothing is staged: the second model is asked only when your account is at a limit.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any
from urllib.parse import urlsplit

from llama_index.core.base.llms.types import ChatMessage, ThinkingBlock, ToolCallBlock
from llama_index.core.tools import FunctionTool

from llama_index_zhipu import ZhipuAI
from zhipu_client import AttemptEvent, QuotaExceededError, RateLimitError, ZhipuError
from zhipu_emulator import stand_in

TASK = "What is 17 * 19?"
MAX_STEPS = 8


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


def answered(models: list[ZhipuAI], history: list[ChatMessage], *, thinking: bool) -> Any:
    """The next step, by the first model that is not at a limit. A model at one is left out then.

    Other failures, such as a wrong key, are not a matter of the model: they are raised.
    """
    tools = [FunctionTool.from_defaults(multiply)]
    while True:
        try:
            return models[0].chat_with_tools(tools, chat_history=history, thinking=thinking)
        except (RateLimitError, QuotaExceededError):
            if len(models) == 1:
                raise
            del models[0]


def run(models: list[ZhipuAI], task: str) -> None:
    """Call tools until there is an answer; think in the first step, where the work is planned."""
    history = [ChatMessage(role="user", content=task)]
    for step in range(MAX_STEPS):
        message = answered(models, history, thinking=step == 0).message
        history.append(message)
        calls = [block for block in message.blocks if isinstance(block, ToolCallBlock)]
        thought = any(isinstance(block, ThinkingBlock) for block in message.blocks)
        done = ", ".join(f"{call.tool_name}({call.tool_kwargs})" for call in calls)
        print(f"{'thought' if thought else 'did not think'}: {message.content or done}")
        if not calls:
            return
        for call in calls:
            given = call.tool_kwargs
            product = multiply(**json.loads(given) if isinstance(given, str) else given)
            about = {"tool_call_id": call.tool_call_id, "name": call.tool_name}
            history.append(ChatMessage(role="tool", content=str(product), additional_kwargs=about))


def main(arguments: list[str] | None = None) -> int:
    """Run one task, and show who answered and who thought."""
    words = sys.argv[1:] if arguments is None else arguments
    try:
        with stand_in():
            # No retries of its own: the next model is asked at once.
            models = [
                ZhipuAI("glm-4.7", max_retries=0, on_attempt=note, default_headers=staged()),
                ZhipuAI("glm-4.6", max_retries=0, on_attempt=note),
            ]
            run(models, words[0] if words else TASK)
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
