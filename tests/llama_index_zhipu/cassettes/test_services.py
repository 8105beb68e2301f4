"""What needs the service's own search, parser, judgement, knowledge and batches, from cassettes."""

from __future__ import annotations

import io
import wave
from typing import Any

import pytest
from llama_index.core.schema import NodeWithScore, TextNode

from llama_index_zhipu import (
    ZhipuAI,
    ZhipuAIBatch,
    ZhipuAIEmbedding,
    ZhipuAIFileParserReader,
    ZhipuAIHandwritingReader,
    ZhipuAIKnowledgeRetriever,
    ZhipuAIModerationPostprocessor,
    ZhipuAITranscriptionReader,
    ZhipuAIWebReaderToolSpec,
    ZhipuAIWebSearchRetriever,
)
from tests.cassette_support.plugin import Mode, Service
from tests.support.notes import note
from zhipu_client import BadRequestError, Client, ContentFilterError, NotFoundError, knowledge

pytestmark = pytest.mark.vcr

QUESTION = "how do heat pumps work"
NODES = [
    NodeWithScore(node=TextNode(text=text, id_=text[:5])) for text in ("A red kite.", "You idiot!")
]
PLAIN = (b"Served from noon.", {"file_name": "menu.txt"})
BROKEN = (b"This is no archive.", {"file_name": "menu.docx"})


async def called(mode: Mode, thing: Any, method: str, *given: Any) -> Any:
    if mode == "sync":
        return getattr(thing, method)(*given)
    return await getattr(thing, f"a{method}")(*given)


async def test_the_web(service: Service, mode: Mode) -> None:
    retriever = ZhipuAIWebSearchRetriever(2, **service.settings)
    found = await called(mode, retriever, "retrieve", QUESTION)
    assert 1 <= len(found) <= 2
    assert found[0].text
    assert {"url", "title"} <= set(found[0].metadata)


async def test_an_engine_that_is_none(service: Service, mode: Mode) -> None:
    retriever = ZhipuAIWebSearchRetriever(search_engine="search_none", **service.settings)
    with pytest.raises(NotFoundError) as caught:
        await called(mode, retriever, "retrieve", QUESTION)
    assert caught.value.code == "1211"


async def test_a_page_is_read(service: Service, mode: Mode) -> None:
    spec = ZhipuAIWebReaderToolSpec(**service.settings)
    found = await called(mode, spec, "read_web_page", "https://cities.example/paris")
    assert "Paris" in found


async def test_a_page_that_may_not_be_read(service: Service, mode: Mode) -> None:
    spec = ZhipuAIWebReaderToolSpec(**service.settings)
    with pytest.raises(BadRequestError) as caught:
        await called(mode, spec, "read_web_page", "https://blocked.example/")
    assert caught.value.code == "1214"


@pytest.mark.parametrize("tool", ["lite", "prime-sync"])
async def test_a_parsed_document(service: Service, mode: Mode, tool: Any) -> None:
    pause = service.poll_interval
    reader = ZhipuAIFileParserReader(tool_type=tool, interval=pause, **service.settings)
    (found,) = await called(mode, reader, "load_data", *PLAIN)
    assert found.text.strip() == "Served from noon."
    assert found.metadata["file_name"] == "menu.txt"


async def test_a_document_that_cannot_be_parsed(service: Service, mode: Mode) -> None:
    reader = ZhipuAIFileParserReader(interval=service.poll_interval, **service.settings)
    with pytest.raises(BadRequestError) as caught:
        await called(mode, reader, "load_data", *BROKEN)
    assert caught.value.code in ("1210", "1214")


async def test_nodes_are_judged(service: Service, mode: Mode) -> None:
    postprocessor = ZhipuAIModerationPostprocessor(max_in_flight=1, **service.settings)
    (kept,) = await called(mode, postprocessor, "postprocess_nodes", NODES)
    assert kept is NODES[0]


async def test_a_node_that_is_refused(service: Service, mode: Mode) -> None:
    postprocessor = ZhipuAIModerationPostprocessor(
        max_in_flight=1, on_flagged="raise", **service.settings
    )
    with pytest.raises(ContentFilterError, match=r"judged RE(VIEW|JECT)"):
        await called(mode, postprocessor, "postprocess_nodes", NODES)


