"""What is kept is bounded: files, tasks, pictures to fetch."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from zhipu_emulator.content.published import Medium
from zhipu_emulator.http.shelf import Shelf
from zhipu_emulator.http.state import State, Task


def media(content: bytes) -> Medium:
    return Medium(lambda: content, "image/png", 0)


def partly(content: bytes) -> Any:
    return {"make": partial(bytes, content)}


@pytest.mark.parametrize(
    "make",
    [
        bytes, lambda c: {"content": c, "owner": "x"}, lambda c: [c[:1], (c,)], media, partly,
        lambda c: Task("a", "b", {"text": c.decode()}, "d", 0),
    ],
)  # fmt: skip
def test_the_newest_are_kept(make: Any) -> None:
    shelf = Shelf(lambda: 50_000)
    for number in range(20):
        shelf[str(number)] = make(b"x" * 10_000)
    assert [*shelf] == ["16", "17", "18", "19"]
    shelf["large"] = make(b"x" * 100_000)
    assert [*shelf] == ["large"]


def test_what_is_taken_off_makes_room() -> None:
    shelf = Shelf(lambda: 25_000)
    for number in range(100):
        shelf["same"] = b"x" * 10_000
        shelf[str(number)] = b"x" * 10_000
        del shelf[str(number)]
    assert [*shelf] == ["same"]
    assert shelf.pop("none", None) is None
    shelf.clear()
    shelf["a"], shelf["b"] = b"x" * 10_000, b"x" * 10_000
    assert [*shelf] == ["a", "b"]


def test_a_value_that_contains_itself() -> None:
    shelf, knot = Shelf(lambda: 10), []
    knot.append(knot)
    shelf["a"] = knot
    assert [*shelf] == ["a"]


def test_many_small_things_are_bounded_too() -> None:
    shelf = Shelf(lambda: 100_000)
    for number in range(1_000):
        shelf[str(number)] = None
    assert len(shelf) == 100


def test_names_of_models_are_bounded() -> None:
    state = State()
    for number in range(1_000):
        with state.slot(("key", f"model {number}"), 1) as granted:
            assert granted
    assert len(state.in_flight) < 300
    assert not any(state.in_flight.values())


def test_files_of_the_server(ask) -> None:
    ask.server.configure(keep_stored=300_000)
    ids = []
    for _ in range(5):
        file = ("a.txt", b"x" * 100_000)
        answer = ask.http.post(
            f"{ask.server.base_url}/files", files={"file": file}, data={"purpose": "user_data"}
        )
        assert answer.status_code == 200, answer.text
        ids.append(answer.json()["id"])
    found = [ask.http.get(f"{ask.server.base_url}/files/{one}/content") for one in ids]
    assert [one.status_code == 200 for one in found] == [False, False, False, True, True]
