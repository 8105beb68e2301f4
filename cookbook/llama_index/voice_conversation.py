"""A conversation in sound with GLM-Realtime: it hears, calls a tool, answers aloud.

    pip install "zhipu-integrations[realtime]"
    python cookbook/llama_index/voice_conversation.py [question.wav] [--to answer.wav]

The recording is 16 bits, one channel, 24,000 samples a second; a microphone's pieces go the same
way. Without it the question is typed. Without a key the emulator of this project answers; its
sound is synthetic.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import wave
from pathlib import Path

from llama_index.core.llms import AudioBlock
from llama_index.core.tools import FunctionTool

from llama_index_zhipu import ZhipuAIVoiceAgent
from zhipu_client import ZhipuError
from zhipu_client.realtime import Session
from zhipu_emulator import stand_in

QUESTION = "What is the weather in Paris?"


def get_weather(city: str) -> str:
    """Look up the weather of a city."""
    return f"17 degrees and rain in {city}"


def samples(recording: Path) -> bytes:
    """What is in a WAV file."""
    with wave.open(str(recording), "rb") as file:
        return file.readframes(file.getnframes())


async def converse(recording: Path | None) -> bytes:
    """Ask, aloud or in words; print what is said on both sides and return the answer's sound."""
    session = Session(voice="tongtong", input_audio_format="pcm24")
    tools = [FunctionTool.from_defaults(get_weather)]
    async with ZhipuAIVoiceAgent(session, tools=tools) as agent:
        if recording is None:
            await agent.say(QUESTION)
        else:
            await agent.send(samples(recording))
            await agent.commit()
        answer = await agent.answer()
    for message in agent.export_messages():
        print(f"{message.role.value}: {message.content}")
    return b"".join(
        block.resolve_audio().read() for block in answer.blocks if isinstance(block, AudioBlock)
    )


def main(arguments: list[str] | None = None) -> int:
    """Have one turn of a conversation."""
    parser = argparse.ArgumentParser(description="A conversation in sound.")
    parser.add_argument("recording", type=Path, nargs="?", help="a question as WAV")
    parser.add_argument("--to", type=Path, help="a file for the answer's sound")
    given = parser.parse_args(arguments)
    try:
        with stand_in():
            sound = asyncio.run(converse(given.recording))
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    print(f"{len(sound):,} bytes of sound")
    if given.to is not None:
        given.to.write_bytes(sound)
    return 0


if __name__ == "__main__":
    sys.exit(main())
