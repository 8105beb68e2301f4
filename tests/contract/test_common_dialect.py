"""A server that is not the service: nothing goes out unasked, and what it enforces is used."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.reliability.scenarios import error
from tests.reliability.server import FaultServer
from zhipu_client import _learned

from .rows import ABSENT, Row, check, has, in_turn, table
from .server import Reply, calls, failure, said, scripted
from .subjects import WAYS, Ask, run
from .tools import ADD, MULTIPLY, Person, tool

ANN = {"name": "Ann", "age": 7}
JSON = json.dumps(ANN)
SCHEMA = Person.model_json_schema()


#: The adapters write schemas in their own words.
class _Schema:
    def __eq__(self, other: object) -> bool:
        inner = other.get("json_schema", {}) if isinstance(other, dict) else {}
        return inner.get("name") == "Person" and "age" in inner["schema"]["properties"]

    __hash__ = None  # type: ignore[assignment]


BY_SCHEMA = {"type": "json_schema", "json_schema": {"name": "Person", "schema": SCHEMA}}
NAMED = {"type": "function", "function": {"name": "add"}}
CALL = calls(("add", '{"a": 1, "b": 2}'))
CALLED = [("add", {"a": 1, "b": 2})]
USAGE = {"include_usage": True}
#: Of models of one's own, and of the service's by their codes.
MODELS = ("zai-org/GLM-4.6", "glm-4.7", "my-own-model")


@pytest.fixture(autouse=True)
def _nothing_learned() -> Iterator[None]:
    _learned.forget()
    yield
    _learned.forget()


def own(
    title: str, script: Any = None, ask: Ask | None = None, settings: Any = None, **want: Any
) -> Row:
    """A row on a server of the common dialect."""
    script = said() if script is None else script
    given = {"dialect": "openai", "model": MODELS[0], **(settings or {})}
    return Row(title, script, want, ask or Ask(), given)


def everywhere(title: str, settings: dict[str, Any], **want: Any) -> list[Row]:
    return [
        own(f"{title}-{model.rpartition('/')[2]}", settings={"model": model, **settings}, **want)
        for model in MODELS
    ]


def template(**arguments: bool) -> dict[str, Any]:
    return {"thinking": ABSENT, "chat_template_kwargs": arguments or ABSENT}


UNASKED = dict.fromkeys(
    ("request_id", "do_sample", "tool_stream", "thinking", "tool_choice", "temperature"), ABSENT
)
MANY_STOPS = ["a", "b", "c", "d", "e", "f"]
SENT = [
    *everywhere("nothing-unasked", {}, sent=UNASKED, warned=[]),
    *everywhere("an-id-of-ones-own", {"extra_body": {"request_id": "mine"}},
                sent={"request_id": "mine"}),
    *everywhere("left-out", {"temperature": 0.5, "extra_body": {"temperature": None}},
                sent={"temperature": ABSENT}),
    *everywhere("thinks-not", {"thinking": False}, sent=template(enable_thinking=False),
                warned=[]),
    *everywhere("thinks", {"thinking": True}, sent=template(enable_thinking=True)),
    *everywhere("thinks-as-it-likes", {"thinking": "auto"}, sent=template()),
    *everywhere("keeps-thoughts", {"clear_thinking": False}, sent=template(clear_thinking=False)),
    *everywhere("the-template-of-ones-own",
                {"thinking": False, "extra_body": {"chat_template_kwargs": {"x": True}}},
                sent=template(enable_thinking=False, x=True)),
    *everywhere("an-effort-as-it-is", {"reasoning_effort": "minimal"},
                sent={"reasoning_effort": "minimal"}, warned=[]),
    own("many-stop-words", ask=Ask(more={"stop": MANY_STOPS}), sent={"stop": MANY_STOPS}),
    own("a-user", ask=Ask(more={"user": "u1"}), sent={"user": "u1", "user_id": ABSENT}),
    *(own(f"passes-on-{name}", ask=Ask(more={name: value}), sent={name: value}, warned=[])
      for name, value in {"seed": 7, "logprobs": True, "service_tier": "flex",
                          "presence_penalty": 0.5}.items()),
    own("a-name-as-it-is", ask=Ask(tools=[tool("查天气", city="string")]), tools_sent=["查天气"]),
    own("one-call-at-a-time", CALL, Ask(tools=[ADD], more={"parallel_tool_calls": False}),
        sent={"parallel_tool_calls": False}),
]  # fmt: skip
#: The same as fields: the classes that people come from have them.
FIELDS: dict[str, Any] = {"logprobs": True, "frequency_penalty": 0.5, "service_tier": "flex"}
AS_FIELDS = [
    *(own(f"field-{name}", settings={name: value}, sent={name: value}, warned=[])
      for name, value in {**FIELDS, "seed": 7}.items()),
    *(Row(f"service-field-{name}", want={"sent": {name: ABSENT}, "warned": [has(name)]},
          settings={"site": "bigmodel", name: value}) for name, value in FIELDS.items()),
]  # fmt: skip
#: What the service does not know is left out, and said. (How many answers: see the frameworks'.)
ON_THE_SERVICE = [
    Row(f"service-{name}", want={"sent": {name: ABSENT}, "warned": [has(name)]},
        ask=Ask(more={name: value}), settings={"site": "bigmodel"})
    for name, value in {"logprobs": True, "service_tier": "flex", "presence_penalty": 1,
                        "n": 2}.items()
]  # fmt: skip


@table(in_turn([*SENT, *AS_FIELDS, *ON_THE_SERVICE]))
def test_what_is_sent(row, adapter, way):
    check(row, adapter, way)


def _usage_if_asked(request: Any) -> Any:
    """A server that counts a stream only where it is asked to."""
    body = dict(said().body)
    if request.get("stream") and request.get("stream_options") != USAGE:
        del body["usage"]
    return body


COUNTED = [
    Row(f"counted-{place}", Reply(_usage_if_asked), {"usage": (11, 7, 18, 4, 3)},
        settings=settings)
    for place, settings in (("own", {"dialect": "openai"}), ("service", {}))
]  # fmt: skip
STREAMED = ("stream", "astream")
ASKED = [
    Row(title, Reply(_usage_if_asked), {"usage": usage, "sent": {"stream_options": sent}},
        Ask(more=more), {"dialect": "openai", **settings}, ways=STREAMED)
    for title, more, settings, sent, usage in (
        ("not-by-the-call", {"stream_usage": False}, {}, ABSENT, None),
        ("not-by-the-model", {}, {"stream_usage": False}, ABSENT, None),
        ("by-the-call", {"stream_options": {"include_usage": False}}, {}, {"include_usage": False},
         None),
    )
]  # fmt: skip


@table([*COUNTED, *ASKED])
def test_the_usage_of_a_stream(row, adapter, way):
    check(row, adapter, way)


FORCED = Ask(tools=[ADD], tool_choice="add")
ANY = Ask(tools=[ADD, MULTIPLY], tool_choice="any")
STRUCTURED = {
    "function_calling": (Ask(schema=Person, method="function_calling"), calls(("Person", JSON))),
    "json_mode": (Ask(schema=Person, method="json_mode"), said(JSON)),
    "json_schema": (Ask(schema=Person, method="json_schema"), said(JSON)),
}
ENFORCED = [
    own("forced", CALL, FORCED, calls=CALLED, sent={"tool_choice": NAMED}, system=None, tries=1),
    own("forced-to-any", CALL, ANY, calls=CALLED, sent={"tool_choice": "required"}, system=None,
        tries=1),
    # Some servers ignore what they do not know: then it goes into words.
    own("ignored", [said("It is 3."), CALL], FORCED, calls=CALLED, tries=2),
    own("written-as-text", said('{"a": 1, "b": 2}'), FORCED, calls=CALLED, tries=1),
    *(own(f"{method}-enforced", STRUCTURED[method][1], STRUCTURED[method][0], value=ANN, tries=1,
          sent={"response_format": _Schema()}, system=None)
      for method in ("json_mode", "json_schema")),
    own("function_calling-enforced", STRUCTURED["function_calling"][1],
        STRUCTURED["function_calling"][0], value=ANN, tries=1, system=None,
        sent={"tool_choice": {"type": "function", "function": {"name": "Person"}}}),
    own("schema-ignored", [said("She is 7."), said(JSON)], STRUCTURED["json_schema"][0], value=ANN,
        tries=2),
    # With tools on offer a grammar for the answer would keep the model from calling any.
    own("schema-beside-tools", CALL, Ask(tools=[ADD], more={"response_format": BY_SCHEMA}),
        calls=CALLED, sent={"response_format": ABSENT}, system=has("age")),
]  # fmt: skip


@table(ENFORCED)
def test_what_the_server_enforces_is_used_and_checked(row, adapter, way):
    check(row, adapter, way)


#: As servers without a parser pass on what the model writes.
ADD_AS_TEXT = (
    "<tool_call>add\n<arg_key>a</arg_key>\n<arg_value>1</arg_value>"
    "<arg_key>b</arg_key><arg_value>2</arg_value></tool_call>"
)
WRITTEN = [
    own("a-call", said(f"I add.\n{ADD_AS_TEXT}\n"), Ask(tools=[ADD]), calls=CALLED, text="I add.",
        tries=1),
    own("two-calls", said(ADD_AS_TEXT * 2), Ask(tools=[ADD]), calls=CALLED * 2, text=""),
    own("a-forced-call", said(ADD_AS_TEXT), FORCED, calls=CALLED, tries=1),
    own("behind-a-thought", said(f"Sum.</think>{ADD_AS_TEXT}"), Ask(tools=[ADD]), calls=CALLED,
        reasoning="Sum.", text=""),
    # Not a call: of a tool that is not offered, cut, or where there are no tools at all.
    own("of-another-tool", said(ADD_AS_TEXT), Ask(tools=[MULTIPLY]), calls=[], text=ADD_AS_TEXT),
    own("that-is-cut", said(f"I add. {ADD_AS_TEXT[:40]}"), Ask(tools=[ADD]), calls=[],
        text=f"I add. {ADD_AS_TEXT[:40]}"),
    own("half-a-mark", said("a <tool"), Ask(tools=[ADD]), calls=[], text="a <tool"),
    own("without-tools", said(ADD_AS_TEXT), calls=[], text=ADD_AS_TEXT),
    own("beside-a-real-one", calls(("add", '{"a": 1, "b": 2}'), content=ADD_AS_TEXT),
        Ask(tools=[ADD]), calls=CALLED, text=ADD_AS_TEXT),
    own("not-wanted", said(ADD_AS_TEXT), Ask(tools=[ADD]), {"repair_tool_calls": False}, calls=[],
        text=ADD_AS_TEXT),
    Row("on-the-service", said(ADD_AS_TEXT), {"calls": [], "text": ADD_AS_TEXT}, Ask(tools=[ADD])),
    Row("on-the-service-if-asked", said(ADD_AS_TEXT), {"calls": CALLED, "text": ""},
        Ask(tools=[ADD]), {"repair_tool_calls": True}),
]  # fmt: skip


@table(WRITTEN)
def test_calls_that_are_written_as_text(row, adapter, way):
    check(row, adapter, way)


def refused(field: str, shape: str) -> dict[str, Any]:
    """A refusal of a field, in the words of a server that exists."""
    words = f"zai does not support parameters: ['{field}'], for model=glm-4.7."
    bodies: dict[str, Any] = {
        "gateway": {"error": {"message": f"litellm.UnsupportedParamsError: {words}", "param": None,
                              "type": "None", "code": "400"}},
        "fields": {"detail": f"Unexpected fields in the request: {{'{field}'}}"},
        "pydantic": {"detail": [{"type": "extra_forbidden", "loc": ["body", field],
                                 "msg": "Extra inputs are not permitted", "input": {}}]},
        "param": {"error": {"message": "Unknown parameter.", "param": field, "code": None,
                            "type": "invalid_request_error"}},
        # `tests/zhipu_client/conversation/test_refusals.py` has more of them.
        "broken": {"detail": f"[pid=7] chat() got an unexpected keyword argument '{field}'"},
        "unnamed": {"error": {"message": "Invalid request body", "code": 400}},
    }  # fmt: skip
    return bodies[shape]


def refusing(field: str, shape: str, then: Reply) -> list[Reply]:
    """A server that refuses a field, and answers without it."""
    status = {"fields": 422, "pydantic": 422, "broken": 500}.get(shape, 400)
    return [Reply(refused(field, shape), status=status), then]


REFUSED = [
    own(f"{title}-{shape}", refusing(field, shape, reply), ask, tries=2, **want)
    for shape in ("gateway", "fields", "pydantic", "param", "broken", "unnamed")
    for title, field, ask, reply, want in (
        ("no-formats", "response_format", STRUCTURED["json_schema"][0], said(JSON),
         {"value": ANN}),
        ("no-formats-in-json-mode", "response_format", STRUCTURED["json_mode"][0], said(JSON),
         {"value": ANN}),
        ("no-choice", "tool_choice", FORCED, CALL, {"calls": CALLED}),
        ("no-choice-of-a-schema", "tool_choice", STRUCTURED["function_calling"][0],
         calls(("Person", JSON)), {"value": ANN}),
    )
]  # fmt: skip
NOT_OURS = [
    own("a-field-of-the-callers", failure(400, message="seed is not supported"),
        Ask(more={"seed": 1}), error="BadRequestError", tries=1),
    own("asked-for-natively", failure(400, message="tool_choice is not supported"), FORCED,
        {"tool_choice_mode": "native"}, error="BadRequestError", tries=1),
    own("something-else", failure(400, message="temperature is too high"), FORCED,
        error="BadRequestError", tries=1),
]  # fmt: skip


@table([*REFUSED[:4], *in_turn(REFUSED[4:]), *NOT_OURS])
def test_a_refused_field_is_left_out(row, adapter, way):
    check(row, adapter, way)


@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
def test_a_refused_field_is_left_out_from_then_on(adapter):
    script = refusing("tool_choice", "gateway", CALL)
    with scripted(*script) as server:
        settings = {"dialect": "openai", "model": MODELS[0]}
        first = run(server, adapter, "whole", FORCED, settings)
        again = run(server, adapter, "stream", FORCED, settings)
    assert first.calls == again.calls == CALLED
    assert ["tool_choice" in request for request in again.requests] == [True, False, False]
    assert "add" in again.requests[-1]["messages"][0]["content"]


#: A tool loop, in which the reasoning of the call goes back unasked.
IN_A_LOOP = Ask([("user", "q"), ("assistant", "", {"reasoning": "I add.", "calls": [
    ("call_1", "add", {"a": 1, "b": 2})]}), ("tool", "call_1", "3")], tools=[ADD])  # fmt: skip
REASONING_REFUSED = [
    own(f"reasoning-{shape}", refusing("reasoning_content", shape, said()), IN_A_LOOP, text="ok",
        tries=2, reasoning_sent=["I add."], warned=[])
    for shape in ("param", "unnamed")
]  # fmt: skip
THINKING_REFUSED = Row(
    "thinking", refusing("chat_template_kwargs", "fields", said()),
    {"text": "ok", "tries": 2, "warned": [has("chat_template_kwargs")]},
    settings={"dialect": "openai", "thinking": False},
)  # fmt: skip
USAGE_REFUSED = Row(
    "usage", refusing("stream_options", "fields", said()),
    {"text": "ok", "tries": 2, "warned": []}, settings={"dialect": "openai"}, ways=STREAMED,
)  # fmt: skip


#: What is wrong is not a field that can be left out: the second refusal is the caller's to see.
UNNAMED_TWICE = Row(
    "unnamed", [failure(422, message="Bad Request")] * 2, {"error": "BadRequestError", "tries": 2},
    settings={"dialect": "openai"}, ways=STREAMED,
)  # fmt: skip


@table([THINKING_REFUSED, USAGE_REFUSED, *REASONING_REFUSED, UNNAMED_TWICE])
def test_a_refused_setting_is_left_out(row, adapter, way):
    check(row, adapter, way)


THINKS_ANYWAY = [
    own("in-a-field", said("ok", reasoning="Hm."), settings={"thinking": False}, reasoning="Hm.",
        warned=[has("thinking is off", "enable_thinking")]),
    own("in-the-text", said("<think>Hm.</think>ok"), settings={"thinking": False}, text="ok",
        warned=[has("thinking is off")]),
    own("by-ones-own-argument", said("ok", reasoning="Hm."), settings={
        "extra_body": {"chat_template_kwargs": {"enable_thinking": False}}},
        warned=[has("thinking is off")]),
    own("blank", said("ok", reasoning="\n"), settings={"thinking": False}, warned=[]),
    own("not-said", said("ok", reasoning="Hm."), warned=[]),
    own("on", said("ok", reasoning="Hm."), settings={"thinking": True}, warned=[]),
]  # fmt: skip


@table([*THINKS_ANYWAY[:1], *in_turn(THINKS_ANYWAY[1:])])
def test_a_server_that_thinks_although_it_should_not(row, adapter, way):
    check(row, adapter, way)


@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
@pytest.mark.parametrize("reply", [
    [said("ok", reasoning="Hm.")],
    [*refusing("chat_template_kwargs", "fields", said()), said()],
], ids=["ignored", "refused"])  # fmt: skip
def test_what_a_server_makes_of_thinking_is_said_once(adapter, reply):
    settings = {"dialect": "openai", "thinking": False}
    with scripted(*reply) as server:
        warned = [run(server, adapter, way, Ask(), settings).warned for way in WAYS]
    assert [len(found) for found in warned] == [1, 0, 0, 0]


@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
@pytest.mark.parametrize("way", ["whole", "stream", "awhole", "astream"])
def test_each_attempt_has_an_id_of_its_own_in_a_header(adapter, way):
    busy = error(503, headers={"retry-after-ms": "1"})
    with FaultServer(busy, said().scenario()) as server:
        settings = {"dialect": "openai", "max_retries": 1}
        outcome = run(server, adapter, way, Ask(), settings)
        sent = [request.headers.get("x-request-id") for request in server.requests]
    assert outcome.text == "ok"
    assert len(set(sent)) == 2
    assert None not in sent
    assert all("request_id" not in request for request in outcome.requests)
