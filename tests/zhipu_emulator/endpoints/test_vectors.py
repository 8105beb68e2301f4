"""Tokens, embeddings, rerank, tokenizer."""

from __future__ import annotations

import math
import time
from itertools import pairwise

import pytest

from zhipu_emulator.chat.tokens import count_messages, count_text, measure
from zhipu_emulator.content.similarity import coverage, features, keywords
from zhipu_emulator.content.vectors import vector

TEXTS = [
    "Whales are mammals that breathe air and feed their young with milk.",
    "The bakery opens at six and sells rye bread.",
    "黄山位于安徽省南部，以奇松、怪石、云海、温泉闻名。",
    "珠穆朗玛峰是世界最高峰，海拔约八千八百四十八米。",
    "Compilers translate source code into machine instructions.",
]
QUESTIONS = {
    "do whales breathe air?": 0,
    "where can I buy bread": 1,
    "黄山有什么好看的？": 2,
    "世界最高峰有多高": 3,
    "what does a compiler do with source code": 4,
}


def cosine(one: list[float], other: list[float]) -> float:
    return sum(x * y for x, y in zip(one, other, strict=True))


class TestTokens:
    @pytest.mark.parametrize(
        ("text", "low", "high"),
        [
            ("", 0, 0),
            (" ", 1, 1),
            ("hello", 1, 1),
            ("internationalisation", 3, 5),
            ("人工智能改变世界", 4, 8),
            ("混合 mixed 文本 text", 4, 8),
            ("GLM模型", 2, 4),
        ],
    )
    def test_an_estimate_is_of_the_right_size(self, text: str, low: int, high: int) -> None:
        assert low <= count_text(text) <= high

    def test_it_is_linear_in_time(self) -> None:
        started = time.perf_counter()
        count_text("word, " * 200_000)
        assert time.perf_counter() - started < 5

    def test_media_are_counted_by_origin(self) -> None:
        parts = [
            {"type": "text", "text": "look"},
            {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
            {"type": "video_url", "video_url": {"url": "https://example.com/a.mp4"}},
        ]
        count = measure([{"role": "user", "content": parts}])
        assert count.image > 0
        assert count.video > 0
        assert count.total == count.text + count.image + count.video

    def test_tools_and_calls_count(self) -> None:
        ask = [{"role": "user", "content": "weather?"}]
        tool = {"type": "function", "function": {"name": "weather", "parameters": {}}}
        call = {"role": "assistant", "tool_calls": [{"id": "call_1", "function": {"name": "f"}}]}
        assert count_messages(ask, [tool]) > count_messages(ask)
        assert count_messages([*ask, call]) > count_messages([*ask, {"role": "assistant"}])


class TestSimilarity:
    def test_function_words_say_little(self) -> None:
        found = features("the whale")
        assert found["=the"] < found["=whale"] / 3

    def test_keywords_in_two_languages(self) -> None:
        assert keywords("What is the price of green tea?") == ["price", "green", "tea"]
        assert keywords("北京的天气怎么样") == ["北京", "天气"]

    def test_coverage_is_a_share(self) -> None:
        asked = features("green tea")
        assert coverage(asked, asked) == 1.0
        assert coverage(asked, features("locomotive")) < 0.1
        assert coverage({}, asked) == 0.0


class TestEmbeddings:
    @pytest.mark.parametrize("dimensions", [256, 512, 1024, 2048])
    def test_the_vectors_have_length_one(self, client, satisfies, dimensions) -> None:
        body = {"model": "embedding-3", "input": ["hello", "你好"], "dimensions": dimensions}
        answer = client.post("embeddings", json=body)
        found = satisfies(answer.json(), "embeddings")
        assert list(found) == ["model", "object", "data", "usage"]
        assert [row["index"] for row in found["data"]] == [0, 1]
        for row in found["data"]:
            assert len(row["embedding"]) == dimensions
            assert math.isclose(math.hypot(*row["embedding"]), 1.0, rel_tol=1e-6)
            assert all(row["embedding"])
        assert found["usage"]["prompt_tokens"] == count_text("hello") + count_text("你好")

    @pytest.mark.parametrize(
        ("model", "dimensions"), [("embedding-3", 2048), ("embedding-2", 1024)]
    )
    def test_each_model_has_its_default(self, client, model, dimensions) -> None:
        answer = client.post("embeddings", json={"model": model, "input": "hello"}).json()
        assert len(answer["data"][0]["embedding"]) == dimensions

    @pytest.mark.parametrize("dimensions", [256, 2048])
    @pytest.mark.parametrize(("question", "wanted"), QUESTIONS.items())
    def test_the_nearest_text_is_the_right_one(self, question, wanted, dimensions) -> None:
        asked = vector(question, dimensions)
        near = [cosine(asked, vector(text, dimensions)) for text in TEXTS]
        assert near.index(max(near)) == wanted

    def test_the_same_text_gets_the_same_vector_and_an_unseen_one_another(self) -> None:
        assert vector("a whale", 256) == vector("a whale", 256)
        assert vector("a whale", 256) != vector("a whole", 256)

    def test_a_full_request_is_fast(self, client) -> None:
        texts = [f"{TEXTS[i % 5]} number {i} of many" for i in range(64)]
        started = time.perf_counter()
        answer = client.post("embeddings", json={"model": "embedding-3", "input": texts})
        assert time.perf_counter() - started < 3
        assert len(answer.json()["data"]) == 64

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"input": []}, "1214"),
            ({"input": ["ok", ""]}, "1214"),
            ({"input": "  "}, "1214"),
            ({"input": None}, "1213"),
            ({"input": {"text": "x"}}, "1214"),
            ({"input": [[1, 2, 3]]}, "1214"),
            ({"input": ["x"] * 65}, "1214"),
            ({"input": "很" * 6000}, "1210"),
            ({"dimensions": 300}, "1210"),
            ({"dimensions": "many"}, "1214"),
            ({"model": "embedding-9"}, "1211"),
            ({"model": None}, "1213"),
            ({"model": "embedding-2", "input": "很" * 900}, "1210"),
            ({"model": "embedding-2", "input": ["很" * 800] * 20}, "1210"),
            ({"model": "embedding-2", "dimensions": 256}, "1210"),
        ],
    )
    def test_refusals(self, client, refused, change, code) -> None:
        body = {"model": "embedding-3", "input": "hello", **change}
        refused(client.post("embeddings", json=body), code)

    def test_a_body_that_is_no_object(self, client, refused) -> None:
        refused(client.post("embeddings", content=b"[1]"), "1210")
        refused(client.post("embeddings", content=b"\xff{"), "1210")


