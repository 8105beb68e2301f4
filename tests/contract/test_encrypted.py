"""Encrypted PDFs: read where they open without a password, else with the one that is given."""

from __future__ import annotations

import asyncio
import base64
import io
from pathlib import Path
from typing import Any

import pytest

from tests.support.pdfs import encrypted, plain
from zhipu_client import InvalidRequestError

from .server import Reply, said, scripted
from .subjects import KEY

PASSWORD = "made-up"


def _read(adapter: str, way: str, path: Any, base_url: str, **more: Any) -> list[str]:
    settings = {"base_url": base_url, "api_key": KEY, "dialect": "zhipu", **more}
    if adapter == "langchain":
        from langchain_zhipu import ZhipuAIOCRLoader

        loader = ZhipuAIOCRLoader(path, **settings)
        found = loader.load() if way == "sync" else asyncio.run(loader.aload())
        return [document.page_content for document in found]
    from llama_index_zhipu import ZhipuAIOCRReader

    reader = ZhipuAIOCRReader(**settings)
    pages = reader.load_data(path) if way == "sync" else asyncio.run(reader.aload_data(path))
    return [page.text for page in pages]


def _answer(texts: list[str]) -> Reply:
    regions = [[{"index": 0, "label": "text", "content": text}] for text in texts]
    return Reply({"id": "1", "md_results": "\n\n".join(texts), "layout_details": regions})


def _opens(body: Any) -> bool:
    import pikepdf

    with pikepdf.open(io.BytesIO(base64.b64decode(body["file"].partition(",")[2]))) as found:
        return not found.is_encrypted


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
@pytest.mark.parametrize("strength", [4, 6])
@pytest.mark.parametrize("given", ["none needed", "text", "function"])
def test_it_is_read(adapter: str, way: str, strength: int, given: str, tmp_path: Path) -> None:
    path = tmp_path / "locked.pdf"
    secret = "" if given == "none needed" else PASSWORD
    path.write_bytes(encrypted(plain(2), secret, strength))
    asked: list[Any] = []

    def password(file: Any) -> str:
        asked.append(str(file))
        return PASSWORD

    more = {"none needed": {}, "text": {"password": PASSWORD}, "function": {"password": password}}
    with scripted(_answer(["one", "two"])) as server:
        assert _read(adapter, way, path, server.base_url, **more[given]) == ["one", "two"]
        assert _opens(server.requests[0].json)
    assert asked == ([str(path)] if given == "function" else [])


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
@pytest.mark.parametrize("given", [None, "wrong", lambda _: None])
def test_without_its_password_it_is_refused(
    adapter: str, way: str, given: Any, tmp_path: Path
) -> None:
    path = tmp_path / "locked.pdf"
    path.write_bytes(encrypted(plain(1), PASSWORD, 6))
    with scripted() as server:
        with pytest.raises(InvalidRequestError, match=r"locked\.pdf needs an?o?t?h?e?r? password"):
            _read(adapter, way, path, server.base_url, password=given)
        assert not server.requests


@pytest.mark.parametrize(
    ("password", "in_the_file", "strength"),
    [
        ("caf\xe9", "caf\xe9", 4),
        ("密码", "密码".encode("gbk").decode("latin-1"), 4),
        ("密码", "密码", 6),
    ],
    ids=["latin", "gbk", "unicode"],
)
@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
@pytest.mark.parametrize("endpoint", ["layout", "chat"])
def test_a_password_in_the_bytes_of_older_programs(
    adapter: str, endpoint: str, password: str, in_the_file: str, strength: int
) -> None:
    locked = encrypted(plain(1), in_the_file, strength)
    reply = _answer(["one"]) if endpoint == "layout" else said("one")
    with scripted(reply) as server:
        settings = {"password": password, "endpoint": endpoint}
        assert _read(adapter, "sync", locked, server.base_url, **settings) == ["one"]
