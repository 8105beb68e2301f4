"""No text in a message opens a file: only an object that a program itself has made does.

What is in messages comes from browsers, tools and models. Each form of a content block is put into
each kind of message, of both adapters, with every way to call a model.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import (
    AIMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from llama_index.core.llms import (
    AudioBlock,
    CitableBlock,
    DocumentBlock,
    ImageBlock,
    TextBlock,
    VideoBlock,
)
from llama_index.core.llms import ChatMessage as LlamaMessage
from llama_index.core.tools import FunctionTool

from langchain_zhipu import ChatZhipuAI
from llama_index_zhipu import ZhipuAI
from tests.llama_index_zhipu.stub import Stub
from tests.support.asking import HOWS, ask, leaked
from tests.support.opened import watched
from zhipu_client import InvalidRequestError

pytestmark = pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecationWarning")

Message = Any


# --- LangChain

CALL = {"name": "look", "args": {}, "id": "c1", "type": "tool_call"}


def _after_call(message: Message) -> list[Message]:
    return [HumanMessage("Look"), AIMessage("", tool_calls=[CALL]), message]


#: Whose the content is -> the conversation that has it.
PLACES: dict[str, Callable[[Any], list[Message]]] = {
    "user": lambda block: [HumanMessage([{"type": "text", "text": "Look"}, block])],
    "chat-user": lambda block: [ChatMessage(role="user", content=[block])],
    "system": lambda block: [SystemMessage([block]), HumanMessage("Hi")],
    "tool": lambda block: _after_call(ToolMessage([block], tool_call_id="c1")),
    "tool-result": lambda block: _after_call(
        HumanMessage([{"type": "tool_result", "tool_use_id": "c1", "content": [block]}])
    ),
    "function": lambda block: [
        HumanMessage("Hi"), FunctionMessage(name="look", content=[block])
    ],
    "ai": lambda block: [HumanMessage("Hi"), AIMessage(["Well,", block]), HumanMessage("And?")],
    "chat-ai": lambda block: [
        HumanMessage("Hi"), ChatMessage(role="assistant", content=["Well,", block]),
        HumanMessage("And?"),
    ],
}  # fmt: skip
REFUSING = ("user", "chat-user", "system")
TOOLS = ("tool", "tool-result", "function")

#: Blocks whose ``path`` was read.
BY_PATH: dict[str, Callable[[str], dict[str, Any]]] = {
    "image": lambda path: {"type": "image", "path": path},
    "video": lambda path: {"type": "video", "path": path},
    "audio": lambda path: {"type": "audio", "path": path, "mime_type": "audio/wav"},
    "file": lambda path: {"type": "file", "path": path},
    "listing": lambda path: {"type": "file", "path": path, "size": 12, "url": "https://x/y"},
    "document": lambda path: {"type": "document", "path": path},
    "text-plain": lambda path: {"type": "text-plain", "path": path},
}
#: Everything else in which a name of a file may be.
ELSEWHERE: dict[str, Callable[[str], dict[str, Any]]] = {
    "image-url": lambda path: {"type": "image_url", "image_url": {"url": path}},
    "file-scheme": lambda path: {"type": "image", "url": f"file://{path}"},
    "file-scheme-large": lambda path: {"type": "image_url", "image_url": f" FILE://{path}"},
    "file-url": lambda path: {"type": "file_url", "file_url": {"url": f"file://{path}"}},
    "own-file": lambda path: {"type": "file", "file": {"file_url": f"file://{path}"}},
    "file-data": lambda path: {"type": "file", "file": {"file_data": path, "filename": path}},
    "file-text": lambda path: {"type": "file", "file": path},
    "source": lambda path: {"type": "image", "source": {"type": "file", "path": path}},
    "source-text": lambda path: {"type": "image", "source": path},
    "source-url": lambda path: {"type": "image", "source": {"type": "url", "url": path}},
    "nested": lambda path: {
        "type": "document",
        "source": {"type": "content", "content": [{"type": "image", "path": path}]},
    },
    "content": lambda path: {"type": "document", "content": [{"type": "file", "path": path}]},
    "non-standard": lambda path: {
        "type": "non_standard", "value": {"type": "file", "path": path}
    },
    "extras": lambda path: {"type": "file", "base64": "aGk=", "extras": {"path": path}},
    "text": lambda path: {"type": "text", "text": "hi", "path": path},
    "odd-type": lambda path: {"type": 7, "path": path},
    "serialised": lambda path: {
        "type": "file",
        "path": {"lc": 1, "type": "constructor", "id": ["pathlib", "Path"], "kwargs": {"a": path}},
    },
}  # fmt: skip


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", BY_PATH)
def test_a_text_as_path_opens_nothing(
    chain: ChatZhipuAI, server: Stub, secret: Path, kind: str, place: str, how: str
) -> None:
    messages = PLACES[place](BY_PATH[kind](str(secret)))
    with watched(secret.parent) as opened:
        if place in REFUSING:
            with pytest.raises(InvalidRequestError, match=r"pathlib\.Path\(") as caught:
                ask(chain, messages, how)
            assert str(caught.value.field).endswith(".path")
            assert caught.value.value == str(secret)
        else:
            ask(chain, messages, how)
    assert opened == []
    assert not leaked(server)
    assert len(server.requests) == (place not in REFUSING)
    if place in TOOLS:  # the model reads what the tool said
        said = server.requests[0]["messages"][-1]["content"]
        assert json.loads(said[said.index("{") :]) == BY_PATH[kind](str(secret))
    elif place not in REFUSING:
        assert server.requests[0]["messages"][1]["content"] == "Well,"


@pytest.mark.parametrize("how", ["call", "astream"])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", ELSEWHERE)
def test_a_path_elsewhere_in_a_block_opens_nothing(
    chain: ChatZhipuAI, server: Stub, secret: Path, kind: str, place: str, how: str
) -> None:
    messages = PLACES[place](ELSEWHERE[kind](str(secret)))
    with watched(secret.parent) as opened:
        try:
            ask(chain, messages, how)
        except InvalidRequestError:
            assert place in REFUSING  # what tools and models say never ends a conversation
    assert opened == []
    assert not leaked(server)


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("place", [place for place in PLACES if place not in {"user", "chat-user"}])
def test_also_an_object_is_read_in_a_users_message_only(
    chain: ChatZhipuAI, server: Stub, secret: Path, place: str, how: str
) -> None:
    messages = PLACES[place]({"type": "file", "path": secret})
    with watched(secret.parent) as opened:
        if place == "system":
            with pytest.raises(InvalidRequestError, match="user's message"):
                ask(chain, messages, how)
        else:
            ask(chain, messages, how)
    assert opened == []
    assert not leaked(server)
    if place in TOOLS:
        assert "secret.env" in server.requests[0]["messages"][-1]["content"]


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("place", ["user", "chat-user"])
@pytest.mark.parametrize("kind", ["image", "video", "file"])
def test_an_object_in_a_users_message_is_sent(
    chain: ChatZhipuAI, server: Stub, secret: Path, kind: str, place: str, how: str
) -> None:
    block = {"type": kind, "path": secret, "mime_type": "application/pdf"}
    if kind == "file":
        chain = chain.model_copy(update={"model": "glm-5.3-flash"})
    with watched(secret.parent) as opened:
        ask(chain, PLACES[place](block), how)
    assert opened == ["secret.env"]
    assert leaked(server)


def test_only_an_object_sends_an_async_call_to_a_thread(
    chain: ChatZhipuAI, secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[bool] = []
    plan = ChatZhipuAI._exchange

    def noted(self: Any, *args: Any, **kwargs: Any) -> Any:
        threads.append(threading.current_thread() is threading.main_thread())
        return plan(self, *args, **kwargs)

    monkeypatch.setattr(ChatZhipuAI, "_exchange", noted)
    ask(chain, PLACES["user"]({"type": "image", "path": secret}), "acall")
    ask(chain, PLACES["tool"]({"type": "image", "path": str(secret)}), "acall")
    ask(chain, PLACES["tool-result"]({"type": "image", "path": str(secret)}), "acall")
    assert threads == [False, True, True]


def test_a_message_that_was_written_down_has_no_path_any_more(
    chain: ChatZhipuAI, server: Stub, secret: Path
) -> None:
    # LangChain's own `loads` refuses the object; everything else makes a text of it.
    written = HumanMessage([{"type": "file", "path": secret}]).model_dump_json()
    with watched(secret.parent) as opened, pytest.raises(InvalidRequestError, match="pathlib"):
        chain.invoke([HumanMessage.model_validate_json(written)])
    assert opened == []
    assert server.requests == []


# --- LlamaIndex

LLAMA_BLOCKS: dict[str, Callable[..., Any]] = {
    "image": ImageBlock,
    "audio": AudioBlock,
    "video": VideoBlock,
    "document": DocumentBlock,
}


def _llama(place: str, block: Any) -> list[LlamaMessage]:
    look = {"tool_calls": [{"id": "c1", "function": {"name": "look", "arguments": "{}"}}]}
    first = LlamaMessage(role="user", content="Look")
    if place == "user":
        return [LlamaMessage(role="user", blocks=[TextBlock(text="Look"), block])]
    if place in {"tool", "function"}:
        call = LlamaMessage(role="assistant", content="", additional_kwargs=look)
        result = LlamaMessage(role=place, blocks=[block], additional_kwargs={"tool_call_id": "c1"})
        return [first, call, result]
    if place == "assistant":
        said = LlamaMessage(role=place, blocks=[TextBlock(text="Well,"), block])
        return [first, said, LlamaMessage(role="user", content="And?")]
    return [LlamaMessage(role=place, blocks=[block]), first]


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("place", ["tool", "function", "assistant", "system"])
@pytest.mark.parametrize("by", ["path", "url"])
@pytest.mark.parametrize("kind", LLAMA_BLOCKS)
def test_blocks_of_tools_and_models_open_nothing(
    llm: ZhipuAI, server: Stub, secret: Path, kind: str, by: str, place: str, how: str
) -> None:
    block = LLAMA_BLOCKS[kind](**{by: str(secret) if by == "path" else secret.as_uri()})
    with watched(secret.parent) as opened:
        if place == "system":
            with pytest.raises(InvalidRequestError):
                ask(llm, _llama(place, block), how)
        else:
            ask(llm, _llama(place, block), how)
    assert opened == []
    assert not leaked(server)
    if place in {"tool", "function"}:
        (result,) = [m for m in server.requests[0]["messages"] if m["role"] == "tool"]
        assert json.loads(result["content"])["block_type"] == kind
        assert "secret.env" in result["content"]
        assert server.requests[0]["messages"][-1] is result


@pytest.mark.parametrize("how", HOWS)
def test_blocks_inside_of_blocks_of_a_tool_open_nothing(
    llm: ZhipuAI, server: Stub, secret: Path, how: str
) -> None:
    block = CitableBlock(title="T", source="s", content=[DocumentBlock(path=str(secret))])
    with watched(secret.parent) as opened:
        ask(llm, _llama("tool", block), how)
    assert opened == []
    assert "secret.env" in server.requests[0]["messages"][-1]["content"]


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("kind", LLAMA_BLOCKS)
def test_an_address_of_a_file_is_refused_in_a_users_message(
    llm: ZhipuAI, server: Stub, secret: Path, kind: str, how: str
) -> None:
    block = LLAMA_BLOCKS[kind](url=secret.as_uri())
    with watched(secret.parent) as opened, pytest.raises(InvalidRequestError, match="path="):
        ask(llm, _llama("user", block), how)
    assert opened == []
    assert server.requests == []


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("kind", ["image", "video"])
def test_a_block_with_a_path_in_a_users_message_is_sent(
    llm: ZhipuAI, server: Stub, secret: Path, kind: str, how: str
) -> None:
    with watched(secret.parent) as opened:
        ask(llm, _llama("user", LLAMA_BLOCKS[kind](path=secret)), how)
    assert opened == ["secret.env"]
    assert leaked(server)


@pytest.mark.parametrize("how", HOWS)
def test_what_a_tool_made_of_a_models_argument_opens_nothing(
    llm: ZhipuAI, server: Stub, secret: Path, how: str
) -> None:
    def look(path: str) -> ImageBlock:
        """Return the picture of a name."""
        return ImageBlock(path=path)

    output = FunctionTool.from_defaults(look).call(path=str(secret))
    messages = _llama("tool", output.blocks[0])
    with watched(secret.parent) as opened:
        ask(llm, messages, how)
    assert opened == []
    assert not leaked(server)
