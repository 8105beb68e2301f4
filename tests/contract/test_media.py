"""Media in a conversation, by kind, by model and by turn.

What a model cannot take becomes a note in results of tools and in old turns, and is refused where
the user has just sent it.
"""

from __future__ import annotations

import base64
import io
import wave
from typing import Any

from .rows import Per, Row, check, has, in_turn, table
from .server import Reply, chunk, last, reply
from .subjects import Ask

URL = {kind: f"https://example.com/a.{kind}" for kind in ("image", "video", "file")}
#: A whole RIFF header without sound.
WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAgD4AAAB9AAACABAAZGF0YQAAAAA="
OWN = "my-own-model"
#: What each kind becomes.
PARTS: dict[str, Any] = {
    "image": {"type": "image_url", "image_url": {"url": URL["image"]}},
    "video": {"type": "video_url", "video_url": {"url": URL["video"]}},
    "file": {"type": "file", "file": {"file_url": URL["file"]}},
    "audio": {"type": "input_audio", "input_audio": {"data": WAV, "format": "wav"}},
}
#: These models take documents by URL in an older part.
OLD_FILE = {"type": "file_url", "file_url": {"url": URL["file"]}}
#: Model -> what it takes.
TAKES = {
    "glm-4.7": (),
    "glm-4.6v": ("image", "video", "file"),
    "glm-4.1v-thinking-flash": ("image", "video"),
    "glm-4-voice": ("audio",),
    OWN: ("image", "video", "file", "audio"),
}
WORDS = {"image": "an image", "video": "a video", "audio": "a sound", "file": "a file"}


def user(kind: str) -> tuple[Any, ...]:
    return ("user", [("text", "What is this?"), (kind, URL.get(kind, WAV))])


def by_tool(kind: str) -> list[tuple[Any, ...]]:
    return [
        ("user", "Look."),
        ("assistant", "", {"calls": [("c1", "look", {})]}),
        ("tool", "c1", [("text", "Seen."), (kind, URL.get(kind, WAV))]),
    ]


def old(kind: str) -> list[tuple[Any, ...]]:
    return [user(kind), ("assistant", "A cat."), ("user", "Sure?")]


def goes(turn: str, kind: str, model: str, talk: Any) -> Row:
    part = OLD_FILE if kind == "file" and model == "glm-4.6v" else PARTS[kind]
    want = {"media_sent": [("user", part)], "tries": 1}
    return Row(f"{turn}-{kind}-{model}", want=want, ask=Ask(talk), settings={"model": model})


def refused(turn: str, kind: str, model: str, talk: Any) -> Row:
    place = Per("messages[0].content[1]", "messages[0].blocks[1]")
    shown = Per(*(has(where, WORDS[kind], model) for where in (place.langchain, place.llama_index)))
    want = {"error": "InvalidRequestError", "message": shown, "tries": 0}
    return Row(f"{turn}-{kind}-{model}", want=want, ask=Ask(talk), settings={"model": model})


def noted(turn: str, kind: str, model: str, talk: Any) -> Row:
    """A note goes in the place of what the model cannot take, and the talk goes on."""
    started = (
        f"(the tool returned {WORDS[kind]}" if turn[:4] == "tool" else f"({WORDS[kind]} was here"
    )
    want = {"media_sent": [], "all_sent": has(started), "tries": 1}
    return Row(f"{turn}-{kind}-{model}", want=want, ask=Ask(talk), settings={"model": model})


SAMPLES = bytes(range(250)) * 4


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _spoken(*pieces: bytes) -> Reply:
    """An answer with sound: whole in one, in a stream piece by piece."""
    body = reply("Meow.")
    body["choices"][0]["message"]["audio"] = {"id": "a1", "data": _base64(b"".join(pieces))}
    deltas = [{"audio": {"id": "a1", "data": _base64(piece)}} for piece in pieces]
    made = [chunk({"content": "Meow."}), *(chunk(delta) for delta in deltas), last("stop")]
    return Reply(body, made)


def _wav(samples: bytes) -> str:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as writer:
        writer.setparams((1, 2, 44_100, 0, "NONE", ""))
        writer.writeframes(samples)
    return _base64(buffer.getvalue())


SENT = [
    *(
        (goes if kind in TAKES[model] else otherwise)(turn, kind, model, talk(kind))
        for model in TAKES
        for kind in PARTS
        for turn, talk, otherwise in (
            ("user", lambda kind: [user(kind)], refused),
            ("old", old, noted),
            ("tool", by_tool, noted),
        )
    ),
    goes("tool", "image", "zai-org/GLM-4.6V-FP8", by_tool("image")),
    # What a server of one's own takes is not known, but what the model is.
    goes("user", "image", "zai-org/GLM-4.7-FP8", [user("image")]),
    noted("tool", "image", "zai-org/GLM-4.7-FP8", by_tool("image")),
]
ROWS = [
    # Three of them in every way.
    *(goes("new", kind, "glm-4.6v", [user(kind)]) for kind in ("image", "file")),
    refused("new", "image", "glm-4.7", [user("image")]),
    noted("tool-in-every-way", "image", "glm-4.7", by_tool("image")),
    noted("old-in-every-way", "audio", "glm-4.7", old("audio")),
    *(
        Row(f"sound-{name}", script, {"audio": want, "text": "Meow."},
            settings={"model": "glm-4-voice"})
        for name, script, want in (
            ("of-an-answer", _spoken(base64.b64decode(WAV)), WAV),
            ("bare", _spoken(SAMPLES), _wav(SAMPLES)),
            ("bare-in-pieces", _spoken(SAMPLES[:301], SAMPLES[301:]), _wav(SAMPLES)),
            ("files-in-pieces",
             _spoken(*(base64.b64decode(_wav(part)) for part in (SAMPLES[:300], SAMPLES[300:]))),
             _wav(SAMPLES)),
            ("file-and-bare-pieces",
             _spoken(base64.b64decode(_wav(SAMPLES[:300])), SAMPLES[300:401], SAMPLES[401:]),
             _wav(SAMPLES)),
        )
    ),
]  # fmt: skip


@table([*in_turn(SENT), *ROWS])
def test_media(row, adapter, way):
    check(row, adapter, way)


FOUND = [
    {
        "title": "Cats",
        "link": "https://example.com/cats",
        "content": "They meow.",
        "refer": "ref_1",
    },
    {
        "title": "Dogs",
        "link": "https://example.com/dogs",
        "content": "They bark.",
        "refer": "ref_2",
    },
]
CITED = [
    Row(
        "what-was-found-is-cited",
        Reply(reply("They meow [ref_1].", web_search=FOUND)),
        {"citations": [row["link"] for row in FOUND], "text": "They meow [ref_1]."},
    ),
    Row("nothing-found", Reply(reply("ok", web_search=[])), {"citations": [], "text": "ok"}),
]


@table(CITED)
def test_citations(row, adapter, way):
    check(row, adapter, way)
