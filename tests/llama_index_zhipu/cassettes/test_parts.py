"""What takes several exchanges, from cassettes: batches, pictures that are fetched, pages."""

from __future__ import annotations

import pytest
from llama_index.core.base.llms.types import ImageBlock
from llama_index.core.schema import NodeWithScore, TextNode

from cookbook.paper import Text, Title, pdf
from llama_index_zhipu import (
    ZhipuAIEmbedding,
    ZhipuAIImageGeneratorToolSpec,
    ZhipuAIOCRReader,
    ZhipuAIRerank,
    ZhipuAIWebReader,
)
from tests.cassette_support.plugin import Mode, Service

pytestmark = pytest.mark.vcr

PAPER = pdf([[Title("Menu"), Text("Soup.")], [Text("Tea.")], [Text("The end.")]])
PAGES = ["https://cities.example/beijing", "https://cities.example/paris"]


async def test_embeddings_in_batches(service: Service, mode: Mode) -> None:
    embed = ZhipuAIEmbedding(dimensions=256, embed_batch_size=2, **service.settings)
    texts = ["Tea is a drink.", "长城很长。", "Cats purr."]
    if mode == "sync":
        found = embed.get_text_embedding_batch(texts)
        query = embed.get_query_embedding("What do cats do?")
    else:
        found = await embed.aget_text_embedding_batch(texts)
        query = await embed.aget_query_embedding("What do cats do?")
    assert [len(vector) for vector in [*found, query]] == [256] * 4
    nearness = [embed.similarity(query, vector) for vector in found]
    assert max(nearness) == nearness[2]
    assert embed.usage["total_tokens"] > 0


async def test_more_nodes_than_fit_into_a_request(service: Service, mode: Mode) -> None:
    texts = [f"Number {number} is a number." for number in range(130)]
    texts[129] = "Paris is the capital of France."
    nodes = [NodeWithScore(node=TextNode(text=text)) for text in texts]
    rerank = ZhipuAIRerank(top_n=2, **service.settings)
    question = "What is the capital of France?"
    if mode == "sync":
        found = rerank.postprocess_nodes(nodes, query_str=question)
    else:
        found = await rerank.apostprocess_nodes(nodes, query_str=question)
    assert found[0].node.get_content() == texts[129]
    assert found[0].get_score() >= found[1].get_score()


async def test_a_picture_is_fetched(service: Service, mode: Mode) -> None:
    spec = ZhipuAIImageGeneratorToolSpec(output="image", size="512x512", **service.settings)
    (tool,) = spec.to_tool_list()
    if mode == "sync":
        made = tool.call(prompt="a red kite")
    else:
        made = await tool.acall(prompt="a red kite")
    (image,) = [block for block in made.blocks if isinstance(block, ImageBlock)]
    assert image.image_mimetype == "image/png"
    assert image.resolve_image().read(4) == b"\x89PNG"


async def test_a_document_in_ranges(service: Service, mode: Mode) -> None:
    reader = ZhipuAIOCRReader(pages_per_request=2, **service.settings)
    if mode == "sync":
        pages = reader.load_data(PAPER)
    else:
        pages = await reader.aload_data(PAPER)
    assert [page.metadata["page_label"] for page in pages] == ["1", "2", "3"]
    assert "Soup." in pages[0].text
    assert "The end." in pages[2].text


async def test_several_web_pages(service: Service, mode: Mode) -> None:
    reader = ZhipuAIWebReader(**service.settings)
    found = reader.load_data(PAGES) if mode == "sync" else await reader.aload_data(PAGES)
    assert [page.metadata["url"] for page in found] == PAGES
    assert "Paris" in found[1].text
