"""An index that is made once, kept in a folder, and loaded the next time.

    python cookbook/llama_index/persisted_index.py [FOLDER] [--question "..."]

The first run embeds the notes and stores the index (in index_of_notes, where no folder is named);
the next ones only load it. Without a key the emulator of this project answers.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from llama_index.core import (
    Document,
    StorageContext,
    VectorStoreIndex,
    load_index_from_storage,
)

from llama_index_zhipu import ZhipuAI, ZhipuAIEmbedding
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in

NOTES = (
    "The spare key of the boathouse is kept under the third flower pot.",
    "The boat's engine needs 2.5 litres of oil, changed every 100 hours.",
    "The harbour fee of 340 euros is due on 1 March.",
)
QUESTION = "How much oil does the boat's engine need?"


def load_or_make(folder: Path) -> tuple[Any, bool]:
    """The index in a folder, made where it is missing; True when it was made."""
    embed_model = ZhipuAIEmbedding(model="embedding-3", dimensions=512)
    if (folder / "docstore.json").exists():
        storage = StorageContext.from_defaults(persist_dir=str(folder))
        return load_index_from_storage(storage, embed_model=embed_model), False
    documents = [Document(text=note) for note in NOTES]
    index = VectorStoreIndex.from_documents(documents, embed_model=embed_model)
    index.storage_context.persist(persist_dir=str(folder))
    return index, True


def main(arguments: list[str] | None = None) -> int:
    """Load or make the index, and ask it."""
    parser = argparse.ArgumentParser(description="An index that is kept in a folder.")
    parser.add_argument("folder", type=Path, nargs="?", default=Path("index_of_notes"))
    parser.add_argument("--question", default=QUESTION)
    chosen = parser.parse_args(arguments)
    try:
        with stand_in():
            index, made = load_or_make(chosen.folder)
            print(f"{'Made' if made else 'Loaded'} the index in {chosen.folder}.")
            engine = index.as_query_engine(llm=ZhipuAI(model="glm-4.7"))
            print(f"\n> {chosen.question}\n{engine.query(chosen.question)}")
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
