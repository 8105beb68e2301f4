"""Tools of an MCP server that the service calls by itself, within one answer.

    pip install "zhipu-integrations[mcp]"
    python cookbook/langchain/mcp_by_service.py [--url https://tides.example/mcp] [--token SECRET]

The service must reach the server (open.bigmodel.cn only). Without a key the emulator of this
project answers, which calls the small server below; --url names another. An emulator that
you started yourself needs `--fetch-loopback` for it. Nobody is asked before a call: for tools that
change something see mcp_tools.py, where your program makes the calls.
"""

from __future__ import annotations

import argparse
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from langchain_zhipu import ChatZhipuAI
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in

try:
    import uvicorn
    from mcp.server.fastmcp import FastMCP
except ImportError as error:
    raise SystemExit(f'{error}. This recipe needs: pip install "zhipu-integrations[mcp]"') from None

TASK = "What is the water level in Cuxhaven?"


@contextmanager
def tides() -> Iterator[str]:
    """A small MCP server on this machine, and its address."""
    server = FastMCP("tides", log_level="WARNING", stateless_http=True)

    @server.tool()
    def water_level(harbour: str) -> str:
        """Look up the water level of a harbour."""
        return f"{harbour}: 4.1 metres, falling"

    listening = socket.create_server(("127.0.0.1", 0))
    running = uvicorn.Server(uvicorn.Config(server.streamable_http_app(), log_level="warning"))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/mcp"
    finally:
        running.should_exit = True
        thread.join(10)


def ask(task: str, url: str, token: str | None) -> None:
    """Ask, and print what the service called, what came back, and the answer."""
    server: dict[str, Any] = {"type": "mcp", "server_label": "tides", "server_url": url}
    if token:
        server["headers"] = {"Authorization": f"Bearer {token}"}
    answer = ChatZhipuAI(model="glm-4.7").bind_tools([server]).invoke(task)
    for block in answer.content_blocks:
        if block["type"] == "server_tool_call":
            print(f"the service called {block['name']}({block['args']})")
        elif block["type"] == "server_tool_result":
            print(f"{block['status']}: {block.get('output')}")
    print(f"answer: {answer.text}")


def main(arguments: list[str] | None = None) -> int:
    """Run one task."""
    parser = argparse.ArgumentParser(description="Tools of an MCP server that the service calls.")
    parser.add_argument("--url", help="of a server that the service can reach")
    parser.add_argument("--token", help="what the server wants to see")
    parser.add_argument("--task", default=TASK)
    chosen = parser.parse_args(arguments)
    try:
        with stand_in(fetch_loopback=True):
            if chosen.url:
                ask(chosen.task, chosen.url, chosen.token)
            else:
                with tides() as here:
                    ask(chosen.task, here, chosen.token)
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
