"""The Chinese sample: questions in Chinese about it, the whole way, in both frameworks."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.vectorstores import InMemoryVectorStore
from llama_index.core import VectorStoreIndex

from langchain_zhipu import ZhipuAIEmbeddings, ZhipuAIOCRLoader, ZhipuAIRerank
from llama_index_zhipu import ZhipuAIEmbedding, ZhipuAIOCRReader
from llama_index_zhipu import ZhipuAIRerank as Rerank
from zhipu_emulator import sample

ASKED = [
    ("水听器花了多少钱？", "两台水听器共花费32800元，是最大的一笔支出。"),
    ("一共发现了多少头江豚？", "考察于2026年5月进行，历时三周，共发现江豚46头。"),
    ("考察历时多久？", "考察于2026年5月进行，历时三周，共发现江豚46头。"),
    ("船上有几个人？", "船上共有五人：一名船长、两名潜水员和两名生物学家。"),
    ("队长是谁？", "队长是来自武汉的周敏。"),
    ("5月9日观测到多少头江豚？", "日期：5月9日，地点：鹿角，江豚数量：27。"),
    ("江豚在哪里出现得最多？", "江豚在鹿角出现得最多。"),
]


@pytest.fixture
def here(server) -> dict[str, Any]:
    return {"base_url": server.base_url, "api_key": server.api_key}


@pytest.mark.parametrize(("question", "answer"), ASKED)
def test_langchain(model, here, question: str, answer: str) -> None:
    pages = ZhipuAIOCRLoader(sample("report_zh.pdf"), **here).load()
    store = InMemoryVectorStore.from_documents(pages, ZhipuAIEmbeddings(**here))
    rerank = ZhipuAIRerank(top_n=2, **here)
    best = rerank.compress_documents(store.similarity_search(question), question)
    said = model.invoke([("system", best[0].page_content), ("user", question)]).text
    assert said == answer


@pytest.mark.parametrize(("question", "answer"), ASKED)
def test_llama_index(llm, here, question: str, answer: str) -> None:
    pages = ZhipuAIOCRReader(**here).load_data(sample("report_zh.pdf"))
    index = VectorStoreIndex.from_documents(pages, embed_model=ZhipuAIEmbedding(**here))
    engine = index.as_query_engine(llm=llm, node_postprocessors=[Rerank(top_n=2, **here)])
    assert str(engine.query(question)) == answer


def test_its_pages_as_the_service_reads_them(here) -> None:
    titles, crew, seen = ZhipuAIOCRLoader(sample("report_zh.pdf"), **here).load()
    assert titles.page_content.startswith("# 洞庭湖江豚考察报告\n")
    assert crew.page_content.startswith("# 考察队\n")
    assert "<tr><td>5月9日</td><td>鹿角</td><td>27</td></tr>" in seen.page_content


def test_another_reader_finds_the_same_text() -> None:
    pypdf = pytest.importorskip("pypdf", reason="the reader to compare with is not installed")
    page = pypdf.PdfReader(sample("report_zh.pdf")).pages[0]
    assert "两台水听器共花费32800元" in page.extract_text()
