"""An error about one of many files or pages names it, whoever refused it."""

from __future__ import annotations

import asyncio
import re
import threading
from pathlib import Path
from typing import Any

import pytest

from zhipu_client import AsyncClient, Client, ZhipuError
from zhipu_client.adapting import name_source, naming, shown_name

from .server import Reply, scripted
from .subjects import KEY
from .test_ocr import PNG

REFUSED = Reply({"error": {"code": "1210", "message": "the file cannot be read"}}, status=400)
FILE = "invoice-7.png"


def _settings(server: Any) -> dict[str, Any]:
    return {"base_url": server.base_url, "api_key": KEY, "max_retries": 0}


def _ocr_loader(path: Path, **settings: Any) -> Any:
    from langchain_zhipu import ZhipuAIOCRLoader

    loader = ZhipuAIOCRLoader(path, **settings)
    return loader.load, loader.aload


def _ocr_parser(path: Path, **settings: Any) -> Any:
    from langchain_core.documents.base import Blob

    from langchain_zhipu import ZhipuAIOCRParser

    parser = ZhipuAIOCRParser(**settings)
    blob = Blob.from_data(path.read_bytes(), path=path.name)
    return lambda: parser.parse(blob), lambda: parser.aparse(blob)


def _reader(name: str, *, in_memory: bool = False) -> Any:
    def make(path: Path, **settings: Any) -> Any:
        import llama_index_zhipu

        reader = getattr(llama_index_zhipu, name)(**settings)
        file = path.read_bytes() if in_memory else path
        info = {"file_name": path.name} if in_memory else None
        return lambda: reader.load_data(file, info), lambda: reader.aload_data(file, info)

    return make


READERS = {
    "ocr-loader": _ocr_loader,
    "ocr-parser": _ocr_parser,
    "ocr-reader": _reader("ZhipuAIOCRReader"),
    "ocr-reader-bytes": _reader("ZhipuAIOCRReader", in_memory=True),
    "parser-reader": _reader("ZhipuAIFileParserReader"),
    "parser-reader-bytes": _reader("ZhipuAIFileParserReader", in_memory=True),
}


@pytest.mark.parametrize("content", [PNG, b"", b"GIF89a"], ids=["refused", "empty", "other"])
@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("reader", READERS)
def test_files(reader, way, content, tmp_path):
    path = tmp_path / FILE
    path.write_bytes(content)
    with scripted(REFUSED) as server:
        load, aload = READERS[reader](path, **_settings(server))
        with pytest.raises(ZhipuError) as caught:
            load() if way == "sync" else asyncio.run(aload())
    assert str(caught.value).count(FILE) == 1


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
def test_pages(adapter, way):
    url = "https://someone:hidden@example.com/prices?signature=hidden"
    with scripted(REFUSED) as server:
        if adapter == "langchain":
            from langchain_zhipu import ZhipuAIWebReaderLoader

            loader = ZhipuAIWebReaderLoader(url, **_settings(server))
            load, aload = loader.load, loader.aload
        else:
            from llama_index_zhipu import ZhipuAIWebReader

            reader = ZhipuAIWebReader(**_settings(server))
            load, aload = lambda: reader.load_data(url), lambda: reader.aload_data(url)
        with pytest.raises(ZhipuError, match=r"https://example\.com/prices") as caught:
            load() if way == "sync" else asyncio.run(aload())
    assert "hidden" not in str(caught.value)


def _page(request: Any) -> Any:
    return {"id": "1", "reader_result": {"content": "text of " + request["url"], "title": "t"}}


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
def test_pages_that_were_read_are_kept(adapter, way):
    urls = [f"https://example.com/{number}" for number in range(3)]
    with scripted(Reply(_page), Reply(_page), REFUSED) as server:
        settings = {**_settings(server), "max_in_flight": 1}
        if adapter == "langchain":
            from langchain_zhipu import ZhipuAIWebReaderLoader

            loader = ZhipuAIWebReaderLoader(urls, **settings)
            load, aload = loader.load, loader.aload
        else:
            from llama_index_zhipu import ZhipuAIWebReader

            reader = ZhipuAIWebReader(**settings)
            load, aload = lambda: reader.load_data(urls), lambda: reader.aload_data(urls)
        with pytest.raises(ZhipuError) as caught:
            load() if way == "sync" else asyncio.run(aload())
    assert urls[2] in str(caught.value)
    texts = [getattr(one, "page_content", None) or one.text for one in caught.value.partial]
    assert texts == [f"text of {url}" for url in urls[:2]]


