"""Schemas: what is wrong with a value, and references put in their place."""

from __future__ import annotations

import copy
import json
from typing import Any, Literal

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field

from zhipu_client.conversation.schemas import inlined, problems


class Point(BaseModel):
    x: int
    y: int | None = None


class Shape(BaseModel):
    """A shape."""

    name: str = Field(min_length=2)
    kind: str = Field(pattern=".*")
    points: list[Point]
    scale: float = Field(default=1, gt=0, le=10)


class Tree(BaseModel):
    """A tree."""

    name: str
    branches: list[Tree] = Field(default=[], description="What grows on it")


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"name": "ab", "kind": "k", "points": [{"x": 1}]}, []),
        ({"name": "ab", "kind": "k", "points": [{"x": 1, "y": None}], "scale": 2}, []),
        ({"name": "a", "kind": "k", "points": []}, ["name must be of length at least 2"]),
        ({"name": "ab", "points": []}, ["kind is missing"]),
        (
            {"name": "ab", "kind": "k", "points": [{"x": "1"}]},
            ["points[0].x must be of type integer"],
        ),
        (
            {"name": "ab", "kind": "k", "points": [{"x": 1, "y": "2"}]},
            ["points[0].y must be of type integer"],
        ),
        ({"name": "ab", "kind": "k", "points": [], "scale": 0}, ["scale must be above 0"]),
        ({"name": "ab", "kind": "k", "points": [], "scale": 11}, ["scale must be at most 10"]),
        ([], ["the answer must be of type object"]),
    ],
)
def test_problems_of_a_pydantic_schema(value: Any, found: list[str]) -> None:
    assert problems(value, Shape.model_json_schema()) == found
    assert problems(value, inlined(Shape.model_json_schema())) == found


@pytest.mark.parametrize(
    ("value", "schema", "found"),
    [
        ("z", {"enum": ["x", "y"]}, ["the answer must be one of ['x', 'y']"]),
        (True, {"enum": [1]}, ["the answer must be one of [1]"]),
        (1.0, {"enum": [1]}, []),
        (2, {"const": 1}, ["the answer must be 1"]),
        ({"d": 1}, {"additionalProperties": False}, ["d is not allowed"]),
        ({"d": 1}, {"additionalProperties": {"type": "null"}}, ["d must be of type null"]),
        ({"d": 1}, {"additionalProperties": False, "patternProperties": {"^d": {}}}, []),
        ({"a": 1}, {"anyOf": [{"required": ["b"]}, {"type": "array"}]}, ["b is missing"]),
        ({}, {"allOf": [{"required": ["a"]}, {"required": ["b"]}]},
         ["a is missing", "b is missing"]),
        (3.0, {"type": "integer"}, []),
        (True, {"type": "integer"}, ["the answer must be of type integer"]),
        (float("inf"), {"type": "integer"}, ["the answer must be of type integer"]),
        (None, {"type": "string", "nullable": True}, []),
        (None, {"$ref": "#/$defs/a", "nullable": True, "$defs": {"a": {"type": "string"}}}, []),
        (1, {"type": ["string", "null"]}, ["the answer must be of type string or null"]),
        (1, {"type": ["string", "date"]}, []),
        ([1, "a"], {"prefixItems": [{"type": "string"}], "items": {"type": "string"}},
         ["[0] must be of type string"]),
        ([1, 2], {"items": [{"type": "integer"}, {"type": "string"}]},
         ["[1] must be of type string"]),
        ("aaa", {"pattern": "^(a+)+$b", "type": "string"}, []),
        ([1] * 9, {"items": {"type": "string"}},
         [f"[{n}] must be of type string" for n in range(5)]),
        # References by every spelling.
        ("x", {"$ref": "#/$defs/a~1b%5B%5D", "$defs": {"a/b[]": {"type": "null"}}},
         ["the answer must be of type null"]),
        ("x", {"$ref": "#/definitions/a~0b", "definitions": {"a~b": {"type": "null"}}},
         ["the answer must be of type null"]),
        ("x", {"$ref": "#/anyOf/1", "anyOf": [{}, {"type": "null"}]},
         ["the answer must be of type null"]),
        ("x", {"$ref": "#it", "$defs": {"a": {"$anchor": "it", "type": "null"}}},
         ["the answer must be of type null"]),
        ({"a": {"a": 1}}, {"type": "object", "properties": {"a": {"$ref": "#"}}},
         ["a.a must be of type object"]),
        ("", {"$ref": "#/$defs/a", "minLength": 1, "$defs": {"a": {"type": "string"}}},
         ["the answer must be of length at least 1"]),
        # What points to nothing, or to itself, is believed.
        ("x", {"$ref": "#/$defs/gone"}, []),
        ("x", {"$ref": "https://example.com/a.json"}, []),
        ("x", {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}, []),
        ("x", {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]}, []),
        # What no schema should contain.
        ("x", {"enum": 5, "allOf": 5, "anyOf": {}, "$ref": 5, "type": [[]]}, []),
        ({}, {"required": True, "properties": [], "additionalProperties": 1}, []),
        ({}, {"required": [["a"]], "properties": {"a": 5}}, []),
    ],
)  # fmt: skip
def test_problems_of_keywords(value: Any, schema: Any, found: list[str]) -> None:
    assert problems(value, schema) == found


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    name: str
    age: int


