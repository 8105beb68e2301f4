"""A call that must come, or must not: what is sent, and what an answer without it becomes."""

from __future__ import annotations

import re
from typing import Any

from zhipu_client.conversation.tools import encode_name

from .rows import ABSENT, Per, Row, check, has, in_turn, table
from .server import TWICE, Reply, calls, said
from .subjects import Ask
from .tools import ADD, MULTIPLY, tool

CALL = calls(("add", '{"a": 1, "b": 2}'))
CALLED = [("add", {"a": 1, "b": 2})]
#: The frameworks' own names: LangChain's fallbacks and parsers wait for its exception.
NOT_CALLED = Per("StructuredOutputError", "ToolNotCalledError")
NAMED = {"type": "function", "function": {"name": "add"}}
#: Spelling -> (what it means, the value).
SPELLINGS: dict[str, tuple[str, Any]] = {
    "unset": ("auto", None),
    "auto": ("auto", "auto"),
    "dict-auto": ("auto", {"type": "auto"}),
    "none": ("none", "none"),
    "dict-none": ("none", {"type": "none"}),
    "any": ("any", "any"),
    "required": ("any", "required"),
    "true": ("any", True),
    "dict-any": ("any", {"type": "any"}),
    "dict-required": ("any", {"type": "required"}),
    "name": ("add", "add"),
    "dict-function": ("add", NAMED),
    "dict-tool": ("add", {"type": "tool", "name": "add"}),
}
OFFERED = {"auto": ["add", "multiply"], "none": [], "any": ["add", "multiply"], "add": ["add"]}
NATIVE = {"auto": ABSENT, "none": ABSENT, "any": "required", "add": NAMED}
WORDS = {"auto": None, "none": None, "any": has("add", "multiply"), "add": has("add")}


def sends(spelling: str, mode: str) -> Row:
    meaning, choice = SPELLINGS[spelling]
    native = mode == "native"
    want = {
        "tools_sent": OFFERED[meaning],
        "sent": {"tool_choice": NATIVE[meaning] if native else ABSENT},
        "system": None if native else WORDS[meaning],
        "tries": 1,
    }
    reply = said("no") if meaning == "none" else CALL
    ask = Ask(tools=[ADD, MULTIPLY], tool_choice=choice)
    return Row(f"{spelling}-{mode}", reply, want, ask, {"tool_choice_mode": mode})


FORCED = Ask(tools=[ADD], tool_choice="add")
ANY = Ask(tools=[ADD, MULTIPLY], tool_choice="any")
TAKEN = {"calls": CALLED, "invalid": []}
SENT = [sends(spelling, mode) for spelling in SPELLINGS for mode in ("auto", "emulate", "native")]
ANSWERED = [
    Row("a-name-that-is-not-offered", want={"error": "InvalidRequestError", "tries": 0,
        "message": has("tool_choice", "subtract", "add")},
        ask=Ask(tools=[ADD], tool_choice="subtract")),
    Row("called", CALL, {**TAKEN, "tries": 1}, FORCED),
    Row("called-one-of-several", CALL, {**TAKEN, "tries": 1}, ANY),
    Row("said-then-called", [said("It is 3."), CALL], {**TAKEN, "tries": 2}, FORCED),
    Row("said-twice", said("It is 3."), {"error": NOT_CALLED, "message": has("add"), "tries": 2},
        FORCED),
    Row("said-twice-one-of-several", said("It is 3."),
        {"error": NOT_CALLED, "message": has("add", "multiply"), "tries": 2}, ANY),
    # The server was asked for it: what it answers is its own matter.
    Row("said-natively", said("It is 3."), {"text": "It is 3.", "calls": [], "tries": 1}, FORCED,
        {"tool_choice_mode": "native"}),
    Row("free-to-say", said("It is 3."), {"text": "It is 3.", "calls": [], "tries": 1},
        Ask(tools=[ADD])),
    # Something else in braces is no call.
    Row("other-json-as-text", said('{"sum": 3}'), {"error": NOT_CALLED, "tries": 2}, FORCED),
]  # fmt: skip


def _with_name(request: Any) -> Any:
    """The answer that calls the only tool by the name under which it was offered."""
    name = request["tools"][0]["function"]["name"]
    assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name), name
    return calls((name, '{"city": "上海"}')).body


