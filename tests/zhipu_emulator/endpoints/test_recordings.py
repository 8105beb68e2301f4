"""The schemas hold for what was recorded from the service, not only for what the emulator says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

RECORDINGS = Path(__file__).resolve().parents[4] / "shared" / "recordings"

pytestmark = pytest.mark.skipif(
    not RECORDINGS.is_dir(), reason="no ../shared/recordings beside this checkout"
)

# Answers as they came, and the samples of the service's specification.
WHOLE = [
    ("embeddings/openapi_example_embeddings.json", "embeddings"),
    ("rerank/openapi_example_rerank.json", "rerank"),
    ("other/openapi_example_tokenizer.json", "tokenizer"),
    ("images/cogview4_202602.json", "images"),
    ("images/openapi_example_images_generations.json", "images"),
    ("videos/cookbook_cogvideox_processing_a.json", "task"),
    ("videos/cookbook_cogvideox_processing_b.json", "async_result"),
    ("videos/cookbook_cogvideox_success.json", "async_result"),
    ("other/cookbook_async_processing_codegeex4.json", "async_result"),
    ("other/cookbook_async_task_status_202509.json", "task"),
    ("ocr/openapi_example_layout_parsing.json", "layout_parsing"),
    ("ocr/openapi_example_files_ocr.json", "handwriting"),
    ("ocr/openapi_example_files_parser_result_taskId_format_type.json", "parser_result"),
    ("web_search/openapi_example_web_search.json", "web_search"),
    ("web_search/openapi_example_reader.json", "reader"),
    ("other/openapi_example_moderations.json", "moderations"),
    ("other/openapi_example_v1_agents.json", "agent_answer"),
    ("other/openapi_example_files.json", "file"),
    ("audio/openapi_example_voice_list.json", "voice_list"),
    ("audio/openapi_example_audio_transcriptions.json", "transcription"),
    ("errors/1214_reader_forbidden.json", "error"),
    ("errors/1214_tts_voice_id_missing.json", "error"),
    ("errors/1214_tts_response_format_400.json", "error"),
    ("errors/1210_file_parse_400.json", "error"),
]
EVENTS = [
    ("audio/glm_tts_stream_first_chunk_202601.sse", "speech_chunk"),
    ("audio/glm_asr_stream_delta_202601.sse", "transcription_chunk"),
]
LINES = [
    "other/cookbook_batch_output_glm4_202405.txt",
    "other/yankeguo_batch_output_glm4_202405.txt",
]


@pytest.mark.parametrize(("path", "schema"), WHOLE)
def test_whole_answers(satisfies, path: str, schema: str) -> None:
    satisfies(json.loads((RECORDINGS / path).read_text("utf-8")), schema)


@pytest.mark.parametrize(("path", "schema"), EVENTS)
def test_events(satisfies, path: str, schema: str) -> None:
    text = (RECORDINGS / path).read_text("utf-8")
    found = [line.removeprefix("data: ") for line in text.splitlines() if line]
    assert found
    for event in found:
        satisfies(json.loads(event), schema)


@pytest.mark.parametrize("path", LINES)
def test_the_output_of_batches(satisfies, path: str) -> None:
    lines = [line for line in (RECORDINGS / path).read_text("utf-8").splitlines() if line.strip()]
    assert lines
    for line in lines:
        satisfies(json.loads(line), "batch_output_line")


def test_parts_of_answers(satisfies) -> None:
    """What was recorded in part: the rest comes from an answer in the same form."""
    sample = _read("ocr/openapi_example_layout_parsing.json")
    pages = _read("ocr/layout_details_real_shape_zotron.json")["layout_details"]
    satisfies({**sample, "layout_details": pages}, "layout_parsing")
    numbers = _read("embeddings/cookbook_embedding_vector.json")
    vector = _read("embeddings/openapi_example_embeddings.json")
    vector["data"][0]["embedding"] = numbers
    satisfies(vector, "embeddings")


def test_the_specification_is_wrong_about_batches(satisfies) -> None:
    """Its sample has counts beside each other; the service was seen to send an object."""
    with pytest.raises(jsonschema.ValidationError):
        satisfies(_read("other/openapi_example_batches.json"), "batch")


def test_the_order_of_keys_is_the_recorded_one(client) -> None:
    recorded = _read("images/cogview4_202602.json")
    answer = client.post("images/generations", json={"model": "cogview-4", "prompt": "A lamp"})
    assert list(answer.json()) == list(recorded)
    assert list(answer.json()["data"][0]) == list(recorded["data"][0])
    rerank = _read("rerank/openapi_example_rerank.json")
    body = {"model": "rerank", "query": "a", "documents": ["a"], "return_documents": True}
    found = client.post("rerank", json=body).json()
    assert list(found) == list(rerank)
    assert list(found["results"][0]) == list(rerank["results"][0])


def _read(path: str) -> Any:
    return json.loads((RECORDINGS / path).read_text("utf-8"))
