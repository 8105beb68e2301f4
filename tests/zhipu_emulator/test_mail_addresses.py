"""Which of the arguments is an e-mail address, and which only names somebody."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize("order", [("name", "email"), ("email", "name")])
@pytest.mark.parametrize(
    ("prompt", "name", "email"),
    [
        ("Register Ines Ferreira (ines@ship.example)", "Ines Ferreira", "ines@ship.example"),
        (
            "Register ola@ship.example, whose name is Ola Nordmann",
            "Ola Nordmann",
            "ola@ship.example",
        ),
        ("Register a sailor. Name: Bo Ek, email: bo@ship.example", "Bo Ek", "bo@ship.example"),
    ],
)
def test_a_name_is_no_mail_address(ask, order: Any, prompt: str, name: str, email: str) -> None:
    properties = {key: {"type": "string"} for key in order}
    schema = {"type": "object", "properties": properties, "required": list(order)}
    function = {"name": "enlist", "description": "Register a sailor", "parameters": schema}
    enlist = {"type": "function", "function": function}
    assert ask.calls(prompt, tools=[enlist]) == [("enlist", {"name": name, "email": email})]


@pytest.mark.parametrize("order", [("sailor", "address"), ("address", "sailor")])
@pytest.mark.parametrize("required", [[], ["sailor"], ["address"], ["sailor", "address"]])
def test_a_description_says_which_is_the_mail_address(ask, order: Any, required: Any) -> None:
    descriptions = {
        "sailor": "Name of the sailor, not the mail address",
        "address": "Email address of the sailor",
    }
    properties = {key: {"type": "string", "description": descriptions[key]} for key in order}
    schema = {"type": "object", "properties": properties, "required": required}
    function = {"name": "enlist", "description": "Register a sailor", "parameters": schema}
    enlist = {"type": "function", "function": function}
    for prompt in (
        "Register Ines Ferreira (ines@ship.example)",
        "Register ines@ship.example, whose name is Ines Ferreira",
        "Register the sailor Ines Ferreira, ines@ship.example",
    ):
        ((_, arguments),) = ask.calls(prompt, tools=[enlist])
        assert arguments["address"] == "ines@ship.example"
        assert arguments.get("sailor", "Ines Ferreira") == "Ines Ferreira"
        assert set(required) <= set(arguments)


def test_a_mail_address_says_to_whom_when_nothing_else_wants_it(ask, tool) -> None:
    send = tool("send_signal", "Send a signal to a ship", recipient="string", text="string")
    calls = ask.calls("Send the signal 'All well' to bo@ship.example", tools=[send])
    assert calls == [("send_signal", {"recipient": "bo@ship.example", "text": "All well"})]
