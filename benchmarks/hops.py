"""Count the modules and functions of ours that a call runs before its bytes go out.

    .venv/bin/python -m benchmarks.hops            # the numbers
    .venv/bin/python -m benchmarks.hops --list     # each module with its functions

A call is warm: the same one was made twice before. Counted is what `sys.setprofile` reports in the
calling thread between the framework's method and the first write to a socket: each module of
`zhipu_client` and of the adapter that runs a function, and each call of a function of theirs.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from zhipu_emulator import serve

ROOT = Path(__file__).parent.parent
PACKAGES = ("zhipu_client", "langchain_zhipu", "llama_index_zhipu")


def hops(call: Callable[[], Any]) -> dict[str, Counter[str]]:
    """Return the modules that a warm call crosses on its way in, each with its functions."""
    call()
    call()
    found: dict[str, Counter[str]] = {}
    written = False

    def listen(frame: FrameType, event: str, arg: Any) -> None:
        nonlocal written
        if written:
            return
        if event == "c_call" and isinstance(getattr(arg, "__self__", None), socket.socket):
            written = arg.__name__ in {"send", "sendall"}
        elif event == "call":
            code = frame.f_code
            path = Path(code.co_filename)
            if path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0] in PACKAGES:
                module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
                found.setdefault(module, Counter())[code.co_name] += 1

    sys.setprofile(listen)
    try:
        call()
    finally:
        sys.setprofile(None)
    if not written:
        raise RuntimeError("nothing was written to a socket in this thread")
    return found


def calls(base_url: str, key: str, loop: asyncio.Runner) -> dict[str, Callable[[], Any]]:
    """Return a plain call by each door of each adapter; asynchronous ones run on ``loop``."""
    from llama_index.core.llms import ChatMessage

    from langchain_zhipu import ChatZhipuAI
    from llama_index_zhipu import ZhipuAI

    model = ChatZhipuAI(base_url=base_url, api_key=key)
    llm = ZhipuAI(api_base=base_url, api_key=key)
    said = [ChatMessage("17 * 19?")]

    async def read(stream: Any) -> None:
        async for _ in stream:
            pass

    async def astream_chat() -> None:
        await read(await llm.astream_chat(said))

    return {
        "ChatZhipuAI.invoke": lambda: model.invoke("17 * 19?"),
        "ChatZhipuAI.ainvoke": lambda: loop.run(model.ainvoke("17 * 19?")),
        "ChatZhipuAI.stream": lambda: list(model.stream("17 * 19?")),
        "ChatZhipuAI.astream": lambda: loop.run(read(model.astream("17 * 19?"))),
        "ZhipuAI.chat": lambda: llm.chat(said),
        "ZhipuAI.achat": lambda: loop.run(llm.achat(said)),
        "ZhipuAI.stream_chat": lambda: list(llm.stream_chat(said)),
        "ZhipuAI.astream_chat": lambda: loop.run(astream_chat()),
    }


def main() -> None:
    """Print the numbers of both adapters."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", action="store_true", help="the modules and their functions too")
    options = parser.parse_args()
    with serve() as server, asyncio.Runner() as loop:
        for name, call in calls(server.base_url, server.api_key, loop).items():
            found = hops(call)
            functions = sum(sum(names.values()) for names in found.values())
            print(f"{name}: {len(found)} modules, {functions} calls of functions")
            for module, names in found.items() if options.list else ():
                print(f"  {module}: {', '.join(names)}")


if __name__ == "__main__":
    main()
