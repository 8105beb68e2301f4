"""Any schema and any value: what was written as text at any depth is read as what it was."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from zhipu_client.conversation.arguments import (
    read_arguments,
    text_of_arguments,
    whole_characters,
)
from zhipu_client.conversation.schemas import inlined, problems

NAMES = ["a", "b", "城市", "$ref", "$defs", "a/b~c", "type", "Page[int]", "值 %25"]
TEXTS = ["", "x", "北京", "2", "true", "null", "[1]", '{"a": 1}', '"x"', "None", "<|end|>", "NaN"]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5) | st.sampled_from(TEXTS),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
objects = st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=3), json_values, max_size=4)

#: (type, value): JSON values with a schema that fits, drawn together.
Kind = tuple[Any, ...]
_plain_kinds = st.sampled_from(["string", "integer", "number", "boolean", "null"]).map(
    lambda name: (name,)
)


def _kinds_around(inner: st.SearchStrategy[Kind]) -> st.SearchStrategy[Kind]:
    by_name = st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
    return st.one_of(
        inner.map(lambda kind: ("array", kind)),
        st.lists(inner, min_size=1, max_size=3).map(lambda kinds: ("tuple", kinds)),
        by_name.map(lambda kinds: ("object", kinds)),
        inner.map(lambda kind: ("map", kind)),
        st.lists(inner, min_size=1, max_size=3, unique_by=_json_type).map(
            lambda kinds: ("union", kinds)
        ),
        st.lists(by_name, min_size=1, max_size=3).map(lambda options: ("tagged", options)),
    )


def _json_type(kind: Kind) -> str:
    """What two branches of a union may not share, so that it is plain which is meant."""
    name = kind[0]
    if name == "union":
        return "union"
    return {"integer": "number", "tuple": "array", "map": "object", "tagged": "object"}.get(
        name, name
    )


kinds = st.recursive(_plain_kinds, _kinds_around, max_leaves=8)


def _types(kind: Kind) -> set[str]:
    return set().union(*map(_types, kind[1])) if kind[0] == "union" else {_json_type(kind)}


@st.composite
def schemas_of(draw: st.DrawFn, kind: Kind, defs: dict[str, Any]) -> dict[str, Any]:
    """A schema of a kind; parts of it are behind references of every sort."""
    name, *rest = kind
    schema: dict[str, Any] = {"type": name}
    if name == "array":
        schema["items"] = draw(schemas_of(rest[0], defs))
    elif name == "tuple":
        schema = {"type": "array", "prefixItems": [draw(schemas_of(k, defs)) for k in rest[0]]}
    elif name == "object":
        properties = {key: draw(schemas_of(k, defs)) for key, k in rest[0].items()}
        schema |= {"properties": properties, "required": list(properties)}
    elif name == "map":
        schema = {"type": "object", "additionalProperties": draw(schemas_of(rest[0], defs))}
    elif name == "union":
        options = [draw(schemas_of(k, defs)) for k in rest[0]]
        schema = {draw(st.sampled_from(["anyOf", "oneOf"])): options}
    elif name == "tagged":
        schema = {"oneOf": [draw(_tagged(n, option, defs)) for n, option in enumerate(rest[0])]}
    wrapped = draw(st.sampled_from(["no", "no", "$defs", "definitions", "allOf"]))
    if wrapped != "no":
        keyword = "definitions" if wrapped == "definitions" else "$defs"
        title = f"{draw(st.sampled_from(NAMES))}{sum(map(len, defs.values()))}"
        defs.setdefault(keyword, {})[title] = schema
        pointer = title.replace("~", "~0").replace("/", "~1").replace("%", "%25")
        schema = {"$ref": f"#/{keyword}/{pointer}"}
        if wrapped == "allOf":
            schema = {"allOf": [schema], "description": "d"}
    return schema


@st.composite
def _tagged(
    draw: st.DrawFn, number: int, option: dict[str, Kind], defs: dict[str, Any]
) -> dict[str, Any]:
    properties = {key: draw(schemas_of(kind, defs)) for key, kind in option.items()}
    properties["kind"] = {"const": f"k{number}"}
    return {"type": "object", "properties": properties, "required": list(properties)}


@st.composite
def values_of(draw: st.DrawFn, kind: Kind) -> tuple[Any, Any]:
    """A value of a kind, and the same as a model may write it: with parts of it as text."""
    name, *rest = kind
    if name == "union":
        chosen = draw(st.sampled_from(rest[0]))
        value, written = draw(values_of(chosen))
        if "string" in _types(kind) and isinstance(written, str):
            written = value  # there it would be a text
        return value, written
    if name == "array":
        pairs = [draw(values_of(rest[0])) for _ in range(draw(st.integers(0, 2)))]
        value, written = [v for v, _ in pairs], [w for _, w in pairs]
    elif name == "tuple":
        pairs = [draw(values_of(inner)) for inner in rest[0]]
        value, written = [v for v, _ in pairs], [w for _, w in pairs]
    elif name in ("object", "map", "tagged"):
        fields, tag = rest[0], {}
        if name == "map":
            keys = draw(st.lists(st.sampled_from(NAMES), max_size=2, unique=True))
            fields = dict.fromkeys(keys, rest[0])
        elif name == "tagged":
            number = draw(st.integers(0, len(rest[0]) - 1))
            fields, tag = rest[0][number], {"kind": f"k{number}"}
        both = {key: draw(values_of(inner)) for key, inner in fields.items()}
        value = {key: pair[0] for key, pair in both.items()} | tag
        written = {key: pair[1] for key, pair in both.items()} | tag
    else:
        value = written = draw(_SCALARS[name])
    if name != "string":
        for _ in range(draw(st.integers(0, 2))):
            written = json.dumps(written, ensure_ascii=draw(st.booleans()))
    return value, written


_SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "string": st.sampled_from(TEXTS) | st.text(max_size=5),
    "integer": st.integers(),
    "number": st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    "boolean": st.booleans(),
    "null": st.none(),
}


@st.composite
def tools(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Kind]]:
    """The parameters of a tool, and what its arguments are."""
    fields = draw(st.dictionaries(st.sampled_from(NAMES), kinds, min_size=1, max_size=3))
    defs: dict[str, Any] = {}
    properties = {key: draw(schemas_of(kind, defs)) for key, kind in fields.items()}
    return {
        "type": "object", "properties": properties, "required": list(properties), **defs,
    }, fields  # fmt: skip


def _exact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


@given(st.data())
def test_what_was_written_as_text_is_read_as_what_it_was(data: st.DataObject) -> None:
    schema, fields = data.draw(tools())
    pairs = {key: data.draw(values_of(kind)) for key, kind in fields.items()}
    value = {key: pair[0] for key, pair in pairs.items()}
    written = {key: pair[1] for key, pair in pairs.items()}
    for parameters in (schema, inlined(schema)):
        for raw in (written, json.dumps(written), value, json.dumps(json.dumps(written))):
            found = read_arguments(raw, parameters)
            assert _exact(found.value) == _exact(value)
        assert problems(value, parameters) == []


@given(tools(), st.data())
def test_what_fits_as_it_is_stays_as_it_is(
    tool: tuple[dict[str, Any], dict[str, Kind]], data: st.DataObject
) -> None:
    schema, _ = tool
    given_ = data.draw(st.dictionaries(st.sampled_from(list(schema["properties"])), json_values))
    found = read_arguments(given_, schema).value
    assert found is not None
    for key, item in given_.items():
        whole = {**schema, "required": []}
        if Draft202012Validator(whole).is_valid({key: item}):
            assert _exact(found[key]) == _exact(item)
    assert _exact(read_arguments(found, schema).value) == _exact(found)


@given(tools(), json_values)
def test_an_inlined_schema_means_the_same(
    tool: tuple[dict[str, Any], dict[str, Kind]], value: Any
) -> None:
    schema, fields = tool
    found = inlined(schema)
    assert "#/" not in json.dumps(found)
    assert inlined(found) == found
    Draft202012Validator.check_schema(found)
    for key in fields:
        assert Draft202012Validator(found).is_valid({key: value}) == Draft202012Validator(
            schema
        ).is_valid({key: value})


KEYWORDS = (
    "type properties required items prefixItems additionalProperties patternProperties anyOf oneOf "
    "allOf not enum const $ref $defs definitions nullable minLength maximum discriminator default"
).split()
REFERENCES = ["#", "#/", "#/$defs/a", "#/properties/a", "#/anyOf/0", "#a", "http://x/y#/a", "#/a/٣"]
any_schemas = st.recursive(
    json_values
    | st.sampled_from(["object", "array", "string", "integer", "null", *REFERENCES])
    | st.fixed_dictionaries({"$ref": st.sampled_from(REFERENCES)}),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYWORDS), inner, max_size=4)
        | st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2)
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(KEYWORDS), any_schemas, max_size=5), objects)
def test_any_schema_is_survived(schema: dict[str, Any], value: dict[str, Any]) -> None:
    before = json.dumps([schema, value])
    found = read_arguments(value, schema)
    assert found.value is not None
    assert set(found.value) == set(value)
    assert all(isinstance(problem, str) for problem in problems(value, schema))
    assert json.loads(json.dumps(inlined(schema))) is not None
    assert json.dumps([schema, value]) == before


MARKS = [
    "<tool_call>", "</tool_call>", "<arg_key>", "</arg_key>", "<arg_value>", "</arg_value>",
    "```json", "```", "<|begin_of_box|>", "{", "}", '"', ":", ",", "[", "]", "\\", "\n", "1e999",
    "NaN", '{"a": 1}', "\ud83d", "null", "add",
]  # fmt: skip


@given(st.text() | st.lists(st.sampled_from(MARKS)).map("".join))
def test_any_text_is_survived(text: str) -> None:
    found = read_arguments(text, {"properties": {"a": {"type": "integer"}}})
    assert (found.value is None) == (found.error is not None)
    found.text.encode()
    if found.value is not None:
        json.dumps(found.value, ensure_ascii=False, allow_nan=False).encode()
        assert read_arguments(text_of_arguments(found.value)).value == found.value
    else:
        assert len(str(found.error).encode()) < 300


@given(objects, st.data())
def test_what_was_cut_is_never_an_object(value: dict[str, Any], data: st.DataObject) -> None:
    text = json.dumps(value, ensure_ascii=data.draw(st.booleans()))
    end = data.draw(st.integers(1, len(text) - 1))
    assert read_arguments(text[:end]).value is None
    assert read_arguments(text).value == value
    assert read_arguments(text + text).value == value
    assert read_arguments(text + text[:end]).value is None


@given(objects.filter(bool), st.data())
def test_the_object_so_far_with_every_chunk(value: dict[str, Any], data: st.DataObject) -> None:
    text = json.dumps(value)
    ends = sorted(data.draw(st.lists(st.integers(1, len(text)), max_size=4)))
    found = read_arguments("".join(text[:end] for end in ends) + text)
    if found.value is None:
        assert "end in the middle" in str(found.error)  # `{"a": {"a": 1}` may be a cut one
    else:
        assert found.value == value


@given(objects, objects)
def test_two_different_objects_are_not_one(one: dict[str, Any], other: dict[str, Any]) -> None:
    assume(json.dumps(one, sort_keys=True) != json.dumps(other, sort_keys=True))
    # An empty object before the arguments is how some gateways begin each call.
    expected = None if one else other
    assert read_arguments(json.dumps(one) + json.dumps(other)).value == expected


@given(st.recursive(st.text(st.characters(), max_size=4) | st.floats(), st.lists) | objects)
def test_everything_that_is_sent_can_be_sent(value: Any) -> None:
    whole = whole_characters(value)
    assert whole_characters(whole) is whole
    text_of_arguments(value).encode()
    json.loads(text_of_arguments(value), parse_constant=_refuse)


def _refuse(literal: str) -> Any:
    raise AssertionError(literal)
