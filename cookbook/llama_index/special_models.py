"""Models for one purpose: a voice, characters, code to complete, very long texts.

    python cookbook/llama_index/special_models.py

Each has a field or a kind of message of its own. Without a key the emulator of this project
answers; it plays no character and writes no code, but takes what the service takes.
"""

from __future__ import annotations

import sys

from llama_index.core.llms import AudioBlock, ChatMessage, TextBlock

from llama_index_zhipu import ZhipuAI
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
    llm = ZhipuAI(model="glm-4-voice")
    answer = llm.chat([ChatMessage("Say hello to the harbour.")]).message
    (sound,) = (block for block in answer.blocks if isinstance(block, AudioBlock))
    print(f"glm-4-voice: {len(sound.resolve_audio().read()):,} bytes of sound")
    heard = AudioBlock(audio=sound.audio, format="wav")
    question = TextBlock(text="What do you hear?")
    print("glm-4-voice:", llm.chat([ChatMessage(blocks=[question, heard])]).message.content)


def character(code: str) -> None:
    """CharGLM-4 and Emohaa play who ``meta`` describes, and may speak first."""
    llm = ZhipuAI(model=code, meta=ROLES)
    said = ChatMessage(role="assistant", content="Good evening. You are late for the tour.")
    print(f"{code}:", llm.chat([said, ChatMessage("What is your name?")]).message.content)


def code() -> None:
    """CodeGeeX-4 completes code between what is before and behind the cursor."""
    target = {
        "path": "sums.py",
        "language": "Python",
        "code_prefix": "def add(a, b):\n    return ",
        "code_suffix": "\n",
    }
    llm = ZhipuAI(model="codegeex-4", extra={"target": target})
    print("codegeex-4:", llm.complete("Complete the code at the cursor."))


def long_text() -> None:
    """GLM-4-Long reads up to a million tokens at once."""
    log = "\n".join(f"Day {day}: calm sea, good sight." for day in range(1, 2000))
    book = ChatMessage(role="system", content=f"{log}\nThe spare key is under the third stone.")
    question = ChatMessage("Where is the spare key?")
    print("glm-4-long:", ZhipuAI(model="glm-4-long").chat([book, question]).message.content)


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
