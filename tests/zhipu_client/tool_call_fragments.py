"""Fragments of tool calls as servers have been seen to send them, and the calls that they are."""

from __future__ import annotations

from typing import Any

UNSET: Any = object()


def piece(
    arguments: Any = UNSET,
    name: Any = UNSET,
    id: Any = UNSET,  # noqa: A002 - the wire's word
    index: Any = UNSET,
) -> dict[str, Any]:
    def said(**values: Any) -> dict[str, Any]:
        return {key: value for key, value in values.items() if value is not UNSET}

    return {"function": said(name=name, arguments=arguments), **said(id=id, index=index)}


CASES: dict[str, tuple[list[dict[str, Any]], list[tuple[str | None, str, str]]]] = {
    "one id for two calls, whole": (
        [piece('{"a":1}', "f", "x", 0), piece('{"a":2}', "f", "x", 1)],
        [("x", "f", '{"a":1}'), ("x_1", "f", '{"a":2}')],
    ),
    "one id for two calls, in fragments": (
        [
            piece("", "f", "x", 0), piece('{"a":', index=0), piece("1}", index=0),
            piece("", "f", "x", 1), piece('{"a":', index=1), piece("2}", id="x", index=1),
        ],
        [("x", "f", '{"a":1}'), ("x_1", "f", '{"a":2}')],
    ),
    "null as arguments, index 0 for all": (
        [piece("null", "f", "x", 0), piece("null", "f", "y", 0)],
        [("x", "f", "null"), ("y", "f", "null")],
    ),
    "encoded twice, index 0 for all": (
        [
            piece('"{\\"a\\":', "f", "x", 0), piece('1}"', index=0),
            piece('"{\\"a\\":2}"', "f", "y", 0),
        ],
        [("x", "f", '"{\\"a\\":1}"'), ("y", "f", '"{\\"a\\":2}"')],
    ),
    "one id for two calls that come interleaved": (
        [
            piece("", "f", "x", 0), piece("", "g", "x", 1), piece('{"a":1}', index=0),
            piece('{"a":2}', index=1),
        ],
        [("x", "f", '{"a":1}'), ("x_1", "g", '{"a":2}')],
    ),
    "an id that looks like a made one": (
        [piece("{}", "f", "x", 0), piece("{}", "f", "x", 1), piece("{}", "f", "x_1", 2)],
        [("x", "f", "{}"), ("x_1", "f", "{}"), ("x_1_1", "f", "{}")],
    ),
    "index 0 for all, the first without arguments": (
        [
            piece("", "f", "x", 0), piece("", "g", "y", 0), piece('{"a":', index=0),
            piece("1}", index=0),
        ],
        [("x", "f", ""), ("y", "g", '{"a":1}')],
    ),
    "index 0 for all, the same tool, the first without arguments": (
        [piece("", "f", "x", 0), piece("", "f", "y", 0), piece('{"a":1}', index=0)],
        [("x", "f", ""), ("y", "f", '{"a":1}')],
    ),
    "index 0 for all, the first with an empty object": (
        [piece("", "f", "x", 0), piece("{}", index=0), piece("", "g", "y", 0),
         piece('{"a":1}', index=0)],
        [("x", "f", "{}"), ("y", "g", '{"a":1}')],
    ),
    "index 0 for all, the first one cut": (
        [piece('{"a', "f", "x", 0), piece("", "g", "y", 0), piece('{"a":1}', index=0)],
        [("x", "f", '{"a'), ("y", "g", '{"a":1}')],
    ),
    "index 0 for all, ids on every fragment": (
        [
            piece("", "f", "x", 0), piece("", "g", "y", 0), piece('{"a":1}', id="x", index=0),
            piece('{"a":2}', id="y", index=0),
        ],
        [("x", "f", '{"a":1}'), ("y", "g", '{"a":2}')],
    ),
    "no index, the first without arguments": (
        [piece("", "f", "x"), piece("", "g", "y"), piece('{"a":'), piece("1}")],
        [("x", "f", ""), ("y", "g", '{"a":1}')],
    ),
    "neither index nor id, the first without arguments": (
        [piece("", "f"), piece("", "g"), piece('{"a":1}')],
        [(None, "f", ""), (None, "g", '{"a":1}')],
    ),
    "neither index nor id, two calls of one tool": (
        [piece('{"a":1}', "f"), piece('{"a":2}', "f")],
        [(None, "f", '{"a":1}'), (None, "f", '{"a":2}')],
    ),
    "neither index nor id, the whole delta once more": (
        [piece('{"a":1}', "f"), piece('{"a":1}', "f")],
        [(None, "f", '{"a":1}')],
    ),
    "neither index nor id, the whole object once more, with the name": (
        [piece('{"a":', "f", "x"), piece("1}", "f"), piece('{"a":1}', "f"), piece("{}", "g")],
        [("x", "f", '{"a":1}'), (None, "g", "{}")],
    ),
    "id and name in every fragment": (
        [piece("", "f", "x", 0), piece('{"a":', "f", "x", 0), piece("{}}", "f", "x", 0),
         piece("", "f", "x", 0)],
        [("x", "f", '{"a":{}}')],
    ),
    "id and name in every fragment, the index missing": (
        [piece("", "f", "x"), piece('{"a":', "f", "x"), piece("{}}", "f", "x"),
         piece("", "f", "x")],
        [("x", "f", '{"a":{}}')],
    ),
    "a new id in every fragment": (
        [piece('{"a":', "f", "x1", 0), piece("1", id="x2", index=0), piece("}", id="x3", index=0),
         piece("", id="x4", index=0)],
        [("x1", "f", '{"a":1}')],
    ),
    "a new id in every fragment, the index missing": (
        [piece('{"a":', "f", "x1"), piece("1", id="x2"), piece("}", id="x3"), piece("", id="x4")],
        [("x1", "f", '{"a":1}')],
    ),
    "a new id and the name in every fragment": (
        [piece('{"a":', "f", "x1", 0), piece('{"b":', "f", "x2", 0), piece("1}}", "f", "x3", 0),
         piece("", "f", "x4", 0)],
        [("x1", "f", '{"a":{"b":1}}')],
    ),
    "an index of null, ids repeated and then empty": (
        [piece("", "f", "x", None), piece("", "", "x", None), piece('{"a":', "", "", None),
         piece("1", "", "", None), piece("}", "", None, None)],
        [("x", "f", '{"a":1}')],
    ),
    "an index that counts the fragments": (
        [piece('{"a":', "f", "x", 0), piece("{}", id="x", index=0), piece("}", id="x", index=2),
         piece("{}", "g", "y", 3)],
        [("x", "f", '{"a":{}}'), ("y", "g", "{}")],
    ),
    "an index that counts the fragments, ids at first only": (
        [piece('{"a":', "f", "x", 0), piece("1", index=1), piece("}", index=2)],
        [("x", "f", '{"a":1}')],
    ),
    "the name comes behind a new index": (
        [piece("{}", "f", "x", 0), piece("", index=1), piece("", "g", index=1)],
        [("x", "f", "{}"), (None, "g", "")],
    ),
    "id and name twice, then the object written in another way": (
        [piece("", "f", "x", 0), piece('{"a":1', "f", "x", 0), piece("}", index=0),
         piece('{"a": 1}', index=0)],
        [("x", "f", '{"a":1}')],
    ),
    "an index as text": (
        [piece("", "f", "x", "0"), piece("", "g", "y", "1"), piece("{}", index="0")],
        [("x", "f", "{}"), ("y", "g", "")],
    ),
    "an index that is not a number": (
        [piece('{"a":', "f", "x", -1), piece("1}", index=True), piece("{}", "g", "y", 1.5)],
        [("x", "f", '{"a":1}'), ("y", "g", "{}")],
    ),
    "an index only behind the first fragment": (
        [piece("", "f", "x"), piece('{"a":', index=0), piece("1}", id="x", index=0),
         piece("{}", "g", "y", 1)],
        [("x", "f", '{"a":1}'), ("y", "g", "{}")],
    ),
    "the text null for an id": (
        [
            piece("", "f", "x", 0), piece('{"a":', None, "null", 0), piece("1}", None, "null", 0),
            piece("", "f", "y", 1), piece('{"a":2}', None, "null", 1),
        ],
        [("x", "f", '{"a":1}'), ("y", "f", '{"a":2}')],
    ),
    "the text None for every id": (
        [piece("", "f", "None", 0), piece('{"a":1}', id="None", index=0),
         piece("", "f", "None", 1), piece('{"a":2}', id="None", index=1)],
        [(None, "f", '{"a":1}'), (None, "f", '{"a":2}')],
    ),
    "one id and index 0 for all, two tools": (
        [piece('{"a":1}', "f", "call_0", 0), piece('{"a":1}', "g", "call_0", 0)],
        [("call_0", "f", '{"a":1}'), ("call_0_1", "g", '{"a":1}')],
    ),
    "one id and index 0 for all, one tool": (
        [piece('{"a":1}', "f", "call_0", 0), piece('{"a":2}', "f", "call_0", 0)],
        [("call_0", "f", '{"a":1}'), ("call_0_1", "f", '{"a":2}')],
    ),
    "one id and index 0 for all, one tool, in fragments": (
        [
            piece("", "f", "call_0", 0), piece('{"a":', index=0), piece("1}", index=0),
            piece("", "f", "call_0", 0), piece('{"a":', index=0), piece("2}", index=0),
        ],
        [("call_0", "f", '{"a":1}'), ("call_0_1", "f", '{"a":2}')],
    ),
    "no id and index 0 for all": (
        [piece("", "f", "", 0), piece('{"a":1}', index=0), piece("", "g", "", 0),
         piece('{"a":2}', index=0)],
        [(None, "f", '{"a":1}'), (None, "g", '{"a":2}')],
    ),
    "the whole object once more at the end": (
        [piece("", "f", "x", 0), piece('{"a":', index=0), piece("1}", index=0),
         piece('{"a":1}', index=0)],
        [("x", "f", '{"a":1}')],
    ),
    "the whole delta once more": (
        [piece('{"a":1}', "f", "x", 0), piece('{"a":1}', "f", "x", 0)],
        [("x", "f", '{"a":1}')],
    ),
    "the whole delta once more, the index missing": (
        [piece('{"a":1}', "f", "x"), piece('{"a":1}', "f", "x")],
        [("x", "f", '{"a":1}')],
    ),
    "an empty object once more": (
        [piece("{}", "f", "x", 0), piece("{}", index=0)],
        [("x", "f", "{}")],
    ),
    "the same call under two ids is two calls": (
        [piece('{"a":1}', "f", "x", 0), piece('{"a":1}', "f", "y", 0)],
        [("x", "f", '{"a":1}'), ("y", "f", '{"a":1}')],
    ),
    "the id comes late": (
        [piece("", "f", index=0), piece('{"a":1}', id="x", index=0)],
        [("x", "f", '{"a":1}')],
    ),
    "a name with a line break, then without": (
        [piece('{"a":', "f\n", "x", 0), piece("1}", "f", "x", 0)],
        [("x", "f\n", '{"a":1}')],
    ),
    "braces in a text are no end": (
        [piece('{"a":"}', "f", "x", 0), piece('{\\"', "f", "x2", 0), piece('"}', "f", "x3", 0)],
        [("x", "f", '{"a":"}{\\""}')],
    ),
    "ids and names of another type": (
        [piece("{}", "f", 7, 0), piece("{}", 5, 0, 1)],
        [("7", "f", "{}"), ("0", "", "{}")],
    ),
    "numbers for ids, the index missing": (
        [piece("", "f", 0), piece("", "g", 1.0), piece('{"a":1}', id=0), piece('{"a":2}', id=1)],
        [("0", "f", '{"a":1}'), ("1", "g", '{"a":2}')],
    ),
    "the whole delta once more, with other blanks": (
        [piece('{"a"', "f", "x", 0), piece(': {"b": 1}}', index=0),
         piece('{"a":{"b":1}}', "f", "x", 0)],
        [("x", "f", '{"a": {"b": 1}}')],
    ),
    "true is not 1": (
        [piece('{"a":1}', "f", "x", 0), piece('{"a":true}', "f", "x", 0)],
        [("x", "f", '{"a":1}'), ("x_1", "f", '{"a":true}')],
    ),
    "neither index nor id nor arguments": (
        [piece("", "f"), piece("", "f")],
        [(None, "f", ""), (None, "f", "")],
    ),
    "neither index nor id, the name in every fragment": (
        [piece("", "f"), piece('{"a":', "f"), piece("", "f"), piece("1}", "f")],
        [(None, "f", '{"a":1}')],
    ),
}  # fmt: skip

