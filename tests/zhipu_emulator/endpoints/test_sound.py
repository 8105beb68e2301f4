"""Speech, transcription, voices."""

from __future__ import annotations

import base64
import io
import json
import wave
from typing import Any

import httpx
import pytest

from zhipu_emulator.content import wav_mp3

SAY = {"model": "glm-tts", "input": "The train leaves at nine 九点发车", "voice": "tongtong"}


def events(answer: httpx.Response) -> list[Any]:
    assert answer.headers["content-type"] == "text/event-stream;charset=UTF-8"
    frames = [frame for frame in answer.text.split("\n\n") if frame]
    assert frames[-1] == "data: [DONE]"
    return [json.loads(frame.removeprefix("data: ")) for frame in frames[:-1]]


def spoken(client: httpx.Client, **change: object) -> bytes:
    answer = client.post("audio/speech", json={**SAY, "response_format": "wav", **change})
    assert answer.status_code == 200, answer.text
    return answer.content


class TestSpeech:
    def test_a_wav_file(self, client) -> None:
        answer = client.post("audio/speech", json={**SAY, "response_format": "wav"})
        assert answer.headers["content-type"] == "audio/wav"
        with wave.open(io.BytesIO(answer.content)) as file:
            assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (24000, 1, 2)
            assert any(file.readframes(4800))

    def test_the_default_is_raw_and_so_is_the_stream(self, client, satisfies) -> None:
        raw = client.post("audio/speech", json=SAY)
        found = events(client.post("audio/speech", json={**SAY, "stream": True}))
        for event in found:
            satisfies(event, "speech_chunk")
        assert [event["choices"][0]["index"] for event in found] == list(range(len(found)))
        assert found[0]["choices"][0]["delta"]["content"] == ""
        assert found[-1]["choices"][0] == {"finish_reason": "stop", "index": len(found) - 1}
        parts = [event["choices"][0]["delta"]["content"] for event in found[:-1]]
        assert b"".join(base64.b64decode(part) for part in parts) == raw.content

    def test_hex(self, client) -> None:
        body = {**SAY, "stream": True, "encode_format": "hex"}
        parts = [e["choices"][0]["delta"]["content"] for e in events_of(client, body)[:-1]]
        assert bytes.fromhex("".join(parts)) == client.post("audio/speech", json=SAY).content

    def test_speed_volume_and_voice_are_heard(self, client) -> None:
        usual = spoken(client)
        assert len(spoken(client, speed=2.0)) < 0.6 * len(usual)
        assert spoken(client, volume=0.5) != usual
        assert spoken(client, voice="jam") != usual

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"response_format": "mp3"}, "1214"),
            ({"response_format": "wav", "stream": True}, "1214"),
            ({"voice": "nobody"}, "1214"),
            ({"input": ""}, "1214"),
            ({"input": "x" * 1025}, "1210"),
            ({"speed": 3}, "1210"),
            ({"speed": "fast"}, "1214"),
            ({"volume": 0}, "1210"),
            ({"volume": 11}, "1210"),
            ({"encode_format": "utf-8"}, "1210"),
            ({"model": "tts-1"}, "1211"),
        ],
    )
    def test_refused(self, client, refused, change, code) -> None:
        refused(client.post("audio/speech", json={**SAY, **change}), code)


class TestSpeechInTheVoiceOfARecording:
    FORM = {"model": "glm-tts", "input": "The train leaves at nine", "response_format": "wav"}

    def say(self, client, sample: bytes, **change: str) -> httpx.Response:
        files = {"voice_data": ("a.wav", sample)}
        answer: httpx.Response = client.post(
            "audio/customization", data={**self.FORM, "voice_text": "said", **change}, files=files
        )
        return answer

    def test_each_recording_has_its_voice(self, client) -> None:
        one, other = (
            self.say(client, wav_mp3.wav(bytes(length))).content for length in (4800, 9604)
        )
        assert wav_mp3.spoken_text(one) == wav_mp3.spoken_text(other) == self.FORM["input"]
        assert one != other

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"response_format": "mp3"}, "1214"),
            ({"model": "tts-1"}, "1211"),
            ({"input": " "}, "1214"),
        ],
    )
    def test_refused(self, client, refused, change, code) -> None:
        refused(self.say(client, wav_mp3.wav(bytes(4800)), **change), code)

    def test_no_recording_is_refused(self, client, refused) -> None:
        refused(self.say(client, b"text"), "1214")
        refused(client.post("audio/customization", files={"model": (None, "glm-tts")}), "1213")


def events_of(client: httpx.Client, body: dict[str, Any]) -> list[Any]:
    return events(client.post("audio/speech", json=body))


def transcribe(client: httpx.Client, content: bytes, **fields: Any) -> httpx.Response:
    data = {"model": "glm-asr-2512", **fields}
    return client.post("audio/transcriptions", files={"file": ("a.wav", content)}, data=data)


