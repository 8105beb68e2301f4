"""A voice of your own: made from a recording, listed, speaking, deleted.

    python cookbook/langchain/cloned_voice.py [sample.wav]

The sample has 3 to 30 seconds of speech, of a person who agreed to it. Voices and files are kept by
the service until they are deleted: here both go at the end, whatever happens. Without a sample one
is spoken first; without a key the emulator of this project answers. (open.bigmodel.cn only.)
"""

from __future__ import annotations

import sys
import uuid
from pathlib import Path

from langchain_zhipu import ZhipuAITextToSpeechTool
from zhipu_client import Client, ZhipuError, files, voices
from zhipu_emulator import stand_in

SENTENCE = "The harbour is closed tomorrow, because a storm is on its way to the coast."


def speak_with(sample: bytes, text: str) -> bytes:
    """Clone the voice of a recording, say a text with it, and delete the voice."""
    client, voice = Client(), None
    stored = client.send(
        files.create(file=sample, filename="sample.wav", purpose="voice-clone-input")
    )
    try:
        made = client.send(
            voices.clone(
                voice_name=f"recipe {uuid.uuid4().hex[:8]}",  # each name exists once
                input="Hello from your new voice.",
                file_id=stored.id or "",
            )
        )
        voice = made.voice or ""
        own = client.send(voices.list(voice_type="PRIVATE")).voice_list
        print("Listed:", any(one.voice == voice for one in own))
        return ZhipuAITextToSpeechTool(voice=voice).speak(text)
    finally:
        if voice:
            client.send(voices.delete(voice))
        client.send(files.delete(stored.id or ""))
        left = client.send(voices.list(voice_type="PRIVATE")).voice_list
        print("Deleted:", all(one.voice != voice for one in left))


def main(arguments: list[str]) -> int:
    """Clone a voice and let it speak."""
    try:
        with stand_in():
            if arguments:
                sample = Path(arguments[0]).read_bytes()
            else:
                sample = ZhipuAITextToSpeechTool().speak(SENTENCE)
            spoken = speak_with(sample, "The lighthouse is open to visitors on Sunday.")
    except (OSError, ZhipuError) as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    print(f"Spoken: {len(spoken):,} bytes, {spoken[:4].decode()}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