NAME_PIECES: dict[str, tuple[list[dict[str, Any]], list[tuple[str, str]]]] = {
    "pieces, the id in the first": (
        [piece("", "ge", "x", 0), piece("", "t_", index=0), piece("{}", "time", index=0)],
        [("get_time", "{}")],
    ),
    "pieces, the id in each": (
        [piece("", "get_", "x", 0), piece("", "time", "x", 0), piece("{}", id="x", index=0)],
        [("get_time", "{}")],
    ),
    "neither id nor index": (
        [piece("", "get_t"), piece("", "ime"), piece("{}")], [("get_time", "{}")],
    ),
    "all of it so far each time": (
        [piece("", "g", "x", 0), piece("", "get_", "x", 0), piece("{}", "get_time", "x", 0)],
        [("get_time", "{}")],
    ),
    "the beginning is a tool too": (
        [piece("", "get", "x", 0), piece("{}", "_time", "x", 0)], [("get_time", "{}")],
    ),
    "no arguments ever": (
        [piece("", "get_", "x", 0), piece("", "time", "x", 0)], [("get_time", "")],
    ),
    "a beginning, and then nothing of it": (
        [piece("", "get_", "x", 0), piece("{}", index=0)], [("get_", "{}")],
    ),
    "a tool, and then another": (
        [piece("", "get", "x", 0), piece("{}", "add", "x", 0)], [("get", ""), ("add", "{}")],
    ),
    "a beginning, and then another call": (
        [piece("", "get_", "x", 0), piece("{}", "add", "y", 1)], [("get_", ""), ("add", "{}")],
    ),
    "one tool twice": (
        [piece("", "get", "x", 0), piece("", "get", "y", 1)], [("get", ""), ("get", "")],
    ),
    "a line end by itself": (
        [piece("", "add", "x", 0), piece("{}", "\n", "x", 0)], [("add", "{}")],
    ),
}  # fmt: skip
