"""Questions to a folder of office files: the service's file parser, embeddings, an answer.

    pip install numpy
    python cookbook/langchain/office_files.py [FOLDER] [--question "..."]

Without a folder three samples are read. Without a key the emulator of this project answers.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from langchain_core.documents import Document
from langchain_core.vectorstores import InMemoryVectorStore

from langchain_zhipu import ChatZhipuAI, ZhipuAIEmbeddings, ZhipuAIFileParserLoader
from zhipu_client import ZhipuError
from zhipu_emulator import sample, stand_in

try:
    import numpy as np  # noqa: F401 - InMemoryVectorStore computes with it
except ImportError as error:
    raise SystemExit(f"{error}. This recipe needs: pip install numpy") from None

QUESTION = "Who repairs the coffee machine?"
SAMPLES = sample("office")


def read(folder: Path) -> list[Document]:
    """Every file of a folder that the parser reads; four at once, in order."""
    return ZhipuAIFileParserLoader(folder, tool_type="lite").load()


def answered(question: str, files: list[Document]) -> tuple[str, str]:
    """The answer, and the file that it rests on."""
    store = InMemoryVectorStore.from_documents(files, ZhipuAIEmbeddings(dimensions=512))
    (best,) = store.similarity_search(question, k=1)
    model = ChatZhipuAI(model="glm-4.7")
    text = model.invoke([("system", best.page_content), ("user", question)]).text
    return text, best.metadata["source"]


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
                name = Path(file.metadata["source"]).name
                print(f"{len(file.page_content):>6} characters  {name}")
            answer, source = answered(chosen.question, files)
            print(f"\n> {chosen.question}\n{answer}\n  {Path(source).name}")
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
