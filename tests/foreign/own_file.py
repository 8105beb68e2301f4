"""Run one file of another SDK against the emulator and print, as JSON, what became of its calls.

``python own_file.py ROOT FILE``: a script runs as a program, and then each of its functions that
needs no argument; a file of tests runs with pytest. The file stays as it is: what is missing around
it (recordings, pictures, a key, waiting) is put there or replaced here. Its own handlers print
refusals and go on, so each answer of 400 and more is noted at the connection.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import importlib
import inspect
import json
import os
import re
import runpy
import sys
import time
from pathlib import Path

import httpx
import pytest
from samples import SAMPLES

PLACEHOLDER = re.compile(r"your\b.*\bpath", re.IGNORECASE)
# Names that stand for the reader's own, or that neither the service's schema nor its answers have
# any more, and what is taken for them: so the rest of a call can be tried too.
RENAMED = {
    "assistant_id": dict.fromkeys(
        ("your_assistant_id", "your own assistant_id"), "65940acff94777010aa6b796"
    ),
    "model": {
        "charglm": "charglm-3",
        "cogtts": "glm-tts",
        "cogtts-clone": "glm-tts-clone",
        "CogTTS-3.0-clone": "glm-tts-clone",
        "cogvideo": "cogvideox",
    },
    "search_engine": {"search-std": "search_std"},
    "voice": {"female": "tongtong"},
}


class Notes:
    """What happened in each function: an error that was not caught, answers that were refusals."""

    def __init__(self):
        self.by_name = {}
        self.begin("__main__")

    def begin(self, name):
        self.now = self.by_name.setdefault(name, {"error": None, "refused": [], "calls": 0})

    def answer(self, request, response):
        if request.url.host not in ("127.0.0.1", "localhost"):
            self.now["error"] = f"asked {request.url.host}, which is not the emulator"
        self.now["calls"] += 1
        if response.status_code >= 400:
            response.read()
            self.now["refused"].append(
                [response.status_code, f"{request.method} {request.url.path}", response.text[:300]]
            )

    @contextlib.contextmanager
    def during(self, name):
        self.begin(name)
        try:
            yield
        except SystemExit as error:
            if error.code:
                self.now["error"] = f"exit {error.code}"
        except Exception as error:
            self.now["error"] = f"{type(error).__name__}: {error}"[:500]

    # --- as a plugin of pytest

    def pytest_runtest_setup(self, item):
        self.begin(item.name)

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.now["error"] = str(report.longrepr)[-500:]

    def pytest_collectreport(self, report):
        if report.failed:
            self.now["error"] = str(report.longrepr)[-500:]


def watch(notes):
    sent = httpx.Client.send

    def send(client, request, **more):
        response = sent(client, request, **more)
        notes.answer(request, response)
        return response

    httpx.Client.send = send


def rename():
    built = httpx.Client.build_request

    def build(client, *given, **more):
        for form in (more.get("json"), more.get("data")):
            for field, names in RENAMED.items() if isinstance(form, dict) else ():
                if isinstance(form.get(field), str):
                    form[field] = names.get(form[field], form[field])
        return built(client, *given, **more)

    httpx.Client.build_request = build


def do_not_wait():
    pause = asyncio.sleep
    time.sleep = lambda seconds: None
    asyncio.sleep = lambda seconds, result=None: pause(0, result)


def fill_in(package):
    """Take the address of the environment, and its key where the file has none of its own."""
    client = importlib.import_module(f"{package}._client")
    kind = getattr(client, "BaseClient", None) or client.ZhipuAI
    made = kind.__init__

    def init(self, **given):
        given.pop("base_url", None)
        if not given.get("api_key") or given["api_key"].startswith("your"):
            given.pop("api_key", None)
        made(self, **given)

    kind.__init__ = init


def put_samples(root, file):
    """Make the files that it names and that are not there, where it may look for them."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        name = node.value if isinstance(node, ast.Constant) else None
        if not isinstance(name, str) or "\n" in name or "://" in name or len(name) > 100:
            continue
        suffix = Path(name).suffix
        if PLACEHOLDER.fullmatch(name):
            suffix = ".png" if "image" in name else ".pdf"
        for folder in (root, file.parent):
            place = folder / name
            if suffix in SAMPLES and not place.exists():
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(SAMPLES[suffix]())


def run_script(file, notes):
    sys.path.insert(0, str(file.parent))
    with notes.during("__main__"):
        module = runpy.run_path(str(file), run_name="__main__")
    if notes.now["error"]:
        return
    for name, value in module.items():
        own = inspect.isfunction(value) and value.__module__ == "__main__"
        if not own or name == "main" or needs_arguments(value):
            continue
        with notes.during(name):
            made = value()
            if inspect.iscoroutine(made):
                asyncio.run(made)


def needs_arguments(function):
    return any(
        one.default is one.empty and one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)
        for one in inspect.signature(function).parameters.values()
    )


def run_tests(root, file, notes):
    settings = root / "for-one-file.ini"
    settings.write_text("[pytest]\n")
    given = ["-q", "-c", settings, "--confcutdir", root, "-p", "no:cacheprovider", file]
    pytest.main([str(one) for one in given], plugins=[notes])


def main(root, file):
    notes = Notes()
    os.chdir(root)
    put_samples(root, file)
    for package in ("zai", "zhipuai"):
        if re.search(rf"^\s*(import|from) {package}\b", file.read_text("utf-8"), re.MULTILINE):
            fill_in(package)
    watch(notes)
    rename()
    do_not_wait()
    with contextlib.redirect_stdout(sys.stderr):
        if file.name.startswith("test_") and "tests" in file.parent.parts:
            run_tests(root, file, notes)
        else:
            run_script(file, notes)
    print(json.dumps(notes.by_name))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
