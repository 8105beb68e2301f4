"""What is known about a model, by whatever name it is served."""

from __future__ import annotations

import pytest

from .subjects import KEY

#: Name -> context window, and whether it sees images.
KNOWN = {
    "glm-4.7": (204_800, False),
    "GLM-4.7": (204_800, False),
    "glm-4.6v": (131_072, True),
}

# --- Where the adapters had drifted apart
KNOWN |= {
    "zai-org/GLM-4.6V-FP8": (131_072, True),
    "zai-org/GLM-4.7-FP8": (204_800, False),
    "z-ai/glm-4.7": (204_800, False),
    "glm-4.7-20251222": (204_800, False),
}


@pytest.mark.parametrize("model", KNOWN)
def test_the_profile_of_langchain(model):
    from langchain_zhipu import ChatZhipuAI

    profile = ChatZhipuAI(model=model, api_key=KEY).profile or {}
    assert (profile.get("max_input_tokens"), profile.get("image_inputs")) == KNOWN[model]


@pytest.mark.parametrize("model", KNOWN)
def test_the_metadata_of_llama_index(model):
    # It has no field for images; test_media.py looks at what is sent.
    from llama_index_zhipu import ZhipuAI

    metadata = ZhipuAI(model=model, api_key=KEY).metadata
    assert metadata.context_window == KNOWN[model][0]
    assert metadata.is_function_calling_model
