"""GLM on a server of your own (vLLM, SGLang or another that speaks OpenAI's chat protocol).

    vllm serve zai-org/GLM-4.7 --tool-call-parser glm47 --reasoning-parser glm45 \
        --enable-auto-tool-choice
    python cookbook/langchain/self_hosted.py --base-url http://localhost:8000/v1 \
        --model zai-org/GLM-4.7

Without --base-url the emulator of this project takes the place of such a server.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool

from langchain_zhipu import ChatZhipuAI
from zhipu_client import ZhipuError
from zhipu_client.adapting import KeyedOptions
from zhipu_emulator import serve

QUESTION = "What is the weather in Hangzhou?"


@tool
def get_weather(city: str) -> str:
    """Look up the weather of a city.

    Args:
        city: Name of the city.
    """
    return f"In {city} it rains, 17 degrees."


@contextmanager
def server(base_url: str | None) -> Iterator[KeyedOptions]:
    """How to reach the server: yours, or the emulator for as long as the block lasts."""
    if base_url:
        # A key is always sent; such servers ignore it unless they were started with one.
        yield {"base_url": base_url, "api_key": os.environ.get("SELF_HOSTED_KEY", "not-needed")}
        return
    with serve() as emulator:
        print(f"No --base-url: the emulator on {emulator.base_url} stands in.", file=sys.stderr)
        yield {"base_url": emulator.base_url, "api_key": emulator.api_key}


def model_at(reach: KeyedOptions, model: str, *, thinking: bool) -> ChatZhipuAI:
    """A model on your own server.

    Args:
        reach: Its address, with the path that the server wants (usually ``/v1``), and the key.
        model: The name under which it serves the model.
        thinking: Such servers take this switch as an argument of the chat template.
    """
    return ChatZhipuAI(
        model=model,
        extra_body={"chat_template_kwargs": {"enable_thinking": thinking}},
        # Their own forced calls hang in some versions: instructions and checks are safer.
        tool_choice_mode="emulate",
        token_counting="estimate",  # noqa: S106 - no password: they have no tokenizer endpoint
        **reach,
    )


def converse(model: ChatZhipuAI, question: str) -> None:
    """A call of a tool and the answer, streamed."""
    with_tools = model.bind_tools([get_weather])
    messages: list[Any] = [HumanMessage(question)]
    while True:
        answer: Any = None
        for chunk in with_tools.stream(messages):
            answer = chunk if answer is None else answer + chunk
        reasoning = answer.additional_kwargs.get("reasoning_content", "")
        if reasoning:
            print(f"  thinks: {' '.join(reasoning.split())[:100]}")
        messages.append(answer)
        if not answer.tool_calls:
            print(f"  answers: {answer.text.strip()}")
            return
        for call in answer.tool_calls:
            print(f"  calls {call['name']}({call['args']})")
            result: ToolMessage = get_weather.invoke(call)
            messages.append(result)


def main(arguments: list[str] | None = None) -> int:
    """Ask a server of your own."""
    parser = argparse.ArgumentParser(description="GLM on a server of your own.")
    parser.add_argument("--base-url", help="such as http://localhost:8000/v1")
    parser.add_argument("--model", default="glm-4.7", help="default: %(default)s")
    parser.add_argument("--question", default=QUESTION)
    chosen = parser.parse_args(arguments)
    try:
        with server(chosen.base_url) as reach:
            print(f"> {chosen.question}")
            converse(model_at(reach, chosen.model, thinking=True), chosen.question)
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
