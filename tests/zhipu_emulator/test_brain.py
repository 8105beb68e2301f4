"""The brain is general: twenty tools and many prompts that no rule of it was written for."""

from __future__ import annotations

import ast
import base64
import io
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import zhipu_emulator

SHIP = Path(__file__).with_name("tools_of_a_ship.json")

ASKED: list[tuple[str, list[tuple[str, dict[str, Any]]]]] = [
    ("How much fuel is left in the aft tank?", [("fuel_level", {"tank": "aft"})]),
    ("Check the fuel in the forward and reserve tanks.",
     [("fuel_level", {"tank": "forward"}), ("fuel_level", {"tank": "reserve"})]),
    ("Set course to 270 degrees at 12.5 knots",
     [("set_course", {"degrees": 270, "speed_knots": 12.5})]),
    ("Steer a heading of 45 degrees", [("set_course", {"degrees": 45})]),
    ("When is high water at Dover on 2027-03-05?",
     [("tide_table", {"harbour": "Dover", "day": "2027-03-05"})]),
    ("Show me the tide table for Calais and Ostend",
     [("tide_table", {"harbour": "Calais"}), ("tide_table", {"harbour": "Ostend"})]),
    ("Which crew member is called Ines Ferreira?", [("crew_lookup", {"name": "Ines Ferreira"})]),
    ("Write into the log: 'Passed the lighthouse at dawn'",
     [("log_entry", {"text": "Passed the lighthouse at dawn"})]),
    ("How far is it from Bergen to Aberdeen?",
     [("distance_between_ports", {"from_port": "Bergen", "to_port": "Aberdeen"})]),
    ("从卑尔根到阿伯丁有多远？",
     [("distance_between_ports", {"from_port": "卑尔根", "to_port": "阿伯丁"})]),
    ("Please order 12 lemons, 3 sacks and 40 eggs for the galley",
     [("order_provisions", {"items": [{"name": "lemons", "quantity": 12},
                                      {"name": "sacks", "quantity": 3},
                                      {"name": "eggs", "quantity": 40}]})]),
    ("Sound the horn three times", [("sound_horn", {"times": 3})]),
    ("Radio 'all well on board' to call sign OXKA2",
     [("radio_message", {"call_sign": "OXKA2", "message": "all well on board"})]),
    ("What is the wind at Skagen and at Helgoland?",
     [("wind_report", {"station": "Skagen"}), ("wind_report", {"station": "Helgoland"})]),
    ("Drop the anchor to 18 metres", [("lower_anchor", {"depth": 18})]),
    ("Set cabin B14 to 21.5 degrees", [("cabin_temperature", {"cabin": "B14", "celsius": 21.5})]),
    ("Translate the signal 'November Charlie' into Spanish",
     [("translate_signal", {"signal": "November Charlie", "language": "Spanish"})]),
    ("What cargo is in holds 2 and 5?",
     [("cargo_manifest", {"hold_number": 2}), ("cargo_manifest", {"hold_number": 5})]),
    ("Average these draught readings: 4.2, 4.5 and 4.4",
     [("average_draught", {"readings": [4.2, 4.5, 4.4]})]),
    ("Schedule a fire drill for 2026-12-24 at 10:30",
     [("schedule_drill", {"kind": "fire", "date": "2026-12-24", "time": "10:30"})]),
    ("Turn on the navigation lights", [("navigation_lights", {"on": True})]),
    ("navigation_lights(on=false)", [("navigation_lights", {"on": False})]),
    ("Refund ticket TK-20931 because the ferry was late",
     [("passenger_refund", {"ticket_id": "TK-20931", "reason": "the ferry was late"})]),
    ("Which authority runs the port of Rotterdam?",
     [("port_authority", {"port": {"name": "Rotterdam"}})]),
    ("How do I repair a torn sail?",
     [("knowledge_search", {"query": "How do I repair a torn sail?"})]),
    ("Report the wind at Ushant, then sound the horn twice.",
     [("wind_report", {"station": "Ushant"}), ("sound_horn", {"times": 2})]),
    ("Hello there!", []),
    ("Thanks a lot.", []),
    ("Sing me a song.", []),
    ("What is 12 + 30?", []),
]  # fmt: skip