def test_pages_behind_the_failed_one_are_kept():
    from langchain_core.documents import Document

    from langchain_zhipu import ZhipuAIWebReaderLoader

    url = "https://example.com/2"
    error = ZhipuError("refused")
    error.later = {url: ([_page({"url": url})], None)}
    loader = ZhipuAIWebReaderLoader(url, api_key=KEY)
    with pytest.raises(ZhipuError), loader._kept([Document("text of the first")]):
        raise error
    texts = [page.page_content for page in error.partial]
    assert texts == ["text of the first", f"text of {url}"]


@pytest.mark.parametrize("source", [None, "", b"abc", "data:image/png;base64,AAAA", "https://[x"])
def test_what_has_no_name(source):
    error = ZhipuError("refused")
    name_source(error, source)
    assert str(error) == "refused"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("https://me:secret@a.example/x.pdf?signature=secret#secret", "https://a.example/x.pdf"),
        (Path("https://me:secret@a.example/x.pdf?signature=secret"), "https:/a.example/x.pdf"),
        ("s3://id:secret@bucket/x#1.pdf", "s3://bucket/x#1.pdf"),
        (Path("abfs://a.example/x.pdf?sig=secret"), "abfs:/a.example/x.pdf"),
        ("FTP://me:secret@a.example", "FTP://a.example"),
        ("C:/me@home/what?.pdf", "C:/me@home/what?.pdf"),
        ("a folder/at@home.pdf", "a folder/at@home.pdf"),
    ],
)
def test_an_address_is_shown_without_its_secrets(source, shown):
    assert shown_name(source) == shown


def test_other_errors_are_left_alone():
    with pytest.raises(KeyError) as caught, naming("a.png"):
        raise KeyError("x")
    assert caught.value.args == ("x",)


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
def test_addresses_are_looked_at_before_the_first_page_is_paid_for(adapter, way):
    urls = [f"https://example.com/{number}" for number in range(20)]
    urls[13] = "file:///etc/passwd"
    with scripted(Reply(_page)) as server:
        load, aload = _web(adapter, urls, **_settings(server))
        with pytest.raises(ZhipuError, match=r"urls\[13\]"):
            load() if way == "sync" else asyncio.run(aload())
        assert not server.requests


def _web(adapter: str, urls: Any, **settings: Any) -> Any:
    if adapter == "langchain":
        from langchain_zhipu import ZhipuAIWebReaderLoader

        loader = ZhipuAIWebReaderLoader(urls, **settings)
        return loader.load, loader.aload
    from llama_index_zhipu import ZhipuAIWebReader

    reader = ZhipuAIWebReader(**settings)
    return lambda: reader.load_data(urls), lambda: reader.aload_data(urls)


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
def test_pages_in_flight_when_one_fails_are_kept(adapter, way, monkeypatch):
    """They are paid for: nobody breaks them off."""
    urls = [f"https://example.com/{number}" for number in range(4)]
    all_are_begun = threading.Barrier(4, timeout=30)
    failed = threading.Event()
    send, asend = Client.send, AsyncClient.send

    def slow(self: Client, request: Any, **options: Any) -> Any:
        all_are_begun.wait()
        try:
            if request.json["url"] != urls[1]:
                failed.wait(30)
            return send(self, request, **options)
        finally:
            failed.set()

    async def aslow(self: AsyncClient, request: Any, **options: Any) -> Any:
        await asyncio.to_thread(all_are_begun.wait)
        try:
            if request.json["url"] != urls[1]:
                await asyncio.to_thread(failed.wait, 30)
            return await asend(self, request, **options)
        finally:
            failed.set()

    monkeypatch.setattr(Client, "send", slow)
    monkeypatch.setattr(AsyncClient, "send", aslow)

    def page(request: Any) -> Any:
        refusal = {"error": {"code": "1214", "message": "forbidden"}}
        return refusal if request["url"] == urls[1] else _page(request)

    with scripted(Reply(page)) as server:
        load, aload = _web(adapter, urls, max_in_flight=4, **_settings(server))
        with pytest.raises(ZhipuError, match=re.escape(urls[1])) as caught:
            load() if way == "sync" else asyncio.run(aload())
    texts = [getattr(one, "page_content", None) or one.text for one in caught.value.partial]
    assert texts == [f"text of {urls[place]}" for place in (0, 2, 3)]


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
def test_pages_that_fail_are_left_out_where_that_is_asked_for(adapter, way, caplog):
    urls = [f"https://example.com/{number}" for number in range(9)]

    def page(request: Any) -> Any:
        failed = {"error": {"code": "1214", "message": "forbidden"}}
        return failed if request["url"] == urls[4] else _page(request)

    with scripted(Reply(page)) as server:
        load, aload = _web(adapter, urls, on_error="skip", **_settings(server))
        found = load() if way == "sync" else asyncio.run(aload())
    texts = [getattr(one, "page_content", None) or one.text for one in found]
    assert texts == [f"text of {url}" for url in urls if url != urls[4]]
    assert urls[4] in caplog.text
