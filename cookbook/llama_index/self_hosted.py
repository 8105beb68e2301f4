"""GLM on a server of your own (vLLM, SGLang or another that speaks OpenAI's chat protocol).

    vllm serve zai-org/GLM-4.7 --tool-call-parser glm47 --reasoning-parser glm45 \
        --enable-auto-tool-choice
    python cookbook/llama_index/self_hosted.py --base-url http://localhost:8000/v1 \
        --model zai-org/GLM-4.7

Without --base-url the emulator of this project takes the place of such a server.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from llama_index.core.agent.workflow import AgentStream, FunctionAgent, ToolCallResult

from llama_index_zhipu import ZhipuAI
from zhipu_client import ZhipuError
from zhipu_emulator import serve

QUESTION = "What is the weather in Hangzhou?"


def get_weather(city: str) -> str:
    """Look up the weather of a city."""
    return f"In {city} it rains, 17 degrees."


@contextmanager
def server(base_url: str | None) -> Iterator[tuple[str, str]]:
    """Address and key of the server: yours, or the emulator for as long as the block lasts."""
    if base_url:
        # A key is always sent; such servers ignore it unless they were started with one.
        yield base_url, os.environ.get("SELF_HOSTED_KEY", "not-needed")
        return
    with serve() as emulator:
        print(f"No --base-url: the emulator on {emulator.base_url} stands in.", file=sys.stderr)
        yield emulator.base_url, emulator.api_key


async def converse(llm: ZhipuAI, question: str) -> None:
    """A call of a tool and the answer, streamed."""
    handler = FunctionAgent(tools=[get_weather], llm=llm).run(question)
    async for event in handler.stream_events():
        if isinstance(event, AgentStream):
            print(event.thinking_delta or event.delta, end="", flush=True)
        elif isinstance(event, ToolCallResult):
            print(f"\n{event.tool_name}({event.tool_kwargs}): {event.tool_output.content}")
    print(f"\nanswer: {await handler}")


def main(arguments: list[str] | None = None) -> int:
    """Ask a server of your own."""
    parser = argparse.ArgumentParser(description="GLM on a server of your own.")
    parser.add_argument("--base-url", help="such as http://localhost:8000/v1")
    parser.add_argument("--model", default="glm-4.7", help="default: %(default)s")
    parser.add_argument("--question", default=QUESTION)
    chosen = parser.parse_args(arguments)
    try:
        with server(chosen.base_url) as (base_url, key):
            # On such a server thinking is a switch of the chat template: done by itself.
            llm = ZhipuAI(model=chosen.model, base_url=base_url, api_key=key, thinking=True)
            asyncio.run(converse(llm, chosen.question))
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
