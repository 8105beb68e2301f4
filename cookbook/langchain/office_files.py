"""Questions to a folder of office files: the service's file parser, embeddings, an answer.

    python cookbook/langchain/office_files.py [FOLDER] [--question "..."]

Without a folder a small sample is made. Without a key the emulator of this project answers.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from langchain_core.documents import Document
from langchain_core.vectorstores import InMemoryVectorStore

from cookbook.access import access
from langchain_zhipu import ChatZhipuAI, ZhipuAIEmbeddings, ZhipuAIFileParserLoader
from zhipu_client import ZhipuError

QUESTION = "Who repairs the coffee machine?"
SAMPLES = {
    "house.md": "# House rules\n\nThe door is locked at eight in the evening.",
    "contacts.csv": "What,Who\nThe coffee machine is repaired by,Ada Vik\nParking,Lin Bo",
    "minutes.txt": "The board met on 3 March. The next meeting is on 7 April.",
}


def read(folder: Path, reach: dict[str, Any]) -> list[Document]:
    """Every file of a folder that the parser reads; four at once, in order."""
    return ZhipuAIFileParserLoader(folder, tool_type="lite", **reach).load()


def answered(question: str, files: list[Document], reach: dict[str, Any]) -> tuple[str, str]:
    """The answer, and the file that it rests on."""
    store = InMemoryVectorStore.from_documents(files, ZhipuAIEmbeddings(dimensions=512, **reach))
    (best,) = store.similarity_search(question, k=1)
    model = ChatZhipuAI(model="glm-4.7", **reach)
    text = model.invoke([("system", best.page_content), ("user", question)]).text
    return text, best.metadata["source"]


def main(arguments: list[str] | None = None) -> int:
    """Read a folder and answer a question about it."""
    parser = argparse.ArgumentParser(description="Questions to a folder of office files.")
    parser.add_argument("folder", nargs="?", help="DOCX, XLSX, PPTX, PDF, CSV, MD, TXT, ...")
    parser.add_argument("--question", default=QUESTION)
    chosen = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory() as made, access() as reach:
            folder = Path(chosen.folder or made)
            if chosen.folder is None:
                for name, text in SAMPLES.items():
                    (folder / name).write_text(text)
            files = read(folder, reach)
            for file in files:
                name = Path(file.metadata["source"]).name
                print(f"{len(file.page_content):>6} characters  {name}")
            answer, source = answered(chosen.question, files, reach)
            print(f"\n> {chosen.question}\n{answer}\n  {Path(source).name}")
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
