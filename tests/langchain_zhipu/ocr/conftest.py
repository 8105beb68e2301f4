"""An emulator for the module, loaders that talk to it, and small documents to read."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import zhipu_emulator
from cookbook.paper import Table, Text, Title, pdf
from langchain_zhipu import ZhipuAIOCRLoader


@pytest.fixture(scope="module")
def running_server() -> Iterator[Any]:
    with zhipu_emulator.serve() as server:
        yield server


@pytest.fixture
def server(running_server: Any) -> Iterator[Any]:
    running_server.reset()
    yield running_server
    # A loader that was left early does not wait for what it has in flight: that would come to the
    # next test, be counted there, and take its scripted faults.
    for thread in threading.enumerate():
        if thread.name.startswith("zhipu_"):
            thread.join()


@pytest.fixture
def access(server: Any) -> dict[str, Any]:
    return {"api_key": server.api_key, "base_url": server.base_url, "max_retries": 0}


@pytest.fixture
def loader(access: dict[str, Any]) -> Callable[..., ZhipuAIOCRLoader]:
    def build(file_path: Any, **settings: Any) -> ZhipuAIOCRLoader:
        return ZhipuAIOCRLoader(file_path, **{**access, **settings})

    return build


def document(pages: int, name: str = "Page") -> bytes:
    return pdf(
        [
            [
                Title(f"{name} {number}"),
                Text("Whales sleep with one half of the brain at a time."),
                Table([["Tea", "3.50"], ["Coffee", "4.20"]]),
            ]
            for number in range(1, pages + 1)
        ],
        Title="On whales",
        Producer="paper",
    )


@pytest.fixture
def five_pages(tmp_path: Path) -> Path:
    path = tmp_path / "whales.pdf"
    path.write_bytes(document(5))
    return path


@pytest.fixture
def picture() -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (300, 200), "white").save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def asked(server: Any) -> Callable[[], list[dict[str, Any]]]:
    """The bodies of the layout requests so far."""

    def bodies() -> list[dict[str, Any]]:
        return [r["json"] for r in server.requests if r["path"].endswith("/layout_parsing")]

    return bodies
