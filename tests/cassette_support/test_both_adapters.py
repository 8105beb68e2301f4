"""What both adapters do alike, from cassettes: models for one purpose, large files, extraction.

Each is answered once and refused once.
"""

from __future__ import annotations

import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from llama_index.core.llms import ChatMessage, CitableBlock, DocumentBlock, ImageBlock, TextBlock

import langchain_zhipu
import llama_index_zhipu
from cookbook.paper import Text, Title, pdf
from tests.cassette_support.plugin import Mode, Service
from tests.cassette_support.scrub import scrubbed_request
from tests.support.notes import note
from zhipu_client import AuthenticationError, ContentFilterError, NotFoundError
from zhipu_client.conversation import local_files

pytestmark = pytest.mark.vcr
adapters = pytest.mark.parametrize("adapter", ["langchain", "llama_index"])

ROLES = {"user_name": "Lin", "user_info": "a", "bot_name": "Ada", "bot_info": "b"}
CODE = {"target": {"path": "a.py", "language": "Python", "code_prefix": "x", "code_suffix": ""}}
BOMB = "how to make a bomb"
#: Model -> its settings.
MODELS: dict[str, dict[str, Any]] = {
    "charglm-4": {"meta": ROLES},
    "emohaa": {"meta": ROLES},
    "codegeex-4": {"extra": CODE},
    "glm-4-long": {},
    "glm-4-voice": {},
    "autoglm-phone": {},
}
SEEN = note("Settings", "Wi-Fi")


def message(adapter: str, model: str, text: str) -> Any:
    """What is asked: words, and the screenshot that a model for phones needs."""
    pictured = model == "autoglm-phone"
    if adapter == "llama_index":
        pictures = [ImageBlock(image=SEEN, image_mimetype="image/png")] if pictured else []
        return ChatMessage(blocks=[TextBlock(text=text), *pictures])
    if not pictured:
        return HumanMessage(text)
    block = {"type": "image", "mime_type": "image/png", "base64": b64encode(SEEN).decode()}
    return HumanMessage([{"type": "text", "text": text}, block])


async def asked(
    adapter: str, mode: Mode, service: Service, model: str, messages: list[Any], **settings: Any
) -> tuple[str, Any]:
    """The text of an answer, and the answer."""
    if adapter == "langchain":
        chat = langchain_zhipu.ChatZhipuAI(model=model, **service.settings, **settings)
        found = chat.invoke(messages) if mode == "sync" else await chat.ainvoke(messages)
        return found.text, found
    llm = llama_index_zhipu.ZhipuAI(model=model, **service.settings, **settings)
    got = llm.chat(messages) if mode == "sync" else await llm.achat(messages)
    return got.message.content or "", got.message


@adapters
@pytest.mark.parametrize("model", MODELS)
async def test_a_model_for_one_purpose(
    service: Service, mode: Mode, adapter: str, model: str
) -> None:
    messages = [message(adapter, model, "Open Settings")]
    if model in ("charglm-4", "emohaa"):
        first = "Good evening."
        speaks = (
            AIMessage(first) if adapter == "langchain" else ChatMessage(first, role="assistant")
        )
        messages.insert(0, speaks)
    text, found = await asked(adapter, mode, service, model, messages, **MODELS[model])
    assert text
    if model == "glm-4-voice":
        blocks = found.content_blocks if adapter == "langchain" else found.blocks
        kinds = [b["type"] if isinstance(b, dict) else b.block_type for b in blocks]
        assert "audio" in kinds
    elif model == "autoglm-phone":
        package = langchain_zhipu if adapter == "langchain" else llama_index_zhipu
        assert package.ZhipuAIPhoneActionParser().parse(text).name


@adapters
@pytest.mark.parametrize("model", MODELS)
async def test_its_refusal(service: Service, mode: Mode, adapter: str, model: str) -> None:
    with pytest.raises(ContentFilterError) as caught:
        messages = [message(adapter, model, BOMB)]
        await asked(adapter, mode, service, model, messages, **MODELS[model])
    assert caught.value.code == "1301"


