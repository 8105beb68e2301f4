"""Fields of the model and arguments of a call, as they are sent to the emulator."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.runnables import RunnableBinding

from langchain_zhipu import ChatZhipuAI
from tests.langchain_zhipu.chat.making import Make, Say, Sent
from tests.langchain_zhipu.chat.wire import call, to_wire
from zhipu_client import PRESETS
from zhipu_client.dialects import dialect_of


def test_all_fields_are_sent_under_their_names(make: Make, say: Say, sent: Sent) -> None:
    say("ok")
    make(
        temperature=0.0, top_p=0.5, max_tokens=100, stop=["x"], do_sample=True, thinking=True,
        clear_thinking=False, request_id="request-1", user_id="user-1234",
        extra_body={"seed": 7}, sensitive_word_check={"type": "ALL"}, model_kwargs={"other": 1},
        watermark_enabled=False, meta={"a": "b"},
    ).invoke("hi")  # fmt: skip
    request = sent()[0]
    assert request.pop("messages") == [{"role": "user", "content": "hi"}]
    assert request == {
        "model": "glm-4.7", "temperature": 0.0, "top_p": 0.5, "max_tokens": 100, "stop": ["x"],
        "do_sample": True, "thinking": {"type": "enabled", "clear_thinking": False},
        "request_id": "request-1", "user_id": "user-1234", "seed": 7, "other": 1,
        "sensitive_word_check": {"type": "ALL"}, "watermark_enabled": False, "meta": {"a": "b"},
    }  # fmt: skip


def test_a_calls_own_arguments_win(make: Make, say: Say, sent: Sent) -> None:
    say("ok")
    make(temperature=0.1, extra_body={"a": 1, "b": 1}).invoke(
        "hi",
        model="glm-4.6",
        temperature=0.9,
        thinking=False,
        stop=["y"],
        extra_body={"b": 2},
        unheard_of=3,
    )
    request = sent()[0]
    assert (request["model"], request["temperature"], request["stop"]) == ("glm-4.6", 0.9, ["y"])
    assert request["thinking"] == {"type": "disabled"}
    assert (request["a"], request["b"], request["unheard_of"]) == (1, 2, 3)


@pytest.mark.parametrize(
    ("thinking", "sent_as"),
    [
        (None, None),
        ("auto", None),
        (True, {"type": "enabled"}),
        (False, {"type": "disabled"}),
        ("disabled", {"type": "disabled"}),
        ({"type": "enabled", "clear_thinking": True}, {"type": "enabled", "clear_thinking": True}),
    ],
)
def test_thinking_in_all_its_forms(
    make: Make, say: Say, sent: Sent, thinking: Any, sent_as: Any
) -> None:
    say("ok")
    make(thinking=thinking).invoke("hi")
    assert sent()[0].get("thinking") == sent_as


def test_glm_5_3_cannot_stop_thinking(make: Make, say: Say, sent: Sent) -> None:
    say("ok", "ok")
    with pytest.warns(UserWarning, match="always thinks"):
        make(model="glm-5.3", thinking=False).invoke("hi")
    with pytest.warns(UserWarning, match="'high' is sent"):
        make(model="glm-5.3", reasoning_effort="medium").invoke("hi")
    first, second = sent()
    assert first["reasoning_effort"] == "low"
    assert "thinking" not in first
    assert second["reasoning_effort"] == "high"


def test_legacy_models_get_a_temperature_they_take(make: Make, say: Say, sent: Sent) -> None:
    say("ok", "ok")
    make(model="glm-4-plus", temperature=0).invoke("hi")
    make(model="glm-4-plus", temperature=1).invoke("hi")
    assert [r["temperature"] for r in sent()] == [0.01, 0.99]


def test_tool_stream_is_on_where_the_model_can(make: Make, say: Say, sent: Sent) -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
    say(*["ok"] * 5)
    list(make().bind_tools([tool]).stream("hi"))
    make().bind_tools([tool]).invoke("hi")
    list(make(tool_stream=False).bind_tools([tool]).stream("hi"))
    list(make(model="glm-4.5-air").bind_tools([tool]).stream("hi"))
    list(make().stream("hi"))
    assert [r.get("tool_stream") for r in sent()] == [True, None, False, None, None]


@pytest.mark.parametrize(
    ("settings", "history", "kept"),
    [
        ({}, "tool_loop", False),
        ({"clear_thinking": False}, "all", True),
        ({"thinking": {"type": "enabled", "clear_thinking": False}}, "all", True),
        ({"reasoning_history": "all"}, "all", True),
        ({"clear_thinking": False, "reasoning_history": "none"}, "none", False),
        ({"model": "glm-4-plus", "reasoning_history": "all"}, "none", False),
    ],
)
def test_reasoning_history_follows_the_settings(
    make: Make, say: Say, sent: Sent, settings: Any, history: str, kept: bool
) -> None:
    say("ok")
    earlier = AIMessage("a", additional_kwargs={"reasoning_content": "old"})
    make(**settings).invoke([HumanMessage("1"), earlier, HumanMessage("2")])
    assert ("reasoning_content" in sent()[0]["messages"][1]) is kept, history


@pytest.mark.parametrize("clear", [True, False])
@pytest.mark.parametrize("given", ["field", "dict"])
def test_a_call_s_own_clear_thinking_decides_both_what_is_said_and_what_is_kept(
    make: Make, say: Say, sent: Sent, given: str, clear: bool
) -> None:
    say("ok", "ok")
    earlier = AIMessage("a", additional_kwargs={"reasoning_content": "old"})
    field = {"clear_thinking": clear}
    own = field if given == "field" else {"thinking": {"type": "enabled", **field}}
    for settings in (
        {"clear_thinking": not clear},
        {"thinking": {"type": "enabled", "clear_thinking": not clear}},
    ):
        make(**settings).invoke([HumanMessage("1"), earlier, HumanMessage("2")], **own)
        body = sent()[-1]
        assert body["thinking"]["clear_thinking"] is clear
        assert ("reasoning_content" in body["messages"][1]) is not clear


def test_on_the_coding_endpoint_reasoning_is_kept(server: Any) -> None:
    from zhipu_client.conversation import build

    earlier = AIMessage("a", additional_kwargs={"reasoning_content": "old"})
    history = [HumanMessage("1"), earlier, HumanMessage("2")]
    built = build({"model": "glm-4.7"}, dialect=dialect_of(PRESETS["zai-coding"]), streaming=False)
    sent = to_wire(history, reasoning_history=built.history)
    assert sent[1]["reasoning_content"] == "old"


def test_bind_tools_gives_a_binding_and_choice_none_sends_no_tools(
    model: ChatZhipuAI, say: Say, sent: Sent
) -> None:
    def f(a: int) -> int:
        """Do."""
        return a

    bound = model.bind_tools([f], tool_choice="none", strict=True, parallel_tool_calls=False)
    assert isinstance(bound, RunnableBinding)
    say("ok")
    bound.invoke("hi")
    assert "tools" not in sent()[0]
    assert "tool_choice" not in sent()[0]


def test_native_mode_leaves_the_choice_to_the_server(make: Make, say: Say, sent: Sent) -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
    native = make(tool_choice_mode="native")
    server_says = {"content": "", "tool_calls": [call("f", "{}", "c1")]}
    say(server_says, server_says, '{"a": 1}')
    native.bind_tools([tool], tool_choice="any").invoke("hi")
    native.bind_tools([tool], tool_choice="f").invoke("hi")
    schema = {"title": "X", "type": "object", "properties": {"a": {"type": "integer"}}}
    native.with_structured_output(schema, method="json_schema").invoke("hi")
    first, second, third = sent()
    assert first["tool_choice"] == "required"
    assert second["tool_choice"] == {"type": "function", "function": {"name": "f"}}
    assert third["response_format"]["type"] == "json_schema"
    assert len(third["messages"]) == 1


def test_json_mode_stays_json_mode_in_native_mode(make: Make, say: Say, sent: Sent) -> None:
    schema = {"title": "X", "type": "object", "properties": {"a": {"type": "integer"}}}
    say('{"a": 1}', '{"a": 1}')
    native = make(tool_choice_mode="native")
    assert native.with_structured_output(schema, method="json_mode").invoke("hi") == {"a": 1}
    native.with_structured_output(method="json_mode").invoke("hi in JSON")
    with_schema, without = sent()
    assert with_schema["response_format"] == without["response_format"] == {"type": "json_object"}
    assert '"properties"' in with_schema["messages"][0]["content"]
    assert len(without["messages"]) == 1
