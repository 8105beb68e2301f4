"""Secrets in a call's arguments: on the wire, and in no event, span or callback."""

from __future__ import annotations

import copy
import json
import pickle
from contextlib import suppress
from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.callbacks import CallbackManager
from llama_index.core.callbacks.base_handler import BaseCallbackHandler
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.instrumentation.span import SimpleSpan
from llama_index.core.instrumentation.span_handlers import BaseSpanHandler
from llama_index.core.prompts import PromptTemplate
from llama_index.core.tools import FunctionTool
from pydantic import BaseModel

from llama_index_zhipu import ZhipuAI
from llama_index_zhipu._chat.hiding import Hidden, revealed
from tests.contract.server import said, scripted

SECRET = "not-to-be-seen"
MCP = {"type": "mcp", "mcp": {"server_label": "m", "server_url": "https://example.com/m",
                              "headers": {"Authorization": SECRET}}}  # fmt: skip
URL = f"https://me:{SECRET}@example.com/m?key={SECRET}"
FLAT = {"type": "mcp", "server_label": "f", "server_url": URL, "authorization": SECRET}
HEADERS = {"extra_headers": {"X-Secret": SECRET}}
ALL = {**HEADERS, "server_tools": [MCP, FLAT]}
ASK = [ChatMessage(role="user", content="?")]


class Point(BaseModel):
    """A point."""

    x: int


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def noted(value: Any) -> str:
    """Return all that a tracer could write down of a value."""
    if isinstance(value, BaseModel):
        return f"{value!r} {value.model_dump_json(fallback=str)} {value.__dict__}"
    return f"{value!r} {json.dumps(value, default=str)}" if isinstance(value, dict) else repr(value)


class Notes(BaseCallbackHandler):
    """Writes down what callbacks get."""

    def __init__(self, seen: list[str]) -> None:
        super().__init__([], [])
        self.seen = seen

    def on_event_start(self, event_type, payload=None, event_id="", parent_id="", **kwargs):
        self.seen.append(noted(payload))
        return event_id

    def on_event_end(self, event_type, payload=None, event_id="", **kwargs):
        self.seen.append(noted(payload))

    def start_trace(self, trace_id=None):
        pass

    def end_trace(self, trace_id=None, trace_map=None):
        pass


@pytest.fixture
def seen():
    found: list[str] = []

    class Events(BaseEventHandler):
        def handle(self, event, **kwargs):
            found.append(noted(event))

    class Spans(BaseSpanHandler[SimpleSpan]):
        def new_span(
            self, id_, bound_args, instance=None, parent_span_id=None, tags=None, **kwargs
        ):
            found.append(f"{noted(dict(bound_args.arguments))} {tags!r} {instance!r}")
            return SimpleSpan(id_=id_, parent_id=parent_span_id)

        def prepare_to_exit_span(self, id_, bound_args, instance=None, result=None, **kwargs):
            found.append(f"{bound_args!r} {result!r}")

        def prepare_to_drop_span(self, id_, bound_args, instance=None, err=None, **kwargs):
            found.append(f"{bound_args!r} {err!r}")

    root = get_dispatcher()
    events, spans = list(root.event_handlers), list(root.span_handlers)
    root.add_event_handler(Events())
    root.add_span_handler(Spans())
    yield found
    root.event_handlers, root.span_handlers = events, spans


async def run(llm: ZhipuAI, method: str) -> None:
    call: Any = getattr(llm, method)
    if "structured" in method:
        args: tuple[Any, ...] = (Point, PromptTemplate("?"))
        kwargs: dict[str, Any] = {"llm_kwargs": dict(ALL)}
    elif "tools" in method or "and_call" in method:
        tools = [FunctionTool.from_defaults(add)]
        args, kwargs = (tools, "?"), dict(HEADERS)
    else:
        args, kwargs = (ASK if "chat" in method else "?",), dict(ALL)
    found = call(*args, **kwargs)
    if hasattr(found, "__await__"):
        found = await found
    if hasattr(found, "__aiter__"):
        async for _ in found:
            pass
    elif "stream" in method:
        list(found)


METHODS = [
    f"{a}{stream}{what}"
    for a in ("", "a")
    for stream in ("", "stream_")
    for what in ("chat", "complete", "chat_with_tools", "structured_predict")
] + ["predict_and_call", "apredict_and_call"]


@pytest.mark.parametrize("method", METHODS)
async def test_secrets_are_sent_and_not_shown(seen, method):
    with scripted(said('{"x": 1}')) as server:
        llm = ZhipuAI(
            model="glm-4.7", api_key="id.secret", api_base=server.base_url,
            callback_manager=CallbackManager([Notes(seen)]),
        )  # fmt: skip
        # The answer calls no tool, where one is wanted.
        with suppress(ValueError):
            await run(llm, method)
    assert server.requests[0].headers["x-secret"] == SECRET
    if "tools" not in method and "and_call" not in method:
        sent = server.requests[0].json["tools"]
        assert [tool["mcp"]["headers"] for tool in sent if "mcp" in tool] == [
            {"Authorization": SECRET},
            {"Authorization": f"Bearer {SECRET}"},
        ]
        assert [tool["mcp"]["server_url"] for tool in sent if "mcp" in tool][1] == URL
    assert seen
    assert not [text for text in seen if SECRET in text]


def test_a_place_in_the_arguments_hides_as_well_as_a_name(seen):
    with scripted(said('{"x": 1}')) as server:
        llm = ZhipuAI(model="glm-4.7", api_key="id.secret", api_base=server.base_url)
        llm.structured_predict(Point, PromptTemplate("?"), dict(HEADERS))
    assert server.requests[0].headers["x-secret"] == SECRET
    assert not [text for text in seen if SECRET in text]


def test_a_prompts_own_values_are_not_hidden():
    with scripted(said("ok")) as server:
        llm = ZhipuAI(model="glm-4.7", api_key="id.secret", api_base=server.base_url)
        llm.predict(PromptTemplate("{headers}"), headers={"a": "b"})
    assert server.requests[0].json["messages"][0]["content"] == "{'a': 'b'}"


def test_a_subclass_hides_too(seen):
    class Own(ZhipuAI):
        def chat(self, messages, **kwargs):
            return super().chat(messages, **kwargs)

    with scripted(said("ok")) as server:
        llm = Own(model="glm-4.7", api_key="id.secret", api_base=server.base_url)
        llm.chat(ASK, **HEADERS)
    assert server.requests[0].headers["x-secret"] == SECRET
    assert not [text for text in seen if SECRET in text]


def test_a_wrapping_says_nothing():
    made = Hidden.of({"X-Secret": SECRET})
    for text in (repr(made), str(made), made.model_dump_json(), repr(pickle.dumps(made))):
        assert SECRET not in text
    assert copy.deepcopy(made).value == {"X-Secret": SECRET}
    assert revealed({"extra_headers": made}) == {"extra_headers": {"X-Secret": SECRET}}
    assert Hidden.of(made) is made
