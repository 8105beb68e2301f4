"""Which dialect a server speaks, by its URL, the caller's word, and the model."""

from __future__ import annotations

import pytest

from zhipu_client import PRESETS, Client, InvalidRequestError, chat
from zhipu_client.dialects import dialect_of

KEY = "id.secret"
OWN = (
    "http://127.0.0.1:8000/v1", "http://localhost:8080", "https://gpu.example.org/glm/v4",
    "https://api.z.ai/api/anthropics",
)  # fmt: skip


@pytest.mark.parametrize("site", PRESETS)
def test_a_preset_is_the_service(site):
    found = dialect_of(PRESETS[site])
    assert (found.name, found.site) == ("zhipu", site)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/api/paas/v4", "https://x.example/paas/v4/"])
def test_what_is_under_its_path_is_the_service_too(url):
    assert (dialect_of(url).name, dialect_of(url).site) == ("zhipu", None)


@pytest.mark.parametrize("url", OWN)
def test_all_others_speak_the_common_dialect(url):
    assert dialect_of(url).name == "openai"
    assert dialect_of(url, "zhipu").name == "zhipu"


def test_the_callers_word_wins():
    assert dialect_of(PRESETS["zai"], "openai").name == "openai"
    assert Client(api_key=KEY, base_url=OWN[0], dialect="zhipu").dialect.name == "zhipu"
    assert Client(api_key=KEY, base_url=OWN[0]).as_async().dialect.name == "openai"
    with pytest.raises(InvalidRequestError, match="dialect"):
        Client(api_key=KEY, dialect="ollama")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("url", "model", "enforces"),
    [
        (OWN[0], "glm-4.7", True),
        (OWN[2], "glm-4.7", False),
        (OWN[2], "zai-org/GLM-4.6", True),
    ],
)
def test_a_relay_of_the_service_may_be_behind_v4(url, model, enforces):
    found = dialect_of(url).of_model(model)
    assert (found.enforces, found.plain_names) == (enforces, not enforces)


def test_the_bounds_are_the_services():
    many = ["a", "b", "c", "d", "e"]
    asked = {"model": "glm-4.7", "messages": [{"role": "user", "content": "hi"}]}
    with pytest.raises(InvalidRequestError, match="stop"):
        chat.create(**asked, stop=many)
    made = chat.create(**asked, stop=many, temperature=1.5, user_id="x", dialect="openai")
    assert made.json is not None
    assert made.json["stop"] == many
