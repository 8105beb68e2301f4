"""Runs the examples in the docstrings of everything that `langchain_zhipu` exports."""

from __future__ import annotations

import doctest
import inspect
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import langchain_zhipu
import zhipu_emulator
from cookbook.paper import Text, Title, pdf
from tests.support.notes import note

_FENCED = re.compile(r"^[ ]*```python\n(.*?)^[ ]*```", re.MULTILINE | re.DOTALL)
_PAGE = b"<html><head><title>Example</title></head><body><h1>Example</h1></body></html>"


def documented(name: str) -> str:
    return inspect.getdoc(getattr(langchain_zhipu, name)) or ""


def fenced(name: str) -> list[str]:
    return [textwrap.dedent(code) for code in _FENCED.findall(documented(name))]


def typed(name: str) -> doctest.DocTest:
    return doctest.DocTestParser().get_doctest(documented(name), {}, name, None, None)


NAMES = [name for name in langchain_zhipu.__all__ if not name.startswith("_")]
# Small things whose use is shown where they occur: an error's attribute, a plain function.
WITHOUT = {"register"}


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    with zhipu_emulator.serve(polls=0, web={"https://example.com": _PAGE}) as running:
        yield running


@pytest.fixture
def surroundings(server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an example may take for granted: a key, and files of the names that it uses."""
    monkeypatch.setenv("ZHIPUAI_API_KEY", server.api_key)
    monkeypatch.setenv("ZHIPUAI_BASE_URL", server.base_url)
    monkeypatch.chdir(tmp_path)
    page = [Title("Invoice"), Text("Number: A-17"), Text("Total: 7.70 EUR")]
    (tmp_path / "note.png").write_bytes(note("Buy milk"))
    spoken = langchain_zhipu.ZhipuAITextToSpeechTool().speak("Buy milk.")
    (tmp_path / "memo.wav").write_bytes(spoken)
    for name in ("report.pdf", "invoice.pdf"):
        (tmp_path / name).write_bytes(pdf([page]))


@pytest.mark.parametrize("name", NAMES)
def test_examples_run(name: str, surroundings: None) -> None:
    found, session = fenced(name), typed(name)
    assert found or session.examples or name in WITHOUT, f"{name} has no example"
    names: dict[str, Any] = {"__name__": "__example__"}
    for number, code in enumerate(found, 1):
        exec(compile(code, f"<example {number} of {name}>", "exec", dont_inherit=True), names)
    assert doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(session).failed == 0
