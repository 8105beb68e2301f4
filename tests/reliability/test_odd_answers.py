"""JSON that is valid and of another shape than the service's: an answer, or one of our errors."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from zhipu_client import ZhipuError

from . import scenarios as say
from .conftest import Drive
from .frames import DONE, completion, delta, frame, last
from .server import FaultServer, Scenario

ODD: tuple[Any, ...] = (None, 5, -1, 1e308, True, "x", [], [None], ["x"], [[]], {}, {"x": 1})

CALL = {
    "id": "call_1",
    "index": 0,
    "type": "function",
    "function": {"name": "delete", "arguments": '{"a": 1}'},
}


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    entries = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, inner in entries:
        yield from _paths(inner, (*path, key))


def odd_versions(value: dict[str, Any]) -> Iterator[Any]:
    """Each part of ``value``, however deep, in turn replaced by each odd value."""
    for path in _paths(value):
        for odd in ODD:
            if not path:
                yield odd
                continue
            changed = copy.deepcopy(value)
            place = changed
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = odd
            yield changed


def _whole() -> dict[str, Any]:
    usage = {"prompt_tokens_details": {"cached_tokens": 3}}
    found = completion("text", reasoning_content="why", tool_calls=[CALL])
    return {**found, "usage": {**found["usage"], **usage}, "web_search": [{"title": "t"}]}


def _chunk() -> dict[str, Any]:
    frames = delta("text", reasoning_content="why", tool_calls=[CALL])
    return dict(json.loads(frames.removeprefix(b"data: ")))


def _ending() -> dict[str, Any]:
    return dict(json.loads(last("tool_calls").removeprefix(b"data: ")))


def _streams(of: dict[str, Any], *after: bytes) -> list[Scenario]:
    return [say.stream(delta("a"), frame(odd), *after, DONE) for odd in odd_versions(of)]


ANSWERS: dict[str, list[Scenario]] = {
    "whole": [say.answer(odd) for odd in odd_versions(_whole())],
    "errors": [
        say.answer(odd, 400) for odd in odd_versions({"error": {"code": "1", "message": "m"}})
    ],
    "chunks": _streams(_chunk(), last()),
    "endings": _streams(_ending()),
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_an_odd_answer_is_an_answer_or_one_of_our_errors(drive_adapter: Drive, kind: str) -> None:
    with FaultServer(*ANSWERS[kind]) as server:
        driver = drive_adapter(server, max_retries=0)
        call = driver.stream if kind in ("chunks", "endings") else driver.complete
        bad = []
        for number in range(len(ANSWERS[kind])):
            error = call().error
            if error is not None and not isinstance(error, ZhipuError):
                bad.append((number, error))
    assert not bad, (len(bad), bad[:5])
