"""A wrong value is refused in the same words where it is given, in both adapters."""

from __future__ import annotations

from typing import Any

import pytest

from langchain_zhipu import ChatZhipuAI
from llama_index_zhipu import ZhipuAI
from zhipu_client import InvalidRequestError

from .server import said, scripted
from .subjects import ADAPTERS, KEY, WAYS, Ask, Way, run

#: What can be True, False or something else -> what else, in words.
OTHERS = {
    "cost": "'bigmodel' or 'zai'",
    "think_tags": "'opened'",
    "thinking": "'auto', 'enabled' or 'disabled', or a dict",
    "web_search": "a dict",
}
VALUES: list[Any] = ["true", "no", 1, 1.5, ["enabled"]]


def wanted(name: str, value: Any) -> str:
    hint = ': compare what is read from a file or the environment first, as in value == "true"'
    text = f"{name} must be True or False, or {OTHERS[name]}, got {value!r}"
    return text + hint if isinstance(value, str) else text


@pytest.mark.parametrize("kind", [ChatZhipuAI, ZhipuAI])
@pytest.mark.parametrize("value", VALUES, ids=repr)
@pytest.mark.parametrize("name", OTHERS)
def test_where_it_is_set(kind: Any, name: str, value: Any) -> None:
    if name not in kind.model_fields:
        pytest.skip("LangChain's model has no web_search: a tool does it")
    with pytest.raises(InvalidRequestError) as made:
        kind(api_key=KEY, **{name: value})
    model = kind(api_key=KEY)
    with pytest.raises(InvalidRequestError) as assigned:
        setattr(model, name, value)
    with pytest.raises(InvalidRequestError) as copied:
        model.model_copy(update={name: value})
    for caught in (made, assigned, copied):
        assert str(caught.value) == wanted(name, value)
        assert (caught.value.field, caught.value.value) == (name, value)


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("dialect", ["zhipu", "openai"])
@pytest.mark.parametrize("name", OTHERS)
def test_in_a_call(adapter: str, way: Way, dialect: str, name: str) -> None:
    with scripted(said("ok")) as server:
        for value in VALUES:
            got = run(server, adapter, way, Ask(more={name: value}), {"dialect": dialect})
            assert isinstance(got.exception, InvalidRequestError)
            assert str(got.exception) == wanted(name, value)
            assert got.exception.field == name
        assert not server.requests


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("dialect", ["zhipu", "openai"])
def test_an_effort_that_is_not_a_text(adapter: str, way: Way, dialect: str) -> None:
    with scripted(said("ok")) as server:
        for value in (5, True, {"effort": "low"}):
            more = {"reasoning_effort": value}
            got = run(server, adapter, way, Ask(more=more), {"dialect": dialect})
            assert isinstance(got.exception, InvalidRequestError)
            assert got.exception.field == "reasoning_effort"
            assert "valid string" in str(got.exception)
            assert f"got {value!r}" in str(got.exception)
        assert not server.requests


@pytest.mark.parametrize("kind", [ChatZhipuAI, ZhipuAI])
def test_what_is_wrong_within_a_dict_is_named(kind: Any) -> None:
    with pytest.raises(InvalidRequestError, match="thinking") as caught:
        kind(api_key=KEY, thinking={1: "enabled"})
    assert "valid string" in str(caught.value)
