"""S01 to S17, S22 to S25: streams that end early, break, or are written oddly."""

from __future__ import annotations

import json
import random

import pytest

from zhipu_client import (
    APIConnectionError,
    APIError,
    AuthenticationError,
    ContextOverflowError,
    ServerError,
    StreamIncompleteError,
    ZhipuError,
)

from . import scenarios as say
from .conftest import Drive
from .frames import (
    DONE,
    TEXT,
    USAGE,
    call_frames,
    completion,
    delta,
    error_body,
    frame,
    last,
    stream_frames,
)
from .server import Exchange, FaultServer, Scenario
from .subjects import ClientSubject

HELLO = (delta("你好，"), delta("世界 — "))
BROKEN = (StreamIncompleteError, APIConnectionError)


def pieces(body: bytes, size: int) -> Scenario:
    """A stream whose bytes come in pieces of ``size``."""
    return say.stream(*(body[at : at + size] for at in range(0, len(body), size)))


def test_S01_a_healthy_stream_is_whole(drive: Drive) -> None:
    frames = [delta(None, reasoning_content="Let me "), delta(None, reasoning_content="think.")]
    for framing in ("chunked", "close"):
        with FaultServer(say.stream(*frames, *stream_frames(), framing=framing)) as server:
            outcome = drive(server).stream().ok()
        assert (outcome.text, outcome.finish) == (TEXT, "stop")
        assert outcome.reasoning == "Let me think."
        assert outcome.usage == (7, 11, 18)


@pytest.mark.parametrize("framing", ["chunked", "close"])
def test_S02_a_connection_closed_in_the_middle_raises(drive: Drive, framing: say.Framing) -> None:
    cut = delta("the answer")[:-20]
    with FaultServer(say.stream(*HELLO, cut, end="fin", framing=framing)) as server:
        outcome = drive(server).stream()
    outcome.failed(*BROKEN, retryable=True)
    assert (outcome.text, outcome.finish) == ("你好，世界 — ", None)


def test_S03_a_reset_in_the_middle_raises(drive: Drive) -> None:
    with FaultServer(say.stream(*HELLO, end="rst")) as server:
        outcome = drive(server).stream()
    outcome.failed(*BROKEN, retryable=True)
    assert TEXT.startswith(outcome.text)


@pytest.mark.parametrize("framing", ["chunked", "close"], ids=["S04", "S05"])
def test_S04_S05_a_clean_end_without_finish_reason_raises(
    drive: Drive, framing: say.Framing
) -> None:
    with FaultServer(say.stream(*HELLO, framing=framing)) as server:
        outcome = drive(server).stream()
    error = outcome.failed(StreamIncompleteError, retryable=True)
    assert outcome.text == "你好，世界 — "
    message = error.partial["choices"][0]["message"]
    assert message["content"] == "你好，世界 — "


def test_S06_an_end_inside_an_event_raises(drive: Drive) -> None:
    whole = delta("the answer is 42.")
    for cut in (whole[:-2][:-30], whole[:10], b"data:", last()[:-40]):
        with FaultServer(say.stream(*HELLO, cut)) as server:
            outcome = drive(server).stream()
        outcome.failed(StreamIncompleteError)
        assert outcome.text == "你好，世界 — "


CUT_ARGUMENTS = '{"path": "/data/demo", "recur'


DELETE = {
    "type": "function",
    "function": {
        "name": "delete",
        "description": "Delete a folder.",
        "parameters": {"type": "object", "properties": {"path": {"type": "string"}}},
    },
}


def test_S07_a_cut_tool_call_never_runs(drive: Drive) -> None:
    cut = call_frames(CUT_ARGUMENTS)
    with FaultServer(
        say.stream(cut),
        say.stream(cut, end="fin"),
        say.stream(call_frames('{"path": "/data/demo"}')),
    ) as server:
        driver = drive(server, max_retries=0, tools=[DELETE])
        for _ in range(3):
            outcome = driver.stream()
            error = outcome.failed(*BROKEN)
            assert "finish_reason" not in (error.partial or {}).get("choices", [{}])[0]


