"""The programs in the README run as they stand there."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

import zhipu_emulator
from cookbook.paper import Text, Title, pdf

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
SECTIONS = {
    title: "\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL))
    for title, text in re.findall(
        r"^## ([^\n]*)\n(.*?)(?=^## |\Z)", README, re.DOTALL | re.MULTILINE
    )
}


@pytest.mark.parametrize("title", [title for title, code in SECTIONS.items() if code])
def test_the_program_runs(title, monkeypatch, tmp_path):
    said = io.StringIO()
    monkeypatch.chdir(tmp_path)
    report = [
        [Title("Field report"), Text("The two hydrophones cost 4,100 euros together.")],
        [Title("Crew"), Text("Five people were on board for three weeks.")],
    ]
    (tmp_path / "report.pdf").write_bytes(pdf(report))
    with zhipu_emulator.serve() as service, contextlib.redirect_stdout(said):
        monkeypatch.setenv("ZHIPUAI_API_KEY", service.api_key)
        monkeypatch.setenv("ZHIPUAI_BASE_URL", service.base_url)
        exec(compile(SECTIONS[title], f"README.md, {title}", "exec"), {"__name__": "readme"})
        assert service.requests
    assert said.getvalue().strip()


def test_the_commands_exist():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    text = README + (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    for target in set(re.findall(r"make ([a-z-]+)(?=[\s`\]])", text)) - {"sure"}:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_model_facts_are_those_of_the_catalogue():
    from zhipu_client import catalog

    for model, context in re.findall(r"(GLM-[\w.]+) takes up to ([\d,]+) tokens", README):
        assert catalog.MODELS[model.lower()].context == int(context.replace(",", ""))
