"""Memory of long work: does it grow with the work?

    python -m benchmarks.memory [WORK ...]

Each piece of work is done half and whole, in a process of its own; a server in another process
makes its answers up as it sends them. The figure is the peak of resident memory during the work,
above what the process held just before (with the texts, the file and what is imported there).
Work whose result is handed over piece by piece must not grow; a list of results does, by its
results. Linux only.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from benchmarks.case_ocr import write_pdf
from benchmarks.measure import KEY, forget_peak, memory

__all__ = ["WORK", "Work", "answer_of", "serving"]

DIMENSIONS = 256
_PAGE = re.compile(rb"/Type\s*/Page\b")
#: An answer of a batch: 21 kB, so that 50,000 lines are 1 GiB.
_ANSWER = "A lighthouse keeper counts the ships. " * 560


@dataclass(frozen=True)
class Work:
    """A piece of work.

    Attributes:
        what: In words, with ``{}`` for how much.
        whole: How much of it.
        run: Does so much of it, at a base URL; returns how many results there were.
        flat: Whether its memory is to stay the same when the work doubles.
    """

    what: str
    whole: int
    run: Callable[[int, str], Iterator[int]]
    flat: bool = True


def _texts(count: int) -> list[str]:
    return [f"sighting {number} of a vessel" for number in range(count)]


def _iterated(count: int, url: str) -> Iterator[int]:
    from zhipu_client import Client, embeddings, iterate

    client, texts = Client(api_key=KEY, base_url=url), _texts(count)
    yield 0
    yield sum(1 for _ in iterate(client, embeddings.bulk(texts, dimensions=DIMENSIONS)))


def _aiterated(count: int, url: str) -> Iterator[int]:
    from zhipu_client import AsyncClient, aiterate, embeddings

    client, texts = AsyncClient(api_key=KEY, base_url=url), _texts(count)

    async def work() -> int:
        job = embeddings.bulk(texts, dimensions=DIMENSIONS)
        return len([1 async for _ in aiterate(client, job)])

    yield 0
    yield asyncio.run(work())


def _kept(count: int, url: str) -> Iterator[int]:
    from zhipu_client import Client, embeddings, iterate, with_checkpoint

    with tempfile.TemporaryDirectory() as folder:
        client = with_checkpoint(Client(api_key=KEY, base_url=url), Path(folder) / "work.sqlite")
        texts = _texts(count)
        yield 0
        yield sum(1 for _ in iterate(client, embeddings.bulk(texts, dimensions=DIMENSIONS)))


def _listed(count: int, url: str) -> Iterator[int]:
    from langchain_zhipu import ZhipuAIEmbeddings

    model = ZhipuAIEmbeddings(api_key=KEY, base_url=url, dimensions=DIMENSIONS)
    texts = _texts(count)
    yield 0
    yield len(model.embed_documents(texts))


def _book(count: int, url: str) -> Iterator[int]:
    from langchain_zhipu import ZhipuAIOCRLoader

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "book.pdf"
        with path.open("wb") as file:
            write_pdf(file, count)
        loader = ZhipuAIOCRLoader(path, api_key=KEY, base_url=url)
        yield 0
        yield sum(1 for _ in loader.lazy_load())


def _book_read(count: int, url: str) -> Iterator[int]:
    from llama_index_zhipu import ZhipuAIOCRReader

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "book.pdf"
        with path.open("wb") as file:
            write_pdf(file, count)
        reader = ZhipuAIOCRReader(api_key=KEY, base_url=url)
        yield 0
        yield sum(1 for _ in reader.lazy_load_data(path))


def _batch(count: int, url: str) -> Iterator[int]:
    from langchain_zhipu import ChatZhipuAI, ZhipuAIBatch

    batch = ZhipuAIBatch(ChatZhipuAI(model="glm-4-flash", api_key=KEY, base_url=url))
    yield 0
    yield sum(1 for _, answer in batch.iterate(f"batch_{count}") if answer.error is None)


def _abatch(count: int, url: str) -> Iterator[int]:
    from llama_index_zhipu import ZhipuAI, ZhipuAIBatch

    batch = ZhipuAIBatch(ZhipuAI(model="glm-4-flash", api_key=KEY, base_url=url))

    async def work() -> int:
        return len([1 async for _ in batch.aiterate(f"batch_{count}")])

    yield 0
    yield asyncio.run(work())


WORK: dict[str, Work] = {
    "iterate": Work("embeddings of {} texts, iterate", 100_000, _iterated),
    "aiterate": Work("embeddings of {} texts, aiterate", 100_000, _aiterated),
    "checkpoint": Work("embeddings of {} texts, iterate, checkpoint", 100_000, _kept),
    "list": Work("embeddings of {} texts, a list of vectors", 100_000, _listed, flat=False),
    "book": Work("a scanned book of {} pages, lazy_load", 1000, _book),
    "book-li": Work("a scanned book of {} pages, lazy_load_data", 1000, _book_read),
    "batch": Work("a batch result of {} answers of 21 kB, iterate", 50_000, _batch),
    "abatch": Work("a batch result of {} answers of 21 kB, aiterate", 50_000, _abatch),
}


# --- The server


def answer_of(path: str, body: dict[str, Any]) -> Any:
    """Return what a POST is answered with."""
    if path.endswith("/embeddings"):
        vector = [0.0123456789 + number / 1000 for number in range(DIMENSIONS)]
        rows = [{"index": n, "embedding": vector} for n in range(len(body["input"]))]
        return {"data": rows, "usage": {"prompt_tokens": 1, "total_tokens": 1}}
    pages = len(_PAGE.findall(base64.b64decode(body["file"].rpartition(",")[2])))
    found = [[{"index": 0, "label": "text", "content": "Call me Ishmael. " * 100}]] * pages
    return {"layout_details": found, "data_info": {"num_pages": pages}, "usage": {}}


def _batch_of(count: int) -> dict[str, Any]:
    return {
        "id": f"batch_{count}",
        "status": "completed",
        "output_file_id": f"file-{count}",
        "request_counts": {"total": count, "completed": count, "failed": 0},
    }


def _lines(count: int) -> Iterator[bytes]:
    message = {"role": "assistant", "content": _ANSWER}
    body = {
        "id": "1",
        "model": "glm-4-flash",
        "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 9, "total_tokens": 18},
    }
    rest = json.dumps({"id": "x", "response": {"status_code": 200, "body": body}})[1:]
    for number in range(count):
        yield f'{{"custom_id": "line-{number:06d}", {rest}\n'.encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *values: Any) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._send(json.dumps(answer_of(self.path, json.loads(body))).encode())

    def do_GET(self) -> None:
        last = self.path.split("/")[-1]
        if last != "content":
            self._send(json.dumps(_batch_of(int(last.removeprefix("batch_")))).encode())
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for line in _lines(int(self.path.split("/")[-2].removeprefix("file-"))):
            self.wfile.write(line)
        self.close_connection = True

    def _send(self, content: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def serving() -> Iterator[str]:
    """Serve in this process; yields the base URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/api/paas/v4"
    finally:
        server.shutdown()
        server.server_close()


