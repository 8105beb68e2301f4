"""Transcripts as streams: the parts of a recording one after the other, text as it comes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import closing
from typing import TYPE_CHECKING, Any

from zhipu_client._lazy import hint
from zhipu_client.work._job import attach
from zhipu_client.work._recordings import StreamedPart, StreamedParts

from .jobs import around

if TYPE_CHECKING:
    from .aio import AsyncClient
    from .sync import Client
else:
    AsyncClient = hint("zhipu_client._io.aio", "AsyncClient")
    Client = hint("zhipu_client._io.sync", "Client")

__all__ = ["astream_transcript", "stream_transcript"]


class _Text:
    """The text of a transcript as it comes."""

    def __init__(self) -> None:
        self._text = ""
        self._part = ""

    def begin(self) -> None:
        self._part = ""

    def take(self, part: StreamedPart, chunk: Any) -> str:
        """Return what a chunk adds. The last one of a part repeats its text."""
        new = str(chunk.text)
        if chunk.done:
            new = new[len(self._part) :] if new.startswith(self._part) else ""
        if not new:
            return ""
        shown = new if self._part else part.before(self._text, new) + new
        self._part += new
        self._text += shown
        return shown

    def failed(self, part: StreamedPart, error: BaseException) -> None:
        part.failed(error)
        attach(error, partial=self._text or None)


def stream_transcript(client: Client, job: StreamedParts) -> Generator[str, None, None]:
    """Yield the text of a recording as it is written down; parts come one after the other.

    Args:
        client: A `Client`.
        job: What `zhipu_client.audio.segments` makes; of it ``in_flight``, ``on_error`` and
            ``progress`` are for whole answers.

    Raises:
        InvalidRequestError: The file cannot be sent; nothing was sent.
        ZhipuError: A request failed, or a stream broke. This and all that ends it, an interrupt
            too, has the text so far as ``partial``.

    Example:
        ```python
        from zhipu_client import Client, audio, stream_transcript

        for text in stream_transcript(Client(), audio.segments("speech.wav")):
            print(text, end="", flush=True)
        ```
    """
    text = _Text()
    with closing(job.streamed(around(client))) as parts:  # type: ignore[type-var]
        for part in parts:
            text.begin()
            try:
                with client.stream(part.request) as chunks:
                    for chunk in chunks:
                        if new := text.take(part, chunk):
                            yield new
            except BaseException as error:
                text.failed(part, error)
                raise


async def astream_transcript(client: AsyncClient, job: StreamedParts) -> AsyncGenerator[str, None]:
    """Do as `stream_transcript` with an `AsyncClient`; files are read in threads.

    Example:
        ```python
        import asyncio

        from zhipu_client import AsyncClient, astream_transcript, audio

        async def main():
            async for text in astream_transcript(AsyncClient(), audio.segments("speech.wav")):
                print(text, end="", flush=True)

        asyncio.run(main())
        ```
    """
    from anyio import to_thread

    text = _Text()
    parts = job.streamed(around(client))
    try:
        while (part := await to_thread.run_sync(next, parts, None)) is not None:
            text.begin()
            try:
                async with client.stream(part.request) as chunks:
                    async for chunk in chunks:
                        if new := text.take(part, chunk):
                            yield new
            except BaseException as error:
                text.failed(part, error)
                raise
    finally:
        parts.close()  # type: ignore[attr-defined]
