"""What is loaded twice is equal, goes into any store, and is paid for once."""

from __future__ import annotations

import asyncio
import io
import json
import os
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import zhipu_emulator
from cookbook.paper import Text, Title, pdf
from zhipu_client import AttemptEvent

URL = "https://generated.example/cats-1"
FLAT = (str, int, float, bool)


@pytest.fixture(scope="module")
def running() -> Iterator[Any]:
    with zhipu_emulator.serve() as server:
        yield server


@pytest.fixture
def emulator(running: Any) -> Any:
    running.reset()
    return running


@pytest.fixture
def reach(emulator: Any) -> dict[str, Any]:
    return {"api_key": emulator.api_key, "base_url": emulator.base_url, "max_retries": 0}


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    path = tmp_path / "whales.pdf"
    pages = [[Title("Whales"), Text("They sleep.")], [], [Title("Hydrophones"), Text("They hear.")]]
    path.write_bytes(pdf(pages, Title="On whales"))
    return path


def sound(path: Path) -> Path:
    with wave.open(str(path), "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(2)
        made.setframerate(8000)
        made.writeframes(bytes(16000))
    return path


def _langchain(name: str, **settings: Any) -> Any:
    def make(scan: Path, reach: dict[str, Any]) -> tuple[Any, Any]:
        import langchain_zhipu

        given: Any = URL if "Web" in name else scan
        if "Transcription" in name:
            given = sound(scan.with_suffix(".wav"))
        loader = getattr(langchain_zhipu, name)(given, **settings, **reach)
        return loader.load, loader.aload

    return make


def _llama_index(name: str, **settings: Any) -> Any:
    def make(scan: Path, reach: dict[str, Any]) -> tuple[Any, Any]:
        import llama_index_zhipu

        given: Any = URL if "Web" in name else scan
        if "Transcription" in name:
            given = sound(scan.with_suffix(".wav"))
        reader = getattr(llama_index_zhipu, name)(**settings, **reach)
        return lambda: reader.load_data(given), lambda: reader.aload_data(given)

    return make


LOADERS = {
    "langchain-ocr": _langchain("ZhipuAIOCRLoader"),
    "langchain-ocr-elements": _langchain("ZhipuAIOCRLoader", mode="element"),
    "langchain-ocr-single": _langchain("ZhipuAIOCRLoader", mode="single"),
    "langchain-web": _langchain("ZhipuAIWebReaderLoader", with_links_summary=True),
    "llama-index-ocr": _llama_index("ZhipuAIOCRReader"),
    "llama-index-ocr-joined": _llama_index("ZhipuAIOCRReader", split="none"),
    "llama-index-web": _llama_index("ZhipuAIWebReader"),
    "llama-index-parser": _llama_index("ZhipuAIFileParserReader", interval=0.01),
    "langchain-sound": _langchain("ZhipuAITranscriptionLoader"),
    "llama-index-sound": _llama_index("ZhipuAITranscriptionReader"),
}


def _facts(documents: Any) -> list[tuple[Any, ...]]:
    return [
        (
            getattr(one, "page_content", None) or one.text,
            one.metadata,
            one.id if hasattr(one, "page_content") else one.doc_id,
        )
        for one in documents
    ]


@pytest.mark.parametrize("loader", LOADERS)
def test_two_loads_are_equal_and_flat(loader, scan, reach):
    load, aload = LOADERS[loader](scan, reach)
    first, second, third = _facts(load()), _facts(load()), _facts(asyncio.run(aload()))
    assert first == second == third
    for text, metadata, one in first:
        assert text.strip()
        assert one
        assert all(isinstance(value, FLAT) for value in metadata.values()), metadata
    assert len({one for *_, one in first}) == len(first)


@pytest.mark.parametrize("loader", [loader for loader in LOADERS if "web" not in loader])
def test_metadata_is_text_that_databases_take(loader, scan, reach):
    odd = scan.with_name(os.fsdecode(b"caf\xe9.pdf"))
    odd.write_bytes(pdf([[Title("One")]], Title="Annual\0 report"))
    load, _ = LOADERS[loader](odd, reach)
    (document,) = load()
    metadata = dict(document.metadata)
    if loader.startswith("langchain"):  # a path by which the file can be opened again
        assert Path(metadata.pop("source")).is_file()
        assert Path(metadata.pop("file_path")).is_file()
    else:
        assert metadata["file_name"].startswith("caf\ufffd.")
    texts = [value for value in metadata.values() if isinstance(value, str)]
    assert all("\0" not in text and text.encode() for text in texts if text)


@pytest.mark.parametrize("loader", LOADERS)
def test_what_differs_at_each_load_is_there_on_request(loader, scan, reach):
    load, _ = LOADERS[loader](scan, {**reach, "request_info": True})
    first, second = load(), load()
    assert [one.metadata for one in first] != [one.metadata for one in second]
    assert first[0].metadata.keys() & {"request_id", "request_ids", "task_id"}
    assert all(isinstance(value, FLAT) for value in first[0].metadata.values())


@pytest.mark.parametrize("loader", [name for name in LOADERS if "parser" not in name])
def test_ids_of_requests_are_known_without_being_in_the_metadata(loader, scan, reach):
    seen: list[AttemptEvent] = []
    load, _ = LOADERS[loader](scan, {**reach, "request_info": True, "on_attempt": seen.append})
    about = load()[0].metadata
    named = [about["request_id"]] if "request_id" in about else json.loads(about["request_ids"])
    assert named == [event.request_id for event in seen if event.outcome == "answered"]
    seen.clear()
    load, _ = LOADERS[loader](scan, {**reach, "on_attempt": seen.append})
    load()
    assert seen
    assert all(event.request_id for event in seen)


def test_a_blank_page_is_left_out_and_the_others_keep_their_numbers(scan, reach):
    from langchain_zhipu import ZhipuAIOCRLoader
    from llama_index_zhipu import ZhipuAIOCRReader

    assert [d.metadata["page"] for d in ZhipuAIOCRLoader(scan, **reach).load()] == [0, 2]
    found = ZhipuAIOCRReader(**reach).load_data(scan)
    assert [d.metadata["page_label"] for d in found] == ["1", "3"]
    assert found[1].doc_id == f"{scan}#3"
    for kept in (
        ZhipuAIOCRLoader(scan, keep_empty=True, **reach).load(),
        ZhipuAIOCRReader(keep_empty=True, **reach).load_data(scan),
        list(ZhipuAIOCRReader(keep_empty=True, **reach).lazy_load_data(scan)),
    ):
        assert [d.metadata.get("empty") for d in kept] == [None, True, None]


def embedded(emulator: Any) -> int:
    """How many texts were embedded."""
    bodies = [r["json"] for r in emulator.requests if r["path"].endswith("/embeddings")]
    return sum(len(body["input"]) if isinstance(body["input"], list) else 1 for body in bodies)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_an_index_of_langchain_pays_once(scan, reach, emulator):
    chroma = pytest.importorskip("langchain_chroma")
    chromadb = pytest.importorskip("chromadb")
    from langchain_core.indexing import InMemoryRecordManager, index

    from langchain_zhipu import ZhipuAIEmbeddings, ZhipuAIOCRLoader

    settings = chromadb.Settings(anonymized_telemetry=False)
    store = chroma.Chroma(
        "whales",
        ZhipuAIEmbeddings(dimensions=256, **reach),
        client=chromadb.EphemeralClient(settings),
    )
    records = InMemoryRecordManager("whales")
    records.create_schema()

    def again() -> Any:
        loader = ZhipuAIOCRLoader(scan, **reach)
        return index(
            loader, records, store, cleanup="full", source_id_key="source", key_encoder="blake2b"
        )

    first = again()
    assert (first["num_added"], embedded(emulator)) == (2, 2)
    second = again()
    assert (second["num_added"], second["num_skipped"], second["num_deleted"]) == (0, 2, 0)
    assert embedded(emulator) == 2
    (best,) = store.similarity_search("hydrophones", k=1)
    assert best.metadata["page"] == 2


def test_a_pipeline_of_llama_index_pays_once(scan, reach, emulator):
    from llama_index.core.ingestion import IngestionPipeline
    from llama_index.core.node_parser import SentenceSplitter
    from llama_index.core.storage.docstore import SimpleDocumentStore
    from llama_index.core.vector_stores import SimpleVectorStore

    from llama_index_zhipu import ZhipuAIEmbedding, ZhipuAIOCRReader

    pipeline = IngestionPipeline(
        transformations=[SentenceSplitter(), ZhipuAIEmbedding(dimensions=256, **reach)],
        docstore=SimpleDocumentStore(),
        vector_store=SimpleVectorStore(),
        disable_cache=True,
    )
    reader = ZhipuAIOCRReader(**reach)
    assert len(pipeline.run(documents=reader.load_data(scan))) == 2
    before = embedded(emulator)
    assert pipeline.run(documents=reader.load_data(scan)) == []
    assert embedded(emulator) == before == 2


@pytest.mark.filterwarnings("ignore::DeprecationWarning:qdrant_client", "ignore:Local mode")
def test_ids_are_those_that_every_store_takes(scan, reach):
    qdrant = pytest.importorskip("langchain_qdrant")
    from langchain_zhipu import ZhipuAIEmbeddings, ZhipuAIOCRLoader

    documents = ZhipuAIOCRLoader(scan, **reach).load()
    model = ZhipuAIEmbeddings(dimensions=256, **reach)
    store = qdrant.QdrantVectorStore.from_documents(
        documents, model, location=":memory:", collection_name="whales"
    )
    store.add_documents(documents)  # the same ids: in place of the first ones
    assert store.client.count("whales").count == 2
    store.client.close()


def test_a_bad_date_costs_the_date(tmp_path, reach):
    from langchain_zhipu import ZhipuAIOCRLoader

    content = pdf([[Title("One")]], Title="Annual report", CreationDate="yesterday")
    about = ZhipuAIOCRLoader(content, **reach).load()[0].metadata
    assert about["title"] == "Annual report"
    assert "creationdate" not in about
    assert io.BytesIO(content).read(4) == b"%PDF"
