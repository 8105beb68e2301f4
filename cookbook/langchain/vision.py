"""Pictures and documents for a model that sees: from a file, from a URL, from a tool.

    python cookbook/langchain/vision.py [picture.png]

Without a file a small sample is read. Without a key the emulator of this project answers: it tells
the size and the colours.
"""

from __future__ import annotations

import base64
import sys
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool

from langchain_zhipu import ChatZhipuAI
from zhipu_client import ZhipuError
from zhipu_emulator import sample, stand_in

MODEL = "glm-5.3-flash"


def image(data: bytes) -> dict[str, Any]:
    """A picture as a content block; a `Path` or a URL goes as ``path`` or ``url`` instead."""
    return {"type": "image", "base64": base64.b64encode(data).decode(), "mime_type": "image/png"}


def see(model: ChatZhipuAI, block: dict[str, Any], question: str) -> str:
    """Ask about a picture or a document."""
    return model.invoke([HumanMessage([{"type": "text", "text": question}, block])]).text


def see_what_a_tool_returns(model: ChatZhipuAI, data: bytes) -> str:
    """A tool may return a picture: it reaches the model in a message after the result."""

    @tool
    def take_photo() -> list[dict[str, Any]]:
        """Take a photo with the camera."""
        return [image(data)]

    task = HumanMessage("Take a photo with the camera and describe the picture.")
    messages: list[BaseMessage] = [task]
    answer: AIMessage = model.bind_tools([take_photo], tool_choice="take_photo").invoke(messages)
    call = answer.tool_calls[0]
    result: ToolMessage = take_photo.invoke(call)
    return model.invoke([*messages, answer, result]).text


def main(arguments: list[str]) -> int:
    """Describe a picture, a document, and what a tool returned."""
    try:
        data = Path(arguments[0] if arguments else sample("flag.png")).read_bytes()
    except OSError as error:
        print(f"That did not work: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    # A file is read where a `Path` names it: a string in a message never opens one.
    document = {"type": "file", "path": sample("minutes.pdf")}
    try:
        with stand_in():
            model = ChatZhipuAI(model=MODEL, reasoning_effort="low")
            print(f"Picture: {see(model, image(data), 'Describe the image.')}")
            print(f"Document: {see(model, document, 'When is the next meeting?')}")
            print(f"Tool: {see_what_a_tool_returns(model, data)}")
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
