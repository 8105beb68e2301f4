"""Sub-agents are listed in a description and in no enum; one of them is chosen all the same."""

from __future__ import annotations

from typing import Any

import pytest

CREW = "Hand work over. There are:\n- general: anything\n- carpenter: mends wood\n- *cook*: fish"


def delegate(description: str = CREW, **properties: Any) -> dict[str, Any]:
    properties = properties or {"job": {"type": "string"}, "agent_name": {"type": "string"}}
    parameters = {"type": "object", "properties": properties, "required": list(properties)}
    function = {"name": "delegate", "description": description, "parameters": parameters}
    return {"type": "function", "function": function}


def test_the_one_named_gets_the_request(ask) -> None:
    prompt = "Let the carpenter mend the door."
    assert ask.calls(prompt, tools=[delegate()]) == [
        ("delegate", {"job": prompt, "agent_name": "carpenter"})
    ]


def test_each_part_has_its_own(ask) -> None:
    prompt = "Let the carpenter mend the mast. Tell the cook to boil fish."
    calls = [arguments for _, arguments in ask.calls(prompt, tools=[delegate()])]
    assert [one["agent_name"] for one in calls] == ["carpenter", "cook"]
    assert "mast" in calls[0]["job"]
    assert "fish" in calls[1]["job"]


def test_without_a_name_it_is_the_first(ask) -> None:
    choice = {"type": "function", "function": {"name": "delegate"}}
    ((_, arguments),) = ask.calls("Do something.", tools=[delegate()], tool_choice=choice)
    assert arguments["agent_name"] == "general"


@pytest.mark.parametrize(
    "tool",
    [
        delegate("Hand work over. Notes:\n- Say all that is needed: nothing else is known."),
        delegate(CREW, agent_name={"type": "string"}, times={"type": "integer"}),
        delegate(CREW, job={"type": "string"}, place={"type": "string"}),
    ],
    ids=["a list of sentences", "another kind of argument", "no choice among the arguments"],
)
def test_other_functions_are_as_they_say(ask, tool: dict[str, Any]) -> None:
    choice = {"type": "function", "function": {"name": "delegate"}}
    ((_, arguments),) = ask.calls("Paint the bow.", tools=[tool], tool_choice=choice)
    assert "general" not in arguments.values()
