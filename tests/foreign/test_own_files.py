"""The official SDKs' own examples and integration tests, where they lie, against the emulator.

Neither SDK ships them: ``ZAI_SDK_SOURCE`` names the folder of a checkout of one (or several, with
the system's separator between), and without it these tests are skipped. Each file is copied to a
temporary folder with what is around it, since several write next to themselves, and is not changed.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from samples import SAMPLES

import zhipu_emulator

VARIABLE = "ZAI_SDK_SOURCE"
SOURCES = [Path(one) for one in os.environ.get(VARIABLE, "").split(os.pathsep) if one]
FOLDERS = ("examples", "tests/integration_tests")
DRIVER = Path(__file__).with_name("own_file.py")
ADDRESS = re.compile(r"https?://[^\s'\"\\)]+")
FILES = [
    pytest.param(source, file, id=f"{source.name}-{file.relative_to(source)}")
    for source in SOURCES
    for folder in FOLDERS
    for file in sorted((source / folder).glob("*.py"))
]
NONE = pytest.mark.skip(reason=f"{VARIABLE} names no folder with examples or tests of an SDK")

AUTHOR = "asks for something in its author's account: the service, too, says that it is not there"
# file::function -> what is wrong in it, or what the service has no more. All the rest must pass.
WRONG = {
    "examples/basic_usage.py::audio_transcription": "gives a file's name where the SDK wants bytes",
    "examples/glm4_with_tools.py::__main__": "reads the choices of a stream that it has used up",
    "examples/layout_parsing_example.py::__main__": "its use_layout_details is no parameter",
    "examples/test_voice.py::voice_clone": "of a former SDK: voice_text_input is no parameter",
    "examples/test_voice.py::voice_delete": "of a former SDK: voice_id is no parameter",
    "examples/voice_clone.py::voice_delete": AUTHOR,
    **{
        f"tests/integration_tests/test_{one}": AUTHOR
        for one in (
            "batches.py::test_batch_create",
            "batches.py::test_batch_retrieve",
            "batches.py::test_batch_cancel",
            "batches.py::test_batch_result",
            "chat.py::test_retrieve_completion_result",
            "code_geex.py::test_geex_result",
            "finetuning.py::test_model_check",
            "videos.py::test_retrieve_videos_result",
            "voice_clone.py::test_voice_delete",
        )
    },
    "tests/integration_tests/test_assistant.py::test_translate_api": "no id of the twelve",
    "tests/integration_tests/test_file.py::test_files_list": "gives no purpose, which is required",
}
# Of whole files: the SDK has no such attribute.
GONE = {
    "tests/integration_tests/test_finetuning.py": "fine_tuning",
    "tests/integration_tests/test_knowledge.py": "knowledge",
}


def pages(text):
    """What is at the addresses that a file names: the tests open none beyond this machine."""
    return {
        url: SAMPLES.get(Path(url).suffix, lambda: b"<h1>A page</h1><p>Tea at four.</p>")()
        for url in ADDRESS.findall(text)
    }


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
    with zhipu_emulator.serve(web=pages(text)) as server:
        done = subprocess.run(
            [sys.executable, DRIVER, root, root / name],
            env={**os.environ, **keys(server)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 0, done.stderr[-2000:]
    notes = json.loads(done.stdout)
    faults = {one: note for one, note in notes.items() if faulty(note, name)}
    known = {one for one in notes if f"{name}::{one}" in WRONG}
    assert faults.keys() == known, "\n".join(f"{one}: {note}" for one, note in faults.items())


def faulty(note, name):
    gone = name in GONE and f"no attribute '{GONE[name]}'" in (note["error"] or "")
    return not gone and bool(note["error"] or note["refused"])


def keys(server):
    return {
        f"{prefix}_{what}": value
        for prefix in ("ZAI", "ZHIPUAI")
        for what, value in (("API_KEY", server.api_key), ("BASE_URL", server.base_url))
    }
