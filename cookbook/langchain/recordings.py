"""A recording of any length written down, with times, and asked about.

    python cookbook/langchain/recordings.py [talk.wav] ['What did the hydrophones cost?']

The service takes 30 seconds at once: longer recordings are cut in pauses and put together. WAV
needs nothing else, other formats the extra `audio`. Without a file one is spoken first; without a
key the emulator of this project answers.
"""

from __future__ import annotations

import sys
from pathlib import Path

from langchain_core.documents import Document
from langchain_core.documents.base import Blob

from langchain_zhipu import ChatZhipuAI, ZhipuAITextToSpeechTool, ZhipuAITranscriptionParser
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in

MINUTES = "Ann opened the meeting. The two hydrophones cost 4,100 euros together. " * 8
QUESTION = "What did the hydrophones cost?"


def transcript(recording: bytes) -> Document:
    """Write a recording down; the metadata has what was said when."""
    parser = ZhipuAITranscriptionParser(segments=True, hotwords=["hydrophone"])
    (document,) = parser.lazy_parse(Blob.from_data(recording))
    return document


def main(arguments: list[str]) -> int:
    """Write a recording down, and ask about it."""
    path, question = (*arguments, *("", QUESTION)[len(arguments) :])[:2]
    try:
        with stand_in():
            spoken = Path(path).read_bytes() if path else ZhipuAITextToSpeechTool().speak(MINUTES)
            document = transcript(spoken)
            print(f"{document.metadata['duration']:.0f} seconds")
            for part in document.metadata["segments"]:
                print(f"{part['start']:6.1f} s  {part['text'][:60]}")
            prompt = f"Answer from this transcript:\n\n{document.page_content}\n\n{question}"
            print("answer:", ChatZhipuAI(model="glm-4.7").invoke(prompt).text)
    except (OSError, ZhipuError) as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
