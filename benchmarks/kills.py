"""Long work that is killed again and again: what is lost, and what is paid twice.

    python -m benchmarks.kills [KILLS] [KIND ...]

Each kind of work runs in a process of its own, with a checkpoint, against the emulator. It is
killed (SIGKILL) at random moments and started again until it ends by itself. Then its result must
be that of a run without kills, and no more may have been paid twice than was in flight.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import multiprocessing
import random
import sys
import tempfile
import time
import warnings
import wave
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

__all__ = ["KINDS", "Outcome", "begin", "survive"]

IN_FLIGHT = 4
_TEXTS = [f"note {number} about whales" for number in range(260)]
_PROMPTS = [f"a red kite, number {number}" for number in range(24)]
_URLS = [f"https://example.com/{number}" for number in range(24)]


def _scan(name: str, pages: int) -> bytes:
    from cookbook.paper import Text, Title, pdf

    return pdf([[Title(f"Page {n}"), Text(f"{name} sleeps.")] for n in range(pages)])


def _sound(number: int) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(2)
        made.setframerate(8000)
        made.writeframes(bytes([number, 0]) * 8000)
    return out.getvalue()


def _embeddings(reach: dict[str, Any]) -> Any:
    from langchain_zhipu import ZhipuAIEmbeddings

    model = ZhipuAIEmbeddings(dimensions=256, chunk_size=8, max_in_flight=IN_FLIGHT, **reach)
    return model.embed_documents(_TEXTS)


def _embeddings_async(reach: dict[str, Any]) -> Any:
    from llama_index_zhipu import ZhipuAIEmbedding

    model = ZhipuAIEmbedding(
        dimensions=256, embed_batch_size=8, num_workers=IN_FLIGHT, max_in_flight=1, **reach
    )
    return asyncio.run(model.aget_text_embedding_batch(_TEXTS))


def _folder(reach: dict[str, Any]) -> Any:
    from langchain_zhipu import ZhipuAIOCRLoader

    folder = Path(str(reach["checkpoint"])).parent / "scans"
    loader = ZhipuAIOCRLoader(folder, pages_per_request=1, max_in_flight=IN_FLIGHT, **reach)
    return [[d.id and d.metadata["page"], d.page_content] for d in loader.load()]


def _book(reach: dict[str, Any]) -> Any:
    from llama_index_zhipu import ZhipuAIOCRReader

    path = Path(str(reach["checkpoint"])).parent / "scans" / "a.pdf"
    reader = ZhipuAIOCRReader(pages_per_request=1, max_in_flight=IN_FLIGHT, **reach)
    return [d.text for d in asyncio.run(reader.aload_data(path))]


def _rerank(reach: dict[str, Any]) -> Any:
    from langchain_zhipu import ZhipuAIRerank

    model = ZhipuAIRerank(top_n=None, max_in_flight=IN_FLIGHT, **reach)
    texts = [f"{text}, {place}" for place in range(14) for text in _TEXTS[:128]]
    return model.rerank(texts, "Which whales?")


def _web(reach: dict[str, Any]) -> Any:
    from langchain_zhipu import ZhipuAIWebReaderLoader

    loader = ZhipuAIWebReaderLoader(_URLS, max_in_flight=IN_FLIGHT, **reach)
    return [d.page_content for d in loader.load()]


def _web_async(reach: dict[str, Any]) -> Any:
    from llama_index_zhipu import ZhipuAIWebReader

    reader = ZhipuAIWebReader(max_in_flight=IN_FLIGHT, **reach)
    return [d.text for d in asyncio.run(reader.aload_data(_URLS))]


def _transcriptions(reach: dict[str, Any]) -> Any:
    from llama_index_zhipu import ZhipuAITranscriptionReader

    reader = ZhipuAITranscriptionReader(**reach)
    return [reader.load_data(_sound(number))[0].text for number in range(16)]


def _images(reach: dict[str, Any]) -> Any:
    from langchain_zhipu import ZhipuAIImageGenerator

    draw = ZhipuAIImageGenerator(model="cogview-4", **reach)
    with ThreadPoolExecutor(IN_FLIGHT) as threads:
        found = list(threads.map(draw.generate, _PROMPTS))
    return [hashlib.sha256(image.content).hexdigest() for image in found]


def _images_async(reach: dict[str, Any]) -> Any:
    from llama_index_zhipu import ZhipuAIImageGeneratorToolSpec

    draw = ZhipuAIImageGeneratorToolSpec(model="cogview-4", output="image", **reach)

    async def all_of_them() -> list[Any]:
        found: list[Any] = []
        for start in range(0, len(_PROMPTS), IN_FLIGHT):
            some = _PROMPTS[start : start + IN_FLIGHT]
            found += await asyncio.gather(*map(draw.agenerate_image, some))
        return found

    images = asyncio.run(all_of_them())
    return [hashlib.sha256(image.image).hexdigest() for _, image in images]


def _videos(reach: dict[str, Any]) -> Any:
    from langchain_zhipu import ZhipuAIVideoGenerator

    make = ZhipuAIVideoGenerator(interval=0.01, **reach)
    with ThreadPoolExecutor(IN_FLIGHT) as threads:
        videos = list(threads.map(make.generate, _PROMPTS))
    return [video.prompt for video in videos if video.url]


def _speech(reach: dict[str, Any]) -> Any:
    from llama_index_zhipu import ZhipuAISpeechToolSpec

    tool = ZhipuAISpeechToolSpec(**reach)
    with ThreadPoolExecutor(IN_FLIGHT) as threads:
        said = list(threads.map(tool.text_to_speech, _PROMPTS))
    return [hashlib.sha256(blocks[1].audio).hexdigest() for blocks in said]


def _batches(reach: dict[str, Any]) -> Any:
    from langchain_zhipu import ZhipuAIBatch, ZhipuAIEmbeddings

    checkpoint = reach.pop("checkpoint")
    model = ZhipuAIEmbeddings(dimensions=256, **reach)
    batch = ZhipuAIBatch(model, interval=0.01, checkpoint=checkpoint)
    jobs = [_TEXTS[start : start + 5] for start in range(0, 80, 5)]
    return [answer.get() for texts in jobs for answer in batch.run(texts)]


def _batches_async(reach: dict[str, Any]) -> Any:
    from llama_index_zhipu import ZhipuAI, ZhipuAIBatch

    checkpoint = reach.pop("checkpoint")
    model = ZhipuAI(model="glm-4-flash", **reach)
    batch = ZhipuAIBatch(model, interval=0.01, checkpoint=checkpoint)

    async def all_of_them() -> list[Any]:
        jobs = [[f"What is {n} + {m}?" for m in range(3)] for n in range(16)]
        return [answer.get() for texts in jobs for answer in await batch.arun(texts)]

    return [answer.message.content for answer in asyncio.run(all_of_them())]


#: Kind of work -> what does it, and where its requests go.
KINDS: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "embeddings": (_embeddings, "/embeddings"),
    "embeddings, async": (_embeddings_async, "/embeddings"),
    "folder": (_folder, "/layout_parsing"),
    "book, async": (_book, "/layout_parsing"),
    "rerank": (_rerank, "/rerank"),
    "web pages": (_web, "/reader"),
    "web pages, async": (_web_async, "/reader"),
    "transcriptions": (_transcriptions, "/audio/transcriptions"),
    "images": (_images, "/images/generations"),
    "images, async": (_images_async, "/images/generations"),
    "videos": (_videos, "/videos/generations"),
    "speech": (_speech, "/audio/speech"),
    "batches": (_batches, "/batches"),
    "batches, async": (_batches_async, "/batches"),
}


@dataclass(frozen=True)
class Outcome:
    """What came of one kind of work.

    Attributes:
        kills: How often it was killed.
        needed: The requests that a run without kills takes.
        paid: The requests that were answered in all.
        same: Whether the result is that of a run without kills.
        again: The requests of one more run.
    """

    kills: int
    needed: int
    paid: int
    same: bool
    again: int

    @property
    def good(self) -> bool:
        """Whether nothing was lost, and no more paid twice than was in flight."""
        twice = self.paid - self.needed
        return self.same and 0 <= twice <= self.kills * IN_FLIGHT and self.again == 0


def survive(kind: str, kills: int, folder: Path, seed: int, latency: float = 0.02) -> Outcome:
    """Run one kind of work, and kill it ``kills`` times at random moments."""
    import zhipu_emulator

    chance = random.Random(seed)
    scans = folder / "scans"
    scans.mkdir()
    for name, pages in (("a", 12), ("b", 7), ("c", 5)):
        (scans / f"{name}.pdf").write_bytes(_scan(name, pages))
    path = KINDS[kind][1]
    web = {url: f"<h1>Page {url}</h1>".encode() for url in _URLS}
    with zhipu_emulator.serve(latency=latency, web=web) as server:

        def count() -> int:
            return sum(one["path"].endswith(path) for one in server.requests)

        out = folder / "result"

        def start(checkpoint: Path) -> BaseProcess:
            return begin(kind, server.base_url, server.api_key, checkpoint, out)

        def result(checkpoint: Path) -> str:
            process = start(checkpoint)
            process.join(110)
            if process.exitcode != 0:
                raise RuntimeError(f"{kind} failed with {process.exitcode}")
            return out.read_text("utf-8")

        def here(checkpoint: Path) -> str:
            return _digest(kind, server.base_url, server.api_key, checkpoint)

        whole = here(folder / "other.sqlite")
        needed = count()
        done = 0
        for _ in range(kills):
            process = start(folder / "work.sqlite")
            wanted = count() + chance.randint(0, max(1, needed // kills))
            while count() < wanted and process.is_alive():
                time.sleep(0.002)
            time.sleep(chance.random() * latency)
            done += process.is_alive()
            process.kill()
            process.join()
        found = result(folder / "work.sqlite")
        paid = count() - needed
        here(folder / "work.sqlite")
        return Outcome(done, needed, paid, found == whole, count() - needed - paid)


def _main(kills: int, kinds: list[str]) -> None:
    print(f"{'kind':18} {'kills':>6} {'needed':>7} {'paid':>6} {'same':>5} {'again':>6}")
    for kind in kinds or KINDS:
        with tempfile.TemporaryDirectory() as folder:
            found = survive(kind, kills, Path(folder), seed=kills)
        row = f"{kind:18} {found.kills:6} {found.needed:7} {found.paid:6}"
        print(row, f"{found.same!s:>5} {found.again:6}", "" if found.good else "WRONG", flush=True)


def begin(kind: str, base_url: str, api_key: str, checkpoint: Path, out: Path) -> BaseProcess:
    """Start one kind of work in a process of its own, which writes its result's digest to a file.

    Where processes can be forked, a server process imports the frameworks, once for all of them.
    """
    forks = "forkserver" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if forks else "spawn")
    context.set_forkserver_preload(["langchain_core.embeddings", "llama_index.core"])
    given = (kind, base_url, api_key, checkpoint, out)
    process: BaseProcess = context.Process(target=_work, args=given)
    process.start()
    return process


def _work(kind: str, base_url: str, api_key: str, checkpoint: Path, out: Path) -> None:
    warnings.simplefilter("ignore")
    out.write_text(_digest(kind, base_url, api_key, checkpoint), "utf-8")


def _digest(kind: str, base_url: str, api_key: str, checkpoint: Path) -> str:
    reach = {"base_url": base_url, "api_key": api_key, "checkpoint": str(checkpoint)}
    found = json.dumps(KINDS[kind][0](reach), sort_keys=True)
    return hashlib.sha256(found.encode()).hexdigest()


if __name__ == "__main__":
    _main(int(sys.argv[1]) if len(sys.argv) > 1 else 30, sys.argv[2:])
