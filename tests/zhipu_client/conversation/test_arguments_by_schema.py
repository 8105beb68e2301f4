"""What a model wrote as arguments, read by the tool's schema."""

from __future__ import annotations

import datetime as dt
import decimal
import json
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, TypeAdapter

from zhipu_client.conversation.arguments import read_arguments


class Port(BaseModel):
    name: str
    depth: float | None = None


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int
    home: Port | None = None


class Dog(BaseModel):
    kind: Literal["dog"]
    lives: str
    ports: list[Port] = []


class Node(BaseModel):
    value: int
    next: Node | None = None
    all: list[Node] = []


class Tool(BaseModel):
    text: str = ""
    number: float = 0
    count: int = 0
    flag: bool = False
    maybe: int | None = None
    maybe_flag: bool | None = None
    numbers: list[int] | None = None
    port: Port | None = None
    ports: list[Port] = []
    by_name: dict[str, Port] = {}
    pair: tuple[int, Port] | None = None
    pet: Annotated[Cat | Dog, Field(discriminator="kind")] | None = None
    pets: list[Cat | Dog] = []
    text_or_port: str | Port = ""
    text_or_number: str | int = ""
    amount: decimal.Decimal = decimal.Decimal(0)
    day: dt.date | None = None
    unit: Literal["1", "2"] = "1"
    level: Literal[1, 2, 3] = 1
    some: Literal["all", 1, 2] = "all"
    all_or: Literal["all"] | list[int] = "all"
    node: Node | None = None
    matrix: list[list[float]] = []
    anything: Any = None
    free: dict[str, Any] = {}


CERTAIN: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"count": "2"}, {"count": 2}),
    ({"count": " 2 "}, {"count": 2}),
    ({"count": "-2"}, {"count": -2}),
    ({"count": "2.0"}, {"count": 2}),
    ({"count": '"2"'}, {"count": 2}),
    ({"count": "2</arg_value>"}, {"count": 2}),
    ({"number": "2.5"}, {"number": 2.5}),
    ({"number": "1e3"}, {"number": 1000.0}),
    ({"flag": "true"}, {"flag": True}),
    ({"flag": "False"}, {"flag": False}),
    ({"maybe": "3"}, {"maybe": 3}),
    ({"maybe": "null"}, {"maybe": None}),
    ({"maybe": "None"}, {"maybe": None}),
    ({"maybe_flag": "True"}, {"maybe_flag": True}),
    ({"numbers": "[1, 2]"}, {"numbers": [1, 2]}),
    ({"numbers": ["1", "2"]}, {"numbers": [1, 2]}),
    ({"numbers": '["1", 2]'}, {"numbers": [1, 2]}),
    ({"port": '{"name": "1", "depth": "2.5"}'}, {"port": {"name": "1", "depth": 2.5}}),
    ({"port": '"{\\"name\\": \\"N\\"}"'}, {"port": {"name": "N"}}),
    (
        {"ports": '[{"name": "N"}, "{\\"name\\": \\"S\\"}"]'},
        {"ports": [{"name": "N"}, {"name": "S"}]},
    ),
    ({"ports": ['{"name": "北京"}']}, {"ports": [{"name": "北京"}]}),
    ({"by_name": '{"a": "{\\"name\\": \\"N\\"}"}'}, {"by_name": {"a": {"name": "N"}}}),
    ({"pair": '["1", {"name": "N"}]'}, {"pair": [1, {"name": "N"}]}),
    ({"pet": '{"kind": "cat", "lives": "9"}'}, {"pet": {"kind": "cat", "lives": 9}}),
    (
        {"pet": {"kind": "dog", "lives": "9", "ports": "[]"}},
        {"pet": {"kind": "dog", "lives": "9", "ports": []}},
    ),
    (
        {"pets": '[{"kind": "cat", "lives": "9"}, {"kind": "dog", "lives": "9"}]'},
        {"pets": [{"kind": "cat", "lives": 9}, {"kind": "dog", "lives": "9"}]},
    ),
    ({"level": "2"}, {"level": 2}),
    ({"some": "2"}, {"some": 2}),
    ({"all_or": "[1]"}, {"all_or": [1]}),
    (
        {"node": '{"value": "1", "next": "{\\"value\\": \\"2\\"}", "all": "[]"}'},
        {"node": {"value": 1, "next": {"value": 2}, "all": []}},
    ),
    ({"matrix": '["[1, 2]", ["3"]]'}, {"matrix": [[1, 2], [3]]}),
    ({"free": '{"a": "1"}'}, {"free": {"a": "1"}}),
    # Wanted, but wrong inside: what is complained of is what is wrong.
    ({"port": '{"depth": "2"}'}, {"port": {"depth": 2}}),
]


