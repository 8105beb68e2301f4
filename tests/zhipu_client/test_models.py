"""The facts about models: complete, consistent, and read only when needed."""

from __future__ import annotations

import dataclasses
import doctest
import subprocess
import sys
from datetime import date
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhipu_client import (
    audio,
    catalog,
    embeddings,
    images,
    models,
    moderations,
    ocr,
    rerank,
    tokenizer,
    videos,
)
from zhipu_client._defaults import PRESETS
from zhipu_client.models import _names, _table

MODELS = list(models.MODELS.values())
CHAT_KINDS = {"chat", "vision", "voice", "character", "code"}


def test_the_examples_are_true():
    for module in (_names, _table):
        result = doctest.testmod(module)
        assert (result.failed, bool(result.attempted)) == (0, True)


def test_lookup_ignores_case_and_never_raises():
    assert models.get("GLM-4.7") is models.MODELS["glm-4.7"]
    assert models.get("glm-4.7-of-next-year") is None
    assert models.get("") is None
    assert "glm-4.7" in models.MODELS
    assert 0 not in models.MODELS
    assert str(len(MODELS)) in repr(models.MODELS)


def test_ids_are_what_they_are_filed_under():
    assert all(name == model.id == name.lower() for name, model in models.MODELS.items())
    assert len(MODELS) >= 80


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_the_record_is_consistent(model):
    assert model.kind in get_args(models.Kind)
    assert model.thinking in get_args(models.Thinking)
    assert model.inputs <= {"text", "image", "video", "file", "audio"}
    assert model.server_tools <= {"web_search", "retrieval", "mcp"}
    assert model.sites <= PRESETS.keys()
    assert model.sites
    for small, large in (
        (model.default_max_tokens, model.max_output),
        (model.max_output, model.context),
        (model.max_item_tokens, model.context),
        (model.size_min, model.size_max),
        (model.max_output, model.max_tokens_allowed),
        (model.min_images, model.max_images),
    ):
        assert small is None or large is None or 0 <= small <= large
    assert model.temperature is None or 0 <= model.temperature <= 1
    assert model.top_p is None or 0.01 <= model.top_p <= 1
    assert not model.tool_stream or model.tools
    assert not model.effort_levels or model.thinking in {"hybrid", "always"}
    assert model.max_images is None or "image" in model.inputs
    assert all(side.isdigit() for size in model.sizes for side in size.split("x"))
    levels = {instead for _, instead in model.efforts_instead}
    assert levels <= set(model.effort_levels)
    assert not model.efforts_instead or model.thinking == "always"
    assert not (model.files_by_url or model.counts_tokens) or model.kind in CHAT_KINDS
    assert model.deprecated or not (model.retired or model.retires or model.successor)
    assert all(alias not in models.MODELS for alias in model.aliases)
    if model.retires:
        date.fromisoformat(model.retires)
    if model.kind == "vision":
        assert {"text", "image"} <= model.inputs
    if model.kind not in CHAT_KINDS:
        assert model.thinking == "none"
        assert not model.json_mode


def test_numbers_are_whole_numbers():
    for model in MODELS:
        for name, value in dataclasses.asdict(model).items():
            if isinstance(value, float):
                assert name in {"temperature", "top_p"}


@pytest.mark.parametrize(
    ("model", "name", "value"),
    [
        # Measured at the gateway, against the documents.
        ("glm-4.5", "max_output", 131072),
        ("glm-4-flash-250414", "max_output", 16384),
        ("glm-4.1v-thinking-flash", "thinking", "inline"),
        ("glm-4.7", "thinking", "hybrid"),
        ("glm-5.3", "thinking", "always"),
        ("glm-5.3", "effort_levels", ("low", "high", "max")),
        ("glm-4.6v-flash", "max_output", 32768),
        # From the documents.
        ("glm-4.7", "context", 204800),
        ("glm-4.6v", "inputs", frozenset({"text", "image", "video", "file"})),
        ("glm-4.5-air", "tool_stream", False),
        ("glm-4.6", "tool_stream", True),
        ("glm-4v-flash", "base64_images", False),
        ("glm-4-plus", "temperature_min", 0.01),
        ("glm-4.7", "temperature_min", 0.0),
        ("embedding-3", "dimensions", (2048, 1024, 512, 256)),
        ("embedding-2", "dimensions", (1024,)),
        ("embedding-3", "max_items", 64),
        ("rerank", "max_items", 128),
        ("cogview-4-250304", "size_step", 16),
        ("glm-image", "qualities", ("hd",)),
        ("glm-4v", "context", 2000),
        ("embedding-2", "max_items", 64),
        ("embedding-2", "max_total_tokens", 8000),
        # Two pages, two numbers: the one that is reported, and the one that is not refused.
        ("autoglm-phone", "max_output", 2048),
        ("autoglm-phone", "max_tokens_allowed", 4096),
        ("glm-image", "size_min", 512),
    ],
)
def test_facts_that_others_rely_on(model, name, value):
    assert getattr(models.MODELS[model], name) == value


