"""The pytest fixture: what a test that fails says, and what was scripted and not used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from zhipu_emulator import serve, stand_in

ROOT = Path(__file__).parent.parent.parent
CONFTEST = 'pytest_plugins = ["zhipu_emulator.pytest_plugin"]'
TESTS = """
import asyncio

import httpx
import pytest
from zhipu_emulator import say


def ask(server):
    return httpx.post(
        server.base_url + "/chat/completions",
        json={"model": "glm-4.6", "messages": [{"role": "user", "content": "Hello"}]},
        headers={"Authorization": "Bearer " + server.api_key},
        trust_env=False,
    )


def test_fails(zhipu_emulator):
    zhipu_emulator.script(say("never"), tool="moor")
    ask(zhipu_emulator)
    assert 0


def test_leaves_something(zhipu_emulator):
    zhipu_emulator.script(say("never"))


@pytest.mark.zhipu_emulator(all_used=False, scripted_only=True)
def test_marked(zhipu_emulator):
    assert ask(zhipu_emulator).status_code == 400
    zhipu_emulator.script(say("never"))


@pytest.mark.zhipu_emulator(all_used=True)
def test_marked_as_strict(zhipu_emulator):
    zhipu_emulator.script(say("strict"))


def test_nothing_is_left_of_those_before(zhipu_emulator):
    assert ask(zhipu_emulator).status_code == 200
    assert zhipu_emulator.unused == []
"""


MISSPELT = """
import pytest


@pytest.mark.zhipu_emulator(scriptd_only=True)
def test_one(zhipu_emulator): ...


@pytest.mark.zhipu_emulator(latency="slow")
def test_two(zhipu_emulator): ...


@pytest.mark.zhipu_emulator(True)
def test_three(zhipu_emulator): ...


@pytest.mark.zhipu_emulator(all_used="no")
def test_four(zhipu_emulator): ...


@pytest.mark.zhipu_emulator(all_use=False)
class TestIt:
    def test_five(self, zhipu_emulator): ...


def test_six(zhipu_emulator):
    assert not zhipu_emulator.state.options.scripted_only
"""


def ran(folder: Path, *options: str, tests: str = TESTS) -> str:
    (folder / "conftest.py").write_text(CONFTEST, "utf-8")
    (folder / "test_it.py").write_text(tests, "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--strict-markers"]
    done = subprocess.run(
        [*command, *options], cwd=folder, capture_output=True, text=True, check=False,
        env={"PYTHONPATH": str(ROOT), "PATH": ""}, timeout=100,
    )  # fmt: skip
    return done.stdout + done.stderr


def test_a_failed_test_says_what_was_scripted_and_asked(tmp_path) -> None:
    said = ran(tmp_path)
    assert "1 failed, 4 passed, 1 error" in said, said
    section = said.partition("- zhipu_emulator -")[2]
    assert "not used: say='never' (tool='moor')" in section
    assert "last message (user) 'Hello' -> nothing" in section
    assert "ERROR test_it.py::test_marked_as_strict" in said


@pytest.mark.parametrize("options", [("-o", "zhipu_emulator_all_used=true")])
def test_the_setting_fails_tests_that_leave_something(tmp_path, options: tuple[str, ...]) -> None:
    said = ran(tmp_path, *options)
    assert "1 failed, 4 passed, 2 errors" in said, said
    assert "ERROR test_it.py::test_leaves_something" in said
    assert "AssertionError: not used: say='never'" in said


def test_it_gives_no_warnings(tmp_path) -> None:
    tests = (
        TESTS.partition("def test_fails")[0]
        + """
def test_it(zhipu_emulator):
    assert ask(zhipu_emulator).status_code == 200
"""
    )
    said = ran(tmp_path, "-W", "error", "-p", "no:asyncio", tests=tests)
    assert "1 passed" in said, said
    assert "arning" not in said


def test_a_marker_with_a_mistake_says_which_where_and_what_was_meant(tmp_path) -> None:
    said = ran(tmp_path, tests=MISSPELT)
    assert "1 passed, 5 errors" in said, said
    assert "TypeError" not in said
    mark = "@pytest.mark.zhipu_emulator"
    for text in (
        f"{mark} of test_it.py::test_one: unknown option 'scriptd_only', did you mean 'scripted_o",
        "'scripted_only'? It takes all_used, api_keys, ",
        f"{mark} of test_it.py::test_two: latency='slow': wanted a number",
        f"{mark} of test_it.py::test_three: options are given by name, not as True",
        f"{mark} of test_it.py::test_four: all_used='no': wanted True or False",
        f"{mark} of test_it.py::TestIt::test_five: unknown option 'all_use', did you mean 'all_u",
    ):
        assert text in said, (text, said)


@pytest.mark.parametrize(
    "make", [serve, stand_in, lambda **options: serve().configure(**options)],
    ids=["serve", "stand_in", "configure"],
)  # fmt: skip
def test_a_misspelt_option_is_named_wherever_it_is_given(make: Any, monkeypatch) -> None:
    monkeypatch.delenv("ZHIPUAI_API_KEY", raising=False)
    with pytest.raises(TypeError) as caught, make(latncy=1):
        pass
    assert str(caught.value).startswith("unknown option 'latncy', did you mean 'latency'? ")
