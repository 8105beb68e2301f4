"""Knowledge bases, which lie beside the base URL and report failures with HTTP 200."""

from __future__ import annotations

import pytest

from zhipu_emulator.endpoints.knowledge import BASES, PATH

ENGLISH, CHINESE = BASES
ASK = {"query": "how do heat pumps work in winter", "knowledge_ids": [ENGLISH]}


def retrieve(client, **change):
    return client.post(f"{client.base_url.copy_with(path=PATH)}/retrieve", json={**ASK, **change})


def test_the_bases(client, satisfies) -> None:
    url = client.base_url.copy_with(path=PATH)
    found = satisfies(client.get(url).json(), "knowledge_list")
    assert [base["id"] for base in found["data"]["list"]] == list(BASES)
    assert found["data"]["total"] == 2
    second = client.get(url, params={"page": 2, "size": 1}).json()
    assert [base["id"] for base in second["data"]["list"]] == [CHINESE]
    assert client.get(url, params={"page": 0}).json()["code"] == 400


@pytest.mark.parametrize("method", ["embedding", "keyword", "mixed"])
def test_the_piece_that_fits_comes_first(client, satisfies, method) -> None:
    found = satisfies(retrieve(client, recall_method=method).json(), "knowledge")["data"]
    assert found[0]["metadata"]["doc_name"] == "Heat pumps in cold climates"
    assert {piece["metadata"]["knowledge_id"] for piece in found} == {ENGLISH}
    scores = [piece["score"] for piece in found]
    assert scores == sorted(scores, reverse=True)
    assert len(found) == 8


def test_how_many_which_documents_and_how_good(client) -> None:
    best = retrieve(client, top_k=1).json()["data"]
    assert len(best) == 1
    document = best[0]["metadata"]["doc_id"]
    other = retrieve(client, document_ids=["1"]).json()
    assert other["data"] == []
    same = retrieve(client, document_ids=[document]).json()["data"]
    assert {piece["metadata"]["doc_id"] for piece in same} == {document}
    assert retrieve(client, fractional_threshold=0.999).json()["data"] == []
    reranked = retrieve(client, rerank_status=1, rerank_model="rerank", top_k=2).json()["data"]
    assert reranked[0]["metadata"]["doc_name"] == "Heat pumps in cold climates"
    both = retrieve(client, query="大熊猫吃什么", knowledge_ids=[ENGLISH, CHINESE], top_k=1).json()
    assert "大熊猫" in both["data"][0]["metadata"]["doc_name"]


@pytest.mark.parametrize(
    "change",
    [
        {"query": ""},
        {"query": None},
        {"knowledge_ids": None},
        {"knowledge_ids": []},
        {"knowledge_ids": ["42"]},
        {"knowledge_ids": "42"},
        {"document_ids": 7},
        {"top_k": 0},
        {"recall_method": "guess"},
        {"recall_ratio": 101},
        {"rerank_model": "best"},
        {"rerank_status": 2},
    ],
)
def test_refusals_come_with_http_200(client, change) -> None:
    answer = retrieve(client, **change)
    assert answer.status_code == 200
    body = answer.json()
    assert body["code"] == 400
    assert body["message"]
    assert set(body) == {"code", "message"}


def test_no_json_at_all(client) -> None:
    url = f"{client.base_url.copy_with(path=PATH)}/retrieve"
    assert client.post(url, content=b"x").json()["code"] == 400


def test_the_international_site_has_none(options) -> None:
    abroad = options(site="zai")
    answer = retrieve(abroad)
    assert answer.json()["success"] is False
