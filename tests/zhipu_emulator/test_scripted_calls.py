"""A scripted call is for a request that offers its tool."""

from __future__ import annotations

from typing import Any

import pytest

from zhipu_emulator import Answer, call, say

ON_PURPOSE = [
    Answer(message={"tool_calls": [{"function": {"name": "gone", "arguments": "{}"}}]}),
    {"call": {"name": "gone"}, "offered": False},
]


def test_a_call_waits_for_a_request_that_offers_its_tool(ask, tool) -> None:
    ask.server.script(call("moor", pier="A"), say("Moored."))
    moor, sail = tool("moor", "Moor a ship.", pier="string"), tool("sail", "Sail.")
    assert ask.message("Hello")["content"].startswith("Hello")
    assert ask.message("Hello", tools=[sail])["content"].startswith("Hello")
    with pytest.raises(AssertionError) as caught:
        ask.server.assert_all_used()
    said = str(caught.value)
    assert (
        """not used: call=moor({"pier": "A"})
    not for the last request: its tools are sail, not 'moor', which the order calls"""
        in said
    )
    assert "not used: say='Moored.'\n    not for the last request: another order is before" in said
    assert ask.calls("Hello", tools=[sail, moor]) == [("moor", {"pier": "A"})]
    assert ask.text("Hello") == "Moored."
    ask.server.assert_all_used()


def test_each_of_the_tools_that_are_called_must_be_offered(ask, tool) -> None:
    ask.server.configure(scripted_only=True)
    ask.server.script(call("moor") + call("sail"))
    answer = ask.post({"model": "glm-4.6", "tools": [tool("moor", "Moor.")],
                       "messages": [{"role": "user", "content": "Hi"}]})  # fmt: skip
    assert "not 'sail', which the order calls" in answer.text
    assert answer.status_code == 400


@pytest.mark.parametrize("order", ON_PURPOSE, ids=["message", "object"])
def test_a_model_may_call_what_there_is_not_when_the_script_says_so(ask, tool, order) -> None:
    ask.server.script(order)
    assert ask.calls("Hello", tools=[tool("sail", "Sail.")]) == [("gone", {})]
    ask.server.assert_all_used()


@pytest.mark.parametrize("given", [{"offered": True, "json": {}}, {"offered": 1, "say": "x"}])
def test_offered_is_for_calls(ask, given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="offered="):
        ask.server.script(given)
