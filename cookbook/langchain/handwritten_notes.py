"""Handwritten notes to text, with how certain each is.

    python cookbook/langchain/handwritten_notes.py [FOLDER]

Without a folder two samples are read. Without a key the emulator of this project answers: it reads
the text that its samples have beside the picture.
"""

from __future__ import annotations

import sys
from pathlib import Path

from langchain_core.documents import Document

from langchain_zhipu import ZhipuAIHandwritingLoader
from zhipu_client import ZhipuError
from zhipu_emulator import sample, stand_in

#: Below this, somebody should look at the note.
SURE = 0.8
SAMPLES = sample("notes")


def read(folder: Path) -> list[Document]:
    """The notes of a folder, in order; four are read at once."""
    return ZhipuAIHandwritingLoader(folder, probability=True).load()


def main(arguments: list[str]) -> int:
    """Read a folder of notes."""
    try:
        with stand_in():
            notes = read(Path(arguments[0]) if arguments else SAMPLES)
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    for note in notes:
        sure = note.metadata["confidence"]
        hint = "" if sure >= SURE else "  (have a look at it)"
        print(f"{Path(note.metadata['source']).name}: {sure:.0%} certain{hint}")
        print("  " + note.page_content.replace("\n", "\n  "))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
