"""Faults come out on the wire as ordered, by header and by script."""

from __future__ import annotations

import json
import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from zhipu_emulator import Answer, Fault
from zhipu_emulator.scripting.fault_kinds import KINDS

BODY = {"model": "glm-4.6", "messages": [{"role": "user", "content": "Hello"}]}
STREAM = {**BODY, "stream": True}


def faulty(ask, fault: str, body: dict[str, Any] = STREAM, **options: Any) -> httpx.Response:
    return ask.http.post(
        f"{ask.server.base_url}/chat/completions",
        json=body, headers={"x-emulator-fault": fault}, **options,
    )  # fmt: skip


def data(answer: httpx.Response) -> list[str]:
    return [line.removeprefix("data: ") for line in answer.text.splitlines() if line]


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        ("error=1113", 429, '"code":"1113"'),
        ("error=1234", 500, '"code":"1234"'),
        ("error=1302/503", 503, '"code":"1302"'),
        ("error=1308; message=until 2026-12-01 10:00:00", 429, "until 2026-12-01 10:00:00"),
        ("status=502", 502, "<title>502 Bad Gateway</title>"),
        ("empty=200", 200, ""),
        ("empty", 200, ""),
        ("string-error", 429, '{"error":"Too many requests'),
        ("flat=1001", 200, '"success":false'),
    ],
)
def test_answers_instead(ask, fault: str, status: int, body: str) -> None:
    for asked in (BODY, STREAM):
        answer = faulty(ask, fault, asked)
        assert answer.status_code == status
        assert body in answer.text
        assert bool(answer.text) == bool(body)


