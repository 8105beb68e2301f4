"""A folder's index that is brought up to date: only what changed is embedded, what went is removed.

    pip install llama-index-vector-stores-chroma "pydantic<2.14"
    python cookbook/llama_index/incremental_index.py [FOLDER of .txt files] [--store FOLDER]

Without a folder some notes are made, changed and removed. Without a key the emulator answers.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from llama_index.core import Document, VectorStoreIndex
from llama_index.core.ingestion import DocstoreStrategy, IngestionPipeline
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.storage.docstore import SimpleDocumentStore

from llama_index_zhipu import ZhipuAIEmbedding
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in

try:
    import chromadb
    from llama_index.vector_stores.chroma import ChromaVectorStore
except ImportError as error:
    command = 'pip install llama-index-vector-stores-chroma "pydantic<2.14"'
    raise SystemExit(f"{error}. This recipe needs: {command}") from None

NOTES = {
    "boat.txt": "The boat's engine needs 2.5 litres of oil.",
    "fees.txt": "The harbour fee of 340 euros is due on 1 March.",
    "keys.txt": "The spare key is under the third flower pot.",
}


class Index:
    """A vector store on disk, and what is in it."""

    def __init__(self, store: Path) -> None:
        self.embedding = ZhipuAIEmbedding(model="embedding-3", dimensions=512)
        collection = chromadb.PersistentClient(str(store)).get_or_create_collection("notes")
        self.vectors = ChromaVectorStore.from_collection(collection)
        self.records = store / "records.json"
        self.store = SimpleDocumentStore()
        if self.records.exists():
            self.store = SimpleDocumentStore.from_persist_path(str(self.records))
        self.pipeline = IngestionPipeline(
            transformations=[SentenceSplitter(), self.embedding],
            vector_store=self.vectors,
            docstore=self.store,
            # What is not among the documents any more is removed.
            docstore_strategy=DocstoreStrategy.UPSERTS_AND_DELETE,
        )

    def update(self, folder: Path) -> None:
        """Bring the index up to date with the files of a folder."""
        documents = [
            Document(text=path.read_text("utf-8"), id_=path.name)
            for path in sorted(folder.glob("*.txt"))
        ]
        before = self.names()
        embedded = len(self.pipeline.run(documents=documents))
        self.store.persist(str(self.records))
        gone = len(before - self.names())
        print(f"{embedded} embedded, {len(documents) - embedded} unchanged, {gone} removed")

    def names(self) -> set[str]:
        """The files that are in the index."""
        return {*self.store.get_all_document_hashes().values()}

    def ask(self, question: str) -> None:
        """Show the note that is nearest to a question."""
        index = VectorStoreIndex.from_vector_store(self.vectors, embed_model=self.embedding)
        (best,) = index.as_retriever(similarity_top_k=1).retrieve(question)
        print(f"> {question}\n{best.node.ref_doc_id}: {best.text}")


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