def test_records_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        models.MODELS["glm-4.7"].context = 1  # type: ignore[misc]
    with pytest.raises(TypeError):
        models.MODELS["mine"] = models.MODELS["glm-4.7"]  # type: ignore[index]


def test_importing_reads_nothing():
    code = (
        "import zhipu_client; from zhipu_client import chat, embeddings, images, models, rerank;"
        "from zhipu_client.models._table import _records as r; assert not r.cache_info().currsize;"
        "models.get('glm-4.7'); assert r.cache_info().currsize == 1"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        # Owners, hosts, routes.
        ("zai-org/GLM-4.7-FP8", "glm-4.7"),
        ("z-ai/glm-5.2", "glm-5.2"),
        ("openrouter/z-ai/glm-4.6", "glm-4.6"),
        ("zai/glm-4.6:free", "glm-4.6"),
        ("zai-glm-4.7", "glm-4.7"),
        ("us.zai.glm-4.7", "glm-4.7"),
        ("Pro/zai-org/GLM-5.1", "glm-5.1"),
        ("accounts/fireworks/models/glm-4p6", "glm-4.6"),
        ("accounts/fireworks/models/glm-4p5-air", "glm-4.5-air"),
        ("ft:glm-4.6:org:name", "glm-4.6"),
        # Dates, sizes, quantisations, windows.
        ("glm-4.6-20250930", "glm-4.6"),
        ("glm-4-7-251222", "glm-4.7"),
        ("GLM-4.5-Air-AWQ-4bit", "glm-4.5-air"),
        ("glm-5.3[1m]", "glm-5.3"),
        ("glm-4.6@fp8", "glm-4.6"),
        ("GLM-4-Flash-250414", "glm-4-flash-250414"),
        # Files, folders, other servers' spellings.
        ("/models/GLM-4.6-GGUF/GLM-4.6-Q4_K_M-00001-of-00005.gguf", "glm-4.6"),
        ("C:\\models\\GLM-4.5V", "glm-4.5v"),
        ("/data/zai-org/GLM-4.6/", "glm-4.6"),
        ("models--zai-org--GLM-4.6/snapshots/abc", "glm-4.6"),
        ("hf.co/unsloth/GLM-4.7-Flash-GGUF:Q4_K_XL", "glm-4.7-flash"),
        ("unsloth_GLM-4.6-GGUF", "glm-4.6"),
        ("glm4:9b", "glm-4-9b"),
        ("glm4.7-flash", "glm-4.7-flash"),
        # A model that sees is not its namesake that reads, nor the other way round.
        ("GLM-4.6V-FP8", "glm-4.6v"),
        ("zai-org/GLM-4.6V-Flash", "glm-4.6v-flash"),
        ("glm-4.6-vision", "glm-4.6v"),
        ("glm-4-6v", "glm-4.6v"),
        ("glm-4.5-airx", "glm-4.5-airx"),
        ("glm-4.5-AirX-FP8", "glm-4.5-airx"),
        # Open weights that have names of their own.
        ("THUDM/GLM-4.1V-9B-Thinking", "glm-4.1v-thinking-flash"),
        ("THUDM/GLM-Z1-9B-0414", "glm-z1-air"),
        ("THUDM/GLM-4-32B-0414", "glm-4-32b-0414-128k"),
        ("AutoGLM-Phone-9B", "autoglm-phone"),
        ("zai-org/GLM-OCR", "glm-ocr"),
        ("openai/embedding-3", "embedding-3"),
        # What is not known, or of somebody else.
        ("glm-5.4", None),
        ("glm-4.60", None),
        ("glm-6", None),
        ("glm-4.7v", None),
        ("my-own-finetune", None),
        ("Qwen3-8B-GLM-4.6-Distill", None),
        ("BAAI/bge-reranker-v2", None),
        ("rerank-v3.5", None),
        ("text-embedding-3-large", None),
        ("", None),
        ("/", None),
        ("[1m]", None),
    ],
)
def test_a_model_is_found_by_the_names_that_servers_give_it(name, code):
    found = models.find(name)
    assert (found.id if found else None) == code


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_each_code_is_found_by_itself_and_with_a_prefix_and_a_quantisation(model):
    assert models.find(model.id) is models.find(model.id.upper()) is model
    if model.id.startswith("glm"):
        assert models.find(f"zai-org/{model.id}-FP8") is model
        assert models.get(f"zai-org/{model.id}-FP8") is None


