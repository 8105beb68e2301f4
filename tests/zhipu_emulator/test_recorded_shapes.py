"""Chat schemas hold for what was recorded, and what the emulator says has the recorded shape.

The recordings are other people's and no part of this project: the tests look for them beside the
checkout and are skipped, with that reason, where they are not.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

RECORDINGS = Path(__file__).resolve().parents[3] / "shared" / "recordings"
CORPUS = RECORDINGS / "wire_corpus.jsonl.gz"
# From here on the service's bodies have ``object`` and the details of usage: what we copy.
ERA = 1_769_000_000

recorded = pytest.mark.skipif(
    not CORPUS.is_file(), reason="no ../shared/recordings beside this checkout"
)
BODIES = ("chat", "tools", "vision")
STREAMS = ("chat_stream", "tools_stream")
ERRORS = ("errors",)
# Not what the paas routes answer: other routes, gateways, or a poster's own notation.
OTHER_DIALECTS = {
    "errors/401_token_incorrect_http200.json",
    "errors/500_404_not_found_http200.json",
    "errors/anthropic_route_422_system_role.json",
    "errors/error_as_string_429.json",
    "tools_stream/issue_glm45_17_index_minus1_args_object.json",
    "chat_stream/glm47_truncated_frame_202601.txt",
}


@cache
def corpus() -> list[dict[str, Any]]:
    with gzip.open(CORPUS, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def chunks(body: str) -> list[dict[str, Any]]:
    lines = [line for line in body.splitlines() if line.startswith("data: {")]
    return [json.loads(line.removeprefix("data: ")) for line in lines]


def collected(areas: tuple[str, ...], endings: tuple[str, ...]) -> Iterator[Path]:
    index = json.loads((RECORDINGS / "INDEX.json").read_text("utf-8"))
    for entry in index:
        path = entry["file"]
        wanted = entry["area"] in areas and path.endswith(endings) and entry["kind"] == "recorded"
        # What was converted from an SDK's text form lost the difference of absent and null.
        if wanted and path not in OTHER_DIALECTS and "SDK repr" not in entry.get("fidelity", ""):
            yield RECORDINGS / path


def keys_in_order(value: Any) -> Any:
    """The keys of an object and of what it holds, values left out."""
    if isinstance(value, dict):
        return tuple((key, keys_in_order(inner)) for key, inner in value.items())
    if isinstance(value, list):
        return tuple(sorted({keys_in_order(item) for item in value}, key=repr))
    return None


@recorded
def test_recorded_bodies_satisfy_the_schema(satisfies) -> None:
    seen = Counter[str]()
    for entry in corpus():
        if entry["status"] == 200 and not entry["body"].startswith("data"):
            satisfies(json.loads(entry["body"]), "chat_completion")
            seen["corpus"] += 1
    for path in collected(BODIES, (".json",)):
        body = json.loads(path.read_text("utf-8"))
        if "choices" in body:
            satisfies(body, "chat_completion")
            seen["collection"] += 1
    assert seen["corpus"] > 10
    assert seen["collection"] > 10


@recorded
def test_recorded_streams_satisfy_the_schema(satisfies) -> None:
    seen = 0
    for entry in corpus():
        if entry["body"].startswith("data"):
            for chunk in chunks(entry["body"]):
                satisfies(chunk, "chat_chunk")
                seen += 1
    assert seen > 1000
    files = list(collected(STREAMS, (".sse",)))
    assert files
    for path in files:
        for chunk in chunks(path.read_text("utf-8")):
            satisfies(chunk, "chat_chunk")


@recorded
def test_recorded_errors_satisfy_the_schema_and_have_our_words(satisfies) -> None:
    from zhipu_emulator.http.errors import CODES

    paths = list(collected(ERRORS, (".json",)))
    assert len(paths) > 15
    for path in paths:
        error = satisfies(json.loads(path.read_text("utf-8")), "error")["error"]
        assert error["code"] in CODES, path.name
        if (status := path.stem.rpartition("_")[2]).isdigit():
            assert CODES[error["code"]].status == int(status), path.name


TOOLS = [
    {
        "type": "function",
        "function": {
            "name": name,
            "description": f"{name} two numbers",
            "parameters": {
                "type": "object",
                "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
                "required": ["a", "b"],
            },
        },
    }
    for name in ("add", "multiply")
]


@recorded
@pytest.mark.parametrize("tools", [None, TOOLS])
def test_our_bodies_have_the_recorded_keys_in_the_recorded_order(ask, tools) -> None:
    found = ask("Add and multiply 2 and 3", model="glm-4.7-flash", tools=tools)
    shapes = set()
    for entry in corpus():
        if entry["status"] == 200 and not entry["body"].startswith("data"):
            body = json.loads(entry["body"])
            calls = "tool_calls" in body["choices"][0]["message"]
            if body["created"] > ERA and calls == (tools is not None):
                shapes.add(keys_in_order(body))
    assert keys_in_order(found) in shapes


@recorded
@pytest.mark.parametrize("tools", [None, TOOLS])
def test_our_chunks_have_the_recorded_keys_in_the_recorded_order(ask, tools) -> None:
    ours = ask.events("Add and multiply 2 and 3", model="glm-4.7-flash", tools=tools)
    shapes: set[Any] = set()
    orders: set[tuple[str, ...]] = set()
    for entry in corpus():
        if entry["body"].startswith("data"):
            theirs = chunks(entry["body"])
            if theirs[0]["created"] > ERA:
                shapes |= {keys_in_order(chunk) for chunk in theirs}
                orders.add(order(theirs))
    assert {keys_in_order(chunk) for chunk in ours} <= shapes
    assert order(ours) in orders


def order(events: list[dict[str, Any]]) -> tuple[str, ...]:
    """The kinds of events in a stream, repetitions left out."""
    kinds: list[str] = []
    for event in events:
        choice = event["choices"][0]
        kind = "finish" if "finish_reason" in choice else "+".join(sorted(choice["delta"]))
        if not kinds or kinds[-1] != kind:
            kinds.append(kind)
    return tuple(kinds)


@recorded
def test_our_framing_is_the_recorded_one(ask) -> None:
    body = {"model": "glm-4.6", "messages": [{"role": "user", "content": "Hi"}], "stream": True}
    ours = ask.post(body).text
    theirs = next(e["body"] for e in corpus() if e["body"].startswith("data"))
    for text in (ours, theirs):
        assert text.endswith("}\n\ndata: [DONE]\n\n")
        assert "\r" not in text
        lines = [line for line in text.split("\n") if line]
        assert all(line.startswith("data: ") for line in lines)
        assert not any('": ' in line.removeprefix("data: ")[:60] for line in lines)
