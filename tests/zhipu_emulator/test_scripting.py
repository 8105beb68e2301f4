"""Scripted answers: what can be said, who gets it, what was not used."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.tools import StructuredTool
from llama_index.core.tools import FunctionTool

import zhipu_emulator
from langchain_zhipu import ChatZhipuAI
from llama_index_zhipu import ZhipuAI
from zhipu_emulator import Answer, Fault, call, say, think


def refused(make: Any) -> str:
    with pytest.raises((ValueError, TypeError)) as caught:
        make()
    return str(caught.value)


@pytest.mark.parametrize("stream", [False, True])
def test_what_is_said_thought_and_called(ask, tool, stream: bool) -> None:
    tools = {"tools": [tool("add", "Add."), tool("list", "List.")]}
    ask.server.script(think("Easy.") + say("Both:") + call("add", a=1) + call("list", "[1"))
    if stream:
        deltas = [event["choices"][0]["delta"] for event in ask.events("Go", **tools)]
        message: dict[str, Any] = {
            name: "".join(delta.get(name) or "" for delta in deltas)
            for name in ("content", "reasoning_content")
        }
        message["tool_calls"] = [one for delta in deltas for one in delta.get("tool_calls", ())]
    else:
        message = ask.message("Go", **tools)
    assert message["content"] == "Both:"
    assert message["reasoning_content"] == "Easy."
    functions = [one["function"] for one in message["tool_calls"]]
    assert functions == [
        {"name": "add", "arguments": '{"a": 1}'}, {"name": "list", "arguments": "[1"},
    ]  # fmt: skip
    ask.server.assert_all_used()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Answer(message="hello"), "message='hello'"),
        (lambda: Answer(message={"role": "user", "content": "x"}), "only the assistant"),
        (lambda: Answer(message={"content": 3}), "message['content']=3"),
        (lambda: Answer(message={"text": "x"}), "message['text']"),
        (lambda: Answer(message={"tool_calls": {"name": "a"}}), "wanted a list"),
        (lambda: Answer(message={"tool_calls": [{"name": "a", "args": {}}]}), "tool_calls'][0]"),
        (lambda: Answer(message={"tool_calls": [{"function": {"name": ""}}]}), "tool_calls'][0]"),
        (lambda: Answer(message={"content": "x"}, json={}), "json= and message="),
        (lambda: Answer(message={"content": "x"}, status=400), "status="),
        (lambda: Answer(json={1, 2}), "json= cannot be written"),
        (lambda: Answer(json={}, finish_reason="stop"), "finish_reason"),
        (lambda: Answer(chunks={"a": 1}), "chunks="),
        (lambda: Answer(chunks=["data"]), "chunks="),
        (lambda: Answer(frames="data"), "frames="),
        (lambda: Answer(json={}, status=99), "status=99"),
        (lambda: Answer(json={}, headers={"A": 1}), "headers="),
        (lambda: call("a", {"x": 1}, y=2), "not both"),
        (lambda: call("a", x={1}), "arguments cannot be written"),
        (lambda: say(3), "say=3: wanted a text"),
        (lambda: say(None), "say=None"),
        (lambda: think(["x"]), "think=['x']"),
        (lambda: call("moor", "N"), "call('moor', a=1)"),
        (lambda: call("moor", 3), "call('moor', 3)"),
        (lambda: Answer(message={"tool_calls": [{"function": {"name": "a", "args": {}}}]}), "args"),
        (lambda: say("x", fault=Fault.parse("error=1302")), "'error' comes in the place"),
        (lambda: Answer(fault=Fault.parse("status=502")), "'status' comes in the place"),
        (lambda: say("a") + Answer(json={}), "can be added"),
        (lambda: Fault({"nonsense": ""}), "unknown fault 'nonsense'"),
        (lambda: Fault.parse("cut=soon"), "cut=soon"),
    ],
)  # fmt: skip
def test_what_cannot_be_said(make: Any, words: str) -> None:
    assert words in refused(make)


@pytest.mark.parametrize(
    ("items", "more", "words"),
    [
        (["Hello, world"], {}, "say("),
        ([{"content": "x"}], {}, "say("),
        ([{"role": "assistant", "content": "x"}], {}, "say("),
        ([{"choices": [{1}]}], {}, "JSON"),
        ([42], {}, "42"),
        ([say("a")], {"times": 0}, "times=0"),
        ([say("a")], {"times": True}, "times=True"),
        ([say("a"), "nonsense"], {}, "nonsense"),
        ([], {"tool": "moor"}, "without an item"),
        ([["x"]], {}, "script(*items)"),
        ([[say("x")]], {}, "script(*items)"),
        ([""], {}, "orders nothing"),
        ([{"sya": "x"}], {}, "unknown key 'sya'"),
        ([{"say": "x", "id": "7"}], {}, "unknown key 'id'"),
        ([{"say": 123}], {}, "say=123"),
        ([{"say": None}], {}, "say=None"),
        ([{"call": {"name": "moor", "args": {}}}], {}, "'args'"),
        ([{"call": {"name": "moor", "arguments": "N"}}], {}, "'N'"),
        ([{"say": "x", "when": {"tol": "moor"}}], {}, "'tol'"),
        ([{"say": "x", "when": "moor"}], {}, "when='moor'"),
        ([{"say": "x", "when": {"tool": "moor"}}], {"tool": "sail"}, "tool='sail'"),
        ([{"say": "x", "times": 2}], {"times": 3}, "times=3"),
        ([{"hello": 1}], {}, '{"json": {...}}'),
        ([{"say": "x", "tool": "moor"}], {}, '{"when": {"tool": ...}}'),
        ([b"x"], {}, "cannot be scripted"),
        ([say("x")], {"model": 47}, "model=47"),
        ([say("x")], {"user": ""}, "user=''"),
        ([say("x")], {"when": "moor"}, "when='moor'"),
    ],
)
def test_what_cannot_be_scripted_is_refused_at_once(ask, items: Any, more: Any, words: str) -> None:
    assert words in refused(lambda: ask.server.script(*items, **more))
    assert ask.server.unused == []


SYSTEM = {"role": "system", "content": "Answer in French."}
USER = {"role": "user", "content": [{"type": "text", "text": "What is the wind?"}]}


def test_an_order_waits_for_its_request(ask, tool) -> None:
    script = ask.server.script
    script(say("next"))
    script(say("model"), model="glm-4.7")
    script(say("system"), system="French")
    script(say("user"), user="wind")
    script(call("moor", pier="N"), tool="moor")
    script(say("when"), when=lambda body: body["temperature"] == 0.3)
    tools = [tool("moor", "Moor the ship", pier="string")]
    assert ask.text("Hi", temperature=0.3) == "when"
    assert ask.calls("Hi", tools=tools) == [("moor", {"pier": "N"})]
    assert ask.text([SYSTEM, {"role": "user", "content": "Hi"}]) == "system"
    assert ask.text([USER], model="glm-4.6v") == "user"
    assert ask.text("Hi", model="glm-4.7") == "model"
    assert ask.server.unused == ["say='next'"]
    assert ask.text("Hi") == "next"
    ask.server.assert_all_used()


def test_a_function_is_named_in_a_script_as_in_the_program(server) -> None:
    def weather(city: str) -> str:
        """查询天气"""
        return city

    where = {"model": "glm-4.7", "base_url": server.base_url, "api_key": server.api_key}
    server.script(call("查天气", city="北京"), tool="查天气", times=2)
    bound = ChatZhipuAI(**where).bind_tools([StructuredTool.from_function(weather, name="查天气")])
    (made,) = bound.invoke("北京").tool_calls
    assert (made["name"], made["args"]) == ("查天气", {"city": "北京"})
    llm = ZhipuAI(**where)
    answered = llm.chat_with_tools([FunctionTool.from_defaults(weather, "查天气")], "北京")
    (chosen,) = llm.get_tool_calls_from_response(answered)
    assert (chosen.tool_name, chosen.tool_kwargs) == ("查天气", {"city": "北京"})
    server.assert_all_used()


def test_conditions_are_all_to_be_met_and_times_count(ask) -> None:
    ask.server.script(say("both"), model="glm-4.7", user="Hi", times=2)
    ask.server.script(say("always"), model="glm-4.5", times=None)
    assert ask.text("Hi") != "both"
    assert ask.text("Bye", model="glm-4.7") != "both"
    assert ask.text("Hi", model="glm-4.7") == "both"
    assert ask.server.unused == [
        "say='both' (model='glm-4.7', user='Hi', times=2)",
        "say='always' (model='glm-4.5', times=None)",
    ]
    assert [ask.text("Hi", model="glm-4.7") == "both" for _ in range(2)] == [True, False]
    assert {ask.text("Hi", model="glm-4.5") for _ in range(3)} == {"always"}
    ask.server.assert_all_used()


def test_what_the_model_says_is_for_the_chat(ask) -> None:
    ask.server.script(say("for the chat"))
    body = {"model": "embedding-3", "input": "x"}
    answer = ask.http.post(f"{ask.server.base_url}/embeddings", json=body)
    assert answer.json()["data"]
    assert ask.text("Hi") == "for the chat"


def test_a_report_of_many_orders_is_short(ask) -> None:
    ask.server.script(*[say("x")] * 500, tool="moor")
    ask.text("Hi")
    lines = ask.server.report().splitlines()
    assert lines[40] == "not used: 480 more"
    assert repr(ask.server).endswith(": 1 requests, 500 orders unused>")


def test_a_condition_may_look_at_the_server(ask) -> None:
    ask.server.script(say("x"), when=lambda _: ask.server.unused and ask.server.requests)
    assert ask.text("Hi") == "x"


def test_a_port_that_is_taken_is_named(ask) -> None:
    with pytest.raises(OSError, match=f"127.0.0.1:{ask.server.port}"):
        zhipu_emulator.serve(ask.server.port).start()


def test_what_was_not_used_is_said_with_what_was_asked(ask) -> None:
    ask.server.script(say("never"), call("moor", pier="N"), "error=1302", tool="moor")
    ask.text("Hi")
    with pytest.raises(AssertionError) as caught:
        ask.server.assert_all_used()
    assert str(caught.value).splitlines() == [
        "not used: say='never' (tool='moor')",
        "    not for the last request: it offers no tool, not 'moor'",
        'not used: call=moor({"pier": "N"}) (tool=\'moor\')',
        "    not for the last request: it offers no tool, not 'moor'",
        "not used: error=1302 (tool='moor')",
        "    not for the last request: it offers no tool, not 'moor'",
        "what was asked, and the order for it:",
        "    /chat/completions, model 'glm-4.6', last message (user) 'Hi' -> nothing",
    ]


def test_a_function_that_fails_is_no_silent_miss(ask) -> None:
    ask.server.script(say("x"), when=lambda body: body["nothing"])
    answer = ask.post({"model": "glm-4.6", "messages": [{"role": "user", "content": "Hi"}]})
    assert answer.status_code == 400
    assert "KeyError: 'nothing'" in answer.text
    with pytest.raises(AssertionError, match="KeyError"):
        ask.server.assert_all_used()


def test_a_body_may_be_null(ask) -> None:
    ask.server.script(Answer(), Answer(json=None, status=503), Answer(fault=Fault.parse("ping=1")))
    body = {"model": "glm-4.6", "messages": [{"role": "user", "content": "Hi"}]}
    answers = [ask.post(body) for _ in range(3)]
    assert [(one.status_code, one.text) for one in answers[:2]] == [(200, "null"), (503, "null")]
    assert answers[2].json()["choices"]


def test_nothing_but_the_script(ask) -> None:
    ask.server.configure(scripted_only=True)
    ask.server.script(say("once"), None)
    assert ask.text("Hi") == "once"
    body = {"model": "glm-4.6", "messages": [{"role": "user", "content": "Hi"}]}
    for _ in range(2):  # None is "as usual", and so is no order: both are refused
        answer = ask.post(body)
        assert answer.status_code == 400
        assert "nothing is scripted" in answer.json()["error"]["message"]


def test_a_refusal_says_which_request_and_what_waits(ask, tool) -> None:
    ask.server.configure(scripted_only=True)
    ask.server.script(say("once"))
    ask.text("Hi")
    ask.server.script(call("moor", pier="N"), tool="moor", model="glm-4.7")
    ask.server.script(say("never"), when=lambda body: body.get("top_p"))
    ask.server.script(say("French"), system="French", user="sea")
    tools = [tool("sail", "Sail", to="string")]
    refusal = ask.post({"model": "glm-4.6", "messages": [SYSTEM, USER], "tools": tools})
    line = test_a_refusal_says_which_request_and_what_waits.__code__.co_firstlineno + 5
    request, *waiting = refusal.json()["error"]["message"].split(" Waits: ")
    assert request == (
        "nothing is scripted for this request: /chat/completions, model 'glm-4.6', "
        "last message (user) 'What is the wind?', tools sail."
    )
    assert [tuple(one.split(", but ")) for one in waiting] == [
        (
            "call=moor({\"pier\": \"N\"}) (model='glm-4.7', tool='moor')",
            "the model is 'glm-4.6', not 'glm-4.7'; its tools are sail, not 'moor'.",
        ),
        (
            f"say='never' (when=<lambda, line {line} of test_scripting.py>)",
            "the function given as when= returned something false.",
        ),
        (
            "say='French' (system='French', user='sea')",
            "the last user message does not contain 'sea'.",
        ),
    ]


def test_a_refusal_says_that_nothing_waits(ask) -> None:
    ask.server.configure(scripted_only=True)
    ask.server.script(say("once"))
    ask.text("Hi")
    asked = [
        {"role": "user", "content": "Go"},
        {"role": "tool", "content": "3", "tool_call_id": "a"},
    ]
    refusal = ask.post({"model": "glm-4.6", "messages": asked})
    assert refusal.json()["error"]["message"] == (
        "nothing is scripted for this request: /chat/completions, model 'glm-4.6', last message "
        "(tool) '3', question 'Go'. No order waits: 1 scripted, all of them taken."
    )


def test_faults_now_and_then(ask) -> None:
    ask.server.configure(fault_rate=0.4, faults=("error=1302", "status=502"))
    body = {"model": "glm-4.6", "messages": [{"role": "user", "content": "Hi"}]}
    statuses = [ask.post(body).status_code for _ in range(60)]
    assert {200, 429, 502} == {*statuses}
    assert 10 <= statuses.count(200) <= 50
    ask.server.reset()
    assert statuses == [ask.post(body).status_code for _ in range(60)]


@pytest.mark.parametrize(
    "options",
    [
        {"fault_rate": 2}, {"fault_rate": True}, {"faults": ("nonsense",)}, {"faults": "cut=1"},
        {"scripted_only": "yes"}, {"fetch_loopback": 1},
        {"latency": -1}, {"latency": float("nan")}, {"max_in_flight": -1}, {"habit_rate": "all"},
    ],
)  # fmt: skip
def test_options_out_of_range(options: dict[str, Any]) -> None:
    assert next(iter(options)).rstrip("s") in refused(lambda: zhipu_emulator.serve(**options))


def test_the_control_route(ask) -> None:
    def post(name: str, value: Any) -> Any:
        return ask.http.post(f"{ask.server.url}/emulator/{name}", json=value)

    assert post("script", [{"say": "one"}, {"say": "two", "times": 2}]).json() == {"scripted": 2}
    assert [ask.text("Hi"), ask.text("Hi")] == ["one", "two"]
    unused = ask.http.get(f"{ask.server.url}/emulator/unused").json()
    assert unused == ["say='two' (times=2)"]
    asked = ask.http.get(f"{ask.server.url}/emulator/requests").json()
    assert [one["path"].rpartition("/")[2] for one in asked] == ["completions", "completions"]
    assert "…" in asked[0]["headers"]["authorization"]
    assert post("options", {"latency": 0.01, "habits": ["box_marks"]}).json()["latency"] == 0.01
    assert ask.server.state.options.habits == ("box_marks",)
    assert post("reset", {}).json() == {}
    assert ask.server.unused == []


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("script", [{"sya": "x"}], "unknown key"),
        ("script", 3, "3"),
        ("options", {"fetch_loopback": True}, "cannot be changed"),
        ("options", {"api_keys": ["a.b"]}, "cannot be changed"),
        ("options", {"latency": "long"}, "latency='long'"),
        ("options", {"habits": ["nulls"]}, "nulls"),
        ("options", [], ""),
    ],
)
def test_what_the_control_route_refuses(ask, name: str, value: Any, words: str) -> None:
    before = ask.server.state.options
    answer = ask.http.post(f"{ask.server.url}/emulator/{name}", json=value)
    assert answer.status_code == 400
    assert words in answer.json()["error"]["message"]
    assert ask.server.state.options == before


def test_the_control_route_needs_a_key(ask) -> None:
    for method, name in (("GET", "requests"), ("POST", "script"), ("POST", "reset")):
        answer = ask.http.request(
            method, f"{ask.server.url}/emulator/{name}", headers={"Authorization": "Bearer a.b"}
        )
        assert answer.status_code == 401


def test_a_report_names_functions_as_their_authors_do(server) -> None:
    from langchain_zhipu import ChatZhipuAI

    def look_up(city: str) -> str:
        """Look up the weather."""
        return city

    look_up.__name__ = "查天气"
    server.reset()
    server.script(zhipu_emulator.say("x"), tool="查价格")
    model = ChatZhipuAI(model="glm-4.7", api_key=server.api_key, base_url=server.base_url)
    model.bind_tools([look_up]).invoke("北京天气")
    with pytest.raises(AssertionError, match="its tools are 查天气, not '查价格'"):
        server.assert_all_used()
    server.reset()


def test_a_condition_of_an_answer_is_sent_to_script() -> None:
    with pytest.raises(TypeError, match=r"system=\.\.\.\).*script\(say\(\.\.\.\), \.\.\.\)"):
        say("x", system="y")


def test_orders_with_a_condition_come_first_and_the_report_says_so(ask) -> None:
    ask.server.script(say("one"))
    ask.server.script(say("two"), user="mouse")
    assert ask.text("A mouse?") == "two"
    with pytest.raises(AssertionError, match=r"an order with a condition .* comes first"):
        ask.server.assert_all_used()
