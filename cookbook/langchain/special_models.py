"""Models for one purpose: a voice, characters, code to complete, very long texts.

    python cookbook/langchain/special_models.py

Each has a field or a kind of message of its own. Without a key the emulator of this project
answers; it plays no character and writes no code, but takes what the service takes.
"""

from __future__ import annotations

import base64
import sys
from typing import Any

from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from langchain_zhipu import ChatZhipuAI
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in

ROLES = {
    "user_name": "Lin",
    "user_info": "a visitor from Suzhou",
    "bot_name": "Ada",
    "bot_info": "the keeper of a lighthouse, kind and brief",
}


def voice() -> None:
    """GLM-4-Voice answers in text and sound, and hears what it is sent."""
    model = ChatZhipuAI(model="glm-4-voice")
    answer = model.invoke("Say hello to the harbour.")
    (sound,) = (block for block in answer.content_blocks if block["type"] == "audio")
    data: Any = sound.get("base64")
    print(f"glm-4-voice: {len(base64.b64decode(data)):,} bytes of sound")
    heard: Any = {"type": "audio", "base64": data, "mime_type": "audio/wav"}
    question: Any = {"type": "text", "text": "What do you hear?"}
    print("glm-4-voice:", model.invoke([HumanMessage([question, heard])]).text)


def character(code: str) -> None:
    """CharGLM-4 and Emohaa play who ``meta`` describes, and may speak first."""
    model = ChatZhipuAI(model=code, meta=ROLES)
    said = AIMessage("Good evening. You are late for the tour.")
    print(f"{code}:", model.invoke([said, HumanMessage("What is your name?")]).text)


def code() -> None:
    """CodeGeeX-4 completes code between what is before and behind the cursor."""
    target = {
        "path": "sums.py",
        "language": "Python",
        "code_prefix": "def add(a, b):\n    return ",
        "code_suffix": "\n",
    }
    model = ChatZhipuAI(model="codegeex-4", extra={"target": target})
    print("codegeex-4:", model.invoke("Complete the code at the cursor.").text)


def long_text() -> None:
    """GLM-4-Long reads up to a million tokens at once."""
    log = "\n".join(f"Day {day}: calm sea, good sight." for day in range(1, 2000))
    book = SystemMessage(f"{log}\nThe spare key is under the third stone.")
    question = HumanMessage("Where is the spare key?")
    print("glm-4-long:", ChatZhipuAI(model="glm-4-long").invoke([book, question]).text)


def main() -> int:
    """Ask each of them."""
    try:
        with stand_in():
            voice()
            character("charglm-4")
            character("emohaa")
            code()
            long_text()
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
