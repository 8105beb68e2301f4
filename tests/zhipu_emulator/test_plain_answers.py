"""Answers that a person reads: no wire names, no prompts of frameworks, no rows of a file."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

import zhipu_emulator

ALIAS = "tool_x80bac930"  # what the clients send for 查天气


def returned(name: str, text: str, question: str, **arguments: str) -> list[dict[str, Any]]:
    """A question, a call for it, and what the tool returned."""
    function = {"name": name, "arguments": json.dumps(arguments)}
    call = {"id": f"call_{name}", "type": "function", "function": function}
    return [
        {"role": "user", "content": question},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call["id"], "content": text},
    ]


@pytest.mark.parametrize(
    ("text", "answer"),
    [("17", "查天气 (武汉)：17。"), ("武汉：晴，17 度，微风", "武汉：晴，17 度，微风。")],
)
def test_a_tool_has_the_name_that_its_author_gave(ask, text: str, answer: str) -> None:
    parameters = {"type": "object", "properties": {"city": {"type": "string"}}}
    function = {"name": ALIAS, "description": "查天气: 查询天气。", "parameters": parameters}
    asked = returned(ALIAS, text, "武汉的天气怎么样？", city="武汉")
    said = ask.message(asked, tools=[{"type": "function", "function": function}])
    assert said["content"] == answer
    assert ALIAS not in said["reasoning_content"]
    assert "查天气" in said["reasoning_content"]


@pytest.mark.parametrize(
    "handed",
    [
        (
            "Agent Meteo is now handling the request due to the following reason: Oslo.\n"
            "Please continue with the current request."
        ),
        "Successfully transferred to meteo",
    ],
)
def test_a_hand_off_is_no_part_of_the_answer(ask, handed: str) -> None:
    first = returned("handoff", handed, "What is the weather in Oslo?", to_agent="Meteo")
    second = returned("get_weather", "Oslo: snow, -3 degrees", "", city="Oslo")[1:]
    assert ask.text([*first, *second]) == "Oslo: snow, -3 degrees."


def test_a_row_of_a_csv_is_told_with_its_columns(ask) -> None:
    table = 'What,Who\nRepairs of the coffee machine,Ada Vik\nParking,"Bo, Lin"'
    asked = [{"role": "system", "content": table}]
    asked_of_parking = {"role": "user", "content": "Who is for parking?"}
    for question, answer in (
        ("Who repairs the coffee machine?", "What: Repairs of the coffee machine, Who: Ada Vik."),
        ("Who is for parking?", "What: Parking, Who: Bo, Lin."),
    ):
        assert ask.text([*asked, {"role": "user", "content": question}]) == answer
    for odd in ('What,"Who\nParking,Bo', 'What,Who\nParking,"Bo'):  # a quote stays open
        assert (
            ask.text([{"role": "system", "content": odd}, asked_of_parking]) == odd.split("\n")[1]
        )
    prose = "Dear all, good day.\nThe coffee machine is repaired by Ada, always"
    asked = [{"role": "system", "content": prose}, {"role": "user", "content": "Who repairs it?"}]
    assert "Dear all: " not in ask.text(asked)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("My name is Ada.", "Nice to meet you, Ada."),
        ("我叫小林。", "你好，小林！"),
        ("我的名字是小林", "你好，小林！"),
    ],
)
def test_who_gives_a_name_is_greeted(ask, said: str, answer: str) -> None:
    assert ask.text(said) == answer


@pytest.mark.parametrize("said", ["我叫什么名字？", "I am tired.", "我叫小林吗？"])
def test_what_gives_no_name_is_not(ask, said: str) -> None:
    assert not ask.text(said).startswith(("Nice to meet", "你好，"))


def test_the_words_of_a_picture_of_ours_are_read_where_that_is_asked(ask) -> None:
    data = zhipu_emulator.sample("notes/monday.png").read_bytes()
    link = f"data:image/png;base64,{base64.b64encode(data).decode()}"
    picture = {"type": "image_url", "image_url": {"url": link}}

    def asked(text: str) -> str:
        content = [picture, {"type": "text", "text": text}]
        found: str = ask.text([{"role": "user", "content": content}], model="glm-4.6v")
        return found

    assert asked("Text Recognition:") == "Buy milk\nCall Ada about the boat"
    assert asked("识别图中的文字") == "Buy milk\nCall Ada about the boat"
    assert "pixels" in asked("Describe the image.")


def test_models_for_one_purpose(ask) -> None:
    roles = {"user_name": "Lin", "user_info": "a guest", "bot_name": "Ada", "bot_info": "a keeper"}
    who = "What is your name?"
    assert ask.text(who, model="charglm-4", meta=roles) == "I am Ada, a keeper."
    assert "Ada" not in ask.text(who, model="charglm-4")
    target = {"code_prefix": "def multiply(x: int, y: int) -> int:\n    return ", "code_suffix": ""}
    order = "Complete the code at the cursor."
    assert ask.text(order, model="codegeex-4", extra={"target": target}) == "x * y"
    assert "*" not in ask.text(order, model="codegeex-4")
