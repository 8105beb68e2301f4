"""对中文扫描文档提问：OCR、按 GLM 的 token 切分、检索、重排，回答并给出页码。

    python cookbook/llama_index/chinese_report.py [报告.pdf] [--question "队长是谁？"]

没有指定文件时读取自带的中文样例；没有设置 Key 时，由本项目的模拟器回答。
Questions about a scanned document in Chinese, with prompts in Chinese, answered with its pages.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from llama_index.core import PromptTemplate, VectorStoreIndex
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.query_engine import BaseQueryEngine

from llama_index_zhipu import (
    ZhipuAI,
    ZhipuAIEmbedding,
    ZhipuAIOCRReader,
    ZhipuAIRerank,
    ZhipuAITokenizer,
)
from zhipu_client import ZhipuError
from zhipu_emulator import sample, stand_in

QUESTIONS = ("两台水听器花了多少钱？", "队长是谁？", "江豚在哪里出现得最多？")
# LlamaIndex 自带的提示词是英文的，模型可能因此用英文回答。
PROMPT = PromptTemplate(
    "资料如下。\n---------------------\n{context_str}\n---------------------\n"
    "只根据资料回答，用一句话；资料里没有的，就说没有。\n问题：{query_str}\n回答："
)


def engine_over(path: Path) -> BaseQueryEngine:
    """读取一份文档，返回可以提问的引擎。"""
    pages = ZhipuAIOCRReader(tables="markdown").load_data(path)
    # 切分时默认按 GPT 的 token 计数，中文会多算；SentenceSplitter 认识中文的句号。
    splitter = SentenceSplitter(chunk_size=256, chunk_overlap=0, tokenizer=ZhipuAITokenizer())
    nodes = splitter.get_nodes_from_documents(pages)
    print(f"{len(pages)} 页，{len(nodes)} 段")
    index = VectorStoreIndex(nodes, embed_model=ZhipuAIEmbedding())
    return index.as_query_engine(
        llm=ZhipuAI(model="glm-4.7"),
        similarity_top_k=8,
        node_postprocessors=[ZhipuAIRerank(top_n=2)],
        text_qa_template=PROMPT,
    )


def main(arguments: list[str] | None = None) -> int:
    """读取文档，逐个回答。"""
    parser = argparse.ArgumentParser(description="对中文扫描文档提问。")
    parser.add_argument("file", nargs="?", type=Path, help="PDF、PNG 或 JPEG")
    parser.add_argument("--question", action="append", help="可以给多个")
    chosen = parser.parse_args(arguments)
    try:
        with stand_in():
            engine = engine_over(chosen.file or sample("report_zh.pdf"))
            for question in chosen.question or QUESTIONS:
                response = engine.query(question)
                page = response.source_nodes[0].metadata["page_label"]
                print(f"问：{question}\n答：{response}（第 {page} 页）")
    except ZhipuError as error:
        print(f"没有成功：{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
