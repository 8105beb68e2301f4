"""A server that costs its client as little as possible: prepared bytes, no parsing to speak of.

Run as a program it prints its port and serves until its standard input closes.
"""

from __future__ import annotations

import asyncio
import json
import sys

CHUNKS = 5000
DELAY = 0.1  # seconds before a whole answer, so that 200 calls at once really are at once


def frame(number: int, **more: object) -> bytes:
    """One chunk of a stream, in the shape and length that the service has."""
    choice = {"index": 0, "delta": {"role": "assistant", "content": f"word{number} "}, **more}
    body = {
        "id": "202611221200000123456789abcdef",
        "created": 1795348800,
        "object": "chat.completion.chunk",
        "model": "glm-4.7",
        "choices": [choice],
    }
    if more:
        body["usage"] = {
            "prompt_tokens": 9,
            "completion_tokens": number,
            "total_tokens": number + 9,
        }
    return b"data: " + json.dumps(body, separators=(",", ":")).encode() + b"\n\n"


FRAMES = [*map(frame, range(CHUNKS)), frame(CHUNKS, finish_reason="stop"), b"data: [DONE]\n\n"]
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: %s\r\n%s\r\n"
_STREAM = _HEAD % (b"text/event-stream;charset=UTF-8", b"transfer-encoding: chunked\r\n") + (
    b"".join(b"%x\r\n%s\r\n" % (len(data), data) for data in FRAMES) + b"0\r\n\r\n"
)
_BODY = json.dumps(
    {
        "id": "202611221200000123456789abcdef",
        "created": 1795348800,
        "model": "glm-4.7",
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": "323", "reasoning_content": "17 * 19"},
            }
        ],
        "usage": {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12},
    }
).encode()
_WHOLE = (
    _HEAD % (b"application/json; charset=UTF-8", b"content-length: %d\r\n" % len(_BODY)) + _BODY
)


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
            body = await reader.readexactly(int(length or 0))
            streamed = json.loads(body or b"{}").get("stream")
            if not streamed:
                await asyncio.sleep(DELAY)
            writer.write(_STREAM if streamed else _WHOLE)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def _main() -> None:
    server = await asyncio.start_server(_serve, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_main())
