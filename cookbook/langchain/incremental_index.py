"""A folder's index that is brought up to date: only what changed is embedded, what went is removed.

    pip install langchain-chroma langchain-classic
    python cookbook/langchain/incremental_index.py [FOLDER of .txt files] [--store FOLDER]

Without a folder some notes are made, changed and removed. Without a key the emulator answers.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from langchain_core.documents import Document
from langchain_core.indexing import index

from langchain_zhipu import ZhipuAIEmbeddings
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in

try:
    from langchain_chroma import Chroma
    from langchain_classic.indexes import SQLRecordManager
except ImportError as error:
    command = "pip install langchain-chroma langchain-classic"
    raise SystemExit(f"{error}. This recipe needs: {command}") from None

NOTES = {
    "boat.txt": "The boat's engine needs 2.5 litres of oil.",
    "fees.txt": "The harbour fee of 340 euros is due on 1 March.",
    "keys.txt": "The spare key is under the third flower pot.",
}


class Index:
    """A vector store on disk, and what is in it."""

    def __init__(self, store: Path) -> None:
        embeddings = ZhipuAIEmbeddings(model="embedding-3", dimensions=512)
        self.vectors = Chroma("notes", embeddings, persist_directory=str(store / "vectors"))
        self.records = SQLRecordManager("notes", db_url=f"sqlite:///{store / 'records.sqlite'}")
        self.records.create_schema()

    def update(self, folder: Path) -> None:
        """Bring the index up to date with the files of a folder."""
        documents = [
            Document(path.read_text("utf-8"), metadata={"source": path.name})
            for path in sorted(folder.glob("*.txt"))
        ]
        # "full": what is not among the documents any more is removed.
        done = index(
            documents,
            self.records,
            self.vectors,
            cleanup="full",
            source_id_key="source",
            key_encoder="sha256",
        )
        print(
            f"{done['num_added']} embedded, {done['num_skipped']} unchanged, "
            f"{done['num_deleted']} removed"
        )

    def ask(self, question: str) -> None:
        """Show the note that is nearest to a question."""
        (best,) = self.vectors.similarity_search(question, k=1)
        print(f"> {question}\n{best.metadata['source']}: {best.page_content}")


def rehearse(notes: Index, folder: Path) -> None:
    """Make notes, change one, remove one."""
    for name, text in NOTES.items():
        (folder / name).write_text(text, "utf-8")
    notes.update(folder)
    notes.update(folder)
    (folder / "fees.txt").write_text("The harbour fee of 360 euros is due on 1 April.", "utf-8")
    (folder / "keys.txt").unlink()
    notes.update(folder)
    notes.ask("How much is the harbour fee?")


def main(arguments: list[str] | None = None) -> int:
    """Bring an index up to date."""
    parser = argparse.ArgumentParser(description="An index that is brought up to date.")
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--store", type=Path, default=Path("index"), help="default: %(default)s")
    parser.add_argument("--question")
    chosen = parser.parse_args(arguments)
    try:
        with stand_in(), tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as made:
            if chosen.folder is None:
                rehearse(Index(Path(made)), Path(made))
                return 0
            chosen.store.mkdir(parents=True, exist_ok=True)
            notes = Index(chosen.store)
            notes.update(chosen.folder)
            if chosen.question:
                notes.ask(chosen.question)
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
