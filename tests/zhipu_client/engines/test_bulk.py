"""Bulk embeddings and reranking over threads and over tasks."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from typing import Any

import pytest

from zhipu_client import (
    InvalidRequestError,
    RateLimitError,
    ServerError,
    arun,
    embeddings,
    iterate,
    moderations,
    rerank,
)
from zhipu_client.work._chain import Chain, Once

from .conftest import FakeClient


def vector(text: str) -> list[float]:
    return [float(len(text)), float(sum(map(ord, text)) % 997)]


def embed(body: dict[str, Any]) -> dict[str, Any]:
    rows = [
        {"index": place, "object": "embedding", "embedding": vector(text)}
        for place, text in enumerate(body["input"])
    ]
    usage = {"prompt_tokens": len(rows), "completion_tokens": 0, "total_tokens": len(rows)}
    return {"model": body["model"], "data": rows, "object": "list", "usage": usage}


def test_order_is_kept_and_each_text_is_sent_once(run, make_client) -> None:
    texts = [f"text {n % 700}" for n in range(1000)]
    client = make_client(embed, seconds=0.005)
    steps: list[tuple[int, int | None]] = []
    job = embeddings.bulk(texts, progress=lambda done, total: steps.append((done, total)))
    result = run(client, job)
    assert result.vectors == [vector(text) for text in texts]
    sent = [text for body in client.bodies for text in body["input"]]
    assert sorted(sent) == sorted(set(texts))
    assert max(len(body["input"]) for body in client.bodies) == 64
    assert result.usage["total_tokens"] == 700
    assert steps[-1] == (1000, 1000)
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    assert result.vectors[0] is not result.vectors[700], "equal texts do not share a list"


def test_requests_are_in_flight_together_and_no_more_than_asked(run, make_client) -> None:
    texts = [f"text {n}" for n in range(640)]
    client = make_client(embed, seconds=0.05)
    run(client, embeddings.bulk(texts, in_flight=4))
    assert client.most == 4


def test_no_text_is_no_request(run, make_client) -> None:
    client = make_client(embed)
    assert run(client, embeddings.bulk([])).vectors == []
    assert client.bodies == []


def test_a_job_can_be_run_again(run, make_client) -> None:
    client = make_client(embed)
    job = embeddings.bulk(["a", "b"])
    assert run(client, job).vectors == run(client, job).vectors


@pytest.mark.parametrize("bad", ["", "  \n"])
def test_an_empty_text_is_named_by_its_position(bad: str) -> None:
    with pytest.raises(InvalidRequestError, match=r"texts\[2\] must not be empty") as caught:
        embeddings.bulk(["a", "b", bad])
    assert caught.value.field == "texts[2]"


def in_a_thread() -> bool:
    return threading.current_thread() is not threading.main_thread()


def test_a_failure_carries_what_is_done_and_the_caller_goes_on(run, make_client) -> None:
    texts = [f"text {n}" for n in range(3200)] + ["text 5", "text 3199"]
    bad = True
    failed = threading.Event()

    def answer(body: dict[str, Any]) -> Any:
        if bad and "text 2400" in body["input"]:
            failed.set()
            return RateLimitError("busy", code="1302")
        if int(body["input"][0].split()[1]) > 2400 and in_a_thread():
            # Whoever was started beside the failing one is slower, however busy the machine is.
            failed.wait(10)
            time.sleep(0.1)
        return embed(body)

    client = make_client(answer, seconds=0.001)
    with pytest.raises(RateLimitError) as caught:
        run(client, embeddings.bulk(texts))
    partial = caught.value.partial
    done = len(texts) - len(partial.missing)
    assert 37 * 64 <= done < len(texts)
    assert partial.vectors[5] == partial.vectors[3200] == vector("text 5")
    before = len(client.bodies)
    assert before <= 37 + 8, "nothing is started after the failure"

    bad = False
    result = run(client, embeddings.bulk(texts, resume=partial))
    assert result.vectors == [vector(text) for text in texts]
    again = [text for body in client.bodies[before:] for text in body["input"]]
    assert sorted(again) == sorted({texts[place] for place in partial.missing})
    assert result.usage["total_tokens"] == 3200


def test_vectors_that_were_handed_over_are_let_go() -> None:
    """However many texts: only those of the requests that run ahead are in memory."""
    long = [0.5] * 37

    def answer(body: dict[str, Any]) -> dict[str, Any]:
        found = embed(body)
        return {**found, "data": [{**row, "embedding": [*long]} for row in found["data"]]}

    alive = [0]
    job = embeddings.bulk([f"text {n}" for n in range(960)], batch_size=16, in_flight=2)
    for place, _ in iterate(FakeClient(answer), job):
        if place % 320 == 319:
            held = (len(one) for one in gc.get_objects() if type(one) is list)
            alive.append(sum(length == len(long) for length in held))
    assert len(alive) == 4
    assert max(alive) <= 16 * 6


def test_what_was_handed_over_is_not_sent_again() -> None:
    client = FakeClient(embed)
    texts = [f"text {n}" for n in range(12)]
    job = embeddings.bulk(texts, batch_size=2, in_flight=1)
    handed: dict[int, list[float]] = {}
    pieces = iterate(client, job)
    with pytest.raises(KeyboardInterrupt) as caught:
        for place, found in pieces:
            handed[place] = found
            if len(handed) == 3:
                pieces.throw(KeyboardInterrupt())
    partial = caught.value.partial  # type: ignore[attr-defined]
    assert partial.handed_over == set(handed)
    before = len(client.bodies)
    handed |= dict(iterate(client, embeddings.bulk(texts, batch_size=2, resume=partial)))
    for place in range(12):
        assert (handed.get(place) or partial.vectors[place]) == vector(texts[place])
    sent = [text for body in client.bodies for text in body["input"]]
    assert sorted(sent) == sorted(texts)
    assert len(client.bodies) > before


def test_a_partial_of_other_texts_is_refused() -> None:
    partial = embeddings.PartialEmbeddings([None], {})
    with pytest.raises(InvalidRequestError, match="must be of 2 texts"):
        embeddings.bulk(["a", "b"], resume=partial)


def test_a_reply_with_too_few_vectors_is_an_error(run, make_client) -> None:
    client = make_client(lambda body: embed({**body, "input": body["input"][:-1]}))
    with pytest.raises(ServerError, match="1 vectors for 2 texts"):
        run(client, embeddings.bulk(["a", "b"]))


def odd(body: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """The usual answer with other fields in the first row, or (``data``, ``usage``) beside it."""
    reply = embed(body)
    whole = {name: changed.pop(name) for name in ("data", "usage") if name in changed}
    reply["data"][0] |= changed
    return reply | whole


@pytest.mark.parametrize(
    "changed",
    [
        {"embedding": None},
        {"embedding": "AAAA"},
        {"embedding": "123"},
        {"embedding": [None]},
        {"index": 1},
        {"index": None},
        {"index": "0"},
        {"data": {"a": 1}},
        {"data": ["a", "b"]},
        {"data": [{"index": 0}, {"index": 1}]},
    ],
)
def test_vectors_that_cannot_be_read_cost_nothing_that_is_done(run, make_client, changed) -> None:
    client = make_client(lambda b: odd(b, **changed) if "text 2" in b["input"] else embed(b))
    texts = [f"text {number}" for number in range(4)]
    with pytest.raises(ServerError, match="the service sent") as caught:
        run(client, embeddings.bulk(texts, batch_size=2, in_flight=1))
    assert caught.value.partial.missing == [2, 3]


def test_usage_of_an_unknown_shape_is_left_out(run, make_client) -> None:
    client = make_client(lambda body: odd(body, usage=[1]))
    assert run(client, embeddings.bulk(["a"])).usage == {}


def test_a_callback_that_raises_costs_nothing_that_is_done(run, make_client) -> None:
    client = make_client(embed)

    def progress(done: int, total: int | None) -> None:
        if done == 4:
            raise LookupError("not mine")

    texts = [f"text {number}" for number in range(8)]
    with pytest.raises(LookupError) as caught:
        run(client, embeddings.bulk(texts, batch_size=2, in_flight=1, progress=progress))
    assert caught.value.partial.missing == [4, 5, 6, 7]
    again = embeddings.bulk(texts, batch_size=2, resume=caught.value.partial)
    assert run(client, again).vectors == [vector(text) for text in texts]
    assert len(client.bodies) == 4


def test_requests_of_embedding_2_stay_below_its_tokens(run, make_client) -> None:
    client = make_client(embed)
    run(client, embeddings.bulk([f"{n}" + "字" * 500 for n in range(40)], model="embedding-2"))
    totals = [sum(map(embeddings.estimate_tokens, body["input"])) for body in client.bodies]
    assert max(totals) <= 8000
    assert len(client.bodies) == 3


def test_threads_end_when_a_run_is_left() -> None:
    before = threading.enumerate()
    client = FakeClient(rank)
    assert len(list(iterate(client, rerank.bulk(query="q", documents=["1"] * 300)))) == 300
    assert set(threading.enumerate()) <= set(before)


async def test_cancelling_stops_all_tasks() -> None:
    from .conftest import FakeAsyncClient

    client = FakeAsyncClient(embed, seconds=60)
    task = asyncio.create_task(arun(client, embeddings.bulk([f"t{n}" for n in range(640)])))
    while client.most < 8:  # noqa: ASYNC110 - the fake has no event
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(asyncio.all_tasks()) == 1


def score(text: str) -> float:
    return (int(text) * 37 % 1000) / 1000


def rank(body: dict[str, Any]) -> dict[str, Any]:
    rows = [
        {"index": place, "relevance_score": score(text)}
        for place, text in enumerate(body["documents"])
    ]
    rows.sort(key=lambda row: -row["relevance_score"])
    top = body.get("top_n") or len(rows)
    return {"results": rows[:top], "usage": {"prompt_tokens": 2, "total_tokens": 2}}


@pytest.mark.parametrize("top_n", [None, 0, 3, 200, 5000])
def test_documents_are_sorted_over_all_requests(run, make_client, top_n: int | None) -> None:
    texts = [str(n) for n in range(300)]
    client = make_client(rank)
    reply = run(client, rerank.bulk(query="q", documents=texts, top_n=top_n))
    best = sorted(range(300), key=lambda n: -score(str(n)))[: top_n or 300]
    assert [row.index for row in reply.results] == best
    # In flight together, they arrive in any order.
    assert sorted(len(body["documents"]) for body in client.bodies) == [44, 128, 128]
    assert reply.usage == {"prompt_tokens": 6, "total_tokens": 6}


def test_no_document_is_no_request(run, make_client) -> None:
    client = make_client(rank)
    assert run(client, rerank.bulk(query="q", documents=[])).results == []
    assert client.bodies == []


def test_long_documents_are_refused_or_cut(run, make_client) -> None:
    texts = ["1", "2" * 5000]
    with pytest.raises(InvalidRequestError, match=r"documents\[1\] may have at most 4,096"):
        rerank.bulk(query="q", documents=texts)
    top = {"results": [{"index": 0, "relevance_score": 1.0}]}
    client = make_client(lambda body: top)
    run(client, rerank.bulk(query="q" * 9000, documents=texts, truncate=True))
    body = client.bodies[0]
    assert (len(body["query"]), len(body["documents"][1])) == (4096, 4096)


def test_half_a_character_is_named_before_any_request() -> None:
    texts = [str(n) for n in range(200)]
    texts[150] = "1\ud83d"
    with pytest.raises(InvalidRequestError, match=r"texts\[150\] contains half"):
        embeddings.bulk(texts)
    with pytest.raises(InvalidRequestError, match=r"documents\[150\] contains half"):
        rerank.bulk(query="q", documents=texts)
    with pytest.raises(InvalidRequestError, match="query contains half"):
        rerank.bulk(query="\ud83d", documents=["a"])


@pytest.mark.parametrize("row", [{"index": 7, "relevance_score": 1.0}, {"index": 0}, {}])
def test_a_result_without_place_or_score_is_an_error(run, make_client, row) -> None:
    client = make_client(lambda body: {"results": [row]})
    with pytest.raises(ServerError, match="no score or no place"):
        run(client, rerank.bulk(query="q", documents=["a"]))


@pytest.mark.parametrize(
    "results",
    [None, [], "x", ["x"], [{"index": 0, "relevance_score": "high"}],
     [{"index": 0, "relevance_score": 0.5}, {"index": 0, "relevance_score": 0.4}]],
)  # fmt: skip
def test_results_that_cannot_be_read_are_an_error(run, make_client, results) -> None:
    client = make_client(lambda body: {"results": results})
    with pytest.raises(ServerError, match="rerank result"):
        run(client, rerank.bulk(query="q", documents=["a", "b"]))


@pytest.mark.parametrize("usage", [[1], {"prompt_tokens": 1, "details": {"cached": 1}}])
def test_usage_is_summed_as_far_as_it_is_known(run, make_client, usage) -> None:
    client = make_client(lambda body: rank(body) | {"usage": usage})
    reply = run(client, rerank.bulk(query="q", documents=[str(n) for n in range(200)]))
    assert reply.usage == ({"prompt_tokens": 2} if isinstance(usage, dict) else {})


def test_moderation_of_many_keeps_what_came_before_a_failure(run, make_client) -> None:
    fine = {"result_list": [{"risk_level": "PASS"}]}
    client = make_client(lambda body: ServerError("no") if body["input"] == "c" else fine)
    with pytest.raises(ServerError) as caught:
        run(client, moderations.bulk(["a", "b", "c", "d"], in_flight=1))
    judged = [(place, reply.risk_level) for place, reply in caught.value.partial if reply]
    assert judged == [(0, "PASS"), (1, "PASS")]


def test_an_error_of_what_names_the_jobs_comes_after_the_jobs_before_it(
    collect, make_client
) -> None:
    def jobs():
        yield "first", embeddings_of("a")
        yield "second", embeddings_of("b")
        raise LookupError("no more")

    client = make_client(embed)
    found, error = collect(client, Chain(jobs(), in_flight=4))
    assert [key for key, reply in found if reply] == ["first", "second"]
    assert isinstance(error, LookupError)


def embeddings_of(text: str) -> Once:
    return Once(embeddings.create(input=text))


def test_against_the_emulator(kind: str) -> None:
    import zhipu_emulator
    from zhipu_client import AsyncClient, Client
    from zhipu_client import run as run_now

    texts = [f"about subject {n}" for n in range(150)]
    job = embeddings.bulk(texts, dimensions=256)
    with zhipu_emulator.serve() as server:
        if kind == "sync":
            client = Client(api_key=server.api_key, base_url=server.base_url)
            result = run_now(client, job)
        else:
            aclient = AsyncClient(api_key=server.api_key, base_url=server.base_url)
            result = asyncio.run(arun(aclient, job))
        assert len(server.requests) == 3
    assert [len(one) for one in result.vectors] == [256] * 150
    assert all(type(value) is float for one in result.vectors for value in one)


def test_answers_that_take_longer_than_the_look_for_an_interrupt(
    run, make_client, monkeypatch
) -> None:
    from zhipu_client._io import jobs

    monkeypatch.setattr(jobs, "CTRL_C", 0.001)
    client = make_client(embed, seconds=0.05)
    found = run(client, embeddings.bulk([f"{n}" for n in range(20)], batch_size=4, in_flight=2))
    assert len(found.vectors) == 20
    assert client.most == 2
