"""Pictures and documents for a model that sees: from a file, from a URL, from a tool.

    python cookbook/langchain/vision.py [picture.png]

Without a file a small picture is made. Without a key the emulator of this project answers: it tells
the size and the colours.
"""

from __future__ import annotations

import base64
import struct
import sys
import zlib
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool

from cookbook.access import access
from cookbook.paper import Text, Title, pdf
from langchain_zhipu import ChatZhipuAI
from zhipu_client import ZhipuError

MODEL = "glm-5.3-flash"


def picture(width: int = 96, height: int = 64) -> bytes:
    """A PNG: blue above, yellow below."""

    def part(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    above, below = bytes((40, 70, 220)), bytes((245, 225, 40))
    rows = [b"\0" + (above if row < height // 2 else below) * width for row in range(height)]
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = part(b"IDAT", zlib.compress(b"".join(rows)))
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + body + part(b"IEND", b"")


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
        data = Path(arguments[0]).read_bytes() if arguments else picture()
    except OSError as error:
        print(f"That did not work: {arguments[0]}: {error.strerror}", file=sys.stderr)
        return 1
    page = pdf([[Title("Minutes"), Text("The next meeting is on 14 May in Bergen.")]])
    document = {
        "type": "file",
        "base64": base64.b64encode(page).decode(),
        "mime_type": "application/pdf",
        "filename": "minutes.pdf",
    }
    try:
        with access() as reach:
            model = ChatZhipuAI(model=MODEL, reasoning_effort="low", **reach)
            print(f"Picture: {see(model, image(data), 'Describe the image.')}")
            print(f"Document: {see(model, document, 'When is the next meeting?')}")
            print(f"Tool: {see_what_a_tool_returns(model, data)}")
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