@pytest.mark.parametrize(("given", "value"), CERTAIN)
def test_a_value_left_as_text_becomes_what_the_schema_wants(
    given: dict[str, Any], value: dict[str, Any]
) -> None:
    schema = Tool.model_json_schema()
    found = read_arguments(json.dumps(given), schema).value
    assert found == value
    assert json.dumps(found) == json.dumps(value)  # 2 and 2.0, 1 and True are not the same
    assert read_arguments(given, schema).value == value
    assert read_arguments(found, schema).value == value
    assert read_arguments(given).value == given


@pytest.mark.parametrize(
    "given",
    [
        {"text": '{"a": 1}'},
        {"text": "2"},
        {"text": "null"},
        {"text": '"quoted"'},
        {"count": "two"},
        {"count": "2.5"},
        {"count": "007"},
        {"count": "0x10"},
        {"count": "true"},
        {"count": "1 2"},
        {"count": ""},
        {"count": "9" * 5000},
        {"number": "NaN"},
        {"number": "1e999"},
        {"number": "Infinity"},
        {"number": "1,5"},
        {"flag": "yes"},
        {"flag": "1"},
        {"maybe": "True"},
        {"numbers": "1, 2"},
        {"numbers": "[1, 2"},
        {"numbers": '{"a": 1}'},
        {"numbers": "[" * 100_000},
        {"port": "N"},
        {"port": '{"name": "N"'},
        {"port": '["N"]'},
        {"text_or_port": '{"name": "N"}'},
        {"text_or_number": "2"},
        {"amount": "2.5"},
        {"day": "2026-01-01"},
        {"unit": "2"},
        {"unit": "3"},
        {"some": "3"},
        {"all_or": "all"},
        {"anything": "[1]"},
        {"free": {"a": "[1]"}},
        {"not in the schema": "2"},
    ],
)
def test_any_other_text_stays_text(given: dict[str, Any]) -> None:
    assert read_arguments(json.dumps(given), Tool.model_json_schema()).value == given


OBJECT = {"type": "object", "properties": {"a": {"type": "integer"}}}
TEXT = '{"a": "1"}'


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (OBJECT, {"a": 1}),
        ({"type": ["object", "null"], "properties": {"a": {"type": "integer"}}}, {"a": 1}),
        ({"allOf": [OBJECT], "description": "d"}, {"a": 1}),
        ({"allOf": [{"type": "object"}, {"properties": {"a": {"type": "integer"}}}]}, {"a": 1}),
        ({"oneOf": [OBJECT, {"type": "array"}]}, {"a": 1}),
        ({"$ref": "#/$defs/o", "description": "d"}, {"a": 1}),
        ({"$ref": "#/$defs/o", "nullable": True}, {"a": 1}),
        ({"properties": {"a": {"type": "integer"}}}, {"a": 1}),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, {"a": 1}),
        ({"type": "object", "patternProperties": {"a": {"type": "integer"}}}, {"a": 1}),
        ({"type": "object", "patternProperties": {"b": {"type": "integer"}}}, {"a": "1"}),
        ({"type": "object", "patternProperties": {"a": {}, "^a": {"type": "integer"}}}, {"a": "1"}),
        ({"type": "object", "patternProperties": {"(a+)+$": {"type": "integer"}}}, {"a": "1"}),
        ({"type": "object", "patternProperties": {"[": {"type": "integer"}}}, {"a": "1"}),
        ({"type": "object", "patternProperties": {"^a?$": {"type": "integer"}}}, {"a": 1}),
        ({"type": "object", "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}, {"a": "1"}),
        ({"$ref": "#/$defs/self"}, {"a": 1}),
        ({"type": ["string", "object"]}, TEXT),
        ({"anyOf": [OBJECT, {"type": "string"}]}, TEXT),
        ({"anyOf": [OBJECT, {}]}, TEXT),
        ({"anyOf": [OBJECT, True]}, TEXT),
        ({"type": "string", "format": "json"}, TEXT),
        ({"$ref": "#/$defs/gone"}, TEXT),
        ({"$ref": "https://example.com/o.json"}, TEXT),
        ({"$ref": "#/$defs/loop"}, TEXT),
        ({"type": "json"}, TEXT),
        ({"description": "d"}, TEXT),
        ({"not": {"type": "string"}}, TEXT),
        ({"type": "array"}, TEXT),
        (True, TEXT),
        (False, TEXT),
        ("object", TEXT),
        ({"type": "object", "required": True, "properties": 7}, {"a": "1"}),
    ],
)
def test_only_where_no_string_is_allowed(schema: Any, value: Any) -> None:
    tool = {
        "properties": {"x": schema},
        "$defs": {
            "o": OBJECT,
            "loop": {"$ref": "#/$defs/loop"},
            "self": {"anyOf": [{"$ref": "#/$defs/self"}, OBJECT]},
        },
    }
    assert read_arguments({"x": TEXT}, tool).value == {"x": value}