# --- The measuring


def _one(name: str, amount: int, url: str) -> None:
    """Do a piece of work here, and print the peak of memory above the start, in MB."""
    WORK[name].run(1, url)
    run = WORK[name].run(amount, url)
    next(run)
    forget_peak()
    before = memory("VmRSS")
    done = next(run)
    peak = memory("VmHWM")
    if done != amount:
        raise AssertionError(f"{done} results of {amount}")
    print(-1 if peak is None or before is None else round(peak - before, 1))


def main(names: list[str]) -> None:
    """Print the table."""
    print("| work | half | whole | grows by |\n| --- | ---: | ---: | ---: |")
    with serving() as url:
        for name in names or WORK:
            work, peaks = WORK[name], []
            for amount in (work.whole // 2, work.whole):
                command = [sys.executable, "-m", "benchmarks.memory", "--one", name, str(amount)]
                ran = subprocess.run([*command, url], capture_output=True, text=True, check=False)
                if ran.returncode:
                    raise SystemExit(f"{name}: {ran.stderr[-2000:]}")
                peaks.append(float(ran.stdout))
            what = work.what.format(f"{work.whole:,}")
            grown = peaks[1] - peaks[0]
            kind = "" if work.flat else " (its results)"
            print(
                f"| {what} | {peaks[0]:.0f} MB | {peaks[1]:.0f} MB | {grown:.0f} MB{kind} |",
                flush=True,
            )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        _one(sys.argv[2], int(sys.argv[3]), sys.argv[4])
    else:
        main(sys.argv[1:])
