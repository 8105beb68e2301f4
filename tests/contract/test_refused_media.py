"""A picture, recording or document of a chat that the service refuses is named in the error."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from llama_index.core.llms import (
    AudioBlock,
    ChatMessage,
    DocumentBlock,
    ImageBlock,
    TextBlock,
    VideoBlock,
)

from langchain_zhipu import ChatZhipuAI
from llama_index_zhipu import ZhipuAI
from tests.support.asking import HOWS, ask
from zhipu_client import (
    APIError,
    AsyncClient,
    BadRequestError,
    Client,
    InvalidRequestError,
    ZhipuError,
    chat,
)
from zhipu_client._sent_media import SentMedium, name_media, sent_media
from zhipu_client.conversation import local_files

from .server import Reply, failure, scripted
from .subjects import KEY
from .test_media import WAV
from .test_ocr import PNG
from .test_other_images import drawn

#: What the service says of a picture that it cannot read, and no more.
UNREAD = failure(400, "1210", "图片输入格式/解析错误")
#: A recording of nearly no length.
SOUND = base64.b64decode(WAV)
LINK = "https://me:secret@files.example/cat.png?signature=secret"
ADAPTERS = ["langchain", "llama_index"]


def model(adapter: str, base_url: str, **more: Any) -> Any:
    of: Any = ChatZhipuAI if adapter == "langchain" else ZhipuAI
    settings = {"model": "my-own-model", "dialect": "zhipu", "max_retries": 0, **more}
    return of(api_key=KEY, base_url=base_url, **settings)


def refused(adapter: str, messages: list[Any], how: str, *replies: Reply, **more: Any) -> APIError:
    with scripted(*(replies or (UNREAD,))) as server, pytest.raises(APIError) as caught:
        ask(model(adapter, server.base_url, **more), messages, how)
    return caught.value


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def conversation(adapter: str, folder: Path) -> list[Any]:
    """One of each kind of medium, in each of its forms, after texts that are sent otherwise."""
    files = {
        "photo.png": PNG,
        "scan.tiff": drawn("tiff", 3),
        "talk.wav": SOUND,
        "a.pdf": b"%PDF-1.7",
    }
    for name, content in {**files, "walk.mp4": b"\0\0\0\x18ftypmp42"}.items():
        (folder / name).write_bytes(content)
    path, webp = folder.joinpath, drawn("webp")
    if adapter == "langchain":
        url = f"data:image/png;base64,{b64(PNG)}"
        old = [{"type": "image", "path": path("photo.png")}, "And this?"]
        parts = [
            {"type": "text", "text": "Look."},
            {"type": "image", "base64": b64(webp), "mime_type": "image/webp"},
            {"type": "image_url", "image_url": {"url": url}},
            {"type": "image", "path": path("scan.tiff")},
            {"type": "image", "url": LINK},
            {"type": "audio", "path": path("talk.wav")},
            {"type": "video", "path": path("walk.mp4")},
            {"type": "file", "path": path("a.pdf")},
        ]
        system = [SystemMessage("Be brief."), SystemMessage("Be kind.")]
        return [
            *system,
            HumanMessage(old),
            AIMessage("Yes."),
            HumanMessage("Hm."),
            HumanMessage(parts),
        ]
    blocks = [
        TextBlock(text="Look."),
        ImageBlock(image=webp),
        ImageBlock(url=f"data:image/png;base64,{b64(PNG)}"),
        ImageBlock(path=path("scan.tiff")),
        ImageBlock(url=LINK),
        AudioBlock(path=path("talk.wav")),
        VideoBlock(path=path("walk.mp4")),
        DocumentBlock(path=path("a.pdf")),
    ]
    return [
        ChatMessage("Be brief.", role="system"),
        ChatMessage("Be kind.", role="system"),
        ChatMessage(blocks=[ImageBlock(path=path("photo.png")), TextBlock(text="And this?")]),
        ChatMessage("Yes.", role="assistant"),
        ChatMessage("Hm."),
        ChatMessage(blocks=blocks),
    ]


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("adapter", ADAPTERS)
def test_each_medium_is_named_by_its_place_and_path(adapter: str, how: str, tmp_path: Path) -> None:
    error = refused(adapter, conversation(adapter, tmp_path), how)
    assert isinstance(error, BadRequestError)
    inner = "content" if adapter == "langchain" else "blocks"
    place = f"messages[5].{inner}"
    shown = str(error)
    for text in (
        f"messages[2].{inner}[0] (image {tmp_path / 'photo.png'}, image/png, {len(PNG)} bytes)",
        f"{place}[1] (image, image/png, ",  # what the WebP became
        f"{place}[2] (image, image/png, {len(PNG)} bytes)",
        f"{place}[3] (image {tmp_path / 'scan.tiff'}, 3 of image/png, ",
        f"{place}[4] (image https://files.example/cat.png)",
        f"{place}[5] (audio {tmp_path / 'talk.wav'}, wav, {len(SOUND)} bytes)",
        f"{place}[6] (video {tmp_path / 'walk.mp4'}, video/mp4, 12 bytes)",
        f"{place}[7] (file {tmp_path / 'a.pdf'}, application/pdf, 8 bytes)",
    ):
        assert text in shown
    assert "secret" not in shown
    assert shown.count("It was sent with") == 1
    assert f"{place}[0]" not in shown


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_an_empty_file_is_named_and_not_sent(adapter: str, tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(b"")
    asked: list[Any] = [HumanMessage([{"type": "image", "path": path}])]
    if adapter == "llama_index":
        asked = [ChatMessage(blocks=[ImageBlock(path=path)])]
    with scripted() as server:
        with pytest.raises(InvalidRequestError, match=r"photo\.png': the image is empty"):
            ask(model(adapter, server.base_url), asked, "call")
        assert not server.requests


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_what_a_tool_returned_has_its_place(adapter: str) -> None:
    if adapter == "langchain":
        call = {"name": "look", "args": {}, "id": "c1", "type": "tool_call"}
        picture = {"type": "image", "base64": b64(PNG), "mime_type": "image/png"}
        asked = [HumanMessage("Look"), AIMessage("", tool_calls=[call])]
        asked.append(ToolMessage(["seen", picture], tool_call_id="c1"))
    else:
        calls = [{"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}]
        blocks = [TextBlock(text="seen"), ImageBlock(image=PNG)]
        asked = [
            ChatMessage("Look"),
            ChatMessage("", role="assistant", additional_kwargs={"tool_calls": calls}),
            ChatMessage(role="tool", blocks=blocks, additional_kwargs={"tool_call_id": "c1"}),
        ]
    inner = "content" if adapter == "langchain" else "blocks"
    assert f"with messages[2].{inner}[1] (image, image/png" in str(refused(adapter, asked, "call"))


@pytest.mark.parametrize("way", ["asked", "uploaded"])
@pytest.mark.parametrize("how", ["call", "astream"])
@pytest.mark.parametrize("adapter", ADAPTERS)
def test_a_file_that_went_up_by_itself_is_named(
    adapter: str, how: str, way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_files, "LARGE_FILE", 1000)
    path = tmp_path / "book.txt"
    path.write_text("words " * 500)
    asked: list[Any] = [HumanMessage([{"type": "file", "path": path}])]
    if adapter == "llama_index":
        asked = [ChatMessage(blocks=[DocumentBlock(path=path)])]
    stored = Reply({"id": "f1", "object": "file", "filename": "book.txt"})
    replies = (stored, UNREAD) if way == "asked" else (UNREAD,)
    error = refused(adapter, asked, how, *replies, model="glm-5.3-flash", file_mode="auto")
    inner = "content" if adapter == "langchain" else "blocks"
    assert f"messages[0].{inner}[0]" in str(error)
    assert str(error).count(str(path)) == 1


@pytest.mark.parametrize("how", HOWS)
def test_the_client_names_the_places_of_its_own_messages(how: str) -> None:
    import asyncio

    part = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{b64(PNG)}"}}
    asked: dict[str, Any] = {"model": "glm-4.6v", "messages": [{"role": "user", "content": [part]}]}

    async def acall(client: AsyncClient) -> None:
        if how == "acall":
            await client.send(chat.create(**asked))
            return
        async with client.stream(chat.stream(**asked)) as chunks:
            async for _ in chunks:
                pass

    def call(client: Client) -> None:
        if how == "call":
            client.send(chat.create(**asked))
            return
        with client.stream(chat.stream(**asked)) as chunks:
            list(chunks)

    with scripted(UNREAD) as server, pytest.raises(BadRequestError) as caught:
        if how[0] == "a":
            asyncio.run(acall(AsyncClient(api_key=KEY, base_url=server.base_url)))
        else:
            call(Client(api_key=KEY, base_url=server.base_url))
    assert f"with messages[0].content[0] (image, image/png, {len(PNG)} bytes)" in str(caught.value)


@pytest.mark.parametrize(
    ("reply", "named"),
    [
        (failure(400, "1214", "messages 参数非法。请检查文档。"), True),
        (failure(413, None, "Request Entity Too Large"), True),
        (failure(500, None, "cannot identify image file"), True),
        (failure(404, None, "the file does not exist"), True),
        (failure(400, "1301", "系统检测到输入或生成内容可能包含不安全或敏感内容"), True),
        (failure(400, "1214", "temperature 参数非法"), False),
        (failure(400, "1261", "Prompt 超长"), False),
        (failure(401, "1000", "身份验证失败。"), False),
        (failure(400, "1113", "您的账户已欠费"), False),
        (failure(500, None, "internal error"), False),
    ],
    ids=lambda value: value.body["error"]["message"] if isinstance(value, Reply) else None,
)  # fmt: skip
def test_media_are_named_where_the_refusal_may_be_about_them(reply: Reply, named: bool) -> None:
    for adapter in ADAPTERS:
        picture: Any = [ChatMessage(blocks=[ImageBlock(image=PNG)])]
        if adapter == "langchain":
            block = {"type": "image", "base64": b64(PNG), "mime_type": "image/png"}
            picture = [HumanMessage([block])]
        error = refused(adapter, picture, "call", reply, temperature=0.5)
        assert ("It was sent with" in str(error)) is named


def test_an_error_has_so_many_media_and_no_more() -> None:
    error = BadRequestError("unread", status=400)
    name_media(error, [SentMedium(f"messages[{n}]", "image") for n in range(40)])
    assert "sent with 40 media, the last of them: messages[30] (image), " in str(error)
    assert str(error).count("messages[") == 10
    other = ZhipuError("no connection")
    name_media(other, [SentMedium("messages[0]", "image")])
    assert str(other) == "no connection"


def test_odd_parts_are_media_without_a_size() -> None:
    odd: list[Any] = [
        {"type": "image_url", "image_url": None},
        {"type": "image_url", "image_url": {"url": 7}},
        {"type": "file", "file": {"file_id": "f1"}},
        {"type": "input_audio", "input_audio": {"data": "AAAA", "format": 1}},
        {"type": "image_url", "image_url": {"url": "data:image/png"}},
        {"type": ["image_url"]},
        "text",
        None,
    ]
    shown = [str(medium) for medium in sent_media([{"content": odd}, {}, {"content": "x"}])]
    assert shown == [
        "messages[0].content[0] (image)",
        "messages[0].content[1] (image)",
        "messages[0].content[2] (file f1)",
        "messages[0].content[3] (audio, 3 bytes)",
        "messages[0].content[4] (image, image/png, 0 bytes)",
    ]