def _same_name(request: Any) -> Any:
    """The same, once the history names the tool as the list of tools does."""
    called = next(m for m in request["messages"] if m.get("tool_calls"))["tool_calls"][0]
    assert called["function"]["name"] == request["tools"][0]["function"]["name"]
    return _with_name(request)


def named(title: str, name: str, *, said_before: bool = False, choice: Any = None) -> Row:
    talk: Any = "hello"
    if said_before:
        talk = [
            ("user", "Beijing?"),
            ("assistant", "", {"calls": [("c1", name, {"city": "北京"})]}),
            ("tool", "c1", "sunny"),
            ("user", "And Shanghai?"),
        ]
    reply = Reply(_same_name if said_before else _with_name)
    want = {"calls": [(name, {"city": "上海"})], "tries": 1}
    return Row(f"named-{title}", reply, want, Ask(talk, [tool(name, city="string")], choice))


NAMES = [
    named("plainly", "get_weather"),
    named("plainly-in-the-history", "get_weather", said_before=True),
]

# --- Where the adapters had drifted apart
#: What a model that should have called writes instead.
IN_TEXT = '{"a": 1, "b": 2}'
FENCED = f"Calling add:\n```json\n{IN_TEXT}\n```"
FROM_THE_CORE = [
    Row("written-as-text", said(IN_TEXT), {**TAKEN, "text": "", "tries": 1}, FORCED),
    Row("written-in-a-fence", said(FENCED), {**TAKEN, "tries": 1}, FORCED),
    Row("written-after-words", [said("It is 3."), said(IN_TEXT)], {**TAKEN, "tries": 2}, FORCED),
    Row("withheld", said("", finish="sensitive"), {"calls": [], "finish": "sensitive", "tries": 1},
        FORCED),
    Row("cut-in-the-call", calls(("add", '{"a": 1'), finish="length"),
        {"error": NOT_CALLED, "message": has("max_tokens"), "tries": 1}, FORCED),
    Row("counts-both-tries", [said("It is 3."), CALL], {**TAKEN, "usage": TWICE}, FORCED),
    Row("said-twice-counts-both", said("It is 3."), {"error": NOT_CALLED, "paid": TWICE[:3]},
        FORCED),
    named("chinese", "查天气"),
    named("chinese-forced", "查天气", choice="查天气"),
    named("chinese-in-the-history", "查天气", said_before=True),
    named("generic", "Box[int]"),
    named("long", "get_" + "very_" * 20 + "exact_weather"),
]  # fmt: skip


@table([*in_turn(SENT), *ANSWERED, *NAMES, *FROM_THE_CORE])
def test_tool_choice(row, adapter, way):
    check(row, adapter, way)


def _history_of(name: str) -> list[Any]:
    made = ("assistant", "", {"calls": [("c0", name, {})]})
    return [("user", "Go."), made, ("tool", "c0", "Gone."), ("user", "Again.")]


OTHER = encode_name("查天气")  # as a tool's own name
NAMES_OF_TURNS = [("查天气", OTHER), (OTHER, "查天气"), ("查天气", "查天气"), (OTHER, OTHER)]


@table(
    [
        Row(f"{called}-then-{offered}", said("ok"), {"tries": 1},
            Ask(_history_of(called), tools=[tool(offered)]))
        for called, offered in NAMES_OF_TURNS
    ]
)  # fmt: skip
def test_a_tool_of_an_older_turn_is_not_taken_for_another(row, adapter, way):
    (body,) = check(row, adapter, way).requests
    (made,) = [m for m in body["messages"] if m.get("tool_calls")]
    called, offered = row.id.split("-then-")
    same = made["tool_calls"][0]["function"]["name"] == body["tools"][0]["function"]["name"]
    assert same == (called == offered)


@table(
    [
        Row(f"{name}-in-an-object", Reply(_with_name), {"calls": [(name, {"city": "上海"})]},
            Ask(tools=[tool(other), tool(name)],
                tool_choice={"type": "function", "function": {"name": name}}))
        for name, other in [("none", "x"), ("auto", "x"), ("any", "x"), ("查天气", OTHER),
                            (OTHER, "查天气")]
    ]
)  # fmt: skip
def test_the_very_tool_is_called(row, adapter, way):
    check(row, adapter, way)