class Home(BaseModel):
    pet: Cat | Dog = Field(discriminator="kind")
    point: Point | None = None
    shape: Shape | None = None


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"pet": {"kind": "dog", "lives": 9}}, ["pet.name is missing", "pet.age is missing"]),
        ({"pet": {"kind": "cat"}}, ["pet.lives is missing"]),
        ({"pet": {"kind": "fox", "lives": 9}}, ["pet.kind must be 'cat'"]),
        (
            {"pet": {"kind": "cat", "lives": 9}, "shape": {}},
            ["shape.name is missing", "shape.kind is missing", "shape.points is missing"],
        ),
        ({"pet": {"kind": "cat", "lives": 9}, "point": 1}, ["point must be of type object"]),
    ],
)
def test_the_problems_of_a_union_are_those_of_the_branch_that_is_meant(
    value: Any, found: list[str]
) -> None:
    assert problems(value, Home.model_json_schema()) == found
    assert problems(value, inlined(Home.model_json_schema())) == found


def test_schemas_that_share_their_parts_end() -> None:
    defs: dict[str, Any] = {
        f"d{n}": {"anyOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 3} for n in range(30)
    }
    assert problems(1, {"$ref": "#/$defs/d0", "$defs": {**defs, "d30": {"type": "null"}}}) == []


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "object", "properties": {"b": {"type": "string"}, "a": {}}},
        {"properties": {"$ref": {"type": "string"}, "$defs": {"type": "null"}}},
        {"default": {"$ref": "#/$defs/a"}, "enum": [{"$ref": "#/$defs/a"}], "$defs": {"a": {}}},
        {"$ref": "https://example.com/a.json"},
        {"properties": {"a": {"$ref": "#/$defs/gone"}}, "$defs": {"b": {}}},
        {"allOf": [{"type": "object"}], "description": "d"},
        {"discriminator": {"propertyName": "k", "mapping": {"a": "b"}}, "oneOf": [{}, True]},
        {"items": [True, {"type": "null"}], "additionalItems": False, "$ref": 7},
        Point.model_json_schema(),
    ],
)
def test_a_schema_without_references_stays_as_it_is(schema: dict[str, Any]) -> None:
    found = inlined(schema)
    assert json.dumps(found) == json.dumps(schema)
    assert found is not schema


PORT = {"type": "object", "title": "Port", "description": "A port", "properties": {"n": {}}}


@pytest.mark.parametrize(
    ("schema", "found"),
    [
        ({"items": {"$ref": "#/$defs/P"}}, {"items": PORT}),
        ({"items": {"$ref": "#/$defs/Q"}}, {"items": {**PORT, "description": "Where to"}}),
        (
            {"items": {"default": None, "$ref": "#/$defs/P", "description": "From"}},
            {"items": {**PORT, "default": None, "description": "From"}},
        ),
        (
            {"items": {"allOf": [{"$ref": "#/$defs/P"}], "description": "From"}},
            {"items": {**PORT, "description": "From"}},
        ),
        (
            {"items": {"$ref": "#/$defs/P", "properties": {"m": True}, "required": ["m"]}},
            {"items": {**PORT, "properties": {"n": {}, "m": True}, "required": ["m"]}},
        ),
        ({"anyOf": [{"$ref": "#/$defs/P"}, {"type": "null"}]}, {"anyOf": [PORT, {"type": "null"}]}),
        ({"allOf": [{"$ref": "#/$defs/P"}, {"a": 1}]}, {"allOf": [PORT, {"a": 1}]}),
        ({"additionalProperties": {"$ref": "#/$defs/P"}}, {"additionalProperties": PORT}),
        ({"prefixItems": [{"$ref": "#/$defs/P"}, False]}, {"prefixItems": [PORT, False]}),
        ({"properties": {"definitions": {"$ref": "#/$defs/P"}}},
         {"properties": {"definitions": PORT}}),
        ({"items": {"$ref": "#/$defs/yes"}}, {"items": {}}),
        ({"items": {"$ref": "#/$defs/no"}}, {"items": {"not": {}}}),
        ({"not": {"$ref": "#/$defs/gone"}, "items": {"$ref": "#/$defs/P"}},
         {"not": {"$ref": "#/$defs/gone"}, "items": PORT}),
    ],
)  # fmt: skip
def test_references_are_put_in_their_place(schema: dict[str, Any], found: dict[str, Any]) -> None:
    defs = {
        "P": {"$id": "port", **PORT},
        "Q": {"$ref": "#/$defs/P", "description": "Where to"},
        "yes": True,
        "no": False,
    }
    whole = {"type": "object", **schema, "$defs": defs}
    before = copy.deepcopy(whole)
    assert inlined(whole) == {"type": "object", **found}
    assert whole == before
    assert list(inlined(whole)) == ["type", *found]


