"""Passwords of documents: in no text, pickle, dict, log, or local variable of an error's frames."""

from __future__ import annotations

import asyncio
import copy
import itertools
import logging
import pickle
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest
from pydantic import SecretStr

import langchain_zhipu
import llama_index_zhipu
import zhipu_client
from tests.support.pdfs import encrypted, plain
from zhipu_client import InvalidRequestError, ocr
from zhipu_client._io import pdf

from .server import Reply, scripted
from .subjects import KEY

PASSWORD = "sw0rdfish-of-1932"
REFUSED = Reply({"error": {"code": "1210", "message": "bad parameter"}}, status=400)
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("locked")
    for name, secret in (("right", PASSWORD), ("wrong", "another")):
        (folder / name).write_bytes(encrypted(plain(2), secret, 6))
    cut = (folder / "right").read_bytes()
    (folder / "cut").write_bytes(cut[: len(cut) // 2])
    return {path.name: path for path in folder.iterdir()}


def shown(error: BaseException) -> list[str]:
    """Where the password is in an error, and in variables of frames that are not the test's."""
    found, seen, waiting = [], [], [error]
    while waiting:
        one = waiting.pop()
        if one is None or one in seen:
            continue
        seen.append(one)
        waiting += [one.__cause__, one.__context__]
        if PASSWORD in f"{one!r} {vars(one)}":
            found.append(repr(one))
        at: TracebackType | None = one.__traceback__
        while at is not None:
            code = at.tb_frame.f_code
            if Path(code.co_filename).parent != HERE:
                variables = at.tb_frame.f_locals.items()
                found += [f"{code.co_name}:{name}" for name, v in variables if PASSWORD in repr(v)]
            at = at.tb_next
    return found


def langchain(path: Any, way: str, password: Any, **more: Any) -> Any:
    loader = langchain_zhipu.ZhipuAIOCRLoader(path, password=password, **more)
    return loader.load() if way == "sync" else asyncio.run(loader.aload())


def llama_index(path: Any, way: str, password: Any, **more: Any) -> Any:
    reader = llama_index_zhipu.ZhipuAIOCRReader(password=password, **more)
    return reader.load_data(path) if way == "sync" else asyncio.run(reader.aload_data(path))


def of_a_call(path: Any, way: str, password: Any, **more: Any) -> Any:
    load = llama_index_zhipu.ZhipuAIOCRReader(**more)
    given = {"password": password}
    return (
        load.load_data(path, **given)
        if way == "sync"
        else asyncio.run(load.aload_data(path, **given))
    )


CASES = [
    (*case, here)
    for case, here in zip(
        itertools.product(
            (langchain, llama_index, of_a_call), ("wrong", "cut", "right"), ("layout", "chat")
        ),
        itertools.cycle([True, True, False, True]),
        strict=False,
    )
]


@pytest.mark.parametrize(("read", "name", "endpoint", "here"), CASES)
def test_no_error_has_it(
    read: Callable[..., Any], name: str, endpoint: str, here: bool, locked: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    if here:  # where no process can be started
        monkeypatch.setattr(pdf.os, "name", "odd")
    caplog.set_level(logging.DEBUG)
    way = "async" if read is langchain else "sync"
    with scripted(*[REFUSED] * 4) as server:
        more = {"base_url": server.base_url, "api_key": KEY, "dialect": "zhipu"}
        more |= {"max_retries": 0, "endpoint": endpoint}
        with pytest.raises(zhipu_client.ZhipuError) as caught:
            read(locked[name], way, PASSWORD, **more)
        assert PASSWORD not in str([request.json for request in server.requests])
    assert not shown(caught.value)
    assert PASSWORD not in caplog.text
    assert PASSWORD.encode() not in pickle.dumps(caught.value)


@pytest.mark.parametrize(
    "call",
    [
        lambda path: ocr.pages(path, password=PASSWORD, first_page=-1),
        lambda path: ocr.pages(path, password=PASSWORD, model=5),
        lambda path: langchain_zhipu.ZhipuAIOCRLoader(path, api_key=KEY, password=PASSWORD, mode=1),
        lambda _: llama_index_zhipu.ZhipuAIOCRReader(api_key=KEY, password=PASSWORD, first_page=0),
        lambda path: llama_index_zhipu.ZhipuAIOCRReader(api_key=KEY).load_data(
            path, password=PASSWORD, first_page=-4
        ),
        lambda path: zhipu_client.draw_layout(path, [], password=PASSWORD),
        lambda path: langchain_zhipu.draw_layout(_drawable(path), password=PASSWORD),
        lambda path: llama_index_zhipu.draw_layout(_node(path), password=PASSWORD),
    ],
)
def test_no_refused_argument_shows_it(call: Callable[[Path], Any], locked: dict[str, Path]) -> None:
    with pytest.raises(ValueError, match=r"\w") as caught:
        call(locked["wrong"])
    assert not shown(caught.value)


def _drawable(path: Path) -> Any:
    from langchain_core.documents import Document

    boxes = [{"label": "text", "bbox": [0, 0, 9, 9]}]
    about = {"source": str(path), "page": 0, "page_width": 99, "page_height": 99, "boxes": boxes}
    return Document("x", metadata=about)


def _node(path: Path) -> Any:
    from llama_index.core.schema import Document

    regions = [{"label": "text", "bbox_2d": [0, 0, 9, 9]}]
    about = {"file_path": str(path), "page_label": "1", "width": 99, "height": 99}
    return Document(text="x", metadata={**about, "regions": regions})


@pytest.mark.parametrize("given", [PASSWORD, SecretStr(PASSWORD)])
@pytest.mark.parametrize("adapter", ["langchain", "llama_index", "client"])
def test_neither_text_nor_pickle_has_it(
    adapter: str, given: Any, locked: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHIPUAI_API_KEY", KEY)
    monkeypatch.setattr(pdf.os, "name", "odd")
    path = str(locked["right"])
    things: list[Any]
    if adapter == "client":
        things = [ocr.pages(path, password=given)]
    else:
        loader: Any = langchain_zhipu.ZhipuAIOCRLoader(path)
        if adapter == "llama_index":
            loader = llama_index_zhipu.ZhipuAIOCRReader()
        set_later = copy.copy(loader)
        set_later.password = given
        copied = loader.model_copy(update={"password": given})
        made = type(loader)(
            **({"file_path": path} if adapter == "langchain" else {}), password=given
        )
        things = [set_later, copied, made, copy.deepcopy(made)]
    for thing in things:
        texts = [repr(thing), str(getattr(thing, "__dict__", "")), repr(thing.__getstate__())]
        names = ("model_dump", "model_dump_json", "to_dict", "to_json")
        texts += [str(getattr(thing, name, str)()) for name in names]
        assert not any(PASSWORD in text for text in texts)
        pickled = pickle.dumps(thing)
        assert PASSWORD.encode() not in pickled
        assert thing.password.get_secret_value() == PASSWORD
        back = pickle.loads(pickled)
        with pytest.raises(InvalidRequestError, match="passwords are not pickled"):
            _read(adapter, back, path)


def _read(adapter: str, thing: Any, path: str) -> Any:
    if adapter == "client":
        return zhipu_client.run(zhipu_client.Client(api_key=KEY), thing)
    return thing.load() if adapter == "langchain" else thing.load_data(path)


@pytest.mark.parametrize("odd", [5, b"bytes", ["a"]])
def test_what_is_no_password_is_refused(odd: Any) -> None:
    for make in (
        lambda: ocr.pages("a.pdf", password=odd),
        lambda: langchain_zhipu.ZhipuAIOCRLoader("a.pdf", api_key=KEY, password=odd),
        lambda: llama_index_zhipu.ZhipuAIOCRReader(api_key=KEY, password=odd),
    ):
        with pytest.raises(ValueError, match="password must be a string or a function"):
            make()
