"""One setting by two of its names: equal values are fine, of different ones none is dropped."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, SecretStr

from langchain_zhipu import ChatZhipuAI, ZhipuAIEmbeddings
from llama_index_zhipu import ZhipuAI, ZhipuAIEmbedding
from zhipu_client import InvalidRequestError, Timeout
from zhipu_client.adapting import ConnectionSettings

from .booleans import fields
from .server import said, scripted
from .subjects import ADAPTERS, KEY, WAYS, Ask, Way, run

#: Two good values of each field that has another name.
VALUES: dict[str, tuple[Any, Any]] = {
    "api_key": (KEY, "other.secret"),
    "base_url": ("zai", "bigmodel"),
    "boxes": (True, False),
    "max_in_flight": (2, 3),
    "max_tokens": (5, 6),
    "model": ("glm-4.7", "glm-4.6"),
    "model_name": ("embedding-3", "embedding-2"),
    "proxy": ("http://127.0.0.1:9", "http://127.0.0.1:8"),
    "raw_scores": (True, False),
    "return_raw_scores": (True, False),
    "show_progress": (True, False),
    "stop": (["a"], ["b"]),
    "timeout": (3, 4.0),
    "with_regions": (True, False),
}
KINDS: list[Any] = sorted({field.kind for field in fields()}, key=lambda kind: str(kind))


def _pairs() -> list[tuple[Any, str, str]]:
    found = []
    for kind in KINDS:
        assert issubclass(kind, BaseModel)
        aliases = kind._aliases if issubclass(kind, ConnectionSettings) else {}
        for alias, name in aliases.items():
            if name not in {"default_headers", "http_async_client"}:
                found.append((kind, alias, name))
    return found


def _given(kind: Any) -> dict[str, Any]:
    needed = {"file_path": "a.png", "urls": ["https://example.com"]}
    fields = kind.model_fields if kind.__name__.endswith("Loader") else ()
    return {n: v for n, v in needed.items() if n in fields or n in kind.__init__.__annotations__}


@pytest.mark.parametrize(("kind", "alias", "name"), _pairs())
def test_constructors(kind: Any, alias: str, name: str) -> None:
    one, other = VALUES[name]
    if "mbedding" in kind.__name__ and name == "model":
        one, other = VALUES["model_name"]
    given = {"api_key": KEY, **_given(kind)}
    with pytest.raises(InvalidRequestError, match=f"{alias} and {name} are two names") as caught:
        kind(**{**given, alias: one, name: other})
    assert caught.value.field == name
    equal = kind(**{**given, alias: one, name: one})
    alone = kind(**{**given, alias: one})
    assert getattr(equal, name) == getattr(alone, name)
    assert getattr(kind(**{**given, alias: None, name: one}), name) == getattr(alone, name)


@pytest.mark.parametrize("kind", [ChatZhipuAI, ZhipuAIEmbeddings, ZhipuAI, ZhipuAIEmbedding])
def test_two_other_names(kind: Any) -> None:
    with pytest.raises(InvalidRequestError, match="zhipuai_api_base and api_base are two names"):
        kind(api_key=KEY, api_base="zai", zhipuai_api_base="bigmodel")
    made = kind(api_key=KEY, api_base="zai", zhipuai_api_base="zai")
    assert made.base_url == kind(api_key=KEY, base_url="zai").base_url


@pytest.mark.parametrize("kind", [ChatZhipuAI, ZhipuAIEmbeddings, ZhipuAI, ZhipuAIEmbedding])
def test_an_organization_by_two_names(kind: Any) -> None:
    match = "openai_organization and organization are two names.*give organization alone"
    with pytest.raises(InvalidRequestError, match=match) as caught:
        kind(api_key=KEY, openai_organization="o", organization="p")
    assert caught.value.field == "organization"
    for given in (
        {"organization": "o"},
        {"openai_organization": "o"},
        {"openai_organization": "o", "organization": "o"},
    ):
        assert kind(api_key=KEY, **given).default_headers == {"OpenAI-Organization": "o"}


ALIKE = [
    (
        "openai_api_base",
        "https://api.z.ai/api/paas/v4",
        "base_url",
        "https://api.z.ai/api/paas/v4/",
    ),
    ("api_base", "https://open.bigmodel.cn/api/paas/v4/", "base_url", "bigmodel"),
    ("request_timeout", "60", "timeout", 60),
    ("request_timeout", (5, 60), "timeout", Timeout.of((5, 60))),
    ("request_timeout", 60, "timeout", Timeout.of(60)),
    ("zhipuai_api_key", SecretStr(KEY), "api_key", KEY),
]


@pytest.mark.parametrize("kind", [ChatZhipuAI, ZhipuAIEmbeddings, ZhipuAI, ZhipuAIEmbedding])
@pytest.mark.parametrize(("alias", "one", "name", "other"), ALIKE)
def test_one_value_in_two_forms(kind: Any, alias: str, one: Any, name: str, other: Any) -> None:
    both = kind(**{"api_key": KEY, alias: one, name: other})
    alone = kind(**{"api_key": KEY, name: other})
    assert getattr(both, name) == getattr(alone, name)


@pytest.mark.parametrize("kind", [ChatZhipuAI, ZhipuAI])
def test_a_value_that_is_the_default_counts(kind: Any) -> None:
    with pytest.raises(InvalidRequestError, match="model_name and model are two names"):
        kind(api_key=KEY, model="glm-4.7", model_name="glm-4.6")


def test_by_position_too() -> None:
    with pytest.raises(InvalidRequestError, match="model_name and model are two names"):
        ZhipuAI("glm-4.7", model_name="glm-4.6")
    with pytest.raises(InvalidRequestError, match="model_name and model are two names"):
        ZhipuAI("glm-4.6", model_name="glm-4.7")
    with pytest.raises(InvalidRequestError, match="model and model_name"):
        ZhipuAIEmbedding("embedding-2", model_name="embedding-3", api_key=KEY)
    assert ZhipuAI("glm-4.6", api_key=KEY, model_name="glm-4.6").model == "glm-4.6"
    assert ZhipuAI(api_key=KEY, model_name="glm-4.6").model == "glm-4.6"


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("alias", "name", "one", "other"),
    [
        ("model_name", "model", "glm-4.7", "glm-4.6"),
        ("max_completion_tokens", "max_tokens", 5, 6),
        ("stop_sequences", "stop", ["a"], ["b"]),
        ("user", "user_id", "somebody", "somebody-else"),
        ("request_timeout", "timeout", 30, 40),
    ],
)
def test_calls(adapter: str, way: Way, alias: str, name: str, one: Any, other: Any) -> None:
    with scripted(said("ok")) as server:
        bad = run(server, adapter, way, Ask(more={alias: one, name: other}), {})
        good = run(server, adapter, way, Ask(more={alias: one, name: one}), {})
    assert isinstance(bad.exception, InvalidRequestError)
    assert f"{alias} and {name} are two names of one setting" in str(bad.exception)
    assert good.exception is None
    assert good.text == "ok"
    assert len(server.requests) == 1


def test_what_cannot_be_compared_is_different() -> None:
    class Odd:
        def __eq__(self, other: object) -> bool:
            raise RuntimeError

        __hash__ = object.__hash__

    with pytest.raises(InvalidRequestError, match="two names"):
        ChatZhipuAI(api_key=KEY, stop=Odd(), stop_sequences=Odd())  # type: ignore[arg-type]