def test_S07_not_even_when_the_service_says_it_is_whole(drive: Drive) -> None:
    cut = call_frames(CUT_ARGUMENTS)
    call = {"id": "call_1", "type": "function", "index": 0}
    call["function"] = {"name": "delete", "arguments": CUT_ARGUMENTS}
    plain = say.answer(completion("", finish="tool_calls", tool_calls=[call]))
    for finish in ("tool_calls", "length"):
        with FaultServer(say.by_mode(plain, say.stream(cut, last(finish), DONE))) as server:
            for outcome in drive(server, tools=[DELETE]).both():
                assert outcome.ok().calls == []
    with FaultServer(say.stream(cut, DONE)) as server:
        assert drive(server, tools=[DELETE]).stream().calls == []


def test_S07_a_whole_call_does(drive: Drive) -> None:
    frames = (call_frames('{"path": "/data/demo", "dry_run": true}'), last("tool_calls"), DONE)
    with FaultServer(say.stream(*frames)) as server:
        outcome = drive(server, tools=[DELETE]).stream().ok()
    assert outcome.calls == [("delete", {"path": "/data/demo", "dry_run": True})]
    assert outcome.finish == "tool_calls"


def test_S08_finish_reason_without_done_is_whole(drive: Drive) -> None:
    with FaultServer(
        say.stream(*stream_frames(done=False)),
        say.stream(*stream_frames(done=False), framing="close"),
        say.stream(*stream_frames(done=False), end="fin"),
    ) as server:
        driver = drive(server, max_retries=0)
        for _ in range(3):
            outcome = driver.stream().ok()
            assert (outcome.text, outcome.finish) == (TEXT, "stop")


def test_S08_done_after_content_is_whole_too(drive: Drive) -> None:
    with FaultServer(say.stream(*stream_frames(finish=None))) as server:
        assert drive(server).stream().ok().text == TEXT


def test_S09_an_error_inside_a_stream_raises_with_its_code(drive: Drive) -> None:
    broken = frame(error_body("1234", "network error, id 202601"))
    with FaultServer(say.stream(*HELLO, broken, DONE)) as server:
        outcome = drive(server).stream()
        error = outcome.failed(ServerError, code="1234", retryable=True)
        assert "network error" in str(error)
        assert outcome.text == "你好，世界 — "
        assert error.partial["choices"][0]["message"]["content"] == "你好，世界 — "
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (error_body("1211", "no such model"), "1211"),
        ({"code": 500, "msg": "404 NOT_FOUND", "success": False}, "500"),
    ],
)
def test_S10_a_json_error_in_place_of_a_stream_raises(
    drive: Drive, body: dict[str, object], code: str
) -> None:
    with FaultServer(say.answer(body)) as server:
        outcome = drive(server, max_retries=0).stream()
    error = outcome.failed(APIError, code=code)
    assert outcome.text == ""
    assert ("no such model" in str(error)) or ("404 NOT_FOUND" in str(error))


def test_S11_a_page_in_place_of_a_stream_raises(drive: Drive) -> None:
    body = b"<html><head><title>Sign in</title></head><body>to the guest network</body></html>"
    with FaultServer(say.page(body)) as server:
        error = drive(server, max_retries=0).stream().failed(ZhipuError)
    assert len(str(error)) < 700


def test_S12_a_refused_stream_raises_with_status_and_code(drive: Drive) -> None:
    with FaultServer(say.error(401, "1001")) as server:
        drive(server).stream().failed(AuthenticationError, status=401, code="1001")


def test_S13_two_frames_spliced_into_one_raise(drive: Drive) -> None:
    spliced = delta("the answer")[:-40] + b"data: " + delta("is 42.").removeprefix(b"data: ")
    with FaultServer(say.stream(*HELLO, spliced, last(), DONE)) as server:
        outcome = drive(server).stream()
        outcome.failed(StreamIncompleteError, retryable=True)
        assert outcome.text == "你好，世界 — "
        assert len(server.requests) == 1


def test_S13_before_the_first_event_it_is_tried_again(drive: Drive) -> None:
    with FaultServer(say.stream(b"data: {data: {\n\n", DONE), say.healthy()) as server:
        assert drive(server).stream().ok().text == TEXT
        assert len(server.requests) == 2


