"""Warnings point at the line of the user, through both frameworks."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate

import zhipu_client
import zhipu_emulator
from langchain_zhipu import ChatZhipuAI
from llama_index_zhipu import ZhipuAI, ZhipuAISpeechToolSpec
from zhipu_client._io import deprecated_models


@pytest.fixture(scope="module")
def server() -> Iterator[zhipu_emulator.Server]:
    with zhipu_emulator.serve() as running:
        yield running


def made(server: Any) -> dict[str, Any]:
    return {"base_url": server.base_url, "api_key": server.api_key}


def misspelt_field(server: Any) -> None:
    ChatZhipuAI(**made(server), temprature=0.5)


def foreign_field(server: Any) -> None:
    ChatZhipuAI(**made(server), use_responses_api=True)


def ignored_field(server: Any) -> None:
    ZhipuAI(**made(server), temprature=0.5)


def former_field(server: Any) -> None:
    ZhipuAISpeechToolSpec(**made(server), folder="/tmp/out")


def misspelt_of_a_call(server: Any) -> None:
    ChatZhipuAI(**made(server)).invoke("hi", temprature=0.5)


def of_a_chain(server: Any) -> None:
    prompt = ChatPromptTemplate.from_template("{x}")
    model = ChatZhipuAI(**made(server)).bind(temprature=0.5)
    (prompt | model | StrOutputParser()).invoke({"x": "hi"})


def of_a_stream(server: Any) -> None:
    list(ChatZhipuAI(**made(server)).stream("hi", temprature=0.5))


def of_an_async_call(server: Any) -> None:
    async def later() -> None:
        await ChatZhipuAI(**made(server)).ainvoke("hi", temprature=0.5)

    asyncio.run(later())


def of_llama(server: Any) -> None:
    ZhipuAI(**made(server)).complete("hi", temprature=0.5)


def of_llamas_stream(server: Any) -> None:
    list(ZhipuAI(**made(server)).stream_complete("hi", temprature=0.5))


def of_llama_later(server: Any) -> None:
    async def later() -> None:
        await ZhipuAI(**made(server)).acomplete("hi", temprature=0.5)

    asyncio.run(later())


def former_module(_: Any) -> None:
    _ = zhipu_client.results


def former_module_imported(_: Any) -> None:
    from zhipu_client import results  # noqa: F401


WAYS = [
    misspelt_field, foreign_field, ignored_field, former_field, misspelt_of_a_call, of_a_chain,
    of_a_stream, of_an_async_call, of_llama, of_llamas_stream, of_llama_later, former_module,
    former_module_imported,
]  # fmt: skip


def lines(found: list[warnings.WarningMessage]) -> list[str]:
    return [one.filename for one in found if "asyncio" not in str(one.message)]


@pytest.mark.parametrize("way", WAYS)
def test_a_warning_points_at_the_users_line(way: Callable[[Any], None], server: Any) -> None:
    first = way.__code__.co_firstlineno
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        way(server)
    assert found
    assert lines(found) == [__file__] * len(found)
    assert all(first < one.lineno < first + 7 for one in found)


def test_a_note_about_the_server_points_there(server: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(deprecated_models, "_OF_THE_SERVICE", "")
    monkeypatch.setattr(deprecated_models, "_said", {})
    for call in (ChatZhipuAI(**made(server), model="glm-4.5-flash").invoke,
                 ZhipuAI(**made(server), model="glm-4.5").complete):  # fmt: skip
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always")
            call("hi")
        assert lines(found) == [__file__]


def test_no_module_of_ours_warns_by_a_fixed_level() -> None:
    root = Path(zhipu_client.__file__).parent.parent
    folders = ("zhipu_client", "langchain_zhipu", "llama_index_zhipu")
    files = [path for folder in folders for path in (root / folder).rglob("*.py")]
    fixed = [path.name for path in files if "stacklevel" in path.read_text(encoding="utf-8")]
    assert not fixed


def test_a_filter_by_module_is_for_the_users_module(server: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.filterwarnings("error", module=__name__.replace(".", r"\."))
        with pytest.raises(UserWarning, match="temprature"):
            ZhipuAI(**made(server), temprature=0.5)
