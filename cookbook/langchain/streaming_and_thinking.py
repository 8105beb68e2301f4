"""Reasoning and answer as they come, thinking switched per question, and what it cost.

    python cookbook/langchain/streaming_and_thinking.py ["a question"]

Without a key the emulator of this project answers: it thinks by simple rules.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage

from langchain_zhipu import ChatZhipuAI
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in

QUESTION = "What is (17 + 4) * 19?"
FOLLOW_UP = "And what is that divided by 3?"


def stream(model: ChatZhipuAI, messages: list[BaseMessage]) -> AIMessageChunk:
    """Print an answer as it comes; gives the sum of its chunks, which is the whole message."""
    whole: AIMessageChunk | None = None
    shown = ""
    for chunk in model.stream(messages):
        for block in chunk.content_blocks:
            kind = block["type"]
            if kind not in {"reasoning", "text"}:
                continue
            if kind != shown:
                print(f"\n[{kind}] ", end="")
                shown = kind
            print(block.get(kind, ""), end="", flush=True)
        whole = chunk if whole is None else whole + chunk
    print()
    assert whole is not None  # noqa: S101 - a stream has at least its last chunk
    return whole


def report(message: AIMessage) -> None:
    """Print how an answer ended and what it cost."""
    usage = message.usage_metadata
    if usage is None:
        return
    thought = usage.get("output_token_details", {}).get("reasoning", 0)
    print(
        f"({message.response_metadata['finish_reason']}: {usage['input_tokens']} tokens in, "
        f"{usage['output_tokens']} out, {thought} of them reasoning)"
    )


async def race(model: ChatZhipuAI, question: str) -> None:
    """The same question with thinking and without, at once: how soon does text come?"""

    async def first(thinking: bool) -> str:
        async for chunk in model.astream(question, thinking=thinking):
            if chunk.text:
                return "thinking" if thinking else "not thinking"
        return "neither"

    runs = [asyncio.create_task(first(thinking)) for thinking in (True, False)]
    done, running = await asyncio.wait(runs, return_when=asyncio.FIRST_COMPLETED)
    for task in running:
        task.cancel()  # its connection is given back at once
    print(f"\nFirst with an answer: the model that was {done.pop().result()}.")


def main(arguments: list[str]) -> int:
    """Ask, ask again with the reasoning kept, and compare with thinking switched off."""
    question = arguments[0] if arguments else QUESTION
    try:
        with stand_in():
            # clear_thinking=False: earlier reasoning stays in the conversation and is sent back.
            settings: dict[str, Any] = {"thinking": True, "clear_thinking": False}
            model = ChatZhipuAI(model="glm-4.7", **settings)
            conversation: list[BaseMessage] = [HumanMessage(question)]
            for text in (question, FOLLOW_UP):
                print(f"\n> {text}")
                if text is FOLLOW_UP:
                    conversation.append(HumanMessage(text))
                answer = stream(model, conversation)
                report(answer)
                conversation.append(answer)
            print(f"\n> {question} (without thinking)")
            print(model.invoke(question, thinking=False).text)
            asyncio.run(race(model, question))
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
