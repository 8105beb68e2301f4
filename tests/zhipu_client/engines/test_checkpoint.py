"""A checkpoint: what is paid for is kept, by content, for several threads and processes."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from benchmarks.kills import KINDS, begin, survive
from zhipu_client import (
    InvalidRequestError,
    ServerError,
    arun,
    audio,
    embeddings,
    ocr,
    run,
    tasks,
    with_checkpoint,
)
from zhipu_client._io.checkpoints import Checkpoint
from zhipu_client._request import Reply

KEY = b"k" * 32


class Answering:
    """A client that answers each request by itself, and counts the texts that it was asked for."""

    base_url = "https://example.com/v4"
    site = None

    def __init__(self, fails: int = 0) -> None:
        self.asked: list[Any] = []
        self._fails = fails
        self._lock = threading.Lock()

    @property
    def dialect(self) -> Any:
        from zhipu_client.dialects import DIALECTS

        return DIALECTS["zhipu"]

    def as_async(self, http_client: Any = None) -> Any:
        return AsyncAnswering(self)

    def send(self, request: Any, **options: Any) -> Any:
        with self._lock:
            self.asked.append(request)
            if len(self.asked) <= self._fails:
                raise ServerError("broken")
        texts = (request.json or {}).get("input")
        rows = [{"index": n, "embedding": [float(len(t)), 0.1]} for n, t in enumerate(texts or ())]
        data = {"data": rows, "usage": {"total_tokens": len(rows)}, "model": "m"}
        return request.parse(Reply(200, {}, b"sound", data))

    @property
    def texts(self) -> list[str]:
        return [text for request in self.asked for text in request.json["input"]]


class AsyncAnswering:
    base_url, site = Answering.base_url, None

    def __init__(self, client: Answering) -> None:
        self._client = client
        self.dialect = client.dialect

    async def send(self, request: Any, **options: Any) -> Any:
        await asyncio.sleep(0)
        return self._client.send(request)


def embed(client: Any, texts: list[str], way: str, **settings: Any) -> Any:
    job = embeddings.bulk(texts, dimensions=256, batch_size=4, **settings)
    return run(client, job) if way == "sync" else asyncio.run(arun(client.as_async(), job))


@pytest.fixture(params=["sync", "async"])
def way(request: Any) -> str:
    return str(request.param)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "work.sqlite"


def test_a_second_run_costs_nothing(path, way):
    client = Answering()
    texts = [f"text {n}" * n for n in range(1, 11)]
    first = embed(with_checkpoint(client, path), texts, way)
    second = embed(with_checkpoint(client, path), texts, way)
    assert second.vectors == first.vectors
    assert len(client.texts) == 10
    assert (first.usage["total_tokens"], second.usage["total_tokens"]) == (10, 0)


def test_what_is_new_is_all_that_is_paid_for(path, way):
    client = Answering()
    texts = [f"text {n}" for n in range(10)]
    embed(with_checkpoint(client, path), texts, way)
    found = embed(with_checkpoint(client, path), ["new", *texts, "newer"], way)
    assert sorted(client.texts[10:]) == ["new", "newer"]
    assert [vector[0] for vector in found.vectors] == [3.0, *[6.0] * 10, 5.0]


def test_another_setting_or_server_is_another_question(path):
    client = Answering()
    kept = with_checkpoint(client, path)
    run(kept, embeddings.bulk(["a"], dimensions=256))
    run(kept, embeddings.bulk(["a"], dimensions=512))
    client.base_url = "https://elsewhere.example/v4"
    run(kept, embeddings.bulk(["a"], dimensions=256))
    assert client.texts == ["a", "a", "a"]


def test_what_fails_is_asked_for_again_and_the_rest_is_not(path, way):
    client = Answering(fails=1)
    texts = [f"text {n}" for n in range(12)]
    with pytest.raises(ServerError):
        embed(with_checkpoint(client, path), texts, way, in_flight=1)
    embed(with_checkpoint(client, path), texts, way, in_flight=1)
    assert len(client.asked) == 1 + 3
    with sqlite3.connect(path) as database:
        assert database.execute("SELECT count(*) FROM claims").fetchone() == (0,)
    database.close()


def test_the_same_question_at_the_same_time_is_asked_once(path):
    client = Answering()
    kept = with_checkpoint(client, path)
    threads = [
        threading.Thread(target=embed, args=(kept, [f"text {n}" for n in range(20)], "sync"))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(client.texts) == sorted({f"text {n}" for n in range(20)})


def test_sound_and_uploads_are_kept_and_looking_something_up_is_not(path):
    client = Answering()
    kept = with_checkpoint(client, path)
    for _ in range(2):
        assert kept.send(audio.speech(input="Hello")) == b"sound"
        kept.send(audio.transcribe(file=b"ID3 one"))
        kept.send(audio.transcribe(file=b"ID3 two"))
    assert len(client.asked) == 3
    for _ in range(2):
        kept.send(tasks.retrieve("task-1"))
    assert len(client.asked) == 5


def test_an_answer_that_is_not_whole_is_not_kept(path):
    from dataclasses import replace

    client = Answering()
    kept = with_checkpoint(client, path)
    request = replace(ocr.create(file="https://example.com/a.pdf"), keep=lambda data: False)
    kept.send(request)
    kept.send(request)
    assert len(client.asked) == 2


def test_a_part_that_comes_short_is_asked_for_again(path, tmp_path):
    from cookbook.paper import Title, pdf

    short = {"layout_details": [[]], "md_results": "one", "data_info": {"num_pages": 1}}
    scan = pdf([[Title("One")], [Title("Two")]])

    class Short(Answering):
        def send(self, request: Any, **options: Any) -> Any:
            self.asked.append(request)
            return request.parse(Reply(200, {}, b"", short))

    client = Short()
    for _ in range(2):
        with pytest.raises(ServerError, match="1 of 2 pages"):
            run(with_checkpoint(client, path), ocr.pages(scan))
    assert len(client.asked) == 2


def test_a_damaged_answer_is_asked_for_again(path):
    client = Answering()
    kept = with_checkpoint(client, path)
    request = audio.transcribe(file=b"ID3")
    kept.send(request)
    with sqlite3.connect(path) as database:
        database.execute("UPDATE answers SET content = x'00'")
    database.close()
    kept.send(request)
    assert len(client.asked) == 2


def test_without_a_file_it_is_the_client_itself():
    client = Answering()
    assert with_checkpoint(client, None) is client


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_the_file_is_for_its_owner_alone(path):
    run(with_checkpoint(Answering(), path), embeddings.bulk(["a"]))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["text", "database"])
def test_a_file_of_another_program_is_left_alone(path, content, way):
    if content == "text":
        path.write_text("my notes " * 200)
    else:
        with sqlite3.connect(path) as database:
            database.execute("CREATE TABLE mine (a)")
        database.close()
    before = path.read_bytes()
    client = Answering()
    with pytest.raises(InvalidRequestError, match=r"checkpoint .*work\.sqlite cannot be used"):
        embed(with_checkpoint(client, path), ["a"], way)
    assert path.read_bytes() == before
    assert not client.asked


def _claimed_by(path: Path, code: str = "") -> None:
    program = f"""