def test_a_union_with_a_discriminator() -> None:
    class Cat(BaseModel):
        kind: Literal["cat"]

    class Dog(BaseModel):
        kind: Literal["dog"]

    class Home(BaseModel):
        pet: Cat | Dog = Field(discriminator="kind")

    (pet,) = inlined(Home.model_json_schema())["properties"].values()
    assert pet["discriminator"] == {"propertyName": "kind"}
    assert [option["title"] for option in pet["oneOf"]] == ["Cat", "Dog"]


def test_a_recursive_schema_is_inside_itself_once_more() -> None:
    schema = Tree.model_json_schema()
    outer = inlined(schema)
    assert "$ref" not in json.dumps(outer)
    assert "$defs" not in outer
    inner = outer["properties"]["branches"]["items"]
    assert outer["description"] == inner["description"] == "A tree."
    assert inner["properties"]["branches"]["items"] == {
        "title": "Tree",
        "description": "A tree.",
        "type": "object",
    }
    by_root = inlined({"type": "object", "properties": {"next": {"$ref": "#"}}})
    assert by_root == {
        "type": "object",
        "properties": {"next": {"type": "object", "properties": {"next": {"type": "object"}}}},
    }


def test_a_recursive_union_allows_anything_further_inside() -> None:
    value = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"$ref": "#/$defs/v"}}]}
    schema = {"properties": {"v": {"$ref": "#/$defs/v"}}, "$defs": {"v": value}}
    found = inlined(schema)
    assert problems({"v": ["a", ["b", ["c", ["d"]]]]}, found) == []
    assert problems({"v": 1}, found) != []


@pytest.mark.parametrize(
    "definition",
    [{"$ref": "#/$defs/a"}, {"allOf": [{"$ref": "#/$defs/a"}]}, {"$ref": "#/properties/x"}],
)
def test_a_reference_to_itself_ends(definition: dict[str, Any]) -> None:
    schema = {"properties": {"x": {"$ref": "#/$defs/a"}}, "$defs": {"a": definition}}
    assert "$ref" not in json.dumps(inlined(schema))


def test_what_would_explode_keeps_references_and_their_definitions() -> None:
    defs: dict[str, Any] = {
        f"d{n}": {"type": "array", "prefixItems": [{"$ref": f"#/$defs/d{n + 1}"}] * 2}
        for n in range(40)
    }
    schema = {
        "type": "object",
        "properties": {"first": {"$ref": "#/$defs/d0"}, "last": {"$ref": "#/$defs/d39"}},
        "$defs": {**defs, "d40": {"type": "integer"}, "unused": {"type": "null"}},
    }
    found = inlined(schema)
    assert len(json.dumps(found)) < 100_000
    assert found["properties"]["last"]["prefixItems"] == [{"type": "integer"}] * 2
    assert found["properties"]["first"]["prefixItems"][0]["prefixItems"][0]["type"] == "array"
    assert "unused" not in found["$defs"]
    Draft202012Validator.check_schema(found)
    value: Any = 1
    for _ in range(40):
        value = [value]
    assert Draft202012Validator(found).is_valid({"first": value})
    (value,) = value
    assert not Draft202012Validator(found).is_valid({"first": value})
    assert inlined(schema) == found


def test_a_schema_within_a_schema_keeps_its_definitions() -> None:
    inner = Shape.model_json_schema()
    schema = {"type": "object", "properties": {"shape": inner, "other": {"$ref": "#/$defs/gone"}}}
    found = inlined(schema)
    assert "$defs" not in json.dumps(found["properties"]["shape"])
    assert found["properties"]["shape"]["properties"]["points"]["items"]["title"] == "Point"
    assert found["properties"]["other"] == {"$ref": "#/$defs/gone"}


def test_references_where_no_schema_is_known_to_be_keep_their_definitions() -> None:
    schema = {"x-ours": {"$ref": "#/$defs/a"}, "items": {"$ref": "#/$defs/b"}}
    defs = {"a": {"items": {"$ref": "#/$defs/c"}}, "b": {"type": "null"}, "c": {"type": "null"}}
    found = inlined({**schema, "$defs": defs})
    assert found == {
        "x-ours": {"$ref": "#/$defs/a"},
        "items": {"type": "null"},
        "$defs": {"a": defs["a"], "c": defs["c"]},
    }


def test_a_schema_that_contains_itself_is_refused() -> None:
    looped: dict[str, Any] = {}
    looped["items"] = looped
    with pytest.raises(ValueError, match="contains itself"):
        inlined(looped)
