"""Pictures and documents for a model that sees: from a file, and from a tool.

    python cookbook/llama_index/vision.py [picture.png]

Without a file a small sample is read. Without a key the emulator of this project answers: it
describes the size and the colours.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.llms import ChatMessage, DocumentBlock, ImageBlock, TextBlock

from llama_index_zhipu import ZhipuAI
from zhipu_client import ZhipuError
from zhipu_emulator import sample, stand_in

MODEL = "glm-5.3-flash"


def see(model: ZhipuAI, block: ImageBlock | DocumentBlock, question: str) -> str:
    """Ask about a picture or a document; a URL goes as ``url`` of the block."""
    message = ChatMessage(role="user", blocks=[TextBlock(text=question), block])
    return str(model.chat([message]).message.content)


async def see_what_a_tool_returns(model: ZhipuAI, data: bytes) -> str:
    """A tool may return a picture: it reaches the model in a message after the result."""

    def take_photo() -> list[Any]:
        """Take a photo with the camera."""
        return [ImageBlock(image=data)]

    agent = FunctionAgent(tools=[take_photo], llm=model)
    return str(await agent.run("Take a photo with the camera and describe the picture."))


def main(arguments: list[str] | None = None) -> int:
    """Describe a picture, a document, and what a tool returned."""
    words = sys.argv[1:] if arguments is None else arguments
    try:
        data = Path(words[0] if words else sample("flag.png")).read_bytes()
    except OSError as error:
        print(f"That did not work: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    try:
        with stand_in():
            model = ZhipuAI(model=MODEL, reasoning_effort="low")
            document = DocumentBlock(path=sample("minutes.pdf"))
            print(f"Picture: {see(model, ImageBlock(image=data), 'Describe the image.')}")
            print(f"Document: {see(model, document, 'When is the next meeting?')}")
            print(f"Tool: {asyncio.run(see_what_a_tool_returns(model, data))}")
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
