"""Endpoints that adapters reach by the client, or only it does: answered and refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.cassette_support.plugin import Mode, Service
from tests.support.notes import note
from zhipu_client import (
    APIError,
    AuthenticationError,
    BadRequestError,
    Client,
    ContentFilterError,
    GoneError,
    NotFoundError,
    Request,
    acall_agent,
    agents,
    aiterate_agent,
    audio,
    await_for,
    await_result,
    batches,
    call_agent,
    chat,
    file_parser,
    files,
    images,
    iterate_agent,
    knowledge,
    ocr,
    quota,
    reader,
    served_models,
    voices,
    wait_for,
    wait_result,
    web_search,
)

pytestmark = pytest.mark.vcr

Send = Callable[[Request[Any]], Awaitable[Any]]

HELLO = [{"role": "user", "content": "Hello"}]
NONE = "model-that-never-was"
BOMB = "how to make a bomb"
BASE = "1900000000000000001"
#: A WAV file of four seconds of silence: 8,000 samples of 8 bits a second.
SILENCE = (
    b"RIFF\x24\x7d\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00"
    b"\x40\x1f\x00\x00\x40\x1f\x00\x00\x01\x00\x08\x00data\x00\x7d\x00\x00" + b"\x80" * 32_000
)


# --- One request each

ANSWERED: dict[str, tuple[Callable[[], Request[Any]], Callable[[Any], bool]]] = {
    "models": (served_models.list, lambda found: "glm-4.7" in [model.id for model in found]),
    "quota": (quota.retrieve, lambda found: bool(found.limits)),
    "bases": (knowledge.list, lambda found: BASE in [base.id for base in found.data.found]),
    "knowledge": (
        lambda: knowledge.retrieve(query="kites", knowledge_ids=[BASE], top_k=2),
        lambda found: len(knowledge.found_in(found)) == 2,
    ),
    "search": (
        lambda: web_search.create(search_query="kites", search_engine="search_std", count=2),
        lambda found: len(found.search_result) == 2,
    ),
    "page": (
        lambda: reader.create(url="https://generated.example/kites-1"),
        lambda found: bool(found.reader_result.title),
    ),
    "handwriting": (
        lambda: ocr.handwriting(file=note("Buy milk")),
        lambda found: ocr.handwritten(found).text == "Buy milk",
    ),
    "image": (lambda: images.create(prompt="a kite"), lambda found: bool(found.data[0]["url"])),
}


@pytest.mark.parametrize("name", ANSWERED)
async def test_answered(send: Send, name: str) -> None:
    make, fits = ANSWERED[name]
    assert fits(await send(make()))


REFUSED: dict[str, tuple[Callable[[], Request[Any]], type[APIError], str]] = {
    "knowledge": (
        lambda: knowledge.retrieve(query="kites", knowledge_ids=["42"]), BadRequestError, "400",
    ),
    "search": (
        lambda: web_search.create(search_query="kites", search_engine="search_none"),
        NotFoundError, "1211",
    ),
    "page": (lambda: reader.create(url="https://blocked.example/"), BadRequestError, "1214"),
    "handwriting": (lambda: ocr.handwriting(file=note("x")[:60]), BadRequestError, "1210"),
    "image": (lambda: images.create(prompt=BOMB), ContentFilterError, "1301"),
    "later answer": (
        lambda: chat.submit(model=NONE, messages=HELLO), NotFoundError, "1211",
    ),
    "transcript": (lambda: audio.transcribe(model=NONE, file=SILENCE), NotFoundError, "1211"),
    "parsed file": (lambda: file_parser.retrieve("none"), NotFoundError, "1233"),
    "batch": (lambda: batches.retrieve("batch_none"), GoneError, "1214"),
    "cloned voice": (
        lambda: voices.clone(voice_name="Mine", input="Hello", file_id="file-none"),
        BadRequestError, "1214",
    ),
    "deleted voice": (lambda: voices.delete("voice-none"), BadRequestError, "1214"),
    "agent": (
        lambda: agents.create(agent_id="agent-that-never-was", messages="Hello"),
        NotFoundError, "1222",
    ),
    "agent's words": (
        lambda: agents.translate(BOMB, target_lang="en"), ContentFilterError, "1301",
    ),
    "agent's task": (
        lambda: agents.retrieve("vidu_template_agent", "none"), NotFoundError, "1233",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
async def test_refused(send: Send, name: str) -> None:
    make, error, code = REFUSED[name]
    with pytest.raises(error) as caught:
        await send(make())
    assert caught.value.code == code


@pytest.mark.parametrize("name", ["models", "quota"])
async def test_by_a_key_that_is_none(service: Service, mode: Mode, name: str) -> None:
    client = Client(**{**service.settings, "api_key": "wrong.key"})
    request = ANSWERED[name][0]()
    with pytest.raises(AuthenticationError) as caught:
        client.send(request) if mode == "sync" else await client.as_async().send(request)
    assert caught.value.code == "1000"


# --- Several requests


async def test_a_chat_that_is_fetched_later(
    service: Service, client: Client, send: Send, mode: Mode
) -> None:
    task = await send(chat.submit(model="glm-4.7-flash", messages=HELLO))
    pause = service.poll_interval
    if mode == "sync":
        found = wait_result(client, task, interval=pause)
    else:
        found = await await_result(client.as_async(), task, interval=pause)
    assert found.choices[0]["message"]["content"]


async def test_a_voice_of_your_own(send: Send) -> None:
    sample = await send(files.create(file=SILENCE, filename="me.wav", purpose="voice-clone-input"))
    made = await send(voices.clone(voice_name="Mine", input="Hello", file_id=sample.id))
    listed = await send(voices.list(voice_type="PRIVATE"))
    assert [voice.voice for voice in listed.voice_list] == [made.voice]
    assert (await send(voices.delete(made.voice))).voice == made.voice


async def test_a_parsed_file(service: Service, client: Client, send: Send, mode: Mode) -> None:
    task = await send(file_parser.create(file=b"# Title", filename="a.md", file_type="MD"))
    plan = file_parser.waiting(task, interval=service.poll_interval)
    found = wait_for(client, plan) if mode == "sync" else await await_for(client.as_async(), plan)
    assert "Title" in found.content


@pytest.mark.parametrize("agent_id", ["general_translation", "vidu_template_agent"])
async def test_an_agent(service: Service, client: Client, mode: Mode, agent_id: str) -> None:
    picture = {"type": "image_url", "image_url": "https://example.com/cat.png"}
    asked = [{"role": "user", "content": ["Good morning, world!", picture]}]
    call = agents.AgentCall(
        agent_id,
        "Good morning, world!" if agent_id == "general_translation" else asked,
        {"target_lang": "zh-CN"} if agent_id == "general_translation" else {},
        interval=service.poll_interval,
    )
    if mode == "sync":
        found = call_agent(client, call)
    else:
        found = await acall_agent(client.as_async(), call)
    assert "早上好" in found.text if agent_id == "general_translation" else found.files


async def test_an_agent_in_phases(client: Client, send: Send, mode: Mode) -> None:
    call = agents.AgentCall("slides_glm_agent", "Make two slides about tea")
    whole = agents.Collected()
    if mode == "sync":
        for event in iterate_agent(client, call):
            whole.add(event)
    else:
        async for event in aiterate_agent(client.as_async(), call):
            whole.add(event)
    deck = whole.reply()
    assert deck.conversation_id
    assert (await send(agents.conversation(deck.conversation_id, include_pdf=True))).files


async def test_a_knowledge_base_of_your_own(
    service: Service, client: Client, send: Send, mode: Mode
) -> None:
    base = (await send(knowledge.create(name="Shop"))).data.id
    sent = await send(knowledge.upload(base, file=b"Open from nine.", filename="hours.txt"))
    plan = knowledge.waiting(sent, interval=service.poll_interval)
    if mode == "sync":
        wait_for(client, plan)
    else:
        await await_for(client.as_async(), plan)
    await send(knowledge.update(base, name="Shop 2"))
    found = await send(knowledge.retrieve(query="opening hours", knowledge_ids=[base]))
    assert [piece.text for piece in knowledge.found_in(found)] == ["Open from nine."]
    assert (await send(knowledge.documents(base))).data.found[0].id == sent.document_ids[0]
    assert (await send(knowledge.capacity())).data.used.word_num == 15
    await send(knowledge.delete_document(sent.document_ids[0]))
    await send(knowledge.delete(base))
    with pytest.raises(BadRequestError):
        await send(knowledge.describe(base))
