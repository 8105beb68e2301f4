"""Whatever comes in, no request breaks the server (500) or holds it up."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
from typing import Any

import jsonschema
import pytest
from PIL import Image

from tests.zhipu_emulator.conftest import make_tool

USER = {"role": "user", "content": "Set the value to 3"}
NINES = "9" * 400


def calling(*calls: Any) -> list[Any]:
    return [
        USER,
        {"role": "assistant", "tool_calls": list(calls)},
        {"role": "tool", "content": "3"},
    ]


def part(value: Any, kind: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": [{"type": kind, kind: value}]}]


def setter(parameters: dict[str, Any]) -> list[dict[str, Any]]:
    function = {"name": "set_value", "description": "Set a value", "parameters": parameters}
    return [{"type": "function", "function": function}]


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"messages": calling(1)}, "1214", "messages[1].tool_calls[0] type error"),
        ({"messages": calling({"function": "x"})}, "1214", "messages[1].tool_calls[0] type error"),
        ({"messages": calling({"function": {"name": "x", "arguments": 5}})}, "1214",
         "messages[1].tool_calls[0].function.arguments type error"),
        ({"messages": [{**USER, "tool_calls": [None]}, USER]}, "1214", "messages[0].tool_calls[0]"),
        ({"tools": setter({"required": [["a"]]})}, "1210", "参数有误"),
        ({"messages": part({"file_data": 5}, "file"), "model": "glm-5.3-flash"}, "1210", "文件"),
        ({"messages": part({"file_id": [1]}, "file"), "model": "glm-5.3-flash"}, "1210", "文件"),
        ({"tools": [{"type": "web_search", "web_search": {"search_engine": [1]}}]}, "1211", "模型"),
    ],
)  # fmt: skip
def test_wrong_types_are_refused(ask, change: dict[str, Any], code: str, words: str) -> None:
    answer = ask.post({"model": "glm-4.6", "messages": [USER], **change})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == code
    assert words in answer.json()["error"]["message"]


def test_a_photo_with_a_second_one_behind_it_is_a_jpeg(ask) -> None:
    both, one = io.BytesIO(), Image.new("RGB", (8, 8))
    one.save(both, "MPO", save_all=True, append_images=[one])
    content = part({"url": base64.b64encode(both.getvalue()).decode()}, "image_url")
    assert ask.post({"model": "glm-4.6v", "messages": content}).status_code == 200


def test_a_picture_that_ends_too_early(ask) -> None:
    whole = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAE0lEQVR4nGP8z4APMOGVHbHSAEEsAQ/D0ZFL"
    )
    content = part({"url": base64.b64encode(whole[:50]).decode()}, "image_url")
    answer = ask.post({"model": "glm-4.6v", "messages": content})
    assert answer.json()["error"]["message"] == "图片输入格式/解析错误"


HALF = "http://["


def test_half_an_address_is_refused(ask) -> None:
    for path, body in (
        ("reader", {"url": HALF}),
        ("layout_parsing", {"model": "glm-ocr", "file": HALF}),
    ):
        answer = ask.http.post(f"{ask.server.base_url}/{path}", json=body)
        assert answer.status_code == 400, path
        assert answer.json()["error"]["message"]


def test_json_that_nests_too_deeply(ask) -> None:
    nested = '{"a":' * 600 + "1" + "}" * 600
    whole = '{"model":"glm-4.6","x":' + nested + ',"messages":[{"role":"user","content":"Hi"}]}'
    answer = ask.http.post(f"{ask.server.base_url}/chat/completions", content=whole)
    assert answer.json()["error"]["code"] == "1210"
    assert ask.text(f"Return JSON like {nested}", response_format={"type": "json_object"})
    messages = calling({"function": {"name": "f", "arguments": nested}})
    assert ask.text([*messages[:2], {"role": "tool", "content": nested}])


@pytest.mark.parametrize(
    "sum_",
    ["(10^59)^64 * (10^59)^64", "(10^59)^64 / 7", "(-8)^0.5 + 1", "1 " + "-" * 20_000 + "1"],
)
def test_sums_without_an_end(ask, sum_: str) -> None:
    assert ask.text(f"What is {sum_}?")


@pytest.mark.parametrize("number", ["hundred " * 300, "1e999", NINES, "0" * 6_000])
def test_numbers_beyond_json(ask, number: str) -> None:
    tools = [make_tool("set_value", "Set the value", value="number")]
    for _, arguments in ask.calls(f"Set the value to {number}", tools=tools):
        assert "Infinity" not in json.dumps(arguments)


DEEP = {"type": "string"}
for _ in range(8):
    DEEP = {"type": "array", "minItems": 8, "items": DEEP}
TREE = {
    "type": "object",
    "properties": {"value": {"type": "integer"}}
    | {name: {"$ref": "#/$defs/node"} for name in "abcdefghij"},
    "required": ["value"],
}


@pytest.mark.parametrize(
    "parameters",
    [
        {"type": "object", "required": ["a"], "properties": {"a": DEEP}},
        {"type": "object", "properties": {"a": {"$ref": "#/$defs/x"}}, "required": ["a"],
         "$defs": {"x": {"allOf": [{"$ref": "#/$defs/x"}] * 5}}},
        {"type": "object", "properties": {c: {"$ref": "#"} for c in "abcdefghij"},
         "required": list("abcdefghij")},
        {"type": "object", "required": ["a"],
         "properties": {"a": {"type": "string", "pattern": "^(x|x)*y$"}}},
    ],
)  # fmt: skip
def test_schemas_without_an_end(ask, parameters: dict[str, Any]) -> None:
    body = {"model": "glm-4.6", "messages": [{"role": "user", "content": "Set it: " + "x" * 50}]}
    answer = ask.post({**body, "tools": setter(parameters), "tool_choice": "required"})
    assert answer.status_code == 200


def test_a_tree_is_filled_at_its_root(ask) -> None:
    parameters = {**TREE, "$defs": {"node": TREE}}
    [(_, arguments)] = ask.calls("Set the value 3", tools=setter(parameters))
    assert arguments["value"] == 3
    jsonschema.validate(arguments, parameters)


@pytest.mark.parametrize(
    "bounds",
    [
        {"type": "integer", "maximum": -5},
        {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        {"type": "integer", "minimum": 1.5},
        {"type": "number", "exclusiveMaximum": 0},
    ],
)
def test_made_up_numbers_keep_the_bounds(ask, bounds: dict[str, Any]) -> None:
    parameters = {"type": "object", "properties": {"x": bounds}, "required": ["x"]}
    [(_, arguments)] = ask.calls("Go on.", tools=setter(parameters), tool_choice="required")
    jsonschema.validate(arguments, parameters)


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ({"type": "array", "items": {"type": "string"}}, ["green"]),
        ({"type": "string"}, "green"),
        ({"type": "integer"}, 3),
    ],
)
def test_values_that_a_description_lists_are_those_of_texts(ask, kind: Any, found: Any) -> None:
    node = {**kind, "description": "One or more of list[Literal['red', 'green']]"}
    parameters = {"type": "object", "properties": {"tags": node}, "required": ["tags"]}
    [(_, arguments)] = ask.calls("Set tags = 3 green ones", tools=setter(parameters))
    assert arguments == {"tags": found}


def test_parts_of_a_schema_add_to_its_own(ask) -> None:
    parameters = {
        "allOf": [{"properties": {"a": {"type": "integer"}}, "required": ["a"]}],
        "properties": {"b": {"type": "integer"}},
        "required": ["b"],
    }
    [(_, arguments)] = ask.calls("Set b = 4, a = 3", tools=setter(parameters))
    assert arguments == {"a": 3, "b": 4}


def test_a_long_prompt_is_read_in_reasonable_time(ask) -> None:
    line = "The committee met on Monday to discuss the new harbour rules for large ships.\n"
    text = line * 2_000 + "The pilot is called Ines.\nQuestion: Who is the pilot?"
    tools = [make_tool("tide_table", "High water at a harbour", harbour="string")]
    assert "Ines" in ask.text(f"Context:\n{text}")
    assert ask.post({"model": "glm-4.6", "messages": [{"role": "user", "content": text}],
                     "tools": tools}).status_code == 200  # fmt: skip


def _token(key: str, claims: str) -> str:
    def encoded(text: str) -> str:
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    head = encoded('{"alg":"HS256"}')
    text = f"{head}.{encoded(claims)}"
    made = hmac.new(key.partition(".")[2].encode(), text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(made).decode().rstrip('=')}"


@pytest.mark.parametrize(
    "claims", ['{"exp":NINES,"api_key":"ID"}', '{"exp":NaN,"api_key":"ID"}', "[" * 20_000]
)
def test_tokens_with_odd_claims(ask, claims: str) -> None:
    name = ask.server.api_key.partition(".")[0]
    token = _token(ask.server.api_key, claims.replace("NINES", NINES).replace("ID", name))
    answer = ask.post({"model": "glm-4.6", "messages": [USER]}, Authorization=f"Bearer {token}")
    assert answer.status_code == 401
