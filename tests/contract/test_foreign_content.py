"""What comes from anywhere (a tool, a page, a model) never makes a conversation unusable."""

from __future__ import annotations

import json
from typing import Any

import pytest
from llama_index.core.base.llms.types import AudioBlock, DocumentBlock, ImageBlock

from zhipu_client.conversation import prepared

from .rows import Row, check, has, table
from .server import said, scripted
from .subjects import KEY, Ask

HALF = "caf\udce9 \ud83d."
WHOLE = "caf\ufffd \ufffd."
VISION = {"model": "glm-5.3-flash"}


def tool(properties: Any, name: str = "look") -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties}
    function = {"name": name, "description": f"Looks at {HALF}", "parameters": parameters}
    return {"type": "function", "function": function}


def looked(content: Any, name: str = "look", args: Any = None) -> list[tuple[Any, ...]]:
    return [
        ("user", f"Look at {HALF}"),
        ("assistant", HALF, {"calls": [(f"c{HALF}", name, args or {})]}),
        ("tool", f"c{HALF}", content),
    ]


HALVES = [
    Row("in-a-result", ask=Ask(looked(HALF)), want={"all_sent": has(WHOLE), "tries": 1}),
    Row("in-an-argument", ask=Ask(looked("ok", args={HALF: [HALF]})), want={"tries": 1}),
    Row("in-a-name", ask=Ask(looked("ok", name=HALF)), want={"tries": 1}),
    Row("in-a-tool", ask=Ask("Hi", tools=[tool({"a": {"description": HALF}})]),
        want={"tries": 1}),
    Row("in-the-name-of-a-tool", ask=Ask("Hi", tools=[tool({}, HALF)]), want={"tries": 1}),
    Row("in-instructions", ask=Ask([("system", HALF), ("user", HALF)]), want={"system": WHOLE}),
    Row("in-stop-words", ask=Ask("Hi", more={"stop": [HALF]}), want={"sent": {"stop": [WHOLE]}}),
]  # fmt: skip


@table(HALVES)
def test_half_characters(row, adapter, way):
    outcome = check(row, adapter, way)
    assert "\\ud" not in json.dumps(outcome.requests).replace("\\ud83d\\ude", "")


def odd(value: Any, adapter: str, kind: str) -> Row:
    """What a tool returned goes to the model as text, and as nothing else."""
    return Row(
        kind,
        ask=Ask(looked([("raw", value)])),
        want={"media_sent": [], "tries": 1},
        settings=VISION,
        adapters=(adapter,),
    )


#: Records that look like content blocks, and are data.
RECORDS: list[Any] = [
    {"type": "document", "title": "Q3"},
    {"type": "document", "source": 7},
    {"type": "document", "source": {"type": "text"}},
    {"type": "file", "name": "a.txt", "size": 3},
    {"type": "file", "file": "a.txt"},
    {"type": "file", "url": "a.txt"},
    {"type": "file", "base64": {"a": 1}},
    {"type": "file", "source_type": "text", "name": "a.txt"},
    {"type": "image", "source_type": "url", "width": 3},
    {"type": "audio", "source_type": "id", "id": 7},
    {"type": "image", "width": 3},
    {"type": "image", "url": "photo.png"},
    {"type": "image", "base64": "not base64"},
    {"type": "image_url", "image_url": None},
    {"type": "image_url", "image_url": {"url": "a b"}},
    {"type": "audio", "base64": "aGk=", "mime_type": 7},
    {"type": "audio", "data": "aGk=", "mime_type": "audio/ogg"},
    {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "ogg"}},
    {"type": "video", "path": "/etc/hostname"},
    {"type": "text"},
    {"type": "text", "text": 7},
    {"type": "non_standard", "value": {"type": "image_url", "x": 1}},
    {"type": "non_standard", "value": {"type": "new", "x": 1}},
    {"type": "tool_use", "id": 1},
    {"type": "hologram"},
    {"type": None},
    {"type": ["image"]},
    {},
]
BLOCKS = [
    ImageBlock(),
    ImageBlock(path="/etc/hostname"),
    AudioBlock(audio=b"OggS", format="ogg"),
    AudioBlock(url="https://example.com/a.wav"),
    DocumentBlock(path="/no/such/file"),
]


@table(
    [
        *(odd(value, "langchain", f"record-{n}") for n, value in enumerate(RECORDS)),
        *(odd(value, "llama_index", f"block-{n}") for n, value in enumerate(BLOCKS)),
    ]
)
def test_results_that_look_like_blocks(row, adapter, way):
    outcome = check(row, adapter, way)
    (result,) = [m for m in outcome.requests[0]["messages"] if m["role"] == "tool"]
    assert isinstance(result["content"], str)
    assert result["content"] != "(no output)"


@pytest.mark.parametrize("content", [None, 7, "text", [], [None, 7, ["a", {"b": 1}]], *RECORDS])
def test_results_in_a_users_message(content: Any) -> None:
    """Anthropic's blocks, whose content is whatever the program has put there."""
    from langchain_core.messages import AIMessage, HumanMessage

    from langchain_zhipu._chat.messages import to_wire

    block = {"type": "tool_result", "tool_use_id": "c1", "content": content}
    call = {"name": "look", "args": {}, "id": "c1", "type": "tool_call"}
    messages = [HumanMessage("Look."), AIMessage("", tool_calls=[call]), HumanMessage([block])]
    sent = prepared(to_wire(messages), model="glm-5.3-flash")
    assert [message["role"] for message in sent] == ["user", "assistant", "tool"]
    assert isinstance(sent[2]["content"], str)
    json.dumps(sent)


@pytest.mark.parametrize("way", ["invoke", "stream"])
def test_a_picture_without_its_type(way: str) -> None:
    """LangChain's own tracing raises for it: it is a picture all the same."""
    from langchain_core.messages import HumanMessage, ToolMessage

    from langchain_zhipu import ChatZhipuAI

    result = ToolMessage([{"type": "image", "base64": "iVBORw0KGgo="}], tool_call_id="c1")
    with scripted(said("Seen.")) as server:
        model = ChatZhipuAI(api_key=KEY, base_url=server.base_url, **VISION)
        messages = [HumanMessage("Look."), result]
        model.invoke(messages) if way == "invoke" else list(model.stream(messages))
        (request,) = [received.json for received in server.requests]
    assert "data:image/png;base64,iVBORw0KGgo=" in str(request["messages"])
    assert result.content == [{"type": "image", "base64": "iVBORw0KGgo="}]


def test_the_artifact_of_a_result_is_not_sent() -> None:
    from langchain_core.messages import ToolMessage

    from langchain_zhipu._chat.messages import to_wire

    artifact = {"type": "image", "base64": "aGk="}
    (sent,) = to_wire([ToolMessage("drawn", tool_call_id="c1", artifact=artifact)])
    assert sent == {"role": "tool", "content": "drawn", "tool_call_id": "c1"}
