"""What is promised of a search by the service: what it found comes out of the answer."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

import zhipu_emulator
from tests.langchain_zhipu.properties import openapi

from .rows import ABSENT, Row, check, in_turn, table
from .server import said
from .subjects import ADAPTERS, WAYS, Ask, Way, run

STD = {"enable": True, "search_engine": "search_std", "search_result": True}
JINA = {**STD, "search_engine": "search_pro_jina"}
OWN = {"enable": False, "search_engine": "search_pro", "search_result": False, "count": 3}


def search(options: Mapping[str, Any] | None = None) -> dict[str, Any]:
    named = {"web_search": dict(options)} if options is not None else {}
    return {"type": "web_search", **named}


def sends(
    title: str, given: Mapping[str, Any] | None, sent: Mapping[str, Any], site: str | None
) -> list[Row]:
    want = {"sent": {"tools": [search(sent)]}}
    named = f"{title}-{site or 'own'}"
    return [
        Row(f"tool-{named}", said(), want, Ask(tools=[search(given)]), {"site": site}),
        Row(
            f"argument-{named}",
            said(),
            want,
            Ask(more={"web_search": True if given is None else given}),
            {"site": site},
        ),
    ]


SITES = {
    "bigmodel": STD, "bigmodel-coding": STD, "zai": JINA, "zai-coding": JINA, None: STD,
}  # fmt: skip
ROWS = [
    row
    for site, filled in SITES.items()
    for row in [
        *sends("bare", None, filled, site),
        *sends("empty", {}, filled, site),
        *sends("options", {"count": 3}, {**filled, "count": 3}, site),
        *sends("not-said", {"search_result": None}, filled, site),
        *sends("all-said", OWN, OWN, site),
    ]
]


@table(in_turn(ROWS))
def test_a_search_is_sent_with_what_makes_it_one(row, adapter, way):
    check(row, adapter, way)


@table([Row("switched-off", ask=Ask(more={"web_search": False}), want={"sent": {"tools": ABSENT}})])
def test_a_search_that_is_switched_off_is_not_sent(row, adapter, way):
    check(row, adapter, way)


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("site", ["bigmodel", "zai", None])
@pytest.mark.parametrize("ask", ["tool", "argument"])
def test_what_was_found_is_cited(adapter: str, way: Way, site: Any, ask: str) -> None:
    prompt = "How high is the highest mountain of Norway?"
    asked = {
        "tool": Ask(prompt, tools=[search()]),
        "argument": Ask(prompt, more={"web_search": True}),
    }
    with zhipu_emulator.serve(site=site or "bigmodel") as server:
        outcome = _asked(server, adapter, way, asked[ask], site)
    assert outcome.error is None, outcome.exception
    assert outcome.text
    assert outcome.citations
    assert all(url.startswith("https://") for url in outcome.citations)
    if openapi.FILE.is_file() and site != "zai":  # the file is of the other site
        sent = {k: v for k, v in outcome.requests[0].items() if k != "stream_options"}
        assert openapi.complaints(sent, "text") == []


def _asked(server: Any, adapter: str, way: Way, ask: Ask, site: str | None) -> Any:
    seen = SimpleNamespace(base_url=server.base_url, requests=[])
    outcome = run(seen, adapter, way, ask, {"api_key": server.api_key, "site": site})
    outcome.requests = [request["json"] for request in server.requests]
    return outcome
