"""The examples of the pytest fixture hold as tests of a user's own, in both languages."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from zhipu_emulator import call, serve

ROOT = Path(__file__).parent.parent.parent
EXAMPLE = re.compile(r"```python\n((?:(?!```).)*?def test_\w+\(zhipu_emulator\).*?)```", re.DOTALL)
SETTING = re.compile(r"```toml\n(.*?)```", re.DOTALL)


@pytest.mark.parametrize("page", ["emulator.md", "zh/emulator.md"])
def test_the_examples_of_the_fixture_pass(page: str, tmp_path: Path) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    examples = EXAMPLE.findall(text)
    assert len(examples) == 4
    for number, example in enumerate(examples):
        (tmp_path / f"test_{number}.py").write_text(example, "utf-8")
    head = "[tool.pytest.ini_options]\n"
    settings = [one.removeprefix(head) for one in SETTING.findall(text)]
    assert len(settings) == 2
    (tmp_path / "pyproject.toml").write_text(head + "".join(settings), "utf-8")
    (tmp_path / "conftest.py").write_text(
        'pytest_plugins = ["zhipu_emulator.pytest_plugin"]\n', "utf-8"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--strict-markers"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100,
        env={"PYTHONPATH": str(ROOT), "PATH": "", "HOME": str(tmp_path)},
    )  # fmt: skip
    assert "4 passed in " in done.stdout, done.stdout + done.stderr
    assert "arning" not in done.stdout + done.stderr


@pytest.mark.parametrize("page", ["emulator.md", "zh/emulator.md"])
def test_what_the_page_says_of_a_failed_test_is_said(page: str) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    (shown,) = re.findall(r"```text\n(not used.*?)\n```", text, re.DOTALL)
    with serve() as server:
        server.script(call("get_weather", city="Oslo"), tool="get_weather")
        function = {"name": "weather", "parameters": {"type": "object", "properties": {}}}
        body = {
            "model": "glm-4.7",
            "messages": [{"role": "user", "content": "Weather?"}],
            "tools": [{"type": "function", "function": function}],
        }
        key = {"Authorization": f"Bearer {server.api_key}"}
        httpx.post(f"{server.base_url}/chat/completions", json=body, headers=key, trust_env=False)
        assert server.report() == shown