@pytest.mark.parametrize("value", ["0.5", "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_retry_after(ask, value: str) -> None:
    assert faulty(ask, f"error=1302; retry-after={value}").headers["retry-after"] == value
    assert faulty(ask, f"status=503; retry-after={value}").headers["retry-after"] == value


@pytest.mark.parametrize("body", [BODY, STREAM])
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("drop=fin", httpx.RemoteProtocolError),
        ("drop=rst", httpx.ReadError),
        ("cut=3", httpx.RemoteProtocolError),
        ("reset=3", httpx.ReadError),
        ("stall=2", httpx.ReadTimeout),
        ("delay=30", httpx.ReadTimeout),
    ],
)
def test_broken_connections(ask, body: dict, fault: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        faulty(ask, fault, body, timeout=0.5)
    assert ask.post(BODY).status_code == 200


@pytest.mark.parametrize("count", [0, 1, 4])
def test_so_many_events_arrive_before_the_cut(ask, count: int) -> None:
    seen = []
    url = f"{ask.server.base_url}/chat/completions"
    fault = {"x-emulator-fault": f"cut={count}"}
    with (
        pytest.raises(httpx.RemoteProtocolError),
        ask.http.stream("POST", url, json=STREAM, headers=fault) as answer,
    ):
        seen.extend(line for line in answer.iter_lines() if line)
    assert len(seen) == count


def test_silence_of_a_given_length(ask) -> None:
    began = time.monotonic()
    answer = faulty(ask, "stall=2/0.3")
    assert time.monotonic() - began >= 0.3
    assert data(answer)[-1] == "[DONE]"


def test_pings(ask) -> None:
    lines = data(faulty(ask, "ping=2"))
    assert lines[:2] == [": ping", ": ping"]
    assert lines.count(": ping") == 2 * (len(lines) - lines.count(": ping"))


def test_pings_only(ask) -> None:
    lines = []
    url = f"{ask.server.base_url}/chat/completions"
    fault = {"x-emulator-fault": "ping-stall=2"}
    with ask.http.stream("POST", url, json=STREAM, headers=fault) as answer:
        for line in answer.iter_lines():
            lines.append(line)
            if lines.count(": ping") > 3:
                break
    assert sum(line.startswith("data:") for line in lines) == 2


def test_splice(ask) -> None:
    lines = data(faulty(ask, "splice=2"))
    whole = [line for line in lines if line != "[DONE]"]
    assert whole[2].count("data: {") == 1
    assert not whole[2].startswith("data:")
    inner = json.loads(whole[2].partition("data: ")[2])
    assert inner["id"] != json.loads(whole[0])["id"]


@pytest.mark.parametrize(
    ("fault", "error"), [("garbage=1", ValueError), ("bad-utf8=1", ValueError)]
)
def test_broken_events(ask, fault: str, error: type[Exception]) -> None:
    events = faulty(ask, fault).content.split(b"\n\n")
    json.loads(events[0].removeprefix(b"data: "))
    with pytest.raises(error):
        json.loads(events[1].removeprefix(b"data: ").decode("utf-8"))


@pytest.mark.parametrize("body", [BODY, STREAM], ids=["whole", "streamed"])
def test_an_answer_twice(ask, body: dict) -> None:
    host, port = ask.server.url.removeprefix("http://").split(":")
    sent = json.dumps(body).encode()
    head = (
        f"POST /api/paas/v4/chat/completions HTTP/1.1\r\nHost: {host}\r\n"
        f"Authorization: Bearer {ask.server.api_key}\r\nContent-Type: application/json\r\n"
        f"X-Emulator-Fault: extra\r\nContent-Length: {len(sent)}\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(head.encode() + sent)
        got = b""
        while got.count(b"HTTP/1.1 200") < 2 or b'"id"' not in got.rpartition(b"HTTP/1.1")[2]:
            got += connection.recv(65536)
    ids = {part.split(b'"')[2] for part in got.split(b'"id"')[1:]}
    assert len(ids) == 1


def test_a_coding_that_is_not_there(ask) -> None:
    url = f"{ask.server.base_url}/chat/completions"
    with ask.http.stream(
        "POST", url, json=BODY, headers={"x-emulator-fault": "coding=gzip, br"}
    ) as answer:
        assert answer.headers["content-encoding"] == "gzip, br"
        assert json.loads(b"".join(answer.iter_raw()))["choices"]


def test_error_frame(ask) -> None:
    lines = data(faulty(ask, "error-frame=2/1302"))
    assert len(lines) == 4
    assert json.loads(lines[2])["error"]["code"] == "1302"
    assert lines[3] == "[DONE]"


def test_missing_ends(ask) -> None:
    assert '"finish_reason":"stop"' in data(faulty(ask, "no-done"))[-1]
    lines = data(faulty(ask, "no-finish"))
    assert "[DONE]" not in lines
    assert not any("finish_reason" in line for line in lines)


@pytest.mark.parametrize("reason", ["sensitive", "network_error", "length", "new_reason"])
def test_finish_reasons(ask, reason: str) -> None:
    last = json.loads(data(faulty(ask, f"finish={reason}"))[-2])
    assert last["choices"][0]["finish_reason"] == reason
    assert ("content_filter" in last) == (reason == "sensitive")
    whole = faulty(ask, f"finish={reason}", BODY).json()
    assert whole["choices"][0]["finish_reason"] == reason


def test_dialects(ask, tool) -> None:
    lines = data(faulty(ask, "finish-twice"))
    assert sum("finish_reason" in line for line in lines) == 2
    assert sum('"usage"' in line for line in lines) == 1
    asked = {**STREAM, "tools": [tool("sound_horn", "Sound the horn")]}
    asked["messages"] = [{"role": "user", "content": "Sound the horn"}]
    calls = [line for line in data(faulty(ask, "call-index=-1", asked)) if 'tool_calls":[' in line]
    assert '"index":-1' in calls[0]


def test_line_ends_pieces_and_types(ask) -> None:
    plain = ask.post(STREAM).content
    assert faulty(ask, "crlf").content.count(b"\r\n\r\n") == plain.count(b"\n\n")
    assert faulty(ask, "chop=7").content.count(b"data:") == plain.count(b"data:")
    assert faulty(ask, "type=text/plain").headers["content-type"] == "text/plain"
    assert data(faulty(ask, "chop=400; pace=0.001"))[-1] == "[DONE]"


def test_unknown_faults(ask) -> None:
    assert faulty(ask, "explode=1").json()["error"]["code"] == "1210"
    with pytest.raises(ValueError, match="explode"):
        ask.server.script("explode")
    assert KINDS


@pytest.mark.parametrize(
    "fault",
    ["status=abc", "status=1000", "error=", "error=1302/x", "flat=x", "delay=soon", "cut=-1",
     "stall=1/x", "error-frame=1", "call-index=x", "chop=-1", "drop=zzz"],
)  # fmt: skip
def test_faults_with_values_that_they_cannot_have(ask, fault: str) -> None:
    for body in (BODY, STREAM):
        answer = faulty(ask, fault, body)
        assert answer.status_code == 400
        assert fault in answer.json()["error"]["message"]
    with pytest.raises(ValueError, match=fault.partition("=")[0]):
        ask.server.script(fault)


@pytest.mark.parametrize("code", ["1308", "1310"])
def test_used_up_plans_say_until_when(ask, code: str) -> None:
    message = faulty(ask, f"error={code}").json()["error"]["message"]
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", message)


def test_script(ask) -> None:
    ask.server.script(
        "error=1305",
        None,
        Answer(json={"hello": 1}),
        Answer(message={"content": "scripted", "reasoning_content": "because"}),
        Answer(chunks=[{"a": 1}, {"b": 2}]),
        Answer(chunks=[{"a": 1}], done=False),
        Answer(frames=[b"data: x\n\n", b": y\n\n"]),
        Answer(json={"teapot": True}, status=418, headers={"x-a": "b"}),
        Answer(message={"content": "cut off"}, fault=Fault.parse("finish=length")),
    )
    answers = [ask.post(BODY) for _ in range(9)]
    assert answers[0].json()["error"]["code"] == "1305"
    assert answers[1].json()["choices"][0]["message"]["content"].startswith("Hello")
    assert answers[2].json() == {"hello": 1}
    said = answers[3].json()["choices"][0]["message"]
    assert said == {"content": "scripted", "reasoning_content": "because", "role": "assistant"}
    assert answers[4].text == 'data: {"a":1}\n\ndata: {"b":2}\n\ndata: [DONE]\n\n'
    assert answers[5].text == 'data: {"a":1}\n\n'
    assert answers[6].text == "data: x\n\n: y\n\n"
    assert (answers[7].status_code, answers[7].headers["x-a"]) == (418, "b")
    assert answers[8].json()["choices"][0]["finish_reason"] == "length"
    assert ask.post(BODY).json()["choices"][0]["message"]["content"].startswith("Hello")


def test_scripted_calls_are_streamed_like_any_other(ask) -> None:
    call = {"id": "x", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
    ask.server.script(Answer(message={"tool_calls": [call]}))
    events = ask.events("Hello")
    assert events[-1]["choices"][0]["finish_reason"] == "tool_calls"
    found = events[0]["choices"][0]["delta"]["tool_calls"][0]["function"]
    assert found == call["function"]


def test_items_wait_for_their_path(ask) -> None:
    ask.server.script(Fault.parse("error=1305", path="/embeddings"))
    assert ask.post(BODY).status_code == 200
    answer = ask.http.post(f"{ask.server.base_url}/embeddings", json={"model": "embedding-3"})
    assert answer.json()["error"]["code"] == "1305"


def test_more_in_flight_than_allowed(ask) -> None:
    ask.server.configure(max_in_flight=2)
    url = f"{ask.server.base_url}/chat/completions"
    stalled = {"json": STREAM, "headers": {"x-emulator-fault": "stall=1"}}
    with ExitStack() as held:
        # Begun, and going on until they are left.
        streams = [
            held.enter_context(ask.http.stream("POST", url, **stalled)).iter_lines()
            for _ in range(2)
        ]
        assert all(next(lines).startswith("data: ") for lines in streams)
        found = [ask.post(BODY) for _ in range(4)]
    assert [answer.status_code for answer in found] == [429] * 4
    assert {answer.json()["error"]["code"] for answer in found} == {"1302"}
    while any(ask.server.state.in_flight.values()):  # until it sees that they were left
        time.sleep(0.01)
    assert ask.post(BODY).status_code == 200


def test_a_request_that_waits_for_its_answer_is_in_flight(ask) -> None:
    ask.server.configure(max_in_flight=1, latency=2.0)
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda _: ask.post(BODY).status_code, range(3)))
    assert sorted(found) == [200, 429, 429]


def test_a_reset_forgets_no_request_in_flight(ask) -> None:
    url = f"{ask.server.base_url}/chat/completions"
    fault = {"x-emulator-fault": "stall=1"}
    with ask.http.stream("POST", url, json=STREAM, headers=fault) as answer:
        lines = answer.iter_lines()  # kept: a dropped iterator closes the connection
        next(lines)
        ask.server.reset()
        ask.server.configure(max_in_flight=1)
        assert ask.post(BODY).status_code == 429
    until = time.monotonic() + 20
    while ask.post(BODY).status_code == 429 and time.monotonic() < until:
        time.sleep(0.05)
    assert set(ask.server.state.in_flight.values()) <= {0, 1}
    assert min(ask.server.state.in_flight.values()) >= 0
