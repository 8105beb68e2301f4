"""What the rows of `benchmarks.profiles` would cost without any of our code.

Each floor is a case as those of `case_langchain` are, on the same server and the same bytes:

* *bare httpx*: httpx's own client, lines cut from what it hands over, one `from_json` a chunk.
* *bare socket*, *bare asyncio*: the bytes alone, by ``recv`` or a ``StreamReader``; nobody looks at
  them. What a paced stream costs here is the system waking up its reader.
* *framework*: LangChain's or LlamaIndex's own part, over a model whose answers are made already.

No client can be below the floor of its transport and that of its framework together.
"""

from __future__ import annotations

import array
import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import Any

from benchmarks.case_embeddings import BATCH, TEXTS
from benchmarks.case_langchain import CALLS, PROMPT, TOGETHER
from benchmarks.measure import KEY, Case, Server, on_a_loop
from benchmarks.server import embeddings

__all__ = ["FLOORS"]

SHORT = 50
_MESSAGES = [{"role": "user", "content": PROMPT}]
_HEADERS = {"authorization": f"Bearer {KEY}"}


def _body(stream: bool) -> dict[str, Any]:
    return {"model": "glm-4.7", "messages": _MESSAGES, "stream": stream}


def _path(what: str) -> str:
    return f"/{what}/api/paas/v4/chat/completions"


def _events(pieces: Iterator[bytes]) -> Iterator[Any]:
    """Cut bytes into lines, and decode what is in each event."""
    from pydantic_core import from_json

    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            if line.startswith(b"data: {"):
                yield from_json(line[6:])


async def _aevents(pieces: AsyncIterator[bytes]) -> AsyncIterator[Any]:
    from pydantic_core import from_json

    rest = b""
    async for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            if line.startswith(b"data: {"):
                yield from_json(line[6:])


def httpx_call(server: Server) -> Iterator[Any]:
    """Post, and decode the answer."""
    import httpx
    from pydantic_core import from_json

    url = f"http://127.0.0.1:{server.port}{_path('whole-0')}"
    with httpx.Client(trust_env=False, headers=_HEADERS) as client:

        def call() -> None:
            from_json(client.post(url, json=_body(False)).content)

        call()
        yield
        for _ in range(CALLS):
            call()
        yield CALLS


def httpx_stream(what: str, count: int, server: Server) -> Iterator[Any]:
    """Read ``count`` streams; a unit is a chunk, or a stream where there are several."""
    import httpx

    url = f"http://127.0.0.1:{server.port}{_path(what)}"
    with httpx.Client(trust_env=False, headers=_HEADERS, timeout=60) as client:

        def read() -> int:
            with client.stream("POST", url, json=_body(True)) as response:
                return sum(1 for _ in _events(response.iter_raw()))

        client.post(url, json=_body(False))
        yield
        chunks = sum(read() for _ in range(count))
        yield count if count > 1 else chunks


def httpx_astream(what: str, together: int, warm: bool, server: Server) -> Iterator[Any]:
    """Read ``together`` streams at once; a unit is a chunk."""

    async def read(client: Any) -> int:
        async with client.stream("POST", _path(what), json=_body(True)) as response:
            return sum([1 async for _ in _aevents(response.aiter_raw())])

    yield from _together(read, together, warm, server)


def httpx_ainvoke(what: str, together: int, warm: bool, server: Server) -> Iterator[Any]:
    """Post ``together`` requests at once; a unit is a call."""
    from pydantic_core import from_json

    async def call(client: Any) -> int:
        from_json((await client.post(_path(what), json=_body(False))).content)
        return 1

    yield from _together(call, together, warm, server)


def _together(
    one: Callable[[Any], Any], together: int, warm: bool, server: Server
) -> Iterator[Any]:
    import httpx

    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    client = httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{server.port}",
        trust_env=False,
        headers=_HEADERS,
        limits=limits,
        timeout=60,
    )

    async def rounds() -> int:
        return sum(await asyncio.gather(*[one(client) for _ in range(together)]))

    yield from on_a_loop(rounds if warm else lambda: one(client), rounds)


