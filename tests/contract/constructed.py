"""Every public class that users construct, with good arguments and one call of each.

The calls go to a server that has all endpoints, so that what a constructor has let pass is used.
"""

from __future__ import annotations

import inspect
import io
import math
import struct
import wave
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from langchain_core.documents import Document
from langchain_core.documents.base import Blob
from langchain_core.messages import AIMessage, HumanMessage
from llama_index.core.schema import NodeWithScore, TextNode
from pydantic import BaseModel

import langchain_zhipu as lc
import llama_index_zhipu as li
import zhipu_client
import zhipu_emulator
from zhipu_client import chat
from zhipu_client.realtime import Session

__all__ = ["WRONG", "Subject", "places", "subjects", "write_files"]

#: The files that are read, in the current folder.
IMAGE, SOUND, NOTES = "page.png", "said.wav", "notes.txt"
PICTURE = zhipu_emulator.sample("notes/monday.png").read_bytes()


def _wav() -> bytes:
    found = io.BytesIO()
    with wave.open(found, "wb") as sound:
        sound.setparams((1, 2, 16000, 0, "NONE", ""))
        sound.writeframes(struct.pack("<1600h", *([0, 900] * 800)))
    return found.getvalue()


WAV = _wav()


class Odd:
    """An object of no kind that anybody expects."""

    def __init__(self, *given: Any, **more: Any) -> None:
        pass

    def __repr__(self) -> str:
        return "Odd()"


#: What is of the wrong kind, or out of all bounds, for nearly every argument.
WRONG: Mapping[str, Any] = {
    "None": None,
    "empty": "",
    "blank": " ",
    "half a character": "\ud800",
    "a text": "nonsense",
    "a null character": "a\0b",
    "a line break": "a\r\nb: c",
    "minus one": -1,
    "zero": 0,
    "nan": math.nan,
    "inf": math.inf,
    "minus inf": -math.inf,
    "huge": 10**400,
    "a fraction": 0.5,
    "true": True,
    "bytes": b"\xff",
    "a list": [object()],
    "an empty list": [],
    "a tuple": (1, "a"),
    "a dict": {"a": object()},
    "keys that are not text": {1: 2, None: b""},
    "a set": {1},
    "an object": Odd(),
    "a class": Odd,
    "a function": lambda *given, **more: None,
}


@dataclass(frozen=True)
class Subject:
    """One class.

    Attributes:
        make: The class.
        call: Uses an object of it; None where construction is all.
        needed: What has to be given beside the connection.
        connected: Whether it takes the settings of a connection.
    """

    make: Any
    call: Callable[[Any], Any] | None = None
    needed: Mapping[str, Any] = field(default_factory=dict)
    connected: bool = True

    @property
    def name(self) -> str:
        return f"{self.make.__module__.split('.')[0]}.{self.make.__qualname__}"


def _nodes() -> list[NodeWithScore]:
    return [NodeWithScore(node=TextNode(text=text), score=0.5) for text in ("whales", "sails")]


def _sent(client: Any) -> Any:
    messages = [{"role": "user", "content": "Hi"}]
    return client.send(chat.create(model="glm-4.7", messages=messages))


def _chat(model: Any) -> None:
    model.invoke("Hi")
    list(model.stream("Hi"))


def _llm(llm: Any) -> None:
    llm.complete("Hi")
    list(llm.stream_complete("Hi"))


def _image() -> Blob:
    return Blob.from_data(PICTURE, mime_type="image/png", path="page.png")


def _sound() -> Blob:
    return Blob.from_data(WAV, mime_type="audio/wav", path="said.wav")


def write_files(folder: Path) -> None:
    """Write the files that the calls read."""
    (folder / IMAGE).write_bytes(PICTURE)
    (folder / SOUND).write_bytes(WAV)
    (folder / NOTES).write_text("Whales sing.")


def subjects() -> list[Subject]:
    """Return all classes."""
    return [*_of_langchain(), *_of_llama_index(), *_of_the_client()]


