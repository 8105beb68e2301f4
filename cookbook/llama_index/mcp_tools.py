"""An agent with the tools of an MCP server.

    pip install "llama-index-tools-mcp<0.5"
    python cookbook/llama_index/mcp_tools.py [--url http://127.0.0.1:8000/mcp]

Later versions of that package want mcp 2; the extra `mcp` and the server below need mcp 1. Without
--url that small server runs in this process. Without a key the emulator of this project answers.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from llama_index.core.agent.workflow import FunctionAgent, ToolCallResult
from llama_index.core.tools import FunctionTool

from llama_index_zhipu import ZhipuAI
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in

try:
    from llama_index.tools.mcp import McpToolSpec
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client
    from mcp.server.fastmcp import FastMCP
    from mcp.shared.memory import create_connected_server_and_client_session
except ImportError as error:
    command = 'pip install "llama-index-tools-mcp<0.5"'
    raise SystemExit(f"{error}. This recipe needs: {command}") from None

TASK = "What is the water level in Cuxhaven?"

server = FastMCP("tides", log_level="WARNING")


@server.tool()
def water_level(harbour: str) -> str:
    """Look up the water level of a harbour."""
    return f"{harbour}: 4.1 metres, falling"


@asynccontextmanager
async def session(url: str | None) -> AsyncIterator[ClientSession]:
    """A session with a server: at a URL, or the one above."""
    if url is None:
        async with create_connected_server_and_client_session(server) as here:
            yield here
        return
    async with streamable_http_client(url) as (read, write, _), ClientSession(read, write) as there:
        await there.initialize()
        yield there


def in_words(tool: FunctionTool) -> FunctionTool:
    """A tool of the server that returns its text alone.

    LlamaIndex shows the model the whole object that came, its fields included.
    """

    async def call(**arguments: Any) -> str:
        result = (await tool.acall(**arguments)).raw_output
        text = "\n".join(part.text for part in result.content if part.type == "text")
        if result.isError:
            raise ValueError(text)
        return text

    return FunctionTool.from_defaults(async_fn=call, tool_metadata=tool.metadata)


async def run(url: str | None, task: str) -> int:
    """Ask an agent that has the tools of the server; an exit code."""
    async with session(url) as connected:
        tools = await McpToolSpec(connected).to_tool_list_async()
        print(f"tools: {', '.join(str(tool.metadata.name) for tool in tools)}")
        agent = FunctionAgent(
            tools=[in_words(tool) for tool in tools], llm=ZhipuAI(model="glm-4.7")
        )
        handler = agent.run(task)
        async for event in handler.stream_events():
            if isinstance(event, ToolCallResult):
                print(f"{event.tool_name} returned {event.tool_output.content}")
        try:
            print(f"answer: {await handler}")
        except ZhipuError as error:  # here: outside, it would come in a group of exceptions
            print(f"That did not work: {error}", file=sys.stderr)
            return 1
        return 0


def main(arguments: list[str] | None = None) -> int:
    """Run one task."""
    parser = argparse.ArgumentParser(description="An agent with the tools of an MCP server.")
    parser.add_argument("--url", help="of a server with streamable HTTP")
    parser.add_argument("--task", default=TASK)
    chosen = parser.parse_args(arguments)
    with stand_in():
        return asyncio.run(run(chosen.url, chosen.task))


if __name__ == "__main__":
    sys.exit(main())
