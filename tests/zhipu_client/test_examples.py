"""Runs the examples in the docstrings of all that the client exports, against the emulator."""

from __future__ import annotations

import inspect
import re
import struct
import textwrap
import time
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import zhipu_client
import zhipu_emulator
from cookbook.paper import Text, Title, pdf
from zhipu_client import chat, conversation, images

_FENCED = re.compile(r"^[ ]*```python\n(.*?)^[ ]*```", re.MULTILINE | re.DOTALL)
_PAGE = b"<html><head><title>Example</title></head><body><h1>Example</h1></body></html>"
_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c63f8cf50df000005fe027e3dbd6e0c0000000049454e44ae426082"
)


def exported() -> Iterator[tuple[str, str]]:
    """Every name and its examples; of a module, those of all that it exports."""
    for name in zhipu_client.__all__:
        found = getattr(zhipu_client, name)
        inside = getattr(found, "__all__", ()) if inspect.ismodule(found) else ()
        things = {f"{name}.{inner}": getattr(found, inner) for inner in inside} or {name: found}
        for full, thing in things.items():
            for code in _FENCED.findall(inspect.getdoc(thing) or ""):
                yield full, textwrap.dedent(code)


EXAMPLES = list(exported())
#: What everybody needs, and so has to see used.
SHOWN = {
    "adownload", "aiterate", "arun", "await_result", "chat.create", "chat.stream", "download",
    "iterate", "run", "wait_for", "wait_result",
}  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    with zhipu_emulator.serve(polls=0, web={"https://example.com": _PAGE}) as running:
        yield running


@pytest.fixture
def surroundings(server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an example may take for granted: a key, and files of the names that it uses."""
    monkeypatch.setenv("ZHIPUAI_API_KEY", server.api_key)
    monkeypatch.setenv("ZHIPUAI_BASE_URL", server.base_url)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "report.pdf").write_bytes(pdf([[Title("Report"), Text("Total: 7.70 EUR")]]))
    (tmp_path / "page.png").write_bytes(_PNG)
    with wave.open(str(tmp_path / "speech.wav"), "wb") as sound:
        sound.setparams((1, 2, 16000, 0, "NONE", ""))
        sound.writeframes(struct.pack("<1600h", *([0, 900] * 800)))


def test_what_everybody_needs_is_shown() -> None:
    assert {name for name, _ in EXAMPLES} >= SHOWN


def test_every_error_shows_how_it_is_caught() -> None:
    errors = {
        name
        for name in zhipu_client.__all__
        if inspect.isclass(found := getattr(zhipu_client, name))
        and issubclass(found, zhipu_client.APIError | zhipu_client.APIConnectionError)
    }
    shown = {name for name, code in EXAMPLES if f"except {name} as error" in code}
    assert errors - shown == set()


#: Errors whose examples make the emulator refuse something: what they do with it runs, too.
RAISED = {"AuthenticationError", "BadRequestError", "GoneError", "NotFoundError"}


@pytest.mark.parametrize("name", sorted(RAISED))
def test_examples_of_errors_raise_them(
    name: str, surroundings: None, capsys: pytest.CaptureFixture[str]
) -> None:
    (code,) = [code for named, code in EXAMPLES if named == name]
    exec(code, taken_for_granted())
    assert capsys.readouterr().out


def test_every_function_that_makes_a_request_shows_how() -> None:
    silent = []
    exports = [getattr(zhipu_client, name) for name in zhipu_client.__all__]
    for module in filter(inspect.ismodule, exports):
        for name in getattr(module, "__all__", ()):
            found = getattr(module, name)
            if inspect.isfunction(found) and "Request[" in str(found.__annotations__.get("return")):
                text = inspect.getdoc(found) or ""
                if ">>>" not in text and "```python" not in text:
                    silent.append(f"{module.__name__}.{name}")
    assert silent == []


def taken_for_granted() -> dict[str, Any]:
    """What examples of errors and streams begin with, which others show."""
    messages = [{"role": "user", "content": "hi"}]
    client = zhipu_client.Client()
    built = conversation.build({"model": "glm-4.7"}, dialect=client.dialect, streaming=False)
    return {name: getattr(zhipu_client, name) for name in zhipu_client.__all__} | {
        "client": client,
        "messages": messages,
        "request": chat.create(model="glm-4.7", messages=messages),
        "exchange": conversation.Exchange(messages, built),
        "reply": (reply := client.send(images.create(prompt="a red kite"))),
        "url": reply.urls[0],
        "task": client.send(chat.submit(model="glm-4.7", messages=messages)),
        "time": time,
    }


@pytest.mark.parametrize(("name", "code"), EXAMPLES, ids=[name for name, _ in EXAMPLES])
def test_examples_run(name: str, code: str, surroundings: None) -> None:
    values = {} if "import" in code else taken_for_granted()
    compiled = compile(code, f"<example of {name}>", "exec", dont_inherit=True)
    exec(compiled, {"__name__": "__ex__", **values})
