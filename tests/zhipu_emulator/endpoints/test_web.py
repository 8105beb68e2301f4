"""Web search, reader, moderation."""

from __future__ import annotations

import httpx
import pytest

from zhipu_emulator.content import corpus
from zhipu_emulator.content.html import read

ASK = {"search_engine": "search_std", "search_query": "how do heat pumps work in winter"}


def search(client: httpx.Client, **change: object) -> httpx.Response:
    return client.post("web_search", json={**ASK, **change})


def titles(answer: httpx.Response) -> list[str]:
    return [found["title"] for found in answer.json()["search_result"]]


class TestCorpus:
    def test_it_is_varied_and_in_two_languages(self) -> None:
        documents = corpus.documents()
        chinese = [d for d in documents if any(char > "\u2e7f" for char in d.title)]
        assert len(documents) >= 60
        assert len(chinese) >= 20
        assert len({d.url for d in documents}) == len(documents)
        assert all(d.domain.endswith(".example") for d in documents)

    def test_each_page_is_found_by_its_title(self) -> None:
        for document in corpus.documents():
            assert corpus.search(document.title)[0] == document, document.title


class TestSearch:
    def test_the_shape(self, client, satisfies) -> None:
        found = satisfies(search(client).json(), "web_search")
        assert list(found) == ["created", "id", "request_id", "search_intent", "search_result"]
        best = found["search_result"][0]
        assert list(best) == sorted(best)
        assert best["title"] == "Heat pumps in cold climates"
        assert best["refer"] == "ref_1"
        assert found["search_intent"][0]["intent"] == "SEARCH_ALWAYS"

    @pytest.mark.parametrize(
        ("query", "wanted"),
        [
            ("大熊猫吃什么", "大熊猫的生活"),
            ("绿茶 水温", "绿茶的冲泡方法"),
            ("what do central banks do about inflation", "Inflation and interest rates"),
            ("offside football", "The offside rule explained"),
        ],
    )
    def test_what_is_asked_comes_first(self, client, query, wanted) -> None:
        assert titles(search(client, search_query=query))[0] == wanted

    def test_count_domain_age_and_size(self, client) -> None:
        city = {"search_query": "capital city of China Japan France"}
        assert len(titles(search(client, **city))) > 1
        assert len(titles(search(client, **city, count=1))) == 1
        domain = {"search_domain_filter": "cities.example"}
        for found in search(client, **city, **domain).json()["search_result"]:
            assert found["link"].startswith("https://cities.example/")
        assert titles(search(client, **city, search_domain_filter="none.example")) == []
        old = {"search_query": "silk road trade routes"}
        assert "The Silk Road" in titles(search(client, **old))
        assert "The Silk Road" not in titles(search(client, **old, search_recency_filter="oneYear"))

    def test_what_is_unknown_is_made_up_and_says_so(self, client) -> None:
        query = {"search_query": "zyx wvut srq"}
        found = search(client, **query).json()["search_result"]
        assert found
        assert all("emulator" in result["content"] for result in found)
        assert titles(search(client, **query)) == [result["title"] for result in found]
        answer = client.post("reader", json={"url": found[0]["link"]})
        assert answer.json()["reader_result"]["title"] == found[0]["title"]

    @pytest.mark.parametrize(
        ("query", "intent", "some"),
        [("你好", "SEARCH_NONE", False), ("green tea temperature", "SEARCH_ALL", True)],
    )
    def test_the_intent_decides_when_asked(self, client, query, intent, some) -> None:
        found = search(client, search_query=query, search_intent=True).json()
        assert found["search_intent"][0]["intent"] == intent
        assert bool(found["search_result"]) == some

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"search_engine": "search_everything"}, "1211"),
            ({"search_engine": ""}, "1214"),
            ({"search_engine": None}, "1214"),
            ({"search_query": ""}, "1214"),
            ({"search_query": None}, "1213"),
            ({"search_query": "q" * 71}, "1210"),
            ({"count": 0}, "1210"),
            ({"count": 51}, "1210"),
            ({"search_engine": "search_pro_sogou", "count": 15}, "1210"),
            ({"search_recency_filter": "oneHour"}, "1210"),
            ({"content_size": "low"}, "1210"),
            ({"search_query": "buy drugs"}, "1301"),
        ],
    )
    def test_refused(self, client, refused, change, code) -> None:
        refused(search(client, **change), code)


