"""Knowledge bases made, filled, searched, changed and removed; what is refused of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

import zhipu_emulator
from tests.reliability.clocks import FakeClock
from zhipu_client import (
    AsyncClient,
    BadRequestError,
    Client,
    InvalidRequestError,
    TaskFailedError,
    TaskTimeoutError,
    await_for,
    knowledge,
    wait_for,
)
from zhipu_client._request import Reply

ways = pytest.mark.parametrize("way", ["sync", "async"])
HOURS = b"The shop opens at nine.\n\nIt closes at five.\n\nDogs are welcome."
OTHER = "another.account"
KITES = "https://generated.example/kites-1"


@pytest.fixture(scope="module")
def running() -> Iterator[zhipu_emulator.Server]:
    with zhipu_emulator.serve(api_keys=("emulator.secret", OTHER)) as server:
        yield server


@pytest.fixture
def server(running: zhipu_emulator.Server) -> zhipu_emulator.Server:
    running.reset()
    return running


def client_of(server: zhipu_emulator.Server, key: str | None = None, kind: Any = Client) -> Any:
    return kind(api_key=key or server.api_key, base_url=server.base_url, max_retries=0)


def sent(server: zhipu_emulator.Server, way: str, request: Any) -> Any:
    if way == "sync":
        return client_of(server).send(request)
    return asyncio.run(client_of(server, kind=AsyncClient).send(request))


def waited(server: zhipu_emulator.Server, way: str, plan: Any) -> Any:
    if way == "sync":
        return wait_for(client_of(server), plan, clock=FakeClock())
    return asyncio.run(await_for(client_of(server, kind=AsyncClient), plan, clock=FakeClock()))


@ways
def test_from_the_first_to_the_last(server: zhipu_emulator.Server, way: str) -> None:
    base = sent(server, way, knowledge.create(name="Shop", description="Hours")).data.id
    upload = sent(server, way, knowledge.upload(base, file=HOURS, filename="hours.txt"))
    (document,) = upload.document_ids
    ask = knowledge.retrieve(query="when does it open", knowledge_ids=[base])
    assert sent(server, way, ask).data == []  # it is still being embedded
    assert waited(server, way, knowledge.waiting(upload)).data.state == "succeeded"
    best = knowledge.found_in(sent(server, way, ask), 1)
    assert [(piece.text, piece.metadata["doc_id"]) for piece in best] == [
        ("The shop opens at nine.", document)
    ]
    known = sent(server, way, knowledge.describe(base)).data
    assert (known.name, known.description, known.document_size) == ("Shop", "Hours", 1)
    sent(server, way, knowledge.update(base, name="Shop 2", embedding_model="embedding-3-pro"))
    known = sent(server, way, knowledge.describe(base)).data
    assert (known.name, known.description, known.embedding_id) == ("Shop 2", "Hours", 12)
    listed = sent(server, way, knowledge.documents(base, word="hour")).data
    assert [(one.id, one.name) for one in listed.found] == [(document, "hours.txt")]
    assert sent(server, way, knowledge.documents(base, word="zz")).data.total == 0
    assert sent(server, way, knowledge.document_images(document)).data == {"images": []}
    used = sent(server, way, knowledge.capacity()).data
    assert 0 < used.used.word_num < used.total.word_num
    sent(server, way, knowledge.embed(document))
    assert sent(server, way, knowledge.document(document)).data.state == "running"
    sent(server, way, knowledge.delete_document(document))
    with pytest.raises(BadRequestError):
        sent(server, way, knowledge.document(document))
    sent(server, way, knowledge.delete(base))
    with pytest.raises(BadRequestError):
        sent(server, way, knowledge.describe(base))


@ways
def test_web_pages_and_what_was_not_taken(server: zhipu_emulator.Server, way: str) -> None:
    base = sent(server, way, knowledge.create(name="Web")).data.id
    added = sent(server, way, knowledge.add_urls(base, [KITES, "https://nowhere.example/"]))
    assert len(added.document_ids) == 1
    assert [name for name, _ in added.failures] == ["https://nowhere.example/"]
    waited(server, way, knowledge.waiting(added))
    found = sent(server, way, knowledge.retrieve(query="kites", knowledge_ids=[base]))
    assert knowledge.found_in(found)[0].url == KITES
    with pytest.raises(BadRequestError, match=r"nowhere\.example"):
        sent(server, way, knowledge.add_urls(base, ["https://nowhere.example/"]))
    with pytest.raises(BadRequestError, match=r"a\.pdf"):  # a name says PDF, its bytes do not
        sent(server, way, knowledge.upload(base, file=b"\xff\xfe\x00", filename="a.pdf"))


def test_pieces_are_cut_where_the_caller_says(server: zhipu_emulator.Server) -> None:
    client = client_of(server)
    base = client.send(knowledge.create(name="Cut")).data.id
    more: dict[str, Any] = {"knowledge_type": 5, "custom_separator": ["|"], "sentence_size": 6}
    request = knowledge.upload(base, file=b"one two three|four", filename="a.txt", **more)
    wait_for(client, knowledge.waiting(client.send(request)), clock=FakeClock())
    found = client.send(knowledge.retrieve(query="four", knowledge_ids=[base]))
    assert {piece.text for piece in found.data} == {"one tw", "o thre", "e", "four"}


@ways
def test_nobody_else_sees_or_changes_it(server: zhipu_emulator.Server, way: str) -> None:
    base = sent(server, way, knowledge.create(name="Mine")).data.id
    upload = knowledge.upload(base, file=HOURS, filename="hours.txt")
    (document,) = sent(server, way, upload).document_ids
    other = client_of(server, OTHER)
    for request in (
        knowledge.describe(base),
        knowledge.update(base, name="Yours"),
        knowledge.delete(base),
        knowledge.documents(base),
        knowledge.document(document),
        knowledge.delete_document(document),
        knowledge.embed(document),
        knowledge.retrieve(query="open", knowledge_ids=[base]),
        upload,
    ):
        with pytest.raises(BadRequestError):
            other.send(request)
    assert sent(server, way, knowledge.describe(base)).data.name == "Mine"


@ways
def test_a_document_that_fails_or_never_ends(way: str) -> None:
    for options, error in (
        ({"task_status": "FAIL"}, TaskFailedError),
        ({"polls": -1}, TaskTimeoutError),
    ):
        with zhipu_emulator.serve(**options) as server:
            base = sent(server, way, knowledge.create(name="Shop")).data.id
            upload = sent(server, way, knowledge.upload(base, file=HOURS, filename="hours.txt"))
            with pytest.raises(error) as caught:
                waited(server, way, knowledge.waiting(upload, timeout=20))
            assert caught.value.task_id == upload.document_ids[0]
            assert caught.value.task_id in str(caught.value)


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: knowledge.create(name=" "), "name"),
        (lambda: knowledge.create(name="a", embedding_model="embedding-9"), "embedding_model"),
        (lambda: knowledge.update("42"), "name"),
        (lambda: knowledge.describe(".."), "knowledge_id"),
        (lambda: knowledge.upload("42", file=b"", filename="a.txt"), "file"),
        (lambda: knowledge.upload("42", file=b"a"), "filename"),
        (lambda: knowledge.upload("42", file="a.txt"), "file"),
        (lambda: knowledge.upload("42", file=b"a", filename="a", sentence_size=0), "sentence_size"),
        (lambda: knowledge.add_urls("42", []), "urls"),
        (lambda: knowledge.add_urls("42", "https://a.example"), "urls"),
        (lambda: knowledge.documents(""), "knowledge_id"),
        (lambda: knowledge.waiting(""), "document_id"),
        (lambda: knowledge.waiting(knowledge.Uploaded()), "document_id"),
    ],
)
def test_wrong_values_are_refused(make: Any, field: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        make()
    assert caught.value.field == field


@pytest.mark.parametrize(
    "data",
    [None, 7, [], {"successInfos": None, "failedInfos": 3}, {"successInfos": [7, {}, {"a": 1}]}],
)
def test_odd_answers_to_an_upload(data: Any) -> None:
    request = knowledge.upload("42", file=b"a", filename="a.txt")
    reply = Reply(200, {}, b"", {"code": 200, "data": data})
    assert request.check is not None
    request.check(reply)
    found = request.parse(reply)
    assert (found.document_ids, found.failures) == ([], [])