import sys
from zhipu_client._io.checkpoints import Checkpoint
print(Checkpoint(sys.argv[1]).claim([b"k" * 32])[0], flush=True)
{code}
"""
    command = [sys.executable, "-c", program, str(path)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert "kkk" in process.stdout.readline()
    return process  # type: ignore[return-value]


def test_what_a_process_that_lives_has_in_flight_is_awaited(path):
    process: Any = _claimed_by(path, "sys.stdin.read()")
    checkpoint = Checkpoint(path)
    assert checkpoint.claim([KEY]) == ([], {})
    process.kill()
    # Nobody has asked for its exit code yet, as in a pool of workers: it is in the table still.
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert checkpoint.claim([KEY]) == ([KEY], {})
    process.communicate()
    checkpoint.keep({KEY: b"found"}, [KEY])
    assert checkpoint.claim([KEY]) == ([], {KEY: b"found"})


def test_a_number_that_another_process_has_now_is_not_that_process(path):
    checkpoint = Checkpoint(path)
    assert checkpoint.claim([KEY])[0]
    assert not checkpoint.claim([KEY])[0]
    with sqlite3.connect(path) as database:
        database.execute("UPDATE claims SET started = 'long ago'")
    database.close()
    assert checkpoint.claim([KEY])[0]


@pytest.mark.parametrize("age", [0, 10**6])
def test_a_claim_of_another_machine_ends_with_its_time(path, age):
    checkpoint = Checkpoint(path)
    checkpoint.claim([KEY])
    with sqlite3.connect(path) as database:
        database.execute("UPDATE claims SET host = 'elsewhere', at = at - ?", (age,))
    database.close()
    assert bool(checkpoint.claim([KEY])[0]) is (age > 0)


#: The others are killed by `python -m benchmarks.kills`: there they take a minute.
_SLOW = ("images", "videos", "speech", "batches")
KILLED = [kind for kind in KINDS if not kind.startswith(_SLOW)]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", KILLED)
def test_killed_work_goes_on(kind, tmp_path):
    outcome = survive(kind, 2, tmp_path, seed=len(kind))
    assert outcome.good, outcome


@pytest.mark.timeout(300)
def test_two_processes_pay_once(tmp_path):
    import zhipu_emulator

    scans = tmp_path / "scans"
    scans.mkdir()
    from benchmarks.kills import _scan

    (scans / "a.pdf").write_bytes(_scan("a", 9))
    with zhipu_emulator.serve(latency=0.02) as server:
        for kind, path, needed in (("embeddings", "/embeddings", 33), ("folder", "/layout", 9)):
            given = (kind, server.base_url, server.api_key, tmp_path / "work.sqlite")
            results = [tmp_path / "first", tmp_path / "second"]
            both = [begin(*given, out) for out in results]
            for process in both:
                process.join(100)
            first, second = (out.read_text("utf-8") for out in results)
            assert first == second != ""
            assert sum(path in request["path"] for request in server.requests) == needed
