"""A recording of any length written down, with times, and asked about.

    python cookbook/llama_index/recordings.py [talk.wav] ['What did the hydrophones cost?']

The service takes 30 seconds at once: longer recordings are cut in pauses and put together. WAV
needs nothing else, other formats the extra `audio`. Without a file one is spoken first; without a
key the emulator of this project answers.
"""

from __future__ import annotations

import sys
import tempfile

from llama_index.core import SummaryIndex

from llama_index_zhipu import ZhipuAI, ZhipuAISpeechToolSpec, ZhipuAITranscriptionReader
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in

MINUTES = "Ann opened the meeting. The two hydrophones cost 4,100 euros together. " * 8
QUESTION = "What did the hydrophones cost?"


def main(arguments: list[str]) -> int:
    """Write a recording down, and ask about it."""
    path, question = (*arguments, *("", QUESTION)[len(arguments) :])[:2]
    try:
        with stand_in(), tempfile.TemporaryDirectory() as folder:
            path = path or str(ZhipuAISpeechToolSpec(save_to=folder).text_to_speech(MINUTES))
            reader = ZhipuAITranscriptionReader(segments=True, hotwords=["hydrophone"])
            (document,) = reader.load_data(path)
            print(f"{document.metadata['duration']:.0f} seconds")
            for part in document.metadata["segments"]:
                print(f"{part['start']:6.1f} s  {part['text'][:60]}")
            engine = SummaryIndex.from_documents([document]).as_query_engine(
                llm=ZhipuAI(model="glm-4.7")
            )
            print("answer:", engine.query(question))
    except (OSError, ZhipuError) as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
