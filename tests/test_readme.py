"""The README's programs run as they are there and print what it says; its tables are true."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import zhipu_emulator
from tests.pages import Block, blocks, missing, program
from tests.programs import run_program
from zhipu_client import models
from zhipu_client._defaults import offered
from zhipu_client.errors._codes import CODES

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^## ([^\n]*)\n(.*?)(?=^## |\Z)", README, re.DOTALL | re.MULTILINE))
SITES = {"bigmodel": "bigmodel", "z.ai": "zai", "coding plans": "bigmodel-coding"}


def table(section: str, first: str) -> list[dict[str, str]]:
    """The rows of the table whose head begins with a word, by the names of their columns."""
    lines = SECTIONS[section].splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith(f"| {first}"))
    rows = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return [dict(zip(rows[0], row, strict=True)) for row in rows[2:]]


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


#: Sections are programs of their own: none needs the names of another.
PROGRAMS = {title: found for title, text in SECTIONS.items() if (found := list(blocks(text)))}

DRIVER = """
import runpy, sys

import zhipu_client._defaults

zhipu_client._defaults.PRESETS.update(zai=sys.argv[1], bigmodel=sys.argv[2])
for section in sys.argv[3:]:
    runpy.run_path(section)
"""


def test_the_programs_print_what_it_says(tmp_path: Path) -> None:
    paths = [tmp_path / f"section{number}.py" for number in range(len(PROGRAMS))]
    for path, found in zip(paths, PROGRAMS.values(), strict=True):
        path.write_text(program(found), "utf-8")
    driver = tmp_path / "driver.py"
    driver.write_text(DRIVER, "utf-8")
    with zhipu_emulator.serve() as service, zhipu_emulator.serve(site="zai") as zai:
        where = {
            "ZHIPUAI_API_KEY": service.api_key,
            "ZAI_API_KEY": zai.api_key,
            "ZHIPUAI_BASE_URL": service.base_url,
        }
        arguments = [zai.base_url, service.base_url, *map(str, paths)]
        ran = run_program(driver, *arguments, cwd=tmp_path, environment=where)
        # Of the program with two sites: the vectors come from the one that has them.
        assert [one["path"] for one in zai.requests] == ["/api/paas/v4/chat/completions"]
    assert ran.returncode == 0, ran.stderr
    assert not list(missing([one for found in PROGRAMS.values() for one in found], ran.stdout))


@pytest.mark.parametrize("framework", ["langchain", "llama_index"])
@pytest.mark.parametrize("tool", ["snow in {city}", "rain in {city}"])
def test_its_test_of_an_agent_judges_as_a_file_of_its_own(
    framework: str, tool: str, tmp_path: Path
) -> None:
    (found,) = (
        block.code
        for block in PROGRAMS["Without a key: the emulator"]
        if f"from {framework}" in block.code
    )
    path = tmp_path / "test_agent.py"
    path.write_text(found.replace("snow in {city}", tool), "utf-8")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", path.name],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    outcome = "1 passed" if tool.startswith("snow") else "1 failed"
    assert outcome in ran.stdout, ran.stdout
    assert ("rain in Oslo" in ran.stdout) == (outcome == "1 failed")


@pytest.mark.parametrize("title", PROGRAMS)
def test_it_says_of_each_program_what_it_prints(title: str) -> None:
    def silent(block: Block) -> bool:
        return "print(" in block.code and not block.prints

    assert not [block.line for block in PROGRAMS[title] if silent(block)]


def test_the_table_of_sites_is_what_the_client_refuses() -> None:
    rows = table("Which site, which key", "| path")
    assert len(rows) > 10
    for row in rows:
        (path,) = quoted(row["path"])
        path = path.replace("/api/", "//api/")
        for column, site in SITES.items():
            assert row[column].startswith("yes") == offered(site, path), (path, site)


def test_the_table_of_models_is_the_catalogue() -> None:
    marks = {"always": "always", "on, can be switched off": "hybrid", "no": "none"}
    for row in table("Models", "Model"):
        for code in quoted(row["Model"]):
            info: Any = models.get(code)
            assert (f"{info.context:,}", f"{info.max_output:,}", info.thinking) == (
                row["Context, tokens"],
                row["Longest answer, tokens"],
                marks[row["Thinking"]],
            ), code
            assert set(row["Takes"].split(", ")) == info.inputs, code
            assert {SITES[site] for site in row["Sites"].split(", ")} == info.sites, code
            assert not info.deprecated, code
    for row in table("Models", "For"):
        found: Any = [models.get(code) for code in quoted(row["Models, the default first"])]
        assert {SITES[site] for site in row["Sites of the default"].split(", ")} == found[0].sites


def test_the_table_of_codes_is_the_clients() -> None:
    listed: set[str] = set()
    for row in table("Something is wrong?", "Code"):
        codes = set(quoted(row["Code"]))
        for first, last in re.findall(r"`(\d+)` to `(\d+)`", row["Code"]):
            codes |= {code for code in CODES if len(code) == 4 and first <= code <= last}
        (error,) = quoted(row["Error (`zhipu_client`)"])
        for code in codes:
            assert CODES[code].error.__name__ == error, code
        assert not listed & codes
        listed |= codes
    assert {code for code in CODES if len(code) == 4} <= listed


@pytest.mark.parametrize("page", ["README.md", "docs/index.md"])
def test_pip_takes_a_clone_beside_and_for_more_extras_the_name_without_an_index(page: str) -> None:
    lines = re.findall(r'pip install ("[^`#\n]+)', (ROOT / page).read_text("utf-8"))
    assert {"../" in line for line in lines} == {True, False}
    for line in lines:
        wanted = shlex.split(line.replace("../zhipu-integrations", str(ROOT)))
        offline = ["--dry-run", "--no-index", "--no-build-isolation", "--quiet"]
        done = subprocess.run(
            [sys.executable, "-m", "pip", "install", *offline, *wanted],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, (line, done.stderr)


def test_the_commands_exist() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    text = README + (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    for target in set(re.findall(r"make ([a-z-]+)(?=[\s`\]])", text)) - {"sure"}:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_what_it_points_to_is_there() -> None:
    for path in re.findall(r"\]\(([\w/.]+)\)|\.\./zhipu-integrations/([\w/.]+)", README):
        assert (ROOT / "".join(path)).exists(), path


def test_the_classes_exist_and_none_is_left_out() -> None:
    import langchain_zhipu
    import llama_index_zhipu

    exported = {*langchain_zhipu.__all__, *llama_index_zhipu.__all__}
    pattern = r"\b(?:Chat)?ZhipuAI\w*"
    named = set(re.findall(pattern, README))
    assert named == {name for name in exported if re.fullmatch(pattern, name)}