@pytest.mark.parametrize("bad", [b"\xff", b"\xe4\xbd", b"\xc0\xaf"])
def test_S14_invalid_utf8_raises_and_nothing_is_replaced(drive: Drive, bad: bytes) -> None:
    spoilt = delta("the @ answer").replace(b"@", bad)
    with FaultServer(say.stream(*HELLO, spoilt, last(), DONE)) as server:
        outcome = drive(server).stream()
    outcome.failed(StreamIncompleteError)
    assert outcome.text == "你好，世界 — "


def test_S14_half_a_character_costs_that_character_only(drive: Drive) -> None:
    spoilt = delta("the @ answer").replace(b"@", b"\xed\xa0\x80")
    with FaultServer(say.stream(*HELLO, spoilt, last(), DONE)) as server:
        outcome = drive(server).stream().ok()
    assert outcome.text == "你好，世界 — the \ufffd answer"


def test_S15_bytes_one_at_a_time(drive: Drive) -> None:
    body = b"".join(stream_frames("你好，世界 🙂 ", "naïve\n\n", "\\n"))
    for size in (1, 2, 3, 7):
        with FaultServer(pieces(body, size)) as server:
            outcome = drive(server).stream().ok()
        assert outcome.text == "你好，世界 🙂 naïve\n\n\\n"


def test_S16_only_cr_and_lf_end_a_line(drive: Drive) -> None:
    odd = "a\u2028b\u2029c\u0085d\x1ce\x0bf\x0cg\x1dh\x1ei"
    with FaultServer(say.stream(*stream_frames(odd))) as server:
        assert drive(server).stream().ok().text == odd


def _two_data_lines(item: bytes) -> bytes:
    """The same event with its JSON spread over two lines."""
    before, after = item.split(b', "created"', 1)
    return before + b',\ndata: "created"' + after


FRAMINGS = {
    "CRLF": lambda frames: b"".join(frames).replace(b"\n", b"\r\n"),
    "CR": lambda frames: b"".join(frames).replace(b"\n", b"\r"),
    "mixed": lambda frames: b"".join(
        item.replace(b"\n\n", (b"\r\n\n", b"\n\r\n", b"\r\r", b"\n\r")[n % 4])
        for n, item in enumerate(frames)
    ),
    "several data lines": lambda frames: b"".join(map(_two_data_lines, frames[:-1])) + DONE,
    "ids, pings, names": lambda frames: b"id: 1\n\n: ping\n\n".join(
        b"event: message\nid: 7\nretry: 10\n" + item for item in frames
    ),
    "BOM": lambda frames: b"\xef\xbb\xbf" + b"".join(frames),
    "no space": lambda frames: b"".join(frames).replace(b"data: ", b"data:"),
    "blank lines before": lambda frames: b"\n\n\n: OPENROUTER\n\n" + b"".join(frames),
    "empty data": lambda frames: b"data:\n\ndata\n\n".join(frames),
}


@pytest.mark.parametrize("name", FRAMINGS)
def test_S17_sse_framing(drive: Drive, name: str) -> None:
    body = FRAMINGS[name](stream_frames())
    with FaultServer(say.stream(body), pieces(body, 5), pieces(body, 1)) as server:
        driver = drive(server, max_retries=0)
        for _ in range(3):
            outcome = driver.stream().ok()
            assert (outcome.text, outcome.finish) == (TEXT, "stop")


def test_S22_a_stream_without_content_raises(drive: Drive) -> None:
    for frames in ((), (DONE,), (b": ping\n\n", DONE)):
        with FaultServer(say.stream(*frames)) as server:
            outcome = drive(server, max_retries=0).stream()
        outcome.failed(StreamIncompleteError)


def test_S23_odd_but_legal_chunks(drive: Drive) -> None:
    odd = [
        frame({"id": "x", "created": 1, "model": "glm-4.7", "choices": []}),
        frame({"id": "x", "model": "glm-4.7"}),
        delta(None),
        frame({"choices": [{"index": 0, "delta": {"content": None}}]}),
        delta("你好，", tool_calls=[], reasoning_content=None),
        delta("世界", logprobs=None, token_ids=[1, 2]),
        frame({"choices": [{"index": 0, "delta": None}]}),
        frame({"choices": [{"index": 0, "finish_reason": None, "delta": {}}], "system": "?"}),
        frame({"choices": [{"index": 0, "finish_reason": "stop", "delta": {}}]}),
        frame({"choices": [], "usage": USAGE}),
        DONE,
    ]
    with FaultServer(say.stream(*odd)) as server:
        outcome = drive(server).stream().ok()
    assert (outcome.text, outcome.finish, outcome.usage) == ("你好，世界", "stop", (7, 11, 18))


