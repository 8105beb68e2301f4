"""A server that costs its client as little as possible: prepared bytes, no parsing to speak of.

Run as a program it prints its port and serves until its standard input closes. What it answers is
chosen by the first part of the path, ``/<kind>-<number>/api/paas/v4/...``:

====================  ============================================================================
``whole-<ms>``        a chat answer in one piece, after that many milliseconds
``bulk-<chunks>``     a stream sent at once: the cost of reading chunks alone
``paced-<chunks>``    a stream with a millisecond between chunks, as from a real model
``slow-<chunks>``     a stream with ten milliseconds between chunks, for many streams at once
``tools-<chunks>``    100 chunks of text, then one tool call in that many pieces
``embed-<ms>``        vectors of 2,048 numbers for as many texts as were sent, after a while
``ocr-<ms>``          a page of text for each page of the PDF that was sent, after a while
====================  ============================================================================
"""

from __future__ import annotations

import asyncio
import base64
import json
import random
import re
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

__all__ = ["frames"]

DIMENSIONS = 2048
REASONING = 5  # one chunk in so many is reasoning, at the start
_FACTS = {"id": "202611221200000123456789abcdef", "created": 1795348800, "model": "glm-4.7"}
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: %s\r\n%s\r\n"
_PAGE = re.compile(rb"/Type\s*/Page\b")
_TOOL = "write_report"
_GAPS = {"paced": 0.001, "slow": 0.01}  # seconds between two chunks


def frame(delta: dict[str, Any], **more: object) -> bytes:
    """One chunk of a stream, in the shape and length that the service has."""
    choice = {"index": 0, "delta": {"role": "assistant", **delta}, **more}
    body = {**_FACTS, "object": "chat.completion.chunk", "choices": [choice]}
    if more:
        body["usage"] = {"prompt_tokens": 9, "completion_tokens": 90, "total_tokens": 99}
    return (
        b"data: " + json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode() + b"\n\n"
    )


@cache
def frames(kind: str, count: int) -> list[bytes]:
    """The events of a stream with so many chunks and a closing one."""
    if kind == "tools":
        return [
            *_texts(100),
            *_call(count),
            frame({"content": ""}, finish_reason="tool_calls"),
            END,
        ]
    return [*_texts(count), frame({"content": ""}, finish_reason="stop"), END]


END = b"data: [DONE]\n\n"


def _texts(count: int) -> Iterator[bytes]:
    for number in range(count):
        key = "reasoning_content" if number < count // REASONING else "content"
        yield frame({key: f"word {number} 词 "})


def _call(count: int) -> Iterator[bytes]:
    function: dict[str, str] = {"name": _TOOL, "arguments": '{"lines": ["'}
    yield frame({"tool_calls": [{"index": 0, "id": "call_1", "function": function}]})
    for number in range(count - 1):
        text = '"]}' if number == count - 2 else f'a line {number}", "'
        yield frame({"tool_calls": [{"index": 0, "function": {"arguments": text}}]})


@cache
def _bulk(kind: str, count: int) -> bytes:
    return _stream_head() + b"".join(map(_chunked, frames(kind, count))) + b"0\r\n\r\n"


def _stream_head() -> bytes:
    return _HEAD % (b"text/event-stream;charset=UTF-8", b"transfer-encoding: chunked\r\n")


def _chunked(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def _json(body: bytes) -> bytes:
    return (
        _HEAD % (b"application/json; charset=UTF-8", b"content-length: %d\r\n" % len(body)) + body
    )


@cache
def _whole() -> bytes:
    message = {"role": "assistant", "content": "323", "reasoning_content": "17 * 19"}
    usage = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    return _json(json.dumps({**_FACTS, "choices": [choice], "usage": usage}).encode())


@cache
def embeddings(count: int) -> bytes:
    """The body for so many texts."""
    dice = random.Random(count)
    rows = [
        {
            "object": "embedding",
            "index": place,
            "embedding": [dice.gauss(0, 0.02) for _ in range(DIMENSIONS)],
        }
        for place in range(count)
    ]
    usage = {"prompt_tokens": count * 9, "completion_tokens": 0, "total_tokens": count * 9}
    body = {"object": "list", "data": rows, "model": "embedding-3", "usage": usage}
    return json.dumps(body).encode()


def _layout(pages: int) -> bytes:
    regions = [
        {
            "index": place,
            "label": "text",
            "native_label": "text",
            "bbox_2d": [90, 80 * place, 900, 80 * place + 70],
            "content": f"Paragraph {place}. " + "Some words of a page that was scanned. " * 8,
            "height": 1684,
            "width": 1191,
        }
        for place in range(12)
    ]
    text = "\n\n".join(str(region["content"]) for region in regions)
    body = {
        **_FACTS,
        "model": "glm-ocr",
        "md_results": "\n\n".join([text] * pages),
        "layout_details": [regions] * pages,
        "data_info": {"num_pages": pages, "pages": [{"width": 1191, "height": 1684}] * pages},
        "usage": {"prompt_tokens": 900, "completion_tokens": 900, "total_tokens": 1800},
    }
    return _json(json.dumps(body).encode())


async def _answer(writer: asyncio.StreamWriter, path: str, body: dict[str, Any]) -> None:
    kind, _, number = path.split("/")[1].partition("-")
    count = int(number)
    if kind == "embed":
        await asyncio.sleep(count / 1000)
        texts = body["input"]
        writer.write(_json(embeddings(1 if isinstance(texts, str) else len(texts))))
    elif kind == "ocr":
        await asyncio.sleep(count / 1000)
        file = base64.b64decode(body["file"].rpartition(",")[2])
        writer.write(_layout(len(_PAGE.findall(file))))
    elif not body.get("stream"):
        await asyncio.sleep(count / 1000 if kind == "whole" else 0)
        writer.write(_whole())
    elif kind in _GAPS:
        writer.write(_stream_head())
        for data in frames(kind, count):
            writer.write(_chunked(data))
            await asyncio.sleep(_GAPS[kind])
        writer.write(b"0\r\n\r\n")
    else:
        writer.write(_bulk(kind, count))
    await writer.drain()


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            path = head.split(b" ", 2)[1].decode()
            length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
            body = await reader.readexactly(int(length or 0))
            await _answer(writer, path, json.loads(body or b"{}"))
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def _main() -> None:
    server = await asyncio.start_server(_serve, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    embeddings(64)  # not while somebody waits for it
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_main())
