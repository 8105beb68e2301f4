"""An adapter without its framework says which extra brings it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import run_program

#: In a process of its own, where the framework is as good as not installed.
PROGRAM = """
import sys

for name in [*sys.modules, sys.argv[1]]:
    if name == sys.argv[1] or name.startswith(sys.argv[1] + "."):
        sys.modules[name] = None
import {package}

assert "ZhipuSettings" in dir({package})
from {package} import {name}
"""


@pytest.mark.parametrize(
    ("package", "name", "framework", "extra"),
    [
        ("langchain_zhipu", "ChatZhipuAI", "langchain_core", "langchain"),
        ("llama_index_zhipu", "ZhipuAI", "llama_index", "llama-index"),
        ("llama_index_zhipu", "ZhipuAI", "llama_index.core", "llama-index"),
    ],
)
def test_it_names_the_extra(
    package: str, name: str, framework: str, extra: str, tmp_path: Path
) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.format(package=package, name=name), "utf-8")
    ran = run_program(program, framework, cwd=tmp_path)
    needs = f"{package} needs {extra}-core: "
    last = ran.stderr.strip().splitlines()[-1]
    assert last == f'ModuleNotFoundError: {needs}pip install "zhipu-integrations[{extra}]"'
