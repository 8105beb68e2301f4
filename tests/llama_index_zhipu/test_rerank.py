"""`ZhipuAIRerank`."""

from __future__ import annotations

import copy
import pickle

import pytest
from llama_index.core.callbacks import CallbackManager, LlamaDebugHandler
from llama_index.core.callbacks.schema import CBEventType
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from llama_index_zhipu import ZhipuAIRerank
from tests.llama_index_zhipu.conftest import KEY
from zhipu_client import InvalidRequestError, RateLimitError, ServerError


def nodes(*texts):
    return [NodeWithScore(node=TextNode(text=text, id_=text[:20]), score=0.5) for text in texts]


def by_length(request):
    scored = [(len(text) / 10_000, n) for n, text in enumerate(request["documents"])]
    rows = [{"index": n, "relevance_score": score} for score, n in sorted(scored, reverse=True)]
    return {"results": rows[: request.get("top_n") or None], "usage": {"total_tokens": 1}}


@pytest.fixture
def rerank(stub):
    stub.default = by_length
    return ZhipuAIRerank(top_n=2, api_key=KEY, base_url=stub.base_url)


@pytest.fixture
def events():
    class Events(BaseEventHandler):
        seen: list = []

        def handle(self, event, **kwargs):
            self.seen.append(event)

    root = get_dispatcher()
    before = list(root.event_handlers)
    handler = Events(seen=[])
    root.add_event_handler(handler)
    yield handler.seen
    root.event_handlers = before


async def both(rerank, given, query):
    yield rerank.postprocess_nodes(given, query_str=query)
    yield await rerank.apostprocess_nodes(given, query_bundle=QueryBundle(query))


async def test_the_best_come_first_with_their_scores(stub, rerank):
    given = nodes("a", "ccc", "bb")
    async for found in both(rerank, given, "q"):
        assert [item.node.get_content() for item in found] == ["ccc", "bb"]
        assert [item.score for item in found] == [0.0003, 0.0002]
        assert found[0].node is given[1].node
    assert [item.score for item in given] == [0.5] * 3
    sent = stub.requests[0]
    assert (sent["model"], sent["query"], sent["top_n"]) == ("rerank", "q", 2)
    assert sent["documents"] == ["a", "ccc", "bb"]


async def test_all_are_kept_where_top_n_is_none(stub, rerank, events):
    rerank.top_n = None
    async for found in both(rerank, nodes("a", "ccc", "bb"), "q"):
        assert [item.node.get_content() for item in found] == ["ccc", "bb", "a"]
    assert "top_n" not in stub.requests[0]
    assert events[0].top_n == 3


async def test_more_than_a_request_holds(stub, rerank):
    given = nodes(*("x" * n for n in range(1, 301)))
    async for found in both(rerank, given, "q"):
        assert [len(item.node.get_content()) for item in found] == [300, 299]
    sizes = sorted(len(request["documents"]) for request in stub.requests[:3])
    assert sizes == [44, 128, 128]


async def test_long_and_blank_texts(stub, rerank):
    async for found in both(rerank, nodes("y" * 5000, " ", "z"), "q"):
        assert len(found) == 2
    assert [len(text) for text in stub.requests[0]["documents"]] == [4096, 1]
    rerank.truncate = False
    with pytest.raises(InvalidRequestError, match=r"documents\[0\]"):
        rerank.postprocess_nodes(nodes("y" * 5000), query_str="q")


async def test_nothing_to_sort(stub, rerank, events):
    async for found in both(rerank, [], "q"):
        assert found == []
    assert not stub.requests
    assert [e.class_name() for e in events if "ReRank" in e.class_name()] == [
        "ReRankStartEvent",
        "ReRankEndEvent",
    ] * 2


def test_without_a_query(rerank):
    with pytest.raises(ValueError, match="Missing query bundle"):
        rerank.postprocess_nodes(nodes("a"))


async def test_events(stub, events):
    stub.default = by_length
    debug = LlamaDebugHandler(print_trace_on_end=False)
    rerank = ZhipuAIRerank(
        top_n=1, api_key=KEY, base_url=stub.base_url, callback_manager=CallbackManager([debug])
    )
    async for _ in both(rerank, nodes("a", "bb"), "q"):
        pass
    told = [event for event in events if "ReRank" in event.class_name()]
    assert [event.class_name() for event in told] == ["ReRankStartEvent", "ReRankEndEvent"] * 2
    assert (told[0].top_n, told[0].model_name, told[0].query.query_str) == (1, "rerank", "q")
    assert [item.node.get_content() for item in told[1].nodes] == ["bb"]
    assert len(debug.get_event_pairs(CBEventType.RERANKING)) == 2


def test_a_failure_ends_the_callback_and_is_typed(stub):
    stub.default = (429, {"error": {"code": "1302", "message": "m"}})
    debug = LlamaDebugHandler(print_trace_on_end=False)
    rerank = ZhipuAIRerank(
        api_key=KEY,
        base_url=stub.base_url,
        max_retries=0,
        callback_manager=CallbackManager([debug]),
    )
    with pytest.raises(RateLimitError):
        rerank.postprocess_nodes(nodes("a"), query_str="q")
    assert len(debug.get_event_pairs(CBEventType.RERANKING)) == 1


def test_copies_dicts_and_pickles(monkeypatch, rerank):
    assert KEY not in repr(rerank) + rerank.to_json()
    monkeypatch.setenv("ZHIPUAI_API_KEY", KEY)
    for made in (
        copy.deepcopy(rerank),
        pickle.loads(pickle.dumps(rerank)),
        ZhipuAIRerank.from_dict(rerank.to_dict()),
    ):
        assert len(made.postprocess_nodes(nodes("a", "b", "c"), query_str="q")) == 2


def test_against_the_emulator(emulator):
    rerank = ZhipuAIRerank(top_n=1, api_key=emulator.api_key, base_url=emulator.base_url)
    given = nodes("Cats purr.", "Paris is the capital of France.", "The sky is blue.")
    (best,) = rerank.postprocess_nodes(given, query_str="capital of France")
    assert best.node.get_content().startswith("Paris")


@pytest.mark.parametrize("body", [{"id": "1"}, {"results": []}, {"results": None}])
async def test_an_answer_without_results_is_an_error(stub, body):
    stub.default = body
    made = ZhipuAIRerank(api_key=KEY, base_url=stub.base_url, max_retries=0)
    with pytest.raises(ServerError, match="without rerank results"):
        made.postprocess_nodes(nodes("a", "b"), QueryBundle("q"))
    with pytest.raises(ServerError, match="without rerank results"):
        await made.apostprocess_nodes(nodes("a", "b"), QueryBundle("q"))
    assert made.postprocess_nodes([], QueryBundle("q")) == []