def _request(what: str, *, stream: bool) -> bytes:
    body = json.dumps(_body(stream)).encode()
    head = f"POST {_path(what)} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def socket_stream(what: str, server: Server) -> Iterator[Any]:
    """Receive until the last chunk of HTTP; a unit is what one ``recv`` brought."""
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(_request("whole-0", stream=False))
        connection.recv(65536)
        yield
        connection.sendall(_request(what, stream=True))
        count = 0
        while not connection.recv(65536).endswith(b"0\r\n\r\n"):
            count += 1
        yield count


def asyncio_stream(what: str, together: int, warm: bool, server: Server) -> Iterator[Any]:
    """Do the same by asyncio's streams, ``together`` at once."""
    kept: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
    end = b"0\r\n\r\n" if not what.startswith("whole") else b"}"

    async def read() -> int:
        pair = kept.pop() if kept else await asyncio.open_connection("127.0.0.1", server.port)
        pair[1].write(_request(what, stream=not what.startswith("whole")))
        count = 1
        while not (await pair[0].read(65536)).endswith(end):
            count += 1
        kept.append(pair)
        return count

    async def rounds() -> int:
        return sum(await asyncio.gather(*[read() for _ in range(together)]))

    yield from on_a_loop(rounds if warm else read, rounds)


def decoded(_server: Server) -> Iterator[Any]:
    """Vectors decoded, and each made an array of eight-byte numbers as well."""
    from pydantic_core import from_json

    full, rest = divmod(TEXTS, BATCH)
    bodies = [*[embeddings(BATCH)] * full, embeddings(rest)]
    yield
    kept = [
        (row["embedding"], array.array("d", row["embedding"]))
        for body in bodies
        for row in from_json(body)["data"]
    ]
    yield len(kept)


def httpx_vectors(server: Server) -> Iterator[Any]:
    """The same requests one after the other by httpx, decoded and kept."""
    import httpx
    from pydantic_core import from_json

    url = f"http://127.0.0.1:{server.port}/embed-0/api/paas/v4/embeddings"
    texts = [f"text {number} of them" for number in range(TEXTS)]
    with httpx.Client(trust_env=False, headers=_HEADERS, timeout=60) as client:

        def ask(some: list[str]) -> Any:
            return from_json(client.post(url, json={"input": some}).content)["data"]

        ask(texts[:1])
        yield
        kept = [ask(texts[start : start + BATCH]) for start in range(0, TEXTS, BATCH)]
        yield sum(map(len, kept))


def _langchain(count: int) -> Any:
    """A chat model of LangChain's whose chunks and answer are made already."""
    from langchain_core.language_models.chat_models import BaseChatModel
    from langchain_core.messages import AIMessage, AIMessageChunk
    from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

    chunks = [
        ChatGenerationChunk(message=AIMessageChunk(content=f"word {n} 词 ")) for n in range(count)
    ]

    class Prepared(BaseChatModel):
        @property
        def _llm_type(self) -> str:
            return "prepared"

        def _generate(self, *_: Any, **__: Any) -> ChatResult:
            return ChatResult(generations=[ChatGeneration(message=AIMessage(content="323"))])

        def _stream(self, *_: Any, **__: Any) -> Iterator[ChatGenerationChunk]:
            return iter(chunks)

        async def _agenerate(self, *_: Any, **__: Any) -> ChatResult:
            return self._generate()

        async def _astream(self, *_: Any, **__: Any) -> AsyncIterator[ChatGenerationChunk]:
            for chunk in chunks:
                yield chunk

    return Prepared()


def core_invoke(_server: Server) -> Iterator[Any]:
    """LangChain's part of a call."""
    model = _langchain(0)
    model.invoke(PROMPT)
    yield
    for _ in range(CALLS):
        model.invoke(PROMPT)
    yield CALLS


def core_ainvoke(_server: Server) -> Iterator[Any]:
    """LangChain's part of many calls at once."""
    model = _langchain(0)

    async def work() -> int:
        await asyncio.gather(*[model.ainvoke(PROMPT) for _ in range(TOGETHER)])
        return TOGETHER

    yield from on_a_loop(lambda: model.ainvoke(PROMPT), work)


def core_stream(chunks: int, count: int, _server: Server) -> Iterator[Any]:
    """LangChain's part of a stream."""
    model = _langchain(chunks)
    model.invoke(PROMPT)
    yield
    found = sum(1 for _ in range(count) for _ in model.stream(PROMPT))
    yield count if count > 1 else found