def test_S24_network_error_raises(drive: Drive) -> None:
    plain = say.answer(completion("half", finish="network_error"))
    mode = say.by_mode(plain, say.stream(*HELLO, last("network_error"), DONE))
    with FaultServer(mode) as server:
        driver = drive(server, max_retries=0)
        driver.complete().failed(ServerError, retryable=True)
        outcome = driver.stream()
        error = outcome.failed(ServerError, retryable=True)
        assert error.partial["choices"][0]["message"]["content"] == "你好，世界 — "


@pytest.mark.parametrize("finish", ["sensitive", "length", "new"])
def test_S24_other_reasons_are_visible(drive: Drive, finish: str) -> None:
    plain = say.answer(completion("half", finish=finish))
    with FaultServer(say.by_mode(plain, say.stream(delta("half"), last(finish), DONE))) as server:
        for outcome in drive(server).both():
            assert (outcome.ok().text, outcome.finish) == ("half", finish)


def test_S24_a_full_context_window_is_visible(drive: Drive) -> None:
    """As the finish reason, or as the framework's own error with what was said until then."""
    finish = "model_context_window_exceeded"
    plain = say.answer(completion("half", finish=finish))
    with FaultServer(say.by_mode(plain, say.stream(delta("half"), last(finish), DONE))) as server:
        for outcome in drive(server).both():
            if outcome.error is None:
                assert (outcome.text, outcome.finish) == ("half", finish)
            else:
                partial = outcome.failed(ContextOverflowError).partial
                choices = (partial or {}).get("choices")
                assert "half" in (outcome.text, choices and choices[0]["message"]["content"])


def _breaks(seed: int) -> Scenario:
    """The usual stream, broken at a random byte in a random way."""
    rng = random.Random(seed)
    frames = stream_frames()
    body = b"".join(frames)
    at = rng.randrange(len(body) + 1)
    start = body[:at]
    if rng.random() < 0.4:
        # It goes on after the broken place: with foreign bytes between, or glued to another frame.
        start += rng.choice([b"\xff", b"\n\n", b"\n", b"\x00", b"\r", rng.choice(frames)])
        start += rng.choice([b"", body[at:], b"".join(frames[rng.randrange(len(frames)) :])])
    end: say.Ending = rng.choice(["whole", "fin", "rst"])
    framing: say.Framing = rng.choice(["chunked", "close"])
    size = rng.randrange(1, len(start) + 2)
    parts = [start[at : at + size] for at in range(0, len(start), size)]
    return say.stream(*parts[:40], b"".join(parts[40:]), end=end, framing=framing)


def test_S25_no_broken_stream_hangs_or_is_silently_cut(drive: Drive) -> None:
    def broken(exchange: Exchange) -> Scenario:
        return _breaks(int(exchange.request.prompt))

    silent, hung, untyped = [], [], []
    with FaultServer(say.chosen(broken)) as server:
        driver = drive(server, max_retries=0, timeout=3)
        # All 200 for the client; the adapters read the same streams from it.
        for seed in range(200 if isinstance(driver.subject, ClientSubject) else 80):
            outcome = driver.stream(str(seed))
            if outcome.error is None and (outcome.text, outcome.finish) != (TEXT, "stop"):
                silent.append((seed, outcome.text))
            if outcome.seconds > 2.5:
                hung.append(seed)
            if outcome.error is not None and not isinstance(outcome.error, ZhipuError):
                untyped.append((seed, outcome.error))
            assert not outcome.calls
    assert (silent, hung, untyped) == ([], [], [])


def test_S25_a_frame_that_is_valid_json_but_no_chunk(drive: Drive) -> None:
    for odd in ("[]", "17", '"text"', "null", "true"):
        assert json.loads(odd) != {}
        with FaultServer(say.stream(*HELLO, frame(odd), end="whole")) as server:
            drive(server, max_retries=0).stream().failed(ZhipuError)
