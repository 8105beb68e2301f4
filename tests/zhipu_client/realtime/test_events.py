"""GLM-Realtime without a connection: sessions, events both ways, limits, the answer so far."""

from __future__ import annotations

import base64
import io
import json
import wave
from typing import Any

import pytest

from zhipu_client import InvalidRequestError, ServerError, realtime
from zhipu_client.realtime import Session, SessionState


def event(kind: str, **data: Any) -> realtime.Event:
    return realtime.read_event(json.dumps({"type": kind, **data}))


def test_a_session_says_what_was_set_and_no_more() -> None:
    assert Session().body() == {
        "model": "glm-realtime-flash",
        "modalities": ["text", "audio"],
        "input_audio_format": "wav",
        "output_audio_format": "pcm",
        "turn_detection": {"type": "client_vad"},
        "beta_fields": {"chat_mode": "audio", "tts_source": "e2e"},
    }
    tool = {"type": "function", "function": {"name": "f", "parameters": {}}}
    full = Session(
        instructions="Be brief.", voice="tongtong", temperature=0.5, max_tokens=100, tools=[tool],
        noise_reduction="near_field", auto_search=True, greeting="Hello", extra={"a": 1},
    ).body()  # fmt: skip
    assert full["tools"] == [{"type": "function", "name": "f", "parameters": {}}]
    assert full["max_response_output_tokens"] == "100"
    assert full["input_audio_noise_reduction"] == {"type": "near_field"}
    assert full["greeting_config"] == {"enable": True, "content": "Hello"}
    assert (full["beta_fields"]["auto_search"], full["a"]) == (True, 1)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"model": ""}, "model"),
        ({"input_audio_format": "mp3"}, "input_audio_format"),
        ({"turn_detection": "none"}, "turn_detection"),
        ({"modalities": ["video"]}, "modalities"),
        ({"modalities": []}, "modalities"),
        ({"temperature": 1.5}, "temperature"),
        ({"max_tokens": 2000}, "max_tokens"),
        ({"tools": [{"name": "f"}], "chat_mode": "video_passive"}, "tools"),
        ({"tools": [{"parameters": {}}]}, "tools[0]"),
        ({"tools": ["f"]}, "tools[0]"),
    ],
)
def test_what_a_session_cannot_be(given: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        Session(**given)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: realtime.append_audio(b""), "audio"),
        (lambda: realtime.append_audio("text"), "audio"),  # type: ignore[arg-type]
        (lambda: realtime.append_video_frame(b"\x89PNG"), "video_frame"),
        (lambda: realtime.message(""), "text"),
        (lambda: realtime.message("a", role="tool"), "role"),
        (lambda: realtime.delete_item(""), "item_id"),
        (lambda: realtime.truncate_item("i", -1), "audio_end_ms"),
    ],
)
def test_events_that_are_refused(make: Any, field: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        make()
    assert caught.value.field == field


def sound(seconds: float) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(2)
        made.setframerate(16_000)
        made.writeframes(bytes(int(32_000 * seconds)))
    return out.getvalue()


@pytest.mark.parametrize(
    ("form", "piece"), [("pcm16", bytes(320_000)), ("pcm24", bytes(480_000)), ("wav", sound(10))]
)
def test_a_turn_has_thirty_seconds(form: Any, piece: bytes) -> None:
    state = SessionState(Session(input_audio_format=form))
    made = realtime.append_audio(piece)
    for _ in range(3):
        state.check(made, piece)
    with pytest.raises(InvalidRequestError, match="30 seconds a turn"):
        state.check(made, piece)
    state.check(realtime.commit())
    state.check(made, piece)
    listening = SessionState(Session(input_audio_format=form, turn_detection="server_vad"))
    for _ in range(5):
        listening.check(made, piece)


def test_a_conversation_about_video_needs_a_picture_each_time() -> None:
    state = SessionState(Session(chat_mode="video_passive"))
    with pytest.raises(InvalidRequestError, match="needs a picture first"):
        state.check(realtime.respond())
    state.check(realtime.append_video_frame(b"\xff\xd8\xff\xe0"))
    state.check(realtime.respond())
    with pytest.raises(InvalidRequestError):
        state.check(realtime.respond())


def test_an_answer_is_put_together() -> None:
    state = SessionState(Session())
    said = [
        event("conversation.item.input_audio_transcription.completed", transcript="Hi"),
        event("response.created", response={"id": "r1"}),
        event("response.audio_transcript.delta", delta="Good "),
        event("response.audio.delta", delta=base64.b64encode(b"ab").decode()),
        event("response.audio_transcript.delta", delta="day"),
        event("response.audio.delta", delta=base64.b64encode(b"cd").decode()),
    ]
    assert all(state.take(one) is None for one in said)
    assert state.answering
    assert state.so_far.status == "in_progress"
    done = {"id": "r1", "status": "completed", "usage": {"total_tokens": 7}}
    answer = state.take(event("response.done", response=done))
    assert answer is not None
    assert (answer.id, answer.heard, answer.text, answer.audio) == ("r1", "Hi", "Good day", b"abcd")
    assert (answer.status, answer.usage) == ("completed", {"total_tokens": 7})
    assert not state.answering
    assert state.so_far.text == ""


def test_a_cancelled_answer_and_a_call() -> None:
    state = SessionState(Session())
    state.take(event("response.created", response={"id": "r1"}))
    state.take(
        event("response.function_call_arguments.done", name="f", arguments="{}", call_id="c")
    )
    answer = state.take(event("response.cancelled", response={"id": "r1"}))
    assert answer is not None
    assert answer.status == "cancelled"
    assert [(call.name, call.arguments, call.call_id) for call in answer.calls] == [
        ("f", "{}", "c")
    ]


def test_an_answer_that_ends_twice_is_one_with_its_tokens() -> None:
    """A server may send ``response.cancelled`` and, once it has counted, ``response.done`` too."""
    state = SessionState(Session())
    state.take(event("response.text.delta", response_id="r1", delta="Good"))
    answer = state.take(event("response.cancelled", response={"id": "r1"}))
    assert answer is not None
    state.take(event("response.created", response={"id": "r2"}))
    state.take(event("response.text.delta", response_id="r2", delta="Well"))
    counted = {"id": "r1", "status": "cancelled", "usage": {"total_tokens": 5}}
    assert state.take(event("response.done", response=counted)) is None
    assert (answer.status, answer.text, answer.usage) == ("cancelled", "Good", {"total_tokens": 5})
    other = state.take(event("response.done", response={"id": "r2"}))
    assert other is not None
    assert (other.id, other.text, other.status) == ("r2", "Well", "completed")


def test_a_failure_is_typed() -> None:
    found = event("error", error={"code": "1302", "message": "too many"})
    assert isinstance(found, realtime.Failure)
    assert type(found.error).__name__ == "RateLimitError"
    assert found.error.code == "1302"


@pytest.mark.parametrize("frame", ["", "[]", "no JSON", '{"a": 1}', '{"type": 5}', b"\xff\xfe"])
def test_frames_that_cannot_be_read(frame: Any) -> None:
    with pytest.raises(ServerError):
        realtime.read_event(frame)


@pytest.mark.parametrize("odd", [None, 1, [], "x", {"status": 3, "usage": []}, {}])
@pytest.mark.parametrize(
    "kind",
    ["response.created", "response.done", "error", "response.text.delta", "session.created",
     "response.function_call_arguments.done", "something.new"],
)  # fmt: skip
def test_odd_values_are_no_raw_errors(kind: str, odd: Any) -> None:
    found = event(kind, response=odd, error=odd, delta=odd, name=odd, arguments=odd, item_id=odd)
    SessionState(Session()).take(found)
    assert found.item_id in (None, "x")
    if isinstance(found, realtime.Failure):
        assert str(found.error)


def test_half_characters_and_what_is_not_base64() -> None:
    assert (
        realtime.read_event(r'{"type": "response.text.delta", "delta": "\ud83d"}').text == "\ufffd"
    )  # type: ignore[attr-defined]
    with pytest.raises(ServerError, match="base64"):
        _ = event("response.audio.delta", delta="%%%").audio  # type: ignore[attr-defined]