def test_the_branch_that_knows_most_is_meant() -> None:
    a = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    both = {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "array"}},
        "required": ["a"],
    }
    for options in ([a, both], [both, a], [{"allOf": [a]}, {"$ref": "#/$defs/both"}]):
        schema = {"properties": {"x": {"anyOf": options}}, "$defs": {"both": both}}
        assert read_arguments({"x": {"a": "1", "b": "[]"}}, schema).value == {
            "x": {"a": 1, "b": []}
        }


def test_a_string_stays_where_one_branch_allows_it() -> None:
    def note(kind: str) -> dict[str, Any]:
        return {"type": "object", "properties": {"note": {"type": kind}}}

    for kinds in (("string", "object"), ("object", "string")):
        schema = {"properties": {"x": {"anyOf": [note(kind) for kind in kinds]}}}
        assert read_arguments({"x": {"note": "{}"}}, schema).value == {"x": {"note": "{}"}}


def test_the_inner_object_is_not_wrapped() -> None:
    schema = {"properties": {"order": OBJECT}, "required": ["order"]}
    assert read_arguments('{"a": 1}', schema).value == {"a": 1}


def test_markup_is_read_by_the_schema() -> None:
    text = (
        "<arg_key>count</arg_key>\n<arg_value>2</arg_value>\n"
        '<arg_key>ports</arg_key>\n<arg_value>[{"name": "N"}]</arg_value>\n'
        "<arg_key>text</arg_key>\n<arg_value>2</arg_value>"
    )
    value = {"count": 2, "ports": [{"name": "N"}], "text": "2"}
    assert read_arguments(text, Tool.model_json_schema()).value == value


def test_what_is_decoded_inside_can_be_sent_too() -> None:
    schema = {"properties": {"x": {"type": "array"}}}
    assert read_arguments({"x": '["\\ud83d", "\\ud83d\\ude00"]'}, schema).value == {
        "x": ["\ufffd", "😀"]
    }
    assert read_arguments({"x": "[NaN]"}, schema).value == {"x": "[NaN]"}
    deep = {"x": "[" * 150 + "1" + "]" * 150}
    assert read_arguments(deep, schema).error is None


def test_unions_that_contain_themselves_take_linear_work() -> None:
    options = [
        {
            "type": "object",
            "properties": {f"k{n}": {"type": "integer"}, "in": {"$ref": "#/$defs/e"}},
        }
        for n in range(6)
    ]
    schema = {"$defs": {"e": {"anyOf": options}}, "properties": {"x": {"$ref": "#/$defs/e"}}}
    value: Any = {"k3": "1"}
    want: Any = {"k3": 1}
    for n in range(20):
        value, want = {"in": value, f"k{n % 6}": "7"}, {"in": want, f"k{n % 6}": 7}
    assert read_arguments({"x": value}, schema).value == {"x": want}


def test_definitions_that_share_each_other_take_linear_work() -> None:
    defs: dict[str, Any] = {
        f"d{n}": {
            "anyOf": [{"$ref": f"#/$defs/d{n + 1}"}, {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}]}]
        }
        for n in range(30)
    }
    schema = {
        "$defs": {**defs, "d30": {"type": "integer"}},
        "properties": {"x": {"$ref": "#/$defs/d0"}},
    }
    assert read_arguments({"x": "7"}, schema).value == {"x": 7}


@pytest.mark.parametrize("adapter", [TypeAdapter(list[Port]), TypeAdapter(dict[str, list[Port]])])
def test_a_schema_within_a_schema_keeps_its_definitions(adapter: TypeAdapter[Any]) -> None:
    schema = {"type": "object", "properties": {"x": adapter.json_schema()}}
    inner: Any = [{"name": "N", "depth": "2"}]
    want: Any = [{"name": "N", "depth": 2}]
    if "additionalProperties" in schema["properties"]["x"]:
        inner, want = {"k": inner}, {"k": want}
    assert read_arguments({"x": json.dumps(inner)}, schema).value == {"x": want}


@pytest.mark.parametrize("pattern", ["^" + "a?" * 60 + "a" * 60 + "b", "(a+)+$", "a*" * 9 + "b"])
def test_no_pattern_of_a_schema_takes_time_without_end(pattern: str) -> None:
    schema = {"type": "object", "patternProperties": {pattern: {"type": "integer"}}}
    given = {"x": {"a" * 150: "1"}}
    assert read_arguments(given, {"properties": {"x": schema}}).value == given
