"""The programs in the README run as they stand there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import zhipu_emulator
from cookbook.paper import Text, Title, pdf
from tests.programs import run_program

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
SECTIONS = {
    title: "\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL))
    for title, text in re.findall(
        r"^## ([^\n]*)\n(.*?)(?=^## |\Z)", README, re.DOTALL | re.MULTILINE
    )
}


@pytest.mark.parametrize("title", [title for title, code in SECTIONS.items() if code])
def test_the_program_runs(title: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(SECTIONS[title], "utf-8")
    report = [
        [Title("Field report"), Text("The two hydrophones cost 4,100 euros together.")],
        [Title("Crew"), Text("Five people were on board for three weeks.")],
    ]
    (tmp_path / "report.pdf").write_bytes(pdf(report))
    with zhipu_emulator.serve() as service:
        where = {"ZHIPUAI_API_KEY": service.api_key, "ZHIPUAI_BASE_URL": service.base_url}
        ran = run_program(program, cwd=tmp_path, environment=where)
        assert service.requests
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip()
    if "Report the product" in SECTIONS[title]:
        assert "product=323" in ran.stdout


def test_the_commands_exist() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    text = README + (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    for target in set(re.findall(r"make ([a-z-]+)(?=[\s`\]])", text)) - {"sure"}:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_what_it_points_to_is_there() -> None:
    for path in re.findall(r"\]\(([\w/.]+)\)|\.venv/bin/python ([\w/.]+)", README):
        assert (ROOT / "".join(path)).exists(), path


def test_the_classes_exist_and_none_is_left_out() -> None:
    import langchain_zhipu
    import llama_index_zhipu

    exported = {*langchain_zhipu.__all__, *llama_index_zhipu.__all__}
    pattern = r"\b(?:Chat)?ZhipuAI\w*"
    named = set(re.findall(pattern, README))
    assert named == {name for name in exported if re.fullmatch(pattern, name)}
