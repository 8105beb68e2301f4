"""N05: no cassette holds a key, and one that did would be found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import vcr
import yaml

from tests.cassette_support.plugin import CASSETTES
from tests.cassette_support.scrub import keys_in, scrubbed_request, scrubbed_response
from zhipu_client import APIError, Client, chat

from . import scenarios as say
from .frames import completion
from .server import FaultServer

#: Made up here; of the forms that a key has on its way.
PLANTED = "0123456789abcdef" * 2 + ".Ab3dEf6hIj9lMn2p"
LEAKS = {
    "a key": f"uri: https://x.test/?key={PLANTED}",
    "a bearer token": "text: 'sent Bearer abcdefgh12345678'",
    "a signed token": "text: eyJhbGciOiJIUzI1NiJ9.eyJhcGlfa2V5IjoiMDEyMyJ9.c2lnbmF0dXJlLWhlcmU",
    "a header": "headers:\n  Authorization:\n  - REDACTED",
}
FILES = sorted(CASSETTES.rglob("*.yaml"))


def test_N05_there_are_cassettes() -> None:
    assert len(FILES) >= 8


def test_N05_no_cassette_holds_a_key() -> None:
    found = {str(file.relative_to(CASSETTES)): keys_in(file) for file in FILES}
    assert {name: keys for name, keys in found.items() if keys} == {}


def test_N05_every_header_of_a_request_is_left_out() -> None:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    kept: set[str] = set()
    for file in FILES:
        data = yaml.load(file.read_text("utf-8"), Loader=loader)
        for exchange in data["interactions"]:
            assert exchange["request"]["headers"] == {}, file
            assert exchange["request"]["uri"].startswith("https://zhipu.invalid/"), file
            kept |= {name.lower() for name in exchange["response"]["headers"]}
    assert kept <= {"content-type", "retry-after"}


@pytest.mark.parametrize("name", LEAKS)
def test_N05_a_planted_key_is_found(tmp_path: Path, name: str) -> None:
    planted = tmp_path / "planted.yaml"
    planted.write_text(FILES[0].read_text("utf-8") + f"\n{LEAKS[name]}\n", "utf-8")
    assert len(keys_in(planted)) == 1


def test_N05_recording_leaves_the_key_out(tmp_path: Path) -> None:
    """Whatever carries it: a header of ours or of the caller, an answer's cookie."""
    cassette = tmp_path / "recorded.yaml"
    messages = [{"role": "user", "content": "hello"}]
    echoing: dict[str, Any] = {"Set-Cookie": f"session={PLANTED}", "X-Key": PLANTED}
    script = (say.answer(completion(), 200, echoing), say.error(401, "1001", echoing))
    recorder = vcr.VCR(
        before_record_request=scrubbed_request, before_record_response=scrubbed_response
    )
    with FaultServer(*script) as server:
        client = Client(
            api_key=PLANTED, base_url=server.base_url, default_headers={"X-Again": PLANTED}
        )
        with recorder.use_cassette(str(cassette), record_mode="all"):
            client.send(chat.create(model="glm-4.7", messages=messages))
            with pytest.raises(APIError):
                client.send(chat.create(model="glm-4.7", messages=messages))
        assert server.requests[0].headers["x-again"] == PLANTED
    text = cassette.read_text("utf-8")
    assert text.count("uri:") == 2
    assert PLANTED.partition(".")[2] not in text
    assert keys_in(cassette) == []
