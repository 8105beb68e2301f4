"""Handwritten notes to text, with how certain each is.

    python cookbook/llama_index/handwritten_notes.py [FOLDER]

Without a folder two samples are read. Without a key the emulator of this project answers: it reads
the text that its samples have beside the picture.
"""

from __future__ import annotations

import sys
from pathlib import Path

from llama_index.core.schema import Document

from llama_index_zhipu import ZhipuAIHandwritingReader
from zhipu_client import ZhipuError
from zhipu_emulator import sample, stand_in

#: Below this, somebody should look at the note.
SURE = 0.8
SAMPLES = sample("notes")


def read(folder: Path) -> list[Document]:
    """The notes of a folder, in order."""
    reader = ZhipuAIHandwritingReader(probability=True)
    images = sorted(path for path in folder.iterdir() if path.suffix in (".png", ".jpg"))
    return [note for path in images for note in reader.load_data(path)]


def main(arguments: list[str]) -> int:
    """Read a folder of notes."""
    try:
        with stand_in():
            notes = read(Path(arguments[0]) if arguments else SAMPLES)
    except (ZhipuError, OSError) as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    for note in notes:
        sure = note.metadata["confidence"]
        hint = "" if sure >= SURE else "  (have a look at it)"
        print(f"{note.metadata['file_name']}: {sure:.0%} certain{hint}")
        print("  " + note.text.replace("\n", "\n  "))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
