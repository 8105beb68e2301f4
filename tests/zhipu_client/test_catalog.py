"""The facts about models: complete, consistent, and read only when needed."""

from __future__ import annotations

import dataclasses
import doctest
import subprocess
import sys
from typing import get_args

import pytest

from zhipu_client import catalog
from zhipu_client._defaults import PRESETS

MODELS = list(catalog.MODELS.values())
CHAT_KINDS = {"chat", "vision", "voice", "character", "code"}


def test_the_examples_are_true():
    assert doctest.testmod(catalog).failed == 0


def test_lookup_ignores_case_and_never_raises():
    assert catalog.get("GLM-4.7") is catalog.MODELS["glm-4.7"]
    assert catalog.get("glm-4.7-of-next-year") is None
    assert catalog.get("") is None
    assert "glm-4.7" in catalog.MODELS
    assert 0 not in catalog.MODELS
    assert str(len(MODELS)) in repr(catalog.MODELS)


def test_ids_are_what_they_are_filed_under():
    assert all(name == model.id == name.lower() for name, model in catalog.MODELS.items())
    assert len(MODELS) >= 80


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_the_record_is_consistent(model):
    assert model.kind in get_args(catalog.Kind)
    assert model.thinking in get_args(catalog.Thinking)
    assert model.inputs <= {"text", "image", "video", "file", "audio"}
    assert model.server_tools <= {"web_search", "retrieval", "mcp"}
    assert model.sites <= PRESETS.keys()
    assert model.sites
    for small, large in (
        (model.default_max_tokens, model.max_output),
        (model.max_output, model.context),
        (model.max_item_tokens, model.context),
        (model.size_min, model.size_max),
    ):
        assert small is None or large is None or 0 < small <= large
    assert model.temperature is None or 0 <= model.temperature <= 1
    assert model.top_p is None or 0.01 <= model.top_p <= 1
    assert not model.tool_stream or model.tools
    assert not model.effort_levels or model.thinking in {"hybrid", "always"}
    assert model.max_images is None or "image" in model.inputs
    assert all(side.isdigit() for size in model.sizes for side in size.split("x"))
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
        ("embedding-3", "dimensions", (2048, 256, 512, 1024)),
        ("embedding-2", "dimensions", (1024,)),
        ("embedding-3", "max_items", 64),
        ("rerank", "max_items", 128),
        ("cogview-4-250304", "size_step", 16),
        ("glm-image", "qualities", ("hd",)),
    ],
)
def test_facts_that_others_rely_on(model, name, value):
    assert getattr(catalog.MODELS[model], name) == value


def test_records_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        catalog.MODELS["glm-4.7"].context = 1  # type: ignore[misc]
    with pytest.raises(TypeError):
        catalog.MODELS["mine"] = catalog.MODELS["glm-4.7"]  # type: ignore[index]


def test_importing_reads_nothing():
    code = (
        "import zhipu_client.catalog as catalog; assert not catalog._load.cache_info().currsize;"
        "catalog.get('glm-4.7'); assert catalog._load.cache_info().currsize == 1"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
