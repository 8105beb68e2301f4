"""What the two sites offer and how they speak; what the coding plan's base offers."""

from __future__ import annotations

import httpx
import pytest

ONLY_IN_CHINA = [
    ("POST", "async/chat/completions"),
    ("POST", "embeddings"),
    ("POST", "rerank"),
    ("POST", "moderations"),
    ("POST", "tools"),
    ("POST", "audio/speech"),
    ("POST", "audio/customization"),
    ("POST", "assistant"),
    ("POST", "assistant/list"),
    ("POST", "assistant/conversation/list"),
    ("POST", "voice/clone"),
    ("GET", "voice/list"),
    ("POST", "voice/delete"),
    ("POST", "files/ocr"),
    ("POST", "files/parser/create"),
    ("GET", "files/parser/result/x/text"),
    ("POST", "files/parser/sync"),
    ("POST", "batches"),
    ("GET", "batches/x"),
    ("DELETE", "files/x"),
    ("GET", "files/x/content"),
]
EVERYWHERE = [
    ("POST", "tokenizer"),
    ("POST", "images/generations"),
    ("POST", "async/images/generations"),
    ("POST", "videos/generations"),
    ("POST", "audio/transcriptions"),
    ("POST", "layout_parsing"),
    ("POST", "web_search"),
    ("POST", "reader"),
    ("POST", "files"),
]


@pytest.fixture
def international(options) -> httpx.Client:
    ready: httpx.Client = options(site="zai")
    return ready


def test_what_the_international_site_lacks_is_an_unknown_path(international) -> None:
    for method, path in ONLY_IN_CHINA:
        answer = international.request(method, path, json={} if method == "POST" else None)
        assert answer.status_code == 404, path
        body = answer.json()
        assert body["error"] == "Not Found"
        assert body["path"] == f"/v4/{path}"


def test_what_it_has_refuses_in_english(international, client) -> None:
    for method, path in EVERYWHERE:
        answer = international.request(method, path, json={"nothing": True})
        assert answer.status_code == 400, path
        assert answer.json()["error"]["message"].isascii(), path
        if path == "web_search":
            continue  # the service names a missing engine in English on both
        chinese = client.request(method, path, json={"nothing": True})
        assert not chinese.json()["error"]["message"].isascii(), path


def test_it_has_its_own_engines_tokenizers_and_purposes(international, refused) -> None:
    ask = {"search_query": "green tea"}
    for engine, status in (("search-prime", 200), ("search_pro_sogou", 400)):
        answer = international.post("web_search", json={**ask, "search_engine": engine})
        assert answer.status_code == status
    count = {"messages": [{"role": "user", "content": "x"}]}
    assert international.post("tokenizer", json={**count, "model": "glm-4.5"}).status_code == 200
    refused(international.post("tokenizer", json={**count, "model": "glm-4-air"}), "1211")
    video = {"model": "viduq1-text", "prompt": "x"}
    refused(international.post("videos/generations", json=video), "1211")
    made = international.post("files", files={"file": ("a.txt", b"x")})
    assert made.json()["purpose"] == "user_data"


def test_the_coding_base_has_chat_only(server, client) -> None:
    for _, path in [*EVERYWHERE, *ONLY_IN_CHINA[1:3]]:
        url = f"{server.coding_base_url}/{path}"
        assert client.post(url, json={}).status_code == 404, path


def test_every_endpoint_wants_a_key(server, refused) -> None:
    for method, path in [*EVERYWHERE, *ONLY_IN_CHINA]:
        url = f"{server.base_url}/{path}"
        answer = httpx.request(method, url, trust_env=False)
        refused(answer, "1001", 401)
