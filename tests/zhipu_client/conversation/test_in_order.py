"""A conversation that needs no repair is passed on as it is, and as a repair would leave it."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from zhipu_client.conversation import history

ROLES = ("system", "user", "assistant")
TEXTS = ("hello", "", " ", "你好 🙂", "half \ud83d")


def conversations() -> list[list[dict[str, Any]]]:
    """All orders of up to four turns, all texts in each place of the shorter ones."""
    found: list[list[dict[str, Any]]] = []
    for length in range(1, 5):
        for roles in product(ROLES, repeat=length):
            texts = product(TEXTS, repeat=length) if length < 3 else [TEXTS[:1] * length]
            found += (
                [{"role": role, "content": text} for role, text in zip(roles, said, strict=True)]
                for said in texts
            )
    return found


@pytest.mark.parametrize("repair", [True, False])
@pytest.mark.parametrize("model", [None, "glm-4.7", "charglm-4"])
def test_a_repair_would_change_nothing_of_what_is_in_order(
    model: str | None, repair: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = conversations()
    quick = [history.prepared(one, model=model, repair=repair) for one in every]
    taken = sum(map(history._is_in_order, every))
    monkeypatch.setattr(history, "_is_in_order", lambda messages: False)
    assert quick == [history.prepared(one, model=model, repair=repair) for one in every]
    assert 0 < taken < len(every)


@pytest.mark.parametrize("more", [{"name": "Ann"}, {"tool_calls": []}, {"reasoning_content": "?"}])
def test_what_has_more_than_a_text_is_looked_at(more: dict[str, Any]) -> None:
    talk = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b", **more}]
    assert not history._is_in_order(talk)


def test_the_callers_messages_stay_theirs() -> None:
    talk = [{"role": "user", "content": "a"}]
    sent = history.prepared(talk)
    sent[0]["content"] = "b"
    assert talk == [{"role": "user", "content": "a"}]
