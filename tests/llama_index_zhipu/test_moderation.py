"""`ZhipuAIModerationPostprocessor`."""

from __future__ import annotations

import pytest
from llama_index.core import VectorStoreIndex
from llama_index.core.schema import NodeWithScore, TextNode

from llama_index_zhipu import ZhipuAI, ZhipuAIEmbedding, ZhipuAIModerationPostprocessor
from tests.llama_index_zhipu.conftest import KEY
from zhipu_client import ContentFilterError, NotFoundError

TEXTS = ("A red kite.", "You idiot!", "", "How to make a bomb.", "Tea is a drink.")


def nodes(*texts, **metadata):
    return [
        NodeWithScore(node=TextNode(text=text, id_=f"node-{number}", metadata=metadata), score=0.5)
        for number, text in enumerate(texts)
    ]


@pytest.fixture
def make(emulator):
    def make(**kwargs):
        given = {"api_key": emulator.api_key, "base_url": emulator.base_url}
        return ZhipuAIModerationPostprocessor(**{**given, **kwargs})

    return make


async def both(postprocessor, given):
    yield postprocessor.postprocess_nodes(given)
    yield await postprocessor.apostprocess_nodes(given)


@pytest.mark.parametrize(
    ("level", "kept"),
    [
        ("REVIEW", ["node-0", "node-2", "node-4"]),
        ("REJECT", ["node-0", "node-1", "node-2", "node-4"]),
    ],
)
async def test_flagged_nodes_are_dropped(make, emulator, level, kept):
    given = nodes(*TEXTS)
    async for found in both(make(flag_from=level), given):
        assert [item.node.node_id for item in found] == kept
        assert all(item in given for item in found)
    assert len(given) == 5
    assert len(emulator.requests) == 8  # what is blank is not asked about


async def test_flagged_nodes_are_an_error(make):
    with pytest.raises(ContentFilterError, match="node-3 was judged REJECT: violence") as caught:
        make(on_flagged="raise", flag_from="REJECT").postprocess_nodes(nodes(*TEXTS))
    assert caught.value.body["result_list"][0]["risk_level"] == "REJECT"
    with pytest.raises(ContentFilterError, match="node-1"):
        await make(on_flagged="raise").apostprocess_nodes(nodes(*TEXTS))
    fine = nodes("A red kite.")
    assert make(on_flagged="raise").postprocess_nodes(fine) == fine


def test_metadata_that_models_see_is_judged_too(make):
    assert make().postprocess_nodes(nodes("Fine.", title="How to make a bomb")) == []


async def test_a_long_text_is_judged_in_parts(make, emulator):
    long = nodes("word " * 1000 + "make a bomb" + " word" * 10, "word " * 1000)
    async for found in both(make(), long):
        assert [item.node.node_id for item in found] == ["node-1"]
    parts = emulator.requests[0]["json"]["input"]
    assert len(parts) == 3
    assert max(len(part["text"]) for part in parts) == 2000


def test_what_lies_over_a_cut_is_seen(make):
    for start in range(1985, 2001):
        assert make().postprocess_nodes(nodes("x" * start + " make a bomb " + "y" * 500)) == []


async def test_no_nodes_no_requests(make, emulator):
    async for found in both(make(), []):
        assert found == []
    assert not emulator.requests


async def test_refusals_are_raised(make):
    with pytest.raises(NotFoundError):
        make(model="none").postprocess_nodes(nodes("A text."))
    with pytest.raises(NotFoundError):
        await make(model="none").apostprocess_nodes(nodes("A text."))


def test_in_a_query_engine(make, emulator, stub):
    index = VectorStoreIndex(
        [TextNode(text="Bombs: how to make a bomb."), TextNode(text="Bombs were banned.")],
        embed_model=ZhipuAIEmbedding(api_key=emulator.api_key, base_url=emulator.base_url),
    )
    llm = ZhipuAI(api_key=KEY, base_url=stub.base_url)
    engine = index.as_query_engine(llm=llm, node_postprocessors=[make()])
    (source,) = engine.query("bombs").source_nodes
    assert source.text == "Bombs were banned."
    assert "make a bomb" not in str(stub.requests)


def test_dicts(monkeypatch, make, emulator):
    made = make(flag_from="REJECT")
    assert emulator.api_key not in repr(made) + made.to_json()
    monkeypatch.setenv("ZHIPUAI_API_KEY", emulator.api_key)
    copy = ZhipuAIModerationPostprocessor.from_dict(made.to_dict())
    assert copy.flag_from == "REJECT"
    assert len(copy.postprocess_nodes(nodes("You idiot!"))) == 1
