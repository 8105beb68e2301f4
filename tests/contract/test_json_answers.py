"""JSON that was asked for: read out of whatever is around it, asked for once more, or an error."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel

from .rows import Row, check, has, table
from .server import TWICE, Reply, said
from .subjects import Ask
from .tools import Person

ANN = {"name": "Ann", "age": 7}
JSON = json.dumps(ANN)
#: The frameworks' own names: LangChain's fallbacks and parsers wait for its exception.
UNUSABLE = "StructuredOutputError"


class Note(BaseModel):
    """A note."""

    text: str


def reads(title: str, written: str, wanted: Any = ANN, schema: type = Person) -> list[Row]:
    """One answer, which is read at the first try."""
    return [Row(title, said(written), {"value": wanted, "tries": 1}, Ask(schema=schema))]


def asked(
    title: str, script: list[Reply], want: dict[str, Any], schema: type = Person
) -> list[Row]:
    """The same with JSON mode and with a schema in words."""
    return [
        Row(f"{title}-{method}", script, want, Ask(schema=schema, method=method))
        for method in ("json_mode", "json_schema")
    ]


MISFIT = '{"name": "Ann"}'
ROWS = [
    *reads("bare", JSON),
    *reads("in-lines", json.dumps(ANN, indent=2)),
    *reads("fenced", f"```json\n{JSON}\n```"),
    *reads("fenced-without-a-language", f"```\n{JSON}\n```"),
    *reads("boxed", f"<|begin_of_box|>{JSON}<|end_of_box|>"),
    *reads("after-words", f"Here is the person: {JSON}"),
    *reads("before-words", f"{JSON}\nThat is all I know."),
    *reads("before-words-with-braces", f"{JSON}\nThat is {{all}}."),
    *reads("raw-newline", '{"text": "a\nb"}', {"text": "a\nb"}, Note),
    *reads("escaped-newline", '{"text": "a\\nb"}', {"text": "a\nb"}, Note),
    *reads("braces-in-a-string", '{"text": "a } b { c"}', {"text": "a } b { c"}, Note),
    *reads("a-fence-in-a-string", '{"text": "```a```"}', {"text": "```a```"}, Note),
    *reads("chinese", '{"text": "你好"}', {"text": "你好"}, Note),
    *asked("words-then-json", [said("She is 7."), said(JSON)], {"value": ANN, "tries": 2}),
    *asked("misfit-then-fit", [said(MISFIT), said(JSON)], {"value": ANN, "tries": 2}),
    *asked("broken-then-whole", [said('{"name": "Ann"'), said(JSON)], {"value": ANN, "tries": 2}),
    *asked("empty-then-json", [said(""), said(JSON)], {"value": ANN, "tries": 2}),
    *asked("words-twice", [said("She is 7.")], {"error": UNUSABLE, "tries": 2}),
    *asked("misfit-twice", [said(MISFIT)], {"error": UNUSABLE, "tries": 2, "message": has("age")}),
]

# --- Where the adapters had drifted apart
CUT = said('{"name": "An', finish="length")
FROM_THE_CORE = [
    *reads("after-words-with-braces", f"As {{you}} wish, in {{JSON}}: {JSON}"),
    *reads("after-a-formula", f"With {{x | x > 0}} in mind:\n```json\n{JSON}\n```"),
    # What was asked for is an object; of two, neither is the answer.
    *asked("list-then-object", [said(f"[{JSON}, {JSON}]"), said(JSON)], {"value": ANN, "tries": 2}),
    # A second answer would be cut too, and cost as much.
    *asked("cut", [CUT], {"error": UNUSABLE, "message": has("max_tokens"), "tries": 1}),
    *asked("words-twice-counts-both", [said("She is 7.")], {"error": UNUSABLE, "paid": TWICE[:3]}),
]


@table([*ROWS, *FROM_THE_CORE])
def test_json_answers(row, adapter, way):
    check(row, adapter, way)
