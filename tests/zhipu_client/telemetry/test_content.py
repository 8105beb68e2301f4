"""Questions, answers and tools are on a span only where they are asked for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.zhipu_client.telemetry.calls import MESSAGES, QUESTION, read, send
from zhipu_client import chat, telemetry
from zhipu_emulator.scripting import call

TOOL = {"type": "function", "function": {"name": "add", "description": "Add.", "parameters": {}}}

SERVER_TOOL = {
    "type": "mcp",
    "mcp": {
        "server_label": "s",
        "server_url": "https://a.example",
        "headers": {"X-Key": "planted"},
    },
}


@pytest.mark.parametrize("streamed", [False, True])
def test_content_is_there_only_where_it_is_asked_for(service, seen, monkeypatch, streamed):
    def ask() -> dict[str, Any]:
        service.script(call("add", id="call_1", a=1))
        seen.exporter.clear()
        picture = {"type": "image_url", "image_url": {"url": "https://a.example/cat.png"}}
        said: Any = [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": QUESTION}, picture]},
        ]
        make: Any = chat.stream if streamed else chat.create
        request = make(model="glm-4.6v", messages=said, tools=[TOOL])
        (read if streamed else send)(service, "sync", request)
        return dict(seen.one().attributes)

    assert not {name for name in ask() if "messages" in name or "tool" in name}
    monkeypatch.setenv(telemetry.CAPTURE, "SPAN_ONLY")
    seen.switch_on()
    facts = ask()
    asked = json.loads(facts["gen_ai.input.messages"])
    assert asked == [
        {"role": "system", "parts": [{"type": "text", "content": "Be brief."}]},
        {
            "role": "user",
            "parts": [
                {"type": "text", "content": QUESTION},
                {"type": "image_url", "content": "(left out)"},
            ],
        },
    ]
    (answer,) = json.loads(facts["gen_ai.output.messages"])
    assert (answer["role"], answer["finish_reason"]) == ("assistant", "tool_calls")
    made = answer["parts"][-1]
    assert (made["type"], made["name"]) == ("tool_call", "add")
    assert json.loads(facts["gen_ai.tool.definitions"])[0]["name"] == "add"
    seen.switch_on(capture_content=False)
    assert "gen_ai.input.messages" not in ask()


def test_the_headers_of_a_server_tool_are_never_there(service, seen):
    seen.switch_on(capture_content=True)
    tools: Any = [TOOL, SERVER_TOOL]
    send(service, "sync", chat.create(model="glm-4.7", messages=MESSAGES, tools=tools))
    assert QUESTION in seen.one().to_json()
    assert "planted" not in seen.one().to_json()


def test_results_of_tools_are_parts_of_the_question(service, seen):
    seen.switch_on(capture_content=True)
    function = {"name": "add", "arguments": '{"a": 1}'}
    said: Any = [
        *MESSAGES,
        {
            "role": "assistant",
            "content": "",
            "reasoning_content": "Hm.",
            "tool_calls": [{"id": "1", "type": "function", "function": function}],
        },
        {"role": "tool", "tool_call_id": "1", "content": "2"},
    ]
    send(service, "sync", chat.create(model="glm-4.7", messages=said))
    _, asked, result = json.loads(seen.one().attributes["gen_ai.input.messages"])
    assert asked["parts"] == [
        {"type": "reasoning", "content": "Hm."},
        {"type": "tool_call", "id": "1", **function},
    ]
    assert result["parts"] == [{"type": "tool_call_response", "id": "1", "response": "2"}]