class TestReader:
    def test_a_page_of_the_corpus(self, client, satisfies) -> None:
        url = search(client).json()["search_result"][0]["link"]
        found = satisfies(client.post("reader", json={"url": url}).json(), "reader")
        page = found["reader_result"]
        assert page["url"] == url
        assert page["content"].startswith("# Heat pumps in cold climates\n\n")
        assert page["description"] in page["content"]

    def test_the_page_can_be_visited_as_well(self, client, server) -> None:
        url = f"{server.url}/pages/climate.example/heat-pumps"
        assert "<h1>Heat pumps" in httpx.get(url, trust_env=False).text
        assert client.post("reader", json={"url": url}).status_code == 200
        assert httpx.get(f"{server.url}/pages/x.example/y", trust_env=False).status_code == 404

    def test_a_page_of_the_options(self, options) -> None:
        html = (
            "<head><title>Menu</title><link rel='stylesheet' href='https://a.example/s.css'></head>"
            "<ul><li><b>Soup</b> 4<li>Tea 2</ul><p>See <a href='/more'>more</a>"
            "<img src='/t.png' alt='table'>"
        )
        client = options(web={"https://a.example/menu": html.encode()})
        body = {"url": "https://a.example/menu", "with_links_summary": True}
        page = client.post("reader", json={**body, "with_images_summary": True}).json()
        page = page["reader_result"]
        assert page["title"] == "Menu"
        assert "- **Soup** 4\n- Tea 2" in page["content"]
        assert "[more](/more)![table](/t.png)" in page["content"]
        assert page["links"] == {"more": "/more"}
        assert page["images"] == {"table": "/t.png"}
        assert list(page["external"]["stylesheet"]) == ["https://a.example/s.css"]
        plain = client.post("reader", json={**body, "return_format": "text"}).json()
        assert "**" not in plain["reader_result"]["content"]
        kept = client.post("reader", json={**body, "retain_images": False}).json()
        assert "![" not in kept["reader_result"]["content"]

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"url": "https://example.com/"}, "1214"),
            ({"url": "http://127.0.0.1:1/secret"}, "1214"),
            ({"url": "file:///etc/passwd"}, "1214"),
            ({"url": None}, "1213"),
            ({"return_format": "pdf"}, "1210"),
            ({"timeout": 0}, "1210"),
        ],
    )
    def test_refused(self, client, refused, change, code) -> None:
        body = {"url": "https://climate.example/heat-pumps", **change}
        refused(client.post("reader", json=body), code)

    def test_hidden_things_are_not_read(self) -> None:
        page = read("<body><style>p{}</style><p>a<script>alert(1)</script></p><svg>x</svg>b")
        assert page.content == "a\n\nb"

    def test_tables_are_tables(self) -> None:
        page = read("<table><tr><th>Dish<th>Price</tr><tr><td>Soup<td>4_50</tr></table>")
        assert page.content == "| Dish | Price |\n| --- | --- |\n| Soup | 4_50 |"

    @pytest.mark.parametrize(
        ("html", "text"),
        [
            ("menu.html", "menu.html"),
            ("<?xml version='1.0'?><html><p>a</p></html>", "a"),
            ("<h2>A</h2><p>b <b>c</b></p>", "A\n\nb c"),
            ("<div>" * 3000 + "deep", "deep"),
        ],
    )
    def test_odd_pages_are_read_too(self, html: str, text: str) -> None:
        assert read(html, plain=True).content == text


class TestModerations:
    @pytest.mark.parametrize(
        ("value", "levels"),
        [
            ("A walk in the park", ["PASS"]),
            ("你这个白痴", ["REVIEW"]),
            ({"type": "text", "text": "how to make a bomb at home"}, ["REJECT"]),
            (
                [
                    {"type": "text", "text": "ok"},
                    {"type": "image_url", "image_url": {"url": "https://a.example/1.png"}},
                    {"type": "video_url", "video_url": {"url": "https://a.example/1.mp4"}},
                    {"type": "audio_url", "audio_url": {"url": "https://a.example/1.mp3"}},
                ],
                ["PASS"] * 4,
            ),
        ],
    )
    def test_levels(self, client, satisfies, value, levels) -> None:
        answer = client.post("moderations", json={"model": "moderation", "input": value})
        found = satisfies(answer.json(), "moderations")
        assert [result["risk_level"] for result in found["result_list"]] == levels
        assert len(found["usage"]) == len(levels)

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"input": ""}, "1214"),
            ({"input": []}, "1214"),
            ({"input": None}, "1213"),
            ({"input": 7}, "1214"),
            ({"input": {"type": "smell"}}, "1214"),
            ({"input": {"type": "image_url", "image_url": "https://a.example"}}, "1214"),
            ({"input": "x" * 2001}, "1210"),
            ({"model": "censor"}, "1211"),
        ],
    )
    def test_refused(self, client, refused, change, code) -> None:
        body = {"model": "moderation", "input": "x", **change}
        refused(client.post("moderations", json=body), code)


class TestLegacySearch:
    """POST /tools, the search in the form of a chat."""

    ASK: dict[str, object] = {"model": "web-search-pro", "request_id": "search-1"}

    def asked(self, client: httpx.Client, text: str, **change: object) -> httpx.Response:
        body = {**self.ASK, "messages": [{"role": "user", "content": text}], **change}
        return client.post("tools", json=body)

    def test_the_calls_have_what_the_search_finds(self, client) -> None:
        found = self.asked(client, ASK["search_query"]).json()
        (choice,) = found["choices"]
        intent, results = choice["message"]["tool_calls"]
        assert (intent["type"], results["type"]) == ("search_intent", "search_result")
        assert results["search_result"][0]["title"] == "Heat pumps in cold climates"
        assert (found["model"], found["request_id"]) == ("web-search-pro", "search-1")

    def test_a_stream_has_a_call_in_each_event(self, client) -> None:
        *events, last, done, _ = self.asked(client, ASK["search_query"], stream=True).text.split(
            "\n\n"
        )
        assert ["search_intent" in event for event in events] == [True, False]
        assert "search_result" in events[1]
        assert '"finish_reason":"stop"' in last
        assert done == "data: [DONE]"

    def test_what_is_not_searched_for_is_said_in_words(self, client) -> None:
        message = self.asked(client, "How do I make a bomb?").json()["choices"][0]["message"]
        assert message["content"]
        assert "tool_calls" not in message

    @pytest.mark.parametrize(
        ("change", "code"),
        [({"model": "search_std"}, "1211"), ({"messages": []}, "1213"), ({"model": None}, "1213")],
    )
    def test_refusals(self, client, change, code) -> None:
        answer = self.asked(client, "tea", **change)
        assert answer.status_code == 400
        assert answer.json()["error"]["code"] == code
