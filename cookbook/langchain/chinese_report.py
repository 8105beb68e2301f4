"""对中文扫描文档提问：OCR、按中文标点切分、检索、重排，回答并给出页码。

    pip install langchain-text-splitters numpy
    python cookbook/langchain/chinese_report.py [报告.pdf] [--question "队长是谁？"]

没有指定文件时读取自带的中文样例；没有设置 Key 时，由本项目的模拟器回答。
Questions about a scanned document in Chinese, cut at Chinese punctuation, answered with its pages.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from langchain_core.vectorstores import InMemoryVectorStore

from langchain_zhipu import ChatZhipuAI, ZhipuAIEmbeddings, ZhipuAIOCRLoader, ZhipuAIRerank
from zhipu_client import ZhipuError
from zhipu_emulator import sample, stand_in

try:
    import numpy as np  # noqa: F401 - InMemoryVectorStore 用它计算
    from langchain_text_splitters import RecursiveCharacterTextSplitter
except ImportError as error:
    command = "pip install langchain-text-splitters numpy"
    raise SystemExit(f"{error}。这个示例需要：{command}") from None

QUESTIONS = ("两台水听器花了多少钱？", "队长是谁？", "江豚在哪里出现得最多？")
# 默认的分隔符里没有中文标点：长段落会在句子中间断开。
SEPARATORS = ["\n\n", "\n", "。", "！", "？", "；", "，", ""]
RULES = "只根据资料回答，用一句话。资料里没有的，就说没有。\n\n资料：\n{}"


class Report:
    """一份可以提问的文档。"""

    def __init__(self, path: Path) -> None:
        pages = ZhipuAIOCRLoader(path, tables="markdown").load()
        splitter = RecursiveCharacterTextSplitter(
            chunk_size=200, chunk_overlap=0, separators=SEPARATORS, keep_separator="end"
        )
        pieces = splitter.split_documents(pages)
        print(f"{len(pages)} 页，{len(pieces)} 段")
        self._store = InMemoryVectorStore.from_documents(pieces, ZhipuAIEmbeddings())
        self._rerank = ZhipuAIRerank(top_n=2)
        self._model = ChatZhipuAI(model="glm-4.7")

    def ask(self, question: str) -> tuple[str, str]:
        """先检索，再重排，根据最相关的两段回答；返回回答和页码。"""
        found = self._store.similarity_search(question, k=8)
        best = self._rerank.compress_documents(found, question)
        excerpts = "\n\n".join(piece.page_content for piece in best)
        answer = self._model.invoke([("system", RULES.format(excerpts)), ("user", question)])
        return answer.text, best[0].metadata["page_label"]


def main(arguments: list[str] | None = None) -> int:
    """读取文档，逐个回答。"""
    parser = argparse.ArgumentParser(description="对中文扫描文档提问。")
    parser.add_argument("file", nargs="?", type=Path, help="PDF、PNG 或 JPEG")
    parser.add_argument("--question", action="append", help="可以给多个")
    chosen = parser.parse_args(arguments)
    try:
        with stand_in():
            report = Report(chosen.file or sample("report_zh.pdf"))
            for question in chosen.question or QUESTIONS:
                answer, page = report.ask(question)
                print(f"问：{question}\n答：{answer}（第 {page} 页）")
    except ZhipuError as error:
        print(f"没有成功：{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