class TestTranscription:
    def test_what_was_said_is_heard(self, client, satisfies) -> None:
        found = satisfies(transcribe(client, spoken(client)).json(), "transcription")
        assert found["text"] == SAY["input"]

    def test_streamed_it_is_the_same(self, client, satisfies) -> None:
        found = events(transcribe(client, spoken(client), stream="true"))
        for event in found:
            satisfies(event, "transcription_chunk")
        assert "".join(event["delta"] for event in found[:-1]) == SAY["input"]
        assert found[-1]["text"] == SAY["input"]

    def test_base64_hotwords_and_the_file_wins(self, client) -> None:
        encoded = base64.b64encode(spoken(client, input="From the text")).decode()
        fields = {"model": "glm-asr-2512", "file_base64": encoded, "hotwords[]": ["a", "b"]}
        form = {name: (None, value) for name, value in fields.items() if isinstance(value, str)}
        alone = client.post("audio/transcriptions", files=form)
        assert alone.json()["text"] == "From the text"
        both = transcribe(client, spoken(client), **fields)
        assert both.json()["text"] == SAY["input"]

    def test_a_sound_of_another_is_described(self, client) -> None:
        text = transcribe(client, wav_mp3.wav(bytes(48_000))).json()["text"]
        assert "1.0 s" in text

    @pytest.mark.parametrize(
        ("content", "fields", "code"),
        [
            (b"plain text", {}, "1214"),
            (b"OggS....", {}, "1214"),
            (b"RIFF\x00\x00\x00\x00WAVEbroken", {}, "1210"),
            (wav_mp3.wav(bytes(48_000 * 31)), {}, "1214"),
            (b"ID3" + bytes(25 * 2**20), {}, "1210"),
            (wav_mp3.wav(bytes(480)), {"model": "whisper-1"}, "1211"),
            (wav_mp3.wav(bytes(480)), {"prompt": "x" * 8001}, "1210"),
            (wav_mp3.wav(bytes(480)), {"hotwords[]": ["x"] * 101}, "1210"),
        ],
        ids=range(8),
    )
    def test_refused(self, client, refused, content, fields, code) -> None:
        refused(transcribe(client, content, **fields), code)

    def test_something_must_come(self, client, refused) -> None:
        form = {"model": (None, "glm-asr-2512")}
        refused(client.post("audio/transcriptions", files=form), "1213")
        form["file_base64"] = (None, "***")
        refused(client.post("audio/transcriptions", files=form), "1214")


class TestVoices:
    def test_clone_list_speak_delete(self, options, satisfies, refused) -> None:
        client = options()
        sample = client.post(
            "files",
            files={"file": ("me.wav", wav_mp3.wav(bytes(4800)))},
            data={"purpose": "voice-clone-input"},
        ).json()
        body = {
            "model": "glm-tts-clone",
            "voice_name": "mine",
            "input": "A preview",
            "file_id": sample["id"],
            "request_id": None,
        }
        made = satisfies(client.post("voice/clone", json=body).json(), "voice_clone")
        assert made["file_purpose"] == "voice-clone-output"
        query = {"voiceType": "PRIVATE", "request_id": ""}
        found = satisfies(client.get("voice/list", params=query).json(), "voice_list")
        (voice,) = found["voice_list"]
        assert (voice["voice"], voice["voice_name"]) == (made["voice"], "mine")
        preview = httpx.get(voice["download_url"], trust_env=False).content
        assert transcribe(client, preview).json()["text"] == "A preview"
        assert spoken(client, voice=made["voice"])
        refused(client.post("voice/clone", json=body), "1214")
        gone = client.post("voice/delete", json={"voice": made["voice"]})
        satisfies(gone.json(), "voice_delete")
        refused(client.post("voice/delete", json={"voice": made["voice"]}), "1214")
        speak = {**SAY, "voice": made["voice"]}
        refused(client.post("audio/speech", json=speak), "1214")

    def test_the_official_ones(self, client, satisfies) -> None:
        found = satisfies(client.get("voice/list").json(), "voice_list")["voice_list"]
        assert {"tongtong", "jam"} <= {voice["voice"] for voice in found}
        only = client.get("voice/list", params={"voiceName": "彤彤"}).json()["voice_list"]
        assert [voice["voice"] for voice in only] == ["tongtong"]

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"file_id": "none"}, "1214"),
            ({"file_id": None}, "1213"),
            ({"voice_name": ""}, "1214"),
            ({"model": "glm-tts"}, "1211"),
        ],
    )
    def test_refused(self, client, refused, change, code) -> None:
        body = {"model": "glm-tts-clone", "voice_name": "x", "input": "y", "file_id": "z", **change}
        refused(client.post("voice/clone", json=body), code)
