"""An agent with the tools of an MCP server.

    pip install langchain langchain-mcp-adapters
    python cookbook/langchain/mcp_tools.py [--url http://127.0.0.1:8000/mcp]

Without --url the small server below runs in this process. Without a key the emulator of this
project answers.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from langchain_core.messages import HumanMessage

from langchain_zhipu import ChatZhipuAI
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in

try:
    from langchain.agents import create_agent
    from langchain_mcp_adapters.tools import load_mcp_tools
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client
    from mcp.server.fastmcp import FastMCP
    from mcp.shared.memory import create_connected_server_and_client_session
except ImportError as error:
    command = "pip install langchain langchain-mcp-adapters"
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


async def run(url: str | None, task: str) -> int:
    """Ask an agent that has the tools of the server; an exit code."""
    async with session(url) as connected:
        tools = await load_mcp_tools(connected)
        print(f"tools: {', '.join(tool.name for tool in tools)}")
        agent = create_agent(ChatZhipuAI(model="glm-4.7"), tools=tools)
        try:
            result = await agent.ainvoke({"messages": [HumanMessage(task)]})
        except ZhipuError as error:  # here: outside, it would come in a group of exceptions
            print(f"That did not work: {error}", file=sys.stderr)
            return 1
        for message in result["messages"]:
            if message.type == "tool":
                print(f"{message.name} returned {message.text}")
        print(f"answer: {result['messages'][-1].text}")
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
