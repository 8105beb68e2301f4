"""One row of the table each: what the adapters do on a server that really runs.

``adapter`` is LangChain's or LlamaIndex's chat model, as in ``tests/contract``. A row that a server
has nothing for must fail as its documentation says, and is noted in the table.
"""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from tests.contract.subjects import Ask, Outcome, Way, run
from tests.contract.tools import tool
from tests.servers.conftest import Tried
from zhipu_client import ContextOverflowError, NotFoundError, ServerError

WEATHER = tool("get_weather", city="string")
CLOCK = tool("get_time", zone="string")
#: Not one that the reciting model would call: only a grammar makes it.
SOUNDER = tool("measure_depth", fathoms="integer")
PRODUCT = "What is 17 * 19?"
WAYS: tuple[Way, ...] = ("whole", "stream", "awhole", "astream")
NOT_OFFERED = "not offered"
IN_WORDS = "yes, in words"


class Place(BaseModel):
    city: str
    degrees: int


class Mooring(BaseModel):
    """Not what the reciting model says by itself."""

    berth: str
    fathoms: int


def ask(tried: Tried, adapter: str, way: Way, question: Ask, **settings: Any) -> Outcome:
    values = {"model": tried.running.model, "api_key": tried.running.api_key}
    values |= {"timeout": 60, **tried.kind.settings, **settings}
    return run(tried.running, adapter, way, question, values)


def answered(outcome: Outcome) -> Outcome:
    if outcome.exception is not None:
        raise outcome.exception
    return outcome


def test_invoke(server: Tried, adapter: str) -> None:
    for way in ("whole", "awhole"):
        outcome = answered(ask(server, adapter, way, Ask(PRODUCT)))
        assert "323" in outcome.text
        assert outcome.finish == "stop"
        assert outcome.warned == []


def test_stream(server: Tried, adapter: str) -> None:
    whole = answered(ask(server, adapter, "whole", Ask(PRODUCT)))
    for way in ("stream", "astream"):
        outcome = answered(ask(server, adapter, way, Ask(PRODUCT)))
        assert (outcome.text, outcome.finish) == (whole.text, "stop")
        assert outcome.warned == []


def test_usage(server: Tried, adapter: str) -> None:
    whole = answered(ask(server, adapter, "whole", Ask(PRODUCT))).usage
    assert whole is not None
    assert whole[0] > 0
    assert whole[1] > 0
    assert whole[0] + whole[1] == whole[2]
    for way in ("stream", "astream"):
        found = answered(ask(server, adapter, way, Ask(PRODUCT))).usage
        assert found is not None
        assert found[:3] == whole[:3]


def test_reasoning(server: Tried, adapter: str) -> None:
    for way in WAYS:
        outcome = answered(ask(server, adapter, way, Ask(PRODUCT)))
        assert outcome.reasoning.strip()
        assert outcome.reasoning.strip() not in outcome.text
        assert "</think>" not in outcome.text


def test_tools(server: Tried, adapter: str) -> None:
    for way in WAYS:
        question = Ask(server.running.weather, tools=[WEATHER])
        outcome = answered(ask(server, adapter, way, question))
        assert outcome.calls == [("get_weather", {"city": "Bergen"})]
        assert "<tool_call>" not in outcome.text
        history = [
            ("user", server.running.weather),
            ("assistant", "", {"calls": [("call_1", "get_weather", {"city": "Bergen"})]}),
            ("tool", "call_1", "rain"),
        ]
        last = answered(ask(server, adapter, way, Ask(history, tools=[WEATHER])))
        assert "rain" in last.text.lower()
        assert last.calls == []


def test_parallel(server: Tried, adapter: str) -> None:
    for way in WAYS:
        outcome = answered(
            ask(server, adapter, way, Ask(server.running.both, tools=[WEATHER, CLOCK]))
        )
        assert [name for name, _ in outcome.calls] == ["get_weather", "get_time"]
        assert outcome.calls[0][1] == {"city": "Bergen"}