def core_astream(chunks: int, _server: Server) -> Iterator[Any]:
    """LangChain's part of an asynchronous stream."""
    model = _langchain(chunks)

    async def work() -> int:
        return sum([1 async for _ in model.astream(PROMPT)])

    yield from on_a_loop(lambda: model.ainvoke(PROMPT), work)


def _llama_index(count: int) -> Any:
    from llama_index.core.llms import ChatMessage, ChatResponse, CustomLLM, LLMMetadata
    from llama_index.core.llms.callbacks import llm_chat_callback

    message = ChatMessage(role="assistant", content="323")
    chunks = [ChatResponse(message=message, delta=f"word {n} 词 ") for n in range(count)]

    class Prepared(CustomLLM):
        @property
        def metadata(self) -> LLMMetadata:
            return LLMMetadata()

        def complete(self, *_: Any, **__: Any) -> Any:
            raise NotImplementedError

        stream_complete = complete

        @llm_chat_callback()
        def chat(self, *_: Any, **__: Any) -> ChatResponse:
            return ChatResponse(message=message)

        @llm_chat_callback()
        def stream_chat(self, *_: Any, **__: Any) -> Iterator[ChatResponse]:
            yield from chunks

    return Prepared(), [ChatMessage(role="user", content=PROMPT)]


def index_chat(_server: Server) -> Iterator[Any]:
    """LlamaIndex's part of a call."""
    llm, messages = _llama_index(0)
    llm.chat(messages)
    yield
    for _ in range(CALLS):
        llm.chat(messages)
    yield CALLS


def index_stream(chunks: int, _server: Server) -> Iterator[Any]:
    """LlamaIndex's part of a stream."""
    llm, messages = _llama_index(chunks)
    llm.chat(messages)
    yield
    yield sum(1 for _ in llm.stream_chat(messages))


def _many(what: str, *, warm: bool) -> dict[str, Case]:
    read = httpx_ainvoke if what.startswith("whole") else httpx_astream
    core = core_ainvoke if what.startswith("whole") else partial(core_astream, 5000)
    # httpx's pool takes so long for them that once is enough.
    least = {} if warm else {"bare httpx": partial(read, what, TOGETHER, warm)}
    bare = partial(asyncio_stream, what, TOGETHER, warm)
    return {**least, "bare asyncio": bare, "framework": core}


_PACED = {
    "bare httpx": partial(httpx_stream, "paced-1000", 1),
    "bare socket": partial(socket_stream, "paced-1000"),
}
#: Row -> floor -> case.
FLOORS: dict[str, dict[str, Case]] = {
    "invoke": {"bare httpx": httpx_call, "framework": core_invoke},
    "short stream": {
        "bare httpx": partial(httpx_stream, "bulk-2", SHORT),
        "framework": partial(core_stream, 2, SHORT),
    },
    "astream bulk, a chunk": {
        "bare httpx": partial(httpx_astream, "bulk-5000", 1, False),
        "framework": partial(core_astream, 5000),
    },
    "stream paced, a chunk": {**_PACED, "framework": partial(core_stream, 1000, 1)},
    "astream paced, a chunk": {
        "bare httpx": partial(httpx_astream, "paced-1000", 1, False),
        "bare asyncio": partial(asyncio_stream, "paced-1000", 1, False),
        "framework": partial(core_astream, 1000),
    },
    "200 ainvoke at once": _many("whole-100", warm=True),
    "200 ainvoke at once, cold": _many("whole-100", warm=False),
    "200 astream at once, a chunk": _many("slow-100", warm=True),
    "200 astream at once, cold": _many("slow-100", warm=False),
    "embed_documents, a text": {"bare httpx": httpx_vectors, "and an array": decoded},
    "chat": {"bare httpx": httpx_call, "framework": index_chat},
    "stream_chat paced, a chunk": {**_PACED, "framework": partial(index_stream, 1000)},
    "stream_chat bulk, a chunk of 20,000": {
        "bare httpx": partial(httpx_stream, "bulk-20000", 1),
        "framework": partial(index_stream, 20_000),
    },
}
