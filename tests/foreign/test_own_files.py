"""The official SDKs' own examples and tests, as they are, against the emulator.

The examples on the page that an SDK brings along are run always. It does not bring its folders of
examples and integration tests: ``ZAI_SDK_SOURCE`` names the folder of a checkout (or several, with
the system's separator between), and without it those are skipped. Files are copied to a temporary
folder with what is around them, since several write next to themselves, and are not changed.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from own_faults import OF_THE_SDK, WRONG
from samples import SAMPLES

import zhipu_emulator

VARIABLE = "ZAI_SDK_SOURCE"
SOURCES = [Path(one) for one in os.environ.get(VARIABLE, "").split(os.pathsep) if one]
FOLDERS = ("examples", "tests/integration_tests")
DRIVER = Path(__file__).with_name("own_file.py")
ADDRESS = re.compile(r"https?://[^\s'\"\\)]+")
EXAMPLE = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
FILES = [
    pytest.param(source, file, id=f"{source.name}-{file.relative_to(source)}")
    for source in SOURCES
    for folder in FOLDERS
    for file in sorted((source / folder).glob("*.py"))
]
NONE = pytest.mark.skip(reason=f"{VARIABLE} names no folder with examples or tests of an SDK")


def page(name):
    """The examples on the page of an installed SDK."""
    try:
        about = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        return []
    return EXAMPLE.findall(about.get("Description") or about.get_payload())


#: Files that only look at types or at the environment.
QUIET = {
    "examples/check_apikey_env.py",
    "examples/example_types.py",
    "tests/integration_tests/test_client_cleanup_integration.py",
}
PAGES = [
    pytest.param(text, id=f"{name}-{number}")
    for name in ("zai-sdk", "zhipuai")
    for number, text in enumerate(page(name), 1)
]


def test_the_page_of_the_sdk_has_examples():
    assert len(page("zai-sdk")) >= 5


@pytest.mark.parametrize("text", PAGES)
def test_an_example_of_the_page(text, tmp_path):
    file = tmp_path / "example.py"
    file.write_text(text, "utf-8")
    check(run(tmp_path, file), {}, quiet="client." not in text)


@pytest.mark.parametrize(
    ("source", "file"), FILES or [pytest.param(None, None, marks=NONE, id="none")]
)
def test_an_own_file(source, file, tmp_path):
    text = file.read_text("utf-8")
    package = "zhipuai" if re.search(r"^(from|import) zhipuai\b", text, re.MULTILINE) else "zai"
    if not importlib.util.find_spec(package):
        pytest.skip(f"{package} is not installed here: pip install {package}")
    root = tmp_path / "sdk"
    for folder in ("examples", "tests"):
        if (source / folder).is_dir():
            shutil.copytree(source / folder, root / folder)
    name = file.relative_to(source).as_posix()
    known = {
        one.partition("::")[2]: reason
        for one, reason in WRONG[package].items()
        if one.startswith(f"{name}::")
    }
    check(run(root, root / name), known, quiet=name in QUIET)


def run(root, file):
    """What became of each function's calls: see the driver."""
    with zhipu_emulator.serve(web=web(file.read_text("utf-8"))) as server:
        keys = {
            f"{prefix}_{what}": value
            for prefix in ("ZAI", "ZHIPUAI")
            for what, value in (("API_KEY", server.api_key), ("BASE_URL", server.base_url))
        }
        done = subprocess.run(
            [sys.executable, DRIVER, root, file],
            env={**os.environ, **keys},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def web(text):
    """What is at the addresses that a file names: none beyond this machine is opened."""
    return {
        url: SAMPLES.get(Path(url).suffix, lambda: b"<h1>A page</h1><p>Tea at four.</p>")()
        for url in ADDRESS.findall(text)
    }


def check(notes, known, *, quiet=False):
    # A file that skips itself, or swallows what it does wrong, would have asked nothing.
    asked = sum(note["calls"] for note in notes.values())
    assert asked or quiet or known or any(note["error"] for note in notes.values())
    faults = {
        one: note
        for one, note in notes.items()
        if note["refused"] or (note["error"] and not OF_THE_SDK.search(note["error"]))
    }
    assert faults.keys() - known == set(), "\n".join(f"{k}: {v}" for k, v in faults.items())
    good = {one for one, note in notes.items() if not note["refused"] and not note["error"]}
    assert not good & known.keys(), f"these are not wrong any more: {good & known.keys()}"
