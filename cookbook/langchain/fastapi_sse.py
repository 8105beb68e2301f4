"""A web route that streams an answer as server-sent events: reasoning, text, usage, errors.

    pip install fastapi uvicorn
    python cookbook/langchain/fastapi_sse.py            # asks the route once, without a network
    python cookbook/langchain/fastapi_sse.py --serve    # and in another terminal:
    curl -N -H 'Content-Type: application/json' -d '{"text": "17 * 19?"}' 127.0.0.1:8000/chat

Without a key the emulator of this project answers.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import AsyncIterator
from typing import Any

import httpx
from pydantic import BaseModel

from langchain_zhipu import ChatZhipuAI
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in

try:
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse
except ImportError as error:
    raise SystemExit(f"{error}. This recipe needs: pip install fastapi uvicorn") from None

app = FastAPI()


class Question(BaseModel):
    """What a browser sends."""

    text: str


def event(kind: str, data: Any) -> str:
    """One server-sent event; JSON keeps line breaks in one line."""
    return f"event: {kind}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


async def events(text: str) -> AsyncIterator[str]:
    """The answer as it comes. A browser that leaves closes this, which ends the request too."""
    try:
        async for chunk in ChatZhipuAI(model="glm-4.7", thinking=True).astream(text):
            for block in chunk.content_blocks:
                if piece := block.get("reasoning") or block.get("text"):
                    yield event(str(block["type"]), piece)
            if chunk.usage_metadata:
                yield event("usage", {"tokens": chunk.usage_metadata["total_tokens"]})
    except ZhipuError as error:
        # The status line has gone out long ago: what went wrong is an event like the others.
        yield event("error", {"type": type(error).__name__, "message": str(error)})


@app.post("/chat")
async def chat(question: Question) -> StreamingResponse:
    """Answer one question."""
    return StreamingResponse(events(question.text), media_type="text/event-stream")


async def ask(text: str) -> str:
    """What the route sends for one question."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        return (await client.post("/chat", json={"text": text})).text


def main(arguments: list[str] | None = None) -> int:
    """Serve the route, or ask it once."""
    parser = argparse.ArgumentParser(description="An answer as server-sent events.")
    parser.add_argument("--serve", action="store_true", help="on port 8000")
    parser.add_argument("--question", default="What is 17 * 19?")
    chosen = parser.parse_args(arguments)
    with stand_in():
        if chosen.serve:
            import uvicorn

            uvicorn.run(app, port=8000)
        else:
            print(asyncio.run(ask(chosen.question)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
