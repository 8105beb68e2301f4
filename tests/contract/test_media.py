"""Media in a conversation, by kind, by model and by turn, as they are sent today.

What becomes of media that a model cannot take in results of tools and in old turns changes
together for both adapters; the rows say what each does now.
"""

from __future__ import annotations

from typing import Any

from .rows import Per, Row, check, has, in_turn, table
from .server import Reply, reply
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
#: Model -> what it takes. Sound is not checked: the service itself refuses it.
TAKES = {
    "glm-4.7": ("audio",),
    "glm-4.6v": ("image", "video", "file", "audio"),
    "glm-4.1v-thinking-flash": ("image", "video", "audio"),
    "glm-4-voice": ("audio",),
    OWN: ("image", "video", "file", "audio"),
}


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
    words = has(str(PARTS[kind]["type"]), model)
    want = {"error": "InvalidRequestError", "message": words, "tries": 0}
    return Row(f"{turn}-{kind}-{model}", want=want, ask=Ask(talk), settings={"model": model})


def returned(kind: str, model: str) -> Row:
    """What a tool returns goes with a user's message after the result, where the model takes it.

    Elsewhere LangChain refuses it, and LlamaIndex says in the result what it left out.
    """
    if kind in TAKES[model] and (kind != "audio" or model in ("glm-4-voice", OWN)):
        return goes("tool", kind, model, by_tool(kind))
    if kind == "audio":
        want: dict[str, Any] = {"media_sent": Per([("user", PARTS[kind])], []), "tries": 1}
    else:
        want = {"error": Per("InvalidRequestError", None), "tries": Per(0, 1)}
    talk = Ask(by_tool(kind))
    return Row(f"tool-{kind}-{model}", want=want, ask=talk, settings={"model": model})


def _spoken() -> Reply:
    body = reply("Meow.")
    body["choices"][0]["message"]["audio"] = {"id": "a1", "data": WAV}
    return Reply(body)


SENT = [
    *(
        (goes if kind in TAKES[model] else refused)(turn, kind, model, talk)
        for model in TAKES
        for kind in PARTS
        for turn, talk in (("user", [user(kind)]), ("old", old(kind)))
    ),
    *(returned(kind, model) for model in TAKES for kind in PARTS),
    goes("tool", "image", "zai-org/GLM-4.6V-FP8", by_tool("image")),
]
ROWS = [
    # Three of them in every way.
    *(goes("new", kind, "glm-4.6v", [user(kind)]) for kind in ("image", "file")),
    refused("new", "image", "glm-4.7", [user("image")]),
    Row("sound-of-an-answer", _spoken(), {"audio": WAV, "text": "Meow."},
        settings={"model": "glm-4-voice"}),
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