@pytest.fixture(scope="module")
def ship() -> list[dict[str, Any]]:
    tools = []
    for entry in json.loads(SHIP.read_text("utf-8")):
        parameters = {
            "type": "object",
            "properties": entry["properties"],
            "required": entry.get("required", list(entry["properties"])),
        }
        function = {"name": entry["name"], "description": entry["description"]}
        tools.append({"type": "function", "function": {**function, "parameters": parameters}})
    assert len(tools) == 20
    return tools


@pytest.mark.parametrize(("prompt", "calls"), ASKED)
def test_twenty_tools(ask, ship, prompt: str, calls: list[Any]) -> None:
    assert ask.calls(prompt, tools=ship) == calls


def test_the_brain_knows_no_prompt_of_ours(ship) -> None:
    """None of the words that only these tests use stands in the brain's code or word lists."""
    folder = Path(zhipu_emulator.__file__).parent / "brain"
    texts = [path.read_text("utf-8").lower() for path in folder.iterdir() if path.is_file()]
    text = "\n".join(texts)
    for word in (
        "dover",
        "bergen",
        "lemons",
        "anchor",
        "draught",
        "galley",
        "oxka2",
        "hold_number",
    ):
        assert word not in text


def test_no_branch_compares_a_prompt_with_a_sentence() -> None:
    """Rules work on words and forms: no comparison with a literal of many words."""
    folder = Path(zhipu_emulator.__file__).parent / "brain"
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Compare):
                literals = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant)]
                sentences = [v for v in literals if isinstance(v, str) and len(v.split()) > 3]
                assert not sentences, f"{path.name}:{node.lineno}"


def test_the_order_of_the_tools_does_not_matter(ask, ship) -> None:
    prompt, calls = ASKED[0]
    assert ask.calls(prompt, tools=ship[::-1]) == calls


def conversation(prompt: str, *pairs: tuple[str, dict[str, Any], str]) -> list[dict[str, Any]]:
    """A prompt, calls and their results."""
    calls = [
        {"id": f"c{i}", "type": "function",
         "function": {"name": name, "arguments": json.dumps(arguments)}}
        for i, (name, arguments, _) in enumerate(pairs)
    ]  # fmt: skip
    results = [
        {"role": "tool", "tool_call_id": f"c{i}", "content": text}
        for i, (_, _, text) in enumerate(pairs)
    ]
    return [
        {"role": "user", "content": prompt},
        {"role": "assistant", "content": "", "tool_calls": calls},
        *results,
    ]


def test_results_are_told_not_asked_for_again(ask, ship) -> None:
    message = ask.message(
        conversation(
            "What is the wind at Skagen and at Helgoland?",
            ("wind_report", {"station": "Skagen"}, "7 knots from the west"),
            ("wind_report", {"station": "Helgoland"}, '{"knots": 22, "from": "north"}'),
        ),
        tools=ship,
    )
    assert "tool_calls" not in message
    for part in ("7 knots from the west", "22", "north", "Helgoland"):
        assert part in message["content"]


def test_errors_of_tools_are_told(ask, ship) -> None:
    text = ask.text(
        conversation("Sound the horn", ("sound_horn", {}, "Error: no compressed air")), tools=ship
    )
    assert "no compressed air" in text


def test_a_step_waits_for_the_result_that_it_needs(ask, tool) -> None:
    tools = [
        tool("add", "Add two numbers", a="number", b="number"),
        tool("multiply", "Multiply two numbers", a="number", b="number"),
    ]
    prompt = "Add 20 and 22, then multiply the result by 3"
    assert ask.calls(prompt, tools=tools) == [("add", {"a": 20, "b": 22})]
    then = conversation(prompt, ("add", {"a": 20, "b": 22}, "42"))
    assert ask.calls(then, tools=tools) == [("multiply", {"a": 42, "b": 3})]