def _of_langchain() -> Iterator[Subject]:
    yield Subject(lc.ChatZhipuAI, _chat)
    yield Subject(lc.ZhipuAIEmbeddings, lambda it: it.embed_documents(["a", "b"]))
    yield Subject(lc.ZhipuAIRerank, lambda it: it.rerank(["a", "b"], "q"))
    yield Subject(lc.ZhipuAIOCRLoader, _loaded, {"file_path": IMAGE})
    yield Subject(lc.ZhipuAIOCRParser, lambda it: it.parse(_image()))
    yield Subject(lc.ZhipuAIHandwritingLoader, _loaded, {"file_path": IMAGE})
    yield Subject(lc.ZhipuAIHandwritingParser, lambda it: it.parse(_image()))
    yield Subject(lc.ZhipuAITranscriptionLoader, _loaded, {"file_path": SOUND})
    yield Subject(lc.ZhipuAITranscriptionParser, lambda it: it.parse(_sound()))
    yield Subject(lc.ZhipuAIFileParserLoader, _loaded, {"file_path": NOTES, "interval": 0.1})
    yield Subject(lc.ZhipuAIWebReaderLoader, _loaded, {"urls": "https://example.com"})
    yield Subject(lc.ZhipuAIImageGenerator, lambda it: it.invoke("a whale"), {"fetch": False})
    yield Subject(lc.ZhipuAIVideoGenerator, lambda it: it.submit("a whale"))
    yield Subject(lc.ZhipuAITextToSpeechTool, lambda it: it.invoke("Hi"))
    yield Subject(lc.ZhipuAIWebSearchTool, lambda it: it.invoke("whales"))
    yield Subject(lc.ZhipuAIWebSearchRetriever, lambda it: it.invoke("whales"))
    yield Subject(
        lc.ZhipuAIKnowledgeRetriever, lambda it: it.invoke("whales"), {"knowledge_ids": ["1"]}
    )
    yield Subject(lc.ZhipuAIModeration, lambda it: it.invoke("Hi"))
    yield Subject(lc.ZhipuAITranslation, lambda it: it.invoke("Hi"), {"target_lang": "de"})
    yield Subject(lc.ZhipuAIAgent, lambda it: it.invoke("Hi"))
    yield Subject(
        lc.ZhipuAIModerationMiddleware,
        lambda it: it.before_model({"messages": [HumanMessage("Hi"), AIMessage("Ho")]}, None),
    )
    yield Subject(lc.ZhipuAIThinkingMiddleware, connected=False)
    yield Subject(lc.ZhipuSettings)


def _of_llama_index() -> Iterator[Subject]:
    yield Subject(li.ZhipuAI, _llm)
    yield Subject(li.ZhipuAIEmbedding, lambda it: it.get_text_embedding_batch(["a", "b"]))
    yield Subject(li.ZhipuAIRerank, lambda it: it.postprocess_nodes(_nodes(), query_str="whales"))
    yield Subject(li.ZhipuAIOCRReader, lambda it: it.load_data(IMAGE))
    yield Subject(li.ZhipuAIHandwritingReader, lambda it: it.load_data(IMAGE))
    yield Subject(li.ZhipuAITranscriptionReader, lambda it: it.load_data(SOUND))
    yield Subject(li.ZhipuAIFileParserReader, lambda it: it.load_data(NOTES), {"interval": 0.1})
    yield Subject(li.ZhipuAIWebReader, lambda it: it.load_data(["https://example.com"]))
    yield Subject(li.ZhipuAIImageGeneratorToolSpec, lambda it: it.generate_image("a whale"))
    yield Subject(li.ZhipuAIVideoGeneratorToolSpec, lambda it: it.submit("a whale"))
    yield Subject(li.ZhipuAISpeechToolSpec, lambda it: it.text_to_speech("Hi"))
    yield Subject(li.ZhipuAIWebSearchToolSpec, lambda it: it.web_search("whales"))
    yield Subject(li.ZhipuAIWebReaderToolSpec, lambda it: it.read_web_page("https://example.com"))
    yield Subject(li.ZhipuAIWebSearchRetriever, lambda it: it.retrieve("whales"))
    yield Subject(
        li.ZhipuAIKnowledgeRetriever, lambda it: it.retrieve("whales"), {"knowledge_ids": ["1"]}
    )
    yield Subject(li.ZhipuAIModerationToolSpec, lambda it: it.check_content("Hi"))
    yield Subject(li.ZhipuAIModerationPostprocessor, lambda it: it.postprocess_nodes(_nodes()))
    yield Subject(li.ZhipuAIAgentToolSpec, lambda it: it.call_agent("Hi"))
    yield Subject(li.ZhipuAITokenizer, lambda it: it.count("Hi"), connected=False)
    yield Subject(li.ZhipuSettings)


def _of_the_client() -> Iterator[Subject]:
    yield Subject(zhipu_client.Client, _sent)
    yield Subject(zhipu_client.AsyncClient)
    yield Subject(zhipu_client.Timeout, connected=False)
    yield Subject(zhipu_client.UsageCounter, lambda it: it.costs(), connected=False)
    yield Subject(Session, lambda it: it.body(), connected=False)


def _loaded(loader: Any) -> list[Document]:
    found: list[Document] = loader.load()
    return found


def places(subject: Subject) -> list[str]:
    """Return the arguments of a class that are not its framework's."""
    kind = subject.make
    taken = inspect.signature(kind).parameters.values()
    named = [one.name for one in taken if one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL)]
    return [name for name in named if name not in _OF_FRAMEWORKS and not _is_theirs(kind, name)]


#: Arguments that are handed on to a framework's own constructor.
_OF_FRAMEWORKS = frozenset({"callback_manager"})
_OURS = ("zhipu_client", "langchain_zhipu", "llama_index_zhipu")


def _is_theirs(kind: type, name: str) -> bool:
    if not issubclass(kind, BaseModel) or name not in kind.model_fields:
        return False
    annotated = [base for base in kind.__mro__ if name in vars(base).get("__annotations__", ())]
    return annotated[-1].__module__.split(".")[0] not in _OURS