def test_forced(server: Tried, adapter: str, record_property: Any) -> None:
    offered = SOUNDER if server.kind.enforces else WEATHER
    name = offered["function"]["name"]
    arguments = []
    for choice in (name, "any"):
        for way in WAYS:
            question = Ask(server.running.weather, tools=[offered], tool_choice=choice)
            outcome = answered(ask(server, adapter, way, question))
            assert [called for called, _ in outcome.calls] == [name]
            arguments.append(outcome.calls[0][1])
    if server.kind.enforces:
        whole = all(isinstance(found.get("fathoms"), int) for found in arguments)
        record_property("seen", "yes" if whole else "yes, the tool (its arguments are the model's)")
    else:
        record_property("seen", IN_WORDS)


def test_json_schema(server: Tried, adapter: str, record_property: Any) -> None:
    wanted = Mooring if server.kind.enforces else Place
    methods = ("json_schema", "json_mode") if server.kind.enforces else ("json_schema",)
    for method in methods:
        for way in WAYS:
            question = Ask("Where are we?", schema=wanted, method=method)
            value = answered(ask(server, adapter, way, question)).value
            assert wanted.model_validate(value)
    record_property("seen", "yes" if server.kind.enforces else IN_WORDS)


def test_thinking_off(server: Tried, adapter: str, record_property: Any) -> None:
    more = server.kind.not_thinking
    for way in WAYS:
        outcome = answered(ask(server, adapter, way, Ask(PRODUCT), thinking=False, **more))
        assert outcome.reasoning == ""
        assert "323" in outcome.text
        assert outcome.warned == []
    if more:
        dropped = answered(ask(server, adapter, "whole", Ask(PRODUCT), thinking=False))
        assert ["although thinking is off" in said for said in dropped.warned] == [True]
        record_property("seen", "with " + ", ".join(f'`{k}="{v}"`' for k, v in more.items()))


def test_overflow(server: Tried, adapter: str, record_property: Any) -> None:
    reported = server.kind.reports_overflow
    for way in WAYS:
        if server.running.refuse_overflow is not None:
            server.running.refuse_overflow()
        outcome = ask(server, adapter, way, Ask("a long way " * 2000))
        wanted = ContextOverflowError if reported else ServerError
        assert isinstance(outcome.exception, wanted), outcome.exception
    record_property("seen", "yes" if reported else "an HTTP 500 without a reason")


def embedded(adapter: str, texts: list[str], **settings: Any) -> list[list[float]]:
    if adapter == "langchain":
        from langchain_zhipu import ZhipuAIEmbeddings

        return ZhipuAIEmbeddings(**settings).embed_documents(texts)
    from llama_index_zhipu import ZhipuAIEmbedding

    return ZhipuAIEmbedding(**settings).get_text_embedding_batch(texts)


def ranked(adapter: str, texts: list[str], query: str, **settings: Any) -> list[int]:
    """The places of the texts, the best first."""
    if adapter == "langchain":
        from langchain_zhipu import ZhipuAIRerank

        return [row["index"] for row in ZhipuAIRerank(top_n=3, **settings).rerank(texts, query)]
    from llama_index.core.schema import NodeWithScore, TextNode

    from llama_index_zhipu import ZhipuAIRerank as Postprocessor

    nodes = [NodeWithScore(node=TextNode(text=text)) for text in texts]
    found = Postprocessor(top_n=3, **settings).postprocess_nodes(nodes, query_str=query)
    return [texts.index(item.node.get_content()) for item in found]


def test_embeddings(server: Tried, adapter: str, record_property: Any) -> None:
    base_url, model = server.running.embeds or (server.running.base_url, server.running.model)
    where = {"base_url": base_url, "model": model, "api_key": server.running.api_key}
    try:
        same, again, other = embedded(adapter, ["rain in Bergen"] * 2 + ["12345"], **where)
    except NotFoundError:
        assert server.running.embeds is None
        record_property("seen", NOT_OFFERED)
        return
    assert same == pytest.approx(again, abs=1e-5)
    assert same != pytest.approx(other, abs=1e-3)


def test_rerank(server: Tried, adapter: str, record_property: Any) -> None:
    base_url, model = server.running.reranks or (server.running.base_url, server.running.model)
    where = {"base_url": base_url, "model": model, "api_key": server.running.api_key}
    texts = ["it rains", "the zone is Europe/Oslo", "12345"]
    try:
        places = ranked(adapter, texts, "Which zone is it?", **where)
    except NotFoundError:
        assert server.running.reranks is None
        record_property("seen", NOT_OFFERED)
        return
    assert sorted(places) == [0, 1, 2]
    if server.kind.ranks:
        assert places[0] == 1
