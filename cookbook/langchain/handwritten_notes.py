"""Handwritten notes to text, with how certain each is.

    python cookbook/langchain/handwritten_notes.py [FOLDER]

Without a folder two notes are made. Without a key the emulator of this project answers: it reads
the text that its samples have beside the picture.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from langchain_core.documents import Document

from cookbook.access import access
from cookbook.handwritten import write_notes
from langchain_zhipu import ZhipuAIHandwritingLoader
from zhipu_client import ZhipuError

#: Below this, somebody should look at the note.
SURE = 0.8


def read(folder: Path, reach: dict[str, Any]) -> list[Document]:
    """The notes of a folder, in order; four are read at once."""
    return ZhipuAIHandwritingLoader(folder, probability=True, **reach).load()


def main(arguments: list[str]) -> int:
    """Read a folder of notes."""
    try:
        with tempfile.TemporaryDirectory() as made, access() as reach:
            folder = Path(arguments[0] if arguments else made)
            if not arguments:
                write_notes(folder)
            notes = read(folder, reach)
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