@pytest.mark.parametrize("name", [None, 7, b"glm-4.7", ["glm-4.7"]])
def test_what_is_not_a_string_is_not_known(name):
    assert models.get(name) is models.find(name) is None
    assert models.context_of(name) > 0
    assert models.takes_files_by_url(name) is False
    assert models.takes_tools(name) is True


@given(
    st.lists(st.sampled_from([*"/:[]-_.@ 0146789bpvx", "glm", "GLM-", "zai-org/", "4.6", "air"]))
)
def test_no_name_is_too_odd(parts):
    name = "".join(parts)
    found = models.find(name)
    assert found is None or found is models.MODELS[found.id]
    assert models.context_of(name) > 0


def test_context_windows_of_models_that_are_not_known():
    assert models.context_of("glm-5.9-experimental") == 204_800
    assert models.context_of("my-own-finetune") == 131_072
    assert models.context_of("zai-org/GLM-4.5V") == 65_536


@pytest.mark.parametrize(
    ("model", "effort", "sent"),
    [
        ("glm-5.3", "medium", "high"),
        ("glm-5.3", "none", "low"),
        ("glm-5.3", "xhigh", "max"),
        ("glm-5.3", "low", "low"),
        ("glm-5.3", "enormous", None),
        ("glm-5.2", "xhigh", "xhigh"),
        ("glm-4.7", "medium", "medium"),
    ],
)
def test_efforts_that_a_model_lacks(model, effort, sent):
    assert models.MODELS[model].nearest_effort(effort) == sent


def test_deprecated_models_have_a_successor_that_is_not():
    deprecated = [model for model in MODELS if model.deprecated]
    assert {"glm-4.5-flash", "glm-z1-air", "glm-4", "glm-4v"} <= {model.id for model in deprecated}
    for model in deprecated:
        successor = models.MODELS[model.successor]
        assert not successor.deprecated
        assert model.inputs <= successor.inputs
        words = models.deprecation_of(model.id)
        assert model.successor in words
        assert (model.retires or "no last day") in words


def test_names_that_moved_are_where_they_were():
    assert catalog.get is models.get
    assert catalog.MODELS is models.MODELS
    assert catalog.ModelInfo is models.ModelInfo
    assert images.RULES["glm-image"].least == 512
    assert images.RULES.keys() == {"glm-image", "cogview-4", "cogview-4-250304", "cogview-3-flash"}
    assert videos.RULES["vidu2-reference"].images == (1, 3)
    assert videos.RULES["cogvideox-3"].durations == (5, 10)
    assert embeddings.LIMITS["embedding-2"] == embeddings.Limits(64, 512, 8000, (1024,))
    assert (rerank.MAX_DOCUMENTS, rerank.MAX_CHARACTERS) == (128, 4096)
    assert "glm-4-long" in tokenizer.MODELS
    assert (audio.MAX_CHARACTERS, moderations.MAX_CHARACTERS, videos.MAX_PROMPT) == (
        1024,
        2000,
        512,
    )
    assert dict(ocr.MAX_BYTES) == {
        "application/pdf": 50 * 2**20,
        "image/png": 10 * 2**20,
        "image/jpeg": 10 * 2**20,
    }
    for module in (audio, embeddings, images, moderations, rerank, tokenizer, videos):
        with pytest.raises(AttributeError, match="NO_SUCH_NAME"):
            getattr(module, "NO_SUCH_" + "NAME")
