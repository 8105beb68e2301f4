"""What is shown or written down of a model has no header of a tool or a call: it may be secret."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from langchain_core.load import dumps
from langchain_core.runnables import RunnableLambda
from llama_index.core.base.llms.types import ChatMessage

from langchain_zhipu import ChatZhipuAI
from llama_index_zhipu import ZhipuAI
from zhipu_client import InvalidRequestError

SECRET = "not-to-be-seen"
KEY: Mapping[str, Any] = {"api_key": "id.key", "base_url": "http://127.0.0.1:9/v4"}
WHERE = {"server_label": "docs", "server_url": "https://example.com/mcp"}
NESTED = {"type": "mcp", "mcp": {**WHERE, "headers": {"Authorization": SECRET}}}
FLAT = {"type": "mcp", **WHERE, "headers": {"X-Token": SECRET}, "authorization": SECRET}
HEADERS = {"extra_headers": {"X-Token": SECRET}}
SCHEMA = {"title": "Answer", "type": "object", "properties": {"a": {"type": "string"}}}


def chat(**settings: Any) -> Any:
    return ChatZhipuAI(model="glm-4.7", **KEY, **settings)


def llm(**settings: Any) -> Any:
    return ZhipuAI(model="glm-4.7", **KEY, **settings)


def no_change(value: Any) -> Any:
    return value


MADE: Mapping[str, Callable[[Any], Any]] = {
    "bind_tools": lambda tool: chat().bind_tools([tool]),
    "bind": lambda tool: chat().bind(tools=[tool], **HEADERS),
    "in a sequence": lambda tool: chat().bind_tools([tool]) | RunnableLambda(no_change),
    "with_retry": lambda tool: chat().bind_tools([tool]).with_retry(),
    "with_fallbacks": lambda tool: chat().with_fallbacks([chat().bind_tools([tool])]),
    "with_config": lambda tool: chat().bind_tools([tool]).with_config(tags=["a"]),
    "a schema": lambda tool: chat().with_structured_output(
        SCHEMA, method="json_schema", tools=[tool]
    ),
    "model_kwargs": lambda tool: chat(model_kwargs={"tools": [tool], **HEADERS}),
    "server_tools": lambda tool: llm(server_tools=[tool]),
    "additional_kwargs": lambda tool: llm(additional_kwargs={"tools": [tool], **HEADERS}),
}


def ways_to_show(made: Any) -> list[str]:
    shown = [repr(made), str(made)]
    if isinstance(made, ZhipuAI):
        return [*shown, repr(made.to_dict()), made.to_json(), made.model_dump_json()]
    if isinstance(made, ChatZhipuAI):
        shown.append(repr(made.model_dump()))
    return [*shown, dumps(made)]


@pytest.mark.parametrize("tool", [NESTED, FLAT], ids=["nested", "flat"])
@pytest.mark.parametrize("name", MADE)
def test_no_header_is_shown(name: str, tool: dict[str, Any]) -> None:
    for text in ways_to_show(MADE[name](tool)):
        assert SECRET not in text


def test_what_is_sent_has_them_all_the_same() -> None:
    bound = chat().bind_tools([NESTED])
    assert "docs" in repr(bound)
    assert bound.kwargs["tools"] == [NESTED]
    assert llm(server_tools=[NESTED]).model_copy().server_tools == [NESTED]
    assert chat(model_kwargs=HEADERS).model_kwargs == HEADERS


@pytest.mark.parametrize(
    ("tool", "says"),
    [(NESTED, "give them again"), (FLAT, "the token of an MCP server .*: give it again")],
    ids=["nested", "flat"],
)
def test_read_back_it_says_that_the_headers_are_missing(tool: dict[str, Any], says: str) -> None:
    written = llm(server_tools=[tool]).to_dict()
    again = ZhipuAI.from_dict({**written, **KEY})
    with pytest.raises(InvalidRequestError, match=says):
        again.chat([ChatMessage("Hello.")])
    with pytest.raises(InvalidRequestError, match=says):
        chat().invoke("Hello.", tools=written["server_tools"])
