"""No asynchronous method blocks the event loop: each is run from its object on, as the first call.

What blocks (a file, a folder, a lock, a wait) raises on the loop where the packages are on the
stack; that is what `blockbuster` does.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import wave
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from blockbuster import blockbuster_ctx

import langchain_zhipu as chain
import llama_index_zhipu as index
import zhipu_emulator
from tests.support.vision_servers import document
from zhipu_client._io import pools

from .test_ocr import PNG

PACKAGES = ["langchain_zhipu", "llama_index_zhipu", "zhipu_client"]
SOUND = bytes(4410)
BY_CHAT = {"endpoint": "chat", "model": "glm-4.6v"}
#: The images have no text.
EMPTY = {"keep_empty": True}
Case = Callable[[dict[str, Any], Path], Awaitable[Any]]


@pytest.fixture(scope="module")
def emulator() -> Iterator[Any]:
    with zhipu_emulator.serve() as server:
        yield server


@pytest.fixture(autouse=True)
def first_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what only the first call of a process does."""
    monkeypatch.setattr(pools._process, "tls", None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.png").write_bytes(PNG)
    (tmp_path / "b.png").write_bytes(PNG)
    (tmp_path / "scans").mkdir()
    (tmp_path / "scans" / "scan.pdf").write_bytes(document(3))
    with wave.open(str(tmp_path / "talk.wav"), "wb") as sound:
        sound.setparams((1, 1, 400, 0, "NONE", ""))
        sound.writeframes(b"\x10\xf0" * 8000)
    return tmp_path


def scan(folder: Path) -> Path:
    return folder / "scans" / "scan.pdf"


async def every(found: Any) -> list[Any]:
    return [item async for item in found]


def human(folder: Path) -> list[Any]:
    from langchain_core.messages import HumanMessage

    blocks = [{"type": "text", "text": "What?"}, {"type": "image", "path": folder / "a.png"}]
    return [HumanMessage(blocks)]


def asked(folder: Path, block: Any = None) -> list[Any]:
    from llama_index.core.base.llms.types import ChatMessage, ImageBlock, TextBlock

    block = block or ImageBlock(path=folder / "a.png")
    return [ChatMessage(role="user", blocks=[TextBlock(text="What?"), block])]


def streamed(folder: Path) -> list[Any]:
    """A block whose content is an open file."""
    from llama_index.core.base.llms.types import CitableBlock, ImageBlock

    inner = ImageBlock(path=folder / "a.png")
    return asked(folder, CitableBlock(title="T", source="s", content=[inner]))


def nodes() -> list[Any]:
    from llama_index.core.schema import NodeWithScore, TextNode

    return [NodeWithScore(node=TextNode(text=text), score=0.5) for text in ("tea", "a ship")]


def query() -> Any:
    from llama_index.core.schema import QueryBundle

    return QueryBundle("ships")


def person() -> Any:
    from pydantic import BaseModel

    class Person(BaseModel):
        name: str

    return Person


def documents() -> list[Any]:
    from langchain_core.documents import Document

    return [Document("tea"), Document("a ship")]


def blob(folder: Path) -> Any:
    from langchain_core.documents.base import Blob

    return Blob.from_path(folder / "a.png")


def sound_blob(folder: Path) -> Any:
    from langchain_core.documents.base import Blob

    return Blob.from_path(folder / "talk.wav")


def prompt() -> Any:
    from llama_index.core.prompts import PromptTemplate

    return PromptTemplate("Who?")


async def predicted(c: dict[str, Any], f: Path) -> Any:
    llm = index.ZhipuAI(**c)
    return await every(await llm.astream_structured_predict(person(), prompt()))


async def llama_stream(c: dict[str, Any], f: Path) -> Any:
    return await every(await index.ZhipuAI(model="glm-4.6v", **c).astream_chat(asked(f)))


async def llama_complete_stream(c: dict[str, Any], f: Path) -> Any:
    return await every(await index.ZhipuAI(**c).astream_complete("Hi"))


LANGCHAIN: dict[str, Case] = {
    "ainvoke": lambda c, f: chain.ChatZhipuAI(**c).ainvoke("Hi"),
    "astream": lambda c, f: every(chain.ChatZhipuAI(**c).astream("Hi")),
    "ainvoke-a-file": lambda c, f: chain.ChatZhipuAI(model="glm-4.6v", **c).ainvoke(human(f)),
    "astream-a-file": lambda c, f: every(
        chain.ChatZhipuAI(model="glm-4.6v", **c).astream(human(f))
    ),
    "structured": lambda c, f: (
        chain.ChatZhipuAI(**c).with_structured_output(person()).ainvoke("Ann.")
    ),
    "embed": lambda c, f: chain.ZhipuAIEmbeddings(**c).aembed_documents(["a", "b"]),
    "embed-query": lambda c, f: chain.ZhipuAIEmbeddings(**c).aembed_query("a"),
    "draw": lambda c, f: chain.ZhipuAIImageGenerator(
        save_to=f / "new", allow_loopback=True, **c
    ).agenerate("a red kite"),
    "draw-as-a-tool": lambda c, f: chain.ZhipuAIImageGenerator(
        save_to=f / "new", allow_loopback=True, **c
    ).ainvoke("a red kite"),
    "ocr": lambda c, f: chain.ZhipuAIOCRLoader(f / "a.png", **EMPTY, **c).aload(),
    "ocr-of-a-folder": lambda c, f: chain.ZhipuAIOCRLoader(f, glob="*.png", **EMPTY, **c).aload(),
    "ocr-parser": lambda c, f: chain.ZhipuAIOCRParser(**EMPTY, **c).aparse(blob(f)),
    "ocr-by-chat": lambda c, f: chain.ZhipuAIOCRLoader(scan(f), **BY_CHAT, **c).aload(),
    "ocr-extractor": lambda c, f: chain.create_ocr_extractor(
        chain.ChatZhipuAI(**c), person()
    ).ainvoke(f / "a.png"),
    "rerank": lambda c, f: chain.ZhipuAIRerank(**c).acompress_documents(documents(), "ships"),
    "web-page": lambda c, f: chain.ZhipuAIWebReaderLoader(
        "https://cities.example/paris", **c
    ).aload(),
    "events": lambda c, f: every(chain.ChatZhipuAI(**c).astream_events("Hi", version="v2")),
    "moderate": lambda c, f: chain.ZhipuAIModeration(**c).abatch(["Hi", "a"]),
    "recording": lambda c, f: chain.ZhipuAITranscriptionLoader(f, **c).aload(),
    "recording-streamed": lambda c, f: every(
        chain.ZhipuAITranscriptionParser(**c).astream_text(sound_blob(f))
    ),
    "say": lambda c, f: chain.ZhipuAITextToSpeechTool(save_to=f / "new", **c).ainvoke("Hi"),
    "say-streamed": lambda c, f: every(chain.ZhipuAITextToSpeechTool(**c).astream("Hi")),
    "agent": lambda c, f: chain.ZhipuAIAgent(agent_id="slides_glm_agent", **c).ainvoke("a slide"),
    "agent-streamed": lambda c, f: every(chain.ZhipuAITranslation(**c).astream("tea")),
    "video-saved": lambda c, f: chain.ZhipuAIVideoGenerator(
        save_to=f / "new", interval=0.01, allow_loopback=True, **c
    ).agenerate("a kite"),
    "embed-kept": lambda c, f: chain.ZhipuAIEmbeddings(
        checkpoint=f / "kept.db", **c
    ).aembed_documents(["a", "b"]),
    "retriever": lambda c, f: chain.ZhipuAIWebSearchRetriever(**c).ainvoke("ships"),
    "search": lambda c, f: chain.ZhipuAIWebSearchTool(**c).ainvoke("ships"),
}
LLAMA_INDEX: dict[str, Case] = {
    "achat": lambda c, f: index.ZhipuAI(model="glm-4.6v", **c).achat(asked(f)),
    "achat-nested": lambda c, f: index.ZhipuAI(model="glm-4.6v", **c).achat(streamed(f)),
    "astream-chat": llama_stream,
    "acomplete": lambda c, f: index.ZhipuAI(**c).acomplete("Hi"),
    "astream-complete": llama_complete_stream,
    "structured": lambda c, f: index.ZhipuAI(**c).astructured_predict(person(), prompt()),
    "structured-stream": predicted,
    "embed": lambda c, f: index.ZhipuAIEmbedding(**c).aget_text_embedding_batch(["a", "b"]),
    "embed-query": lambda c, f: index.ZhipuAIEmbedding(**c).aget_query_embedding("a"),
    "rerank": lambda c, f: index.ZhipuAIRerank(**c).apostprocess_nodes(nodes(), query()),
    "moderate": lambda c, f: index.ZhipuAIModerationPostprocessor(**c).apostprocess_nodes(nodes()),
    "moderate-as-a-tool": lambda c, f: index.ZhipuAIModerationToolSpec(**c).acheck_content("Hi"),
    "judge": lambda c, f: index.ZhipuAIModerationToolSpec(**c).ajudge("Hi"),
    "ocr": lambda c, f: index.ZhipuAIOCRReader(**EMPTY, **c).aload_data(f / "a.png"),
    "ocr-by-chat": lambda c, f: index.ZhipuAIOCRReader(**BY_CHAT, **c).aload_data(scan(f)),
    "ocr-pages": lambda c, f: every(index.ZhipuAIOCRReader(**EMPTY, **c).apages(f / "a.png")),
    "parse": lambda c, f: index.ZhipuAIFileParserReader(**c).aload_data(f / "a.png"),
    "recording": lambda c, f: index.ZhipuAITranscriptionReader(**c).aload_data(f / "talk.wav"),
    "recording-streamed": lambda c, f: every(
        index.ZhipuAITranscriptionReader(**c).astream_text(f / "talk.wav")
    ),
    "say": lambda c, f: index.ZhipuAISpeechToolSpec(save_to=f / "new", **c).atext_to_speech("Hi"),
    "draw": lambda c, f: index.ZhipuAIImageGeneratorToolSpec(
        allow_loopback=True, **c
    ).agenerate_image("a red kite"),
    "agent": lambda c, f: index.ZhipuAIAgentToolSpec(agent_id="slides_glm_agent", **c).acall_agent(
        "a slide"
    ),
    "video": lambda c, f: index.ZhipuAIVideoGeneratorToolSpec(interval=0.01, **c).agenerate_video(
        "a kite"
    ),
    "web-page": lambda c, f: index.ZhipuAIWebReader(**c).aload_data(
        ["https://cities.example/paris"]
    ),
    "web-page-tool": lambda c, f: index.ZhipuAIWebReaderToolSpec(**c).aread_web_page(
        "https://cities.example/paris"
    ),
    "search": lambda c, f: index.ZhipuAIWebSearchToolSpec(**c).aweb_search("ships"),
    "retriever": lambda c, f: index.ZhipuAIWebSearchRetriever(**c).aretrieve("ships"),
    "batch": lambda c, f: index.ZhipuAIBatch(
        index.ZhipuAI(model="glm-4-flash", **c), interval=0.01
    ).arun(["Hi"]),
}
CASES = [
    *(pytest.param(case, id=f"langchain-{name}") for name, case in LANGCHAIN.items()),
    *(pytest.param(case, id=f"llama_index-{name}") for name, case in LLAMA_INDEX.items()),
]


@pytest.mark.parametrize("case", CASES)
def test_nothing_blocks_the_event_loop(case: Case, emulator: Any, folder: Path) -> None:
    connection = {"base_url": emulator.base_url, "api_key": emulator.api_key, "max_retries": 0}

    async def first() -> Any:
        with blockbuster_ctx(PACKAGES):
            return await case(connection, folder)

    assert asyncio.run(first())


def test_what_the_first_call_imports_is_not_imported_on_the_loop(
    emulator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading modules takes long; one of httpcore's imports waits for a process where trio is."""
    threads = []
    name = pools._ASYNC_POOL

    class Finder:
        def find_spec(self, wanted: str, *_: Any) -> None:
            if wanted == name:
                threads.append(threading.current_thread())

    monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])
    model = chain.ChatZhipuAI(base_url=emulator.base_url, api_key=emulator.api_key)
    assert asyncio.run(model.ainvoke("Hi"))
    assert threads
    assert threading.main_thread() not in threads