class TestRerank:
    @pytest.mark.parametrize(("question", "wanted"), QUESTIONS.items())
    def test_the_best_text_comes_first(self, client, satisfies, question, wanted) -> None:
        body = {"model": "rerank", "query": question, "documents": TEXTS}
        found = satisfies(client.post("rerank", json=body).json(), "rerank")
        scores = [result["relevance_score"] for result in found["results"]]
        assert found["results"][0]["index"] == wanted
        assert sorted(result["index"] for result in found["results"]) == [0, 1, 2, 3, 4]
        assert all(1 >= high >= low >= 0 for high, low in pairwise(scores))
        assert "document" not in found["results"][0]

    def test_top_documents_and_ids(self, client, satisfies) -> None:
        body = {
            "model": "rerank",
            "query": "bread",
            "documents": TEXTS,
            "top_n": 2,
            "return_documents": True,
            "request_id": "request-77",
        }
        found = satisfies(client.post("rerank", json=body).json(), "rerank")
        assert found["results"][0]["document"] == TEXTS[1]
        assert len(found["results"]) == 2
        assert found["request_id"] == "request-77" != found["id"]
        assert list(found) == ["created", "id", "request_id", "results", "usage"]

    def test_raw_scores_leave_the_unit_interval(self, client) -> None:
        body = {"model": "rerank", "query": TEXTS[0], "documents": TEXTS, "return_raw_scores": True}
        scores = [r["relevance_score"] for r in client.post("rerank", json=body).json()["results"]]
        assert max(scores) > 1
        assert min(scores) < 0

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"query": ""}, "1214"),
            ({"query": None}, "1213"),
            ({"query": "q" * 4097}, "1210"),
            ({"documents": []}, "1210"),
            ({"documents": None}, "1213"),
            ({"documents": "x"}, "1214"),
            ({"documents": ["x"] * 129}, "1210"),
            ({"documents": ["x", ""]}, "1214"),
            ({"documents": ["x" * 4097]}, "1210"),
            ({"top_n": -1}, "1210"),
            ({"model": "rerank-2"}, "1211"),
        ],
    )
    def test_refusals(self, client, refused, change, code) -> None:
        body = {"model": "rerank", "query": "q", "documents": ["a", "b"], **change}
        refused(client.post("rerank", json=body), code)


class TestTokenizer:
    def test_it_agrees_with_the_count(self, client, satisfies) -> None:
        messages = [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "天空为什么是蓝色的？"},
        ]
        body = {"model": "glm-4.6", "messages": messages, "request_id": "abcdef"}
        found = satisfies(client.post("tokenizer", json=body).json(), "tokenizer")
        assert found["usage"]["prompt_tokens"] == count_messages(messages)
        assert found["usage"]["total_tokens"] == count_messages(messages)
        assert found["request_id"] == "abcdef"

    def test_it_agrees_with_the_usage_of_a_chat(self, client) -> None:
        messages = [{"role": "user", "content": "How many moons has Mars?"}]
        chat = client.post(
            "chat/completions",
            json={"model": "glm-4.6", "messages": messages, "max_tokens": 20},
        ).json()
        counted = client.post("tokenizer", json={"model": "glm-4.6", "messages": messages}).json()
        assert chat["usage"]["prompt_tokens"] == counted["usage"]["prompt_tokens"]

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"model": "glm-99"}, "1211"),
            ({"messages": []}, "1214"),
            ({"messages": None}, "1213"),
            ({"messages": ["hello"]}, "1214"),
            ({"messages": [{"role": "model", "content": "x"}]}, "1214"),
            ({"tools": "none"}, "1214"),
        ],
    )
    def test_refusals(self, client, refused, change, code) -> None:
        body = {"model": "glm-4.6", "messages": [{"role": "user", "content": "x"}], **change}
        refused(client.post("tokenizer", json=body), code)
