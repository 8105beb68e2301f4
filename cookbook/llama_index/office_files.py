"""Questions to a folder of office files: the service's file parser, embeddings, an answer.

    python cookbook/llama_index/office_files.py [FOLDER] [--question "..."]

Without a folder three samples are read. Without a key the emulator of this project answers.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from llama_index.core import VectorStoreIndex
from llama_index.core.schema import Document

from llama_index_zhipu import ZhipuAI, ZhipuAIEmbedding, ZhipuAIFileParserReader
from zhipu_client import ZhipuError
from zhipu_emulator import sample, stand_in

QUESTION = "Who repairs the coffee machine?"
SAMPLES = sample("office")


def read(folder: Path) -> list[Document]:
    """Every file of a folder that the parser reads, in order."""
    # It answers at once; "lite", "expert" and "prime" are polled until they are done.
    reader = ZhipuAIFileParserReader(tool_type="prime-sync")
    paths = sorted(path for path in folder.iterdir() if path.is_file())
    return [document for path in paths for document in reader.load_data(path)]


def main(arguments: list[str] | None = None) -> int:
    """Read a folder and answer a question about it."""
    parser = argparse.ArgumentParser(description="Questions to a folder of office files.")
    parser.add_argument("folder", nargs="?", help="DOCX, XLSX, PPTX, PDF, CSV, MD, TXT, ...")
    parser.add_argument("--question", default=QUESTION)
    chosen = parser.parse_args(arguments)
    try:
        with stand_in():
            files = read(Path(chosen.folder or SAMPLES))
            for file in files:
                print(f"{len(file.text):>6} characters  {file.metadata['file_name']}")
            index = VectorStoreIndex.from_documents(
                files, embed_model=ZhipuAIEmbedding(dimensions=512)
            )
            engine = index.as_query_engine(llm=ZhipuAI(model="glm-4.7"), similarity_top_k=1)
            found = engine.query(chosen.question)
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    print(f"\n> {chosen.question}\n{found}")
    for node in found.source_nodes:
        print(f"  {node.metadata['file_name']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
