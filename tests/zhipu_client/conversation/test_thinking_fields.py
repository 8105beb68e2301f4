"""Reasoning is asked for and sent back, by model and site."""

from __future__ import annotations

import doctest
from typing import Any

import pytest

from zhipu_client import InvalidRequestError
from zhipu_client.catalog import MODELS, ModelInfo
from zhipu_client.conversation import _quoting, box_marks, think_tags, thinking
from zhipu_client.conversation.thinking import reasoning_history, thinking_fields, thinking_value


@pytest.mark.parametrize("module", [_quoting, box_marks, think_tags, thinking])
def test_examples(module: Any) -> None:
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    ("value", "clear", "sent"),
    [
        (None, None, None),
        ("auto", None, None),
        (True, None, {"type": "enabled"}),
        (False, None, {"type": "disabled"}),
        ("enabled", None, {"type": "enabled"}),
        ("disabled", True, {"type": "disabled", "clear_thinking": True}),
        (None, False, {"clear_thinking": False}),
        ({"type": "enabled", "clear_thinking": True}, False,
         {"type": "enabled", "clear_thinking": False}),
        ({"type": "a kind of next year"}, None, {"type": "a kind of next year"}),
    ],
)  # fmt: skip
def test_thinking_as_the_wire_has_it(value: Any, clear: Any, sent: Any) -> None:
    assert thinking_value(value, clear) == sent


@pytest.mark.parametrize("value", [1, 0, "on", "", [], 2.5])
def test_thinking_that_cannot_be_sent(value: Any) -> None:
    with pytest.raises(InvalidRequestError, match="thinking must be") as caught:
        thinking_value(value)
    assert caught.value.field == "thinking"


ALWAYS = ModelInfo(
    id="glm-x",
    kind="chat",
    thinking="always",
    effort_levels=("low", "high", "max"),
    efforts_instead=(("medium", "high"),),
)

HYBRID = ModelInfo(id="glm-y", kind="chat", thinking="hybrid")
NEVER = ModelInfo(id="glm-z", kind="chat")


def fields(thinking: Any, effort: str | None, info: ModelInfo | None, site: str | None) -> Any:
    return thinking_fields(thinking, None, effort, info=info, site=site)


@pytest.mark.parametrize("site", ["bigmodel", "zai", None])
def test_a_model_that_always_thinks(site: str | None) -> None:
    assert fields(True, None, ALWAYS, site) == ({"type": "enabled"}, None, [])
    sent, effort, notes = fields(False, None, ALWAYS, site)
    assert (sent, effort) == (None, "low")
    assert notes == [
        'glm-x always thinks: instead of thinking=False, reasoning_effort="low" is sent'
    ]
    assert fields(False, "max", ALWAYS, site)[:2] == (None, "max")
    sent, effort, notes = fields("auto", "medium", ALWAYS, site)
    assert (sent, effort) == (None, "high")
    assert notes == ["glm-x has no reasoning_effort='medium': 'high' is sent"]
    assert fields(None, "of next year", ALWAYS, site) == (None, "of next year", [])
    kept = thinking_fields(False, False, None, info=ALWAYS, site=site)
    assert kept[:2] == ({"clear_thinking": False}, "low")


@pytest.mark.parametrize("info", [HYBRID, NEVER, None])
def test_other_models_and_the_coding_sites_get_what_was_said(info: ModelInfo | None) -> None:
    assert fields(False, "medium", info, "zai") == ({"type": "disabled"}, "medium", [])
    assert fields(False, "medium", ALWAYS, "zai-coding") == ({"type": "disabled"}, "medium", [])


def test_the_callers_object_is_not_changed() -> None:
    given = {"type": "disabled"}
    fields(given, None, ALWAYS, None)
    assert given == {"type": "disabled"}


def test_the_catalogue_has_a_model_that_always_thinks() -> None:
    assert "always" in {info.thinking for info in MODELS.values()}


@pytest.mark.parametrize(
    ("said", "thinking", "clear", "info", "site", "expected"),
    [
        (None, None, None, HYBRID, "bigmodel", "tool_loop"),
        (None, None, None, None, None, "tool_loop"),
        (None, None, False, HYBRID, "zai", "all"),
        (None, {"clear_thinking": False}, None, HYBRID, "zai", "all"),
        (None, {"clear_thinking": False}, True, HYBRID, "zai", "tool_loop"),
        (None, None, None, HYBRID, "zai-coding", "all"),
        (None, None, True, HYBRID, "bigmodel-coding", "tool_loop"),
        ("none", None, False, HYBRID, "zai-coding", "none"),
        ("all", None, None, NEVER, "zai", "none"),
        ("all", None, True, None, None, "all"),
    ],
)
def test_which_reasoning_is_sent_back(
    said: Any, thinking: Any, clear: Any, info: Any, site: Any, expected: str
) -> None:
    assert reasoning_history(said, thinking, clear, info=info, site=site) == expected
