"""Runs the examples in the docstrings of everything that `llama_index_zhipu` exports."""

from __future__ import annotations

import doctest
import importlib
import inspect
import re
import textwrap

import pytest

import llama_index_zhipu
import zhipu_emulator
from llama_index_zhipu import ZhipuAISpeechToolSpec
from tests.llama_index_zhipu.pdf import pdf
from tests.support.notes import note

_FENCED = re.compile(r"^[ ]*```python\n(.*?)^[ ]*```", re.MULTILINE | re.DOTALL)
_PAGE = b"<html><head><title>Example</title></head><body><h1>Example</h1></body></html>"
CLASSES = [name for name in llama_index_zhipu.__all__ if not name.endswith("Error")]


@pytest.fixture(scope="module")
def server():
    with zhipu_emulator.serve(web={"https://example.com/": _PAGE}) as server:
        yield server


@pytest.fixture
def surroundings(server, tmp_path, monkeypatch):
    """What an example may take for granted: a key, and files of the names that it uses."""
    monkeypatch.setenv("ZHIPUAI_API_KEY", server.api_key)
    monkeypatch.setenv("ZHIPUAI_BASE_URL", server.base_url)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "report.pdf").write_bytes(pdf(["A report."]))
    (tmp_path / "note.png").write_bytes(note("Buy milk"))
    (tmp_path / "invoice.pdf").write_bytes(pdf(["Invoice number: A-17", "Total: 7.70"]))
    sound = ZhipuAISpeechToolSpec().text_to_speech("Hello.")[1]
    (tmp_path / "memo.wav").write_bytes(sound.resolve_audio().read())


@pytest.mark.parametrize("name", CLASSES)
def test_every_class_has_an_example_that_runs(name, surroundings, capsys):
    documented = inspect.getdoc(getattr(llama_index_zhipu, name)) or ""
    names: dict[str, object] = {"__name__": "__example__"}
    blocks = _FENCED.findall(documented)
    assert blocks
    for number, code in enumerate(blocks, 1):
        title = f"<example {number} of {name}>"
        exec(compile(textwrap.dedent(code), title, "exec", dont_inherit=True), names)
    assert capsys.readouterr().out.strip()


@pytest.mark.parametrize("module", ["tools", "stream", "messages", "structured"])
def test_typed_examples(module):
    found = doctest.testmod(importlib.import_module(f"llama_index_zhipu._chat.{module}"))
    assert found.failed == 0


def test_names():
    assert sorted(llama_index_zhipu.__all__) == list(llama_index_zhipu.__all__)
    assert set(llama_index_zhipu.__all__) <= set(dir(llama_index_zhipu))
    with pytest.raises(AttributeError, match="ZhipuNothing"):
        _ = llama_index_zhipu.ZhipuNothing