@adapters
@pytest.mark.parametrize("refused", [False, True], ids=["answered", "refused"])
async def test_a_large_file_goes_up_and_is_removed(
    service: Service, mode: Mode, adapter: str, refused: bool, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(local_files, "LARGE_FILE", 1000)
    path = tmp_path / "notes.txt"
    path.write_text("The code word is heron.\n" + "Nothing more is said here.\n" * 60, "utf-8")
    words = BOMB if refused else "What is the code word?"
    if adapter == "langchain":
        block = {"type": "file", "path": path}
        messages: list[Any] = [HumanMessage([{"type": "text", "text": words}, block])]
    else:
        messages = [ChatMessage(blocks=[TextBlock(text=words), DocumentBlock(path=path)])]
    call = asked(adapter, mode, service, "glm-5.3-flash", messages, file_mode="auto")
    if refused:  # the file is removed all the same: the whole cassette is played
        with pytest.raises(ContentFilterError):
            await call
    else:
        assert "heron" in (await call)[0]


MENU = pdf([[Title("Menu"), Text("Soup: 4")]])
MISSING = "model-that-never-was"


def extractor(adapter: str, service: Service, model: str) -> Any:
    """A program that fills a template from a document."""
    template = {"soup": 0.0}
    if adapter == "langchain":
        chat = langchain_zhipu.ChatZhipuAI(model=model, **service.settings)
        return langchain_zhipu.create_ocr_extractor(chat, template)
    llm = llama_index_zhipu.ZhipuAI(model=model, **service.settings)
    return llama_index_zhipu.create_ocr_extractor(llm, template)


async def extracted(made: Any, adapter: str, mode: Mode) -> Any:
    if adapter == "langchain":
        return made.invoke(MENU) if mode == "sync" else await made.ainvoke(MENU)
    return made(MENU) if mode == "sync" else await made.acall(MENU)


@adapters
async def test_an_extraction(service: Service, mode: Mode, adapter: str) -> None:
    assert await extracted(extractor(adapter, service, "glm-4.7"), adapter, mode) == {"soup": 4}


@adapters
async def test_an_extraction_that_is_refused(service: Service, mode: Mode, adapter: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        await extracted(extractor(adapter, service, MISSING), adapter, mode)
    assert caught.value.code == "1211"


LONG = "The kite rises in the wind. " * 20


def test_tokens_for_llama_index(service: Service) -> None:
    llm = llama_index_zhipu.ZhipuAI(model="glm-4.6", **service.settings)
    counter = llama_index_zhipu.ZhipuAITokenizer(llm, token_counting="service")
    assert 100 < len(counter(LONG)) < 300


def test_tokens_that_are_refused(service: Service) -> None:
    llm = llama_index_zhipu.ZhipuAI(model="glm-4.6", **{**service.settings, "api_key": "wrong.key"})
    counter = llama_index_zhipu.ZhipuAITokenizer(llm, token_counting="service")
    with pytest.raises(AuthenticationError):
        counter(LONG)


#: Where the MCP server is while a cassette is recorded; a replayed one needs no server.
MCP_PORT = 18_765
MCP_URL = f"http://127.0.0.1:{MCP_PORT}/mcp"


@pytest.fixture
def vcr_config(vcr_config: dict[str, Any]) -> dict[str, Any]:
    """What the emulator asks an MCP server is not a part of a cassette: it is in this process."""

    def kept(request: Any) -> Any:
        return None if urlsplit(request.uri).path == "/mcp" else scrubbed_request(request)

    return {**vcr_config, "before_record_request": kept}


@pytest.fixture
def tides(service: Service) -> Iterator[None]:
    """An MCP server, while recording."""
    if not service.recording:
        yield
        return
    import uvicorn
    from mcp.server.fastmcp import FastMCP

    made = FastMCP("tides", log_level="WARNING", stateless_http=True)

    @made.tool()
    def water_level(harbour: str) -> str:
        """Look up the water level of a harbour."""
        return f"{harbour}: 4.1 metres, falling"

    config = uvicorn.Config(made.streamable_http_app(), log_level="warning", port=MCP_PORT)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield
    server.should_exit = True
    thread.join(10)


@adapters
@pytest.mark.parametrize("url", [MCP_URL, None], ids=["answered", "no-server"])
async def test_an_mcp_server(
    service: Service, mode: Mode, adapter: str, url: str | None, tides: None
) -> None:
    tool = {"type": "mcp", "server_label": "tides", **({} if url is None else {"server_url": url})}
    words = "What is the water level in Cuxhaven?"
    if adapter == "langchain":
        chat = langchain_zhipu.ChatZhipuAI(model="glm-4.7", **service.settings).bind_tools([tool])
        found = chat.invoke(words) if mode == "sync" else await chat.ainvoke(words)
        blocks = [b for b in found.content_blocks if b["type"] == "server_tool_result"]
        assert [b["status"] for b in blocks] == (["error"] if url is None else ["success"] * 2)
        assert url is None or "4.1 metres" in found.text
        return
    llm = llama_index_zhipu.ZhipuAI(model="glm-4.7", server_tools=[tool], **service.settings)
    got = (
        llm.chat([ChatMessage(words)]) if mode == "sync" else await llm.achat([ChatMessage(words)])
    )
    said = [block for block in got.message.blocks if isinstance(block, CitableBlock)]
    assert [block.title for block in said] == ([] if url is None else ["water_level (tides)"])
    assert bool(url) == ("4.1 metres" in (got.message.content or ""))
