"""A conversation that is kept within a number of tokens, counted as GLM counts them.

    python cookbook/langchain/counting_tokens.py [LIMIT]

The model estimates by itself, without a request; with token_counting="service" the service counts.
Without a key the emulator of this project answers.
"""

from __future__ import annotations

import sys

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    trim_messages,
)

from langchain_zhipu import ChatZhipuAI
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in

LIMIT = 120
STORY = "The keeper wrote down the wind, the swell and every ship that passed. " * 10
TALK: list[BaseMessage] = [
    SystemMessage("You know the lighthouse well. Answer in one sentence."),
    HumanMessage(f"Here is what the log says: {STORY}"),
    AIMessage("I have read it."),
    HumanMessage("My name is Ada."),
    AIMessage("Hello, Ada."),
    HumanMessage("What is my name?"),
]


def shortened(model: ChatZhipuAI, limit: int) -> list[BaseMessage]:
    """The newest turns that fit, with the instructions, from a question on."""
    return trim_messages(
        TALK,
        max_tokens=limit,
        token_counter=model,
        strategy="last",
        include_system=True,
        start_on="human",
    )


def main(arguments: list[str]) -> int:
    """Count, shorten, ask."""
    limit = int(arguments[0]) if arguments else LIMIT
    try:
        with stand_in():
            for way in ("estimate", "service"):
                model = ChatZhipuAI(model="glm-4.7", token_counting=way)
                print(f"{way}: {model.get_num_tokens('今天天气很好')} tokens for 6 characters")
            kept = shortened(model, limit)
            counted = [model.get_num_tokens_from_messages(turns) for turns in (TALK, kept)]
            print(f"{len(TALK)} messages, {counted[0]} tokens -> {len(kept)}, {counted[1]} tokens")
            answer = model.invoke(kept)
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    print(f"answer: {answer.text}")
    if answer.usage_metadata:  # what was billed: the service's own wrapping is in it
        print(f"billed: {answer.usage_metadata['input_tokens']} tokens were read")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