def test_what_was_said_before_fills_a_gap(ask, ship) -> None:
    asked = "What is the wind like?"
    assert ask.calls(asked, tools=ship) == []
    assert "station" in ask.text(asked, tools=ship)
    before = [
        {"role": "user", "content": "We lie off Heligoland."},
        {"role": "assistant", "content": "Aye."},
        {"role": "user", "content": asked},
    ]
    assert ask.calls(before, tools=ship) == [("wind_report", {"station": "Heligoland"})]


def test_tool_choice(ask, ship) -> None:
    named = {"type": "function", "function": {"name": "crew_lookup"}}
    assert [n for n, _ in ask.calls("Hello", tools=ship, tool_choice=named)] == ["crew_lookup"]
    assert len(ask.calls("Hello", tools=ship, tool_choice="required")) == 1
    assert ask.calls(ASKED[0][0], tools=ship, tool_choice="none") == []


def test_a_forced_call_after_results_takes_its_values_from_them(ask, tool) -> None:
    tools = [
        tool("read_sensor", "Read a sensor", sensor="string"),
        tool("Report", "Structured report", sensor="string", humidity="number", status="string"),
    ]
    messages = conversation(
        "Read the sensor Attic",
        ("read_sensor", {"sensor": "Attic"}, '{"humidity": 61.5, "status": "ok"}'),
    )
    assert ask.calls(messages, tools=tools, tool_choice="required") == [
        ("Report", {"sensor": "Attic", "humidity": 61.5, "status": "ok"})
    ]


def test_what_came_back_is_known_by_short_names_too(ask, tool) -> None:
    report = tool("Report", "What came out.", to="string", a="integer")
    found = conversation("Read the buoy.", ("read", {}, '{"to": "north", "a": 3, "toll": "none"}'))
    calls = ask.calls(found, tools=[report], tool_choice="required")
    assert calls == [("Report", {"to": "north", "a": 3})]


@pytest.mark.parametrize("order", ["Report the product.", "Give me the result as a Report."])
def test_a_forced_call_takes_a_number_that_came_back_before_one_that_was_asked(
    ask, tool, order: str
) -> None:
    tools = [
        tool("multiply", "Multiply two whole numbers.", a="integer", b="integer"),
        tool("Report", "What came out.", product="integer"),
    ]
    messages = conversation(f"What is 17 * 19? {order}", ("multiply", {"a": 17, "b": 19}, "323"))
    for fields in ({"tools": tools, "tool_choice": "required"}, {"tools": tools[1:]}):
        calls = ask.calls(messages, **{"tool_choice": "required", **fields})
        assert calls == [("Report", {"product": 323})]


def test_a_number_is_an_identity_where_one_is_needed(ask, tool) -> None:
    track = tool("track_parcel", "Where a parcel is", parcel_id="string")
    assert ask.calls("Where is my parcel 4711?", tools=[track]) == [
        ("track_parcel", {"parcel_id": "4711"})
    ]


def test_a_sum_is_reported_by_its_value(ask, tool) -> None:
    report = tool("Report", "What came out.", product="integer")
    multiply = tool("multiply", "Multiply two numbers", a="integer", b="integer")
    asked = "What is 17 * 19? Report the product."
    required = {"tool_choice": "required"}
    assert ask.calls(asked, tools=[report], **required) == [("Report", {"product": 323})]
    assert ask.calls(asked, tools=[multiply], **required) == [("multiply", {"a": 17, "b": 19})]


@pytest.mark.parametrize(
    "complaint",
    [
        "Your previous answer was not JSON. Give it again, as one JSON object.",
        "Your last reply had no call: you must call a tool now.",
        "上一个回答无法使用，请重新给出。",
    ],
)
def test_a_complaint_about_the_answer_asks_the_question_again(ask, tool, complaint) -> None:
    asked = [
        {"role": "user", "content": "What is 17 * 19? Report the product."},
        {"role": "assistant", "content": "17 * 19 = 323."},
        {"role": "user", "content": complaint},
    ]
    report = tool("Report", "What came out.", product="integer")
    shape = {"role": "system", "content": json.dumps(report["function"]["parameters"])}
    found = ask.text([shape, *asked], response_format={"type": "json_object"})
    assert json.loads(found) == {"product": 323}
    assert ask.calls(asked, tools=[report], tool_choice="required") == [
        ("Report", {"product": 323})
    ]


