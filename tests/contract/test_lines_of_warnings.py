"""Warnings point at the line of the user, through both frameworks."""

from __future__ import annotations

import asyncio
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableParallel

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


def of_a_batch(server: Any) -> None:
    ChatZhipuAI(**made(server)).batch(["a", "b"], temprature=0.5)


def of_an_async_batch(server: Any) -> None:
    async def later() -> None:
        await ChatZhipuAI(**made(server)).abatch(["a", "b"], temprature=0.5)

    asyncio.run(later())


def of_parallel_steps(server: Any) -> None:
    model = ChatZhipuAI(**made(server))
    RunnableParallel(a=model.bind(temprature=0.5), b=model).invoke("hi")


def in_a_pool(server: Any) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(ChatZhipuAI, **made(server), temprature=0.5)


def in_a_thread_of_a_loop(server: Any) -> None:
    asyncio.run(asyncio.to_thread(ZhipuAI, **made(server), temprature=0.5))


def of_a_deep_agent(server: Any) -> None:
    deepagents = pytest.importorskip("deepagents", reason="deepagents is an extra of the tests")
    model = ChatZhipuAI(**made(server), model="glm-5.3", thinking=False)
    deepagents.create_deep_agent(model=model).invoke({"messages": [("user", "hi")]})


def former_module(_: Any) -> None:
    _ = zhipu_client.results


def former_module_imported(_: Any) -> None:
    from zhipu_client import results  # noqa: F401


WAYS = [
    misspelt_field, foreign_field, ignored_field, former_field, misspelt_of_a_call, of_a_chain,
    of_a_stream, of_an_async_call, of_a_batch, of_an_async_batch, of_parallel_steps, in_a_pool,
    in_a_thread_of_a_loop, of_a_deep_agent, of_llama, of_llamas_stream, of_llama_later,
    former_module, former_module_imported,
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


@pytest.mark.parametrize("name", ["workflows", "pydantic_models", "langchain"])
def test_a_package_of_the_user_may_have_any_name(name: str, server: Any, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.py"
    path.write_text("def go(kind, given):\n    return kind(**given, temprature=0.5)\n")
    names: dict[str, Any] = {"__name__": name, "__file__": str(path)}
    exec(compile(path.read_text(), path, "exec"), names)
    for kind in (ChatZhipuAI, ZhipuAI):
        with pytest.warns(UserWarning, match="temprature") as found:
            names["go"](kind, made(server))
        assert [(one.filename, one.lineno) for one in found] == [(str(path), 2)]


def installed(path: Path, code: str) -> Any:
    """Return the function `go` of a package that is installed, not the user's."""
    place = path / "lib" / "site-packages" / "other" / "__init__.py"
    names: dict[str, Any] = {"__name__": "other", "__file__": str(place)}
    exec(compile(code, place, "exec"), names)
    return names["go"]


def test_a_package_that_is_installed_is_passed_over(server: Any, tmp_path: Path) -> None:
    go = installed(tmp_path, "def go(kind, given):\n    return kind(**given, temprature=0.5)\n")
    with pytest.warns(UserWarning, match="temprature") as found:
        go(ZhipuAI, made(server))
    assert lines(found.list) == [__file__]


@pytest.mark.parametrize(
    ("name", "file"),
    [("other.part", "other/part.py"), ("other", "other/__init__.py"), ("other", "other.py")],
)
def test_what_is_installed_beside_a_program_is_passed_over(
    name: str, file: str, server: Any, tmp_path: Path
) -> None:
    """As on AWS Lambda: `pip install --target .`, and the program in the same folder."""
    record = tmp_path / "other-1.0.dist-info" / "RECORD"
    record.parent.mkdir()
    record.write_text(f"{file},sha256=x,10\nother-1.0.dist-info/RECORD,,\n")
    body = "def go(kind, given):\n    return kind(**given, temprature=0.5)\n"
    theirs: dict[str, Any] = {"__name__": name, "__file__": str(tmp_path / file)}
    exec(compile(body, tmp_path / file, "exec"), theirs)
    mine: dict[str, Any] = {"__name__": "handler", "__file__": str(tmp_path / "handler.py")}
    calls = "def go(*given):\n    return theirs(*given)\n"
    exec(compile(calls, tmp_path / "handler.py", "exec"), mine)
    mine["theirs"] = theirs["go"]
    with pytest.warns(UserWarning, match="temprature") as found:
        mine["go"](ZhipuAI, made(server))
    assert lines(found.list) == [str(tmp_path / "handler.py")]


def test_where_two_threads_wait_neither_is_named(server: Any, tmp_path: Path) -> None:
    code = "def go(kind, given):\n    held.wait(10)\n    return kind(**given, temprature=0.5)\n"
    go, held = installed(tmp_path, code), threading.Event()
    go.__globals__["held"] = held

    def wait() -> None:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(go, ZhipuAI, made(server))

    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        threads = [threading.Thread(target=wait) for _ in range(2)]
        for thread in threads:
            thread.start()
        while sum(_stands_in_a_pool(thread) for thread in threads) < 2:
            pass
        held.set()
        for thread in threads:
            thread.join()
    first, *_ = lines(found)
    assert Path(first).parent.name == "other"


def _stands_in_a_pool(thread: threading.Thread) -> bool:
    frame = sys._current_frames().get(thread.ident or 0)
    while frame is not None:
        if frame.f_code.co_name == "shutdown":
            return True
        frame = frame.f_back
    return False