async def test_a_judge_that_is_none(service: Service, mode: Mode) -> None:
    postprocessor = ZhipuAIModerationPostprocessor(model="judge-of-none", **service.settings)
    with pytest.raises(NotFoundError):
        await called(mode, postprocessor, "postprocess_nodes", NODES[:1])


async def test_a_knowledge_base(service: Service, mode: Mode) -> None:
    client = Client(**service.settings)
    listed = client.send(knowledge.list(size=1))
    (base,) = listed.data.found
    assert base.id is not None
    retriever = ZhipuAIKnowledgeRetriever(base.id, 2, **service.settings)
    found = await called(mode, retriever, "retrieve", QUESTION)
    assert len(found) == 2
    assert found[0].metadata["doc_name"]
    assert found[0].get_score() >= found[1].get_score()


async def test_a_knowledge_base_that_is_none(service: Service, mode: Mode) -> None:
    retriever = ZhipuAIKnowledgeRetriever("42", **service.settings)
    with pytest.raises(BadRequestError) as caught:
        await called(mode, retriever, "retrieve", QUESTION)
    assert caught.value.code == "400"


async def test_a_batch_of_prompts(service: Service, mode: Mode) -> None:
    llm = ZhipuAI(model="glm-4-flash", **service.settings)
    batch = ZhipuAIBatch(llm, interval=service.poll_interval)
    prompts = ["What is 17 plus 25?", "how to make a bomb"]
    fine, refused = await called(mode, batch, "run", prompts)
    assert "42" in fine.get().message.content
    assert isinstance(refused.error, ContentFilterError)


async def test_a_batch_of_texts(service: Service, mode: Mode) -> None:
    model = ZhipuAIEmbedding(dimensions=256, **service.settings)
    batch = ZhipuAIBatch(model, interval=service.poll_interval)
    answers = await called(mode, batch, "run", ["one", "two"])
    assert [len(answer.get()) for answer in answers] == [256, 256]


async def test_a_batch_for_a_model_that_takes_none(service: Service, mode: Mode) -> None:
    batch = ZhipuAIBatch(ZhipuAI(model="model-that-never-was", **service.settings))
    with pytest.raises(BadRequestError) as caught:
        await called(mode, batch, "run", ["Hello"])
    assert caught.value.code == "1210"


async def test_handwriting(service: Service, mode: Mode) -> None:
    reader = ZhipuAIHandwritingReader(probability=True, **service.settings)
    (found,) = await called(mode, reader, "load_data", note("Buy milk", "Call Ada"))
    assert found.text == "Buy milk\nCall Ada"
    assert 0 < found.metadata["confidence"] <= 1


async def test_handwriting_of_a_broken_image(service: Service, mode: Mode) -> None:
    reader = ZhipuAIHandwritingReader(**service.settings)
    with pytest.raises(BadRequestError, match=r"broken\.png"):
        await called(mode, reader, "load_data", note("Buy milk")[:60], {"file_name": "broken.png"})


def talk() -> bytes:
    """A WAV of two parts, small enough to keep."""
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setparams((1, 1, 400, 0, "NONE", ""))
        for block in (b"\x10\xf0" * 4000, b"\x80\x80" * 400, b"\x10\xf0" * 4000):
            sound.writeframes(block)
    return out.getvalue()


async def test_a_long_recording(service: Service, mode: Mode) -> None:
    reader = ZhipuAITranscriptionReader(segments=True, max_in_flight=1, **service.settings)
    (found,) = await called(mode, reader, "load_data", talk())
    assert len(found.metadata["segments"]) == 2
    assert found.metadata["duration"] == 42


async def test_a_recording_as_a_stream(service: Service, mode: Mode) -> None:
    reader = ZhipuAITranscriptionReader(**service.settings)
    if mode == "sync":
        pieces = list(reader.stream_text(talk()))
    else:
        pieces = [text async for text in reader.astream_text(talk())]
    assert len(pieces) > 2