def test_an_answer_that_is_wanted_in_words_is_what_the_tool_returned(ask, tool) -> None:
    tools = [
        tool("read_sensor", "Read a sensor", sensor="string"),
        tool("Reply", "What to say", answer="string"),
    ]
    messages = conversation(
        "How warm is the attic?", ("read_sensor", {"sensor": "attic"}, "It is 31 degrees there.")
    )
    assert ask.calls(messages, tools=tools, tool_choice="required") == [
        ("Reply", {"answer": "It is 31 degrees there."})
    ]


def test_the_duty_to_call_ends_with_a_result(ask, tool) -> None:
    tools = [tool("depth", "Measure the depth", place="string")]
    order = {"role": "system", "content": "You must call the tool depth."}
    asked = conversation("How deep is it?", ("depth", {"place": "here"}, "12 m"))
    assert ask.calls([order, *asked[:1]], tools=tools)
    assert ask.text([order, *asked], tools=tools) == "depth (here): 12 m."


def test_schemas_with_references_and_alternatives(ask) -> None:
    parameters = {
        "type": "object",
        "properties": {
            "guest": {"$ref": "#/$defs/Guest"},
            "nights": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None},
            "kind": {"allOf": [{"$ref": "#/$defs/Kind"}]},
        },
        "required": ["guest", "kind"],
        "$defs": {
            "Guest": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "age": {"type": ["integer", "null"]}},
                "required": ["name", "age"],
            },
            "Kind": {"enum": ["single", "double"]},
        },
    }
    function = {"name": "book_room", "description": "Book a room", "parameters": parameters}
    calls = ask.calls(
        "Book a double room for Anna Lind, age 41, for 3 nights",
        tools=[{"type": "function", "function": function}],
    )
    guest = {"name": "Anna Lind", "age": 41}
    assert calls == [("book_room", {"guest": guest, "nights": 3, "kind": "double"})]


@pytest.mark.parametrize(
    "parameters", [None, {}, {"type": "object"}, {"type": "object", "properties": {}}]
)
def test_tools_without_arguments(ask, parameters: Any) -> None:
    function = {"name": "open_hatch", "description": "Open the hatch"}
    if parameters is not None:
        function["parameters"] = parameters
    calls = ask.calls("Open the hatch.", tools=[{"type": "function", "function": function}])
    assert calls == [("open_hatch", {})]


def _picture() -> dict[str, Any]:
    out = io.BytesIO()
    Image.new("RGB", (1, 1), "red").save(out, "PNG")
    url = f"data:image/png;base64,{base64.b64encode(out.getvalue()).decode()}"
    return {"type": "image_url", "image_url": {"url": url}}


def _text(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


@pytest.mark.parametrize(
    "label", ["Result of the tool call c0:", "Returned by the tool wind_report:"]
)
@pytest.mark.parametrize("result", ["(see the next message)", "7 knots"])
def test_a_picture_that_a_tool_returns_is_no_new_question(
    ask, ship, label: str, result: str
) -> None:
    messages = [
        *conversation("What is the wind at Skagen?",
                      ("wind_report", {"station": "Skagen"}, result)),
        {"role": "user", "content": [_text(label), _picture(), _text(label), _picture()]},
    ]  # fmt: skip
    message = ask.message(messages, tools=ship, model="glm-4.6v")
    assert "tool_calls" not in message
    assert "1 x 1 pixels" in message["content"]
    assert ("7 knots" in message["content"]) == (result == "7 knots")


def test_a_picture_after_a_result_may_come_with_a_question(ask, ship) -> None:
    messages = [
        *conversation("What is the wind at Skagen?",
                      ("wind_report", {"station": "Skagen"}, "7 knots")),
        {"role": "user", "content": [_picture(), _text("And what is the wind at Ushant?")]},
    ]  # fmt: skip
    assert ask.calls(messages, tools=ship, model="glm-4.6v") == [
        ("wind_report", {"station": "Ushant"})
    ]
