"""Files that go up for one exchange and are removed after it, however it ends."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

from zhipu_client._defaults import offered
from zhipu_client._request import Request
from zhipu_client.errors import NotFoundError, ServerError, ZhipuError
from zhipu_client.errors._naming import naming

if TYPE_CHECKING:
    from zhipu_client import files
    from zhipu_client._request import Conversing
    from zhipu_client.conversation.local_files import LocalFile

__all__ = ["amanaged_files", "managed_files"]

_log = logging.getLogger("zhipu_client")

#: Nobody waits longer for the removal of a file, least of all one who has cancelled.
_REMOVAL: Mapping[str, Any] = {"timeout": 30.0, "max_retries": 2}


@contextmanager
def managed_files(client: Any, exchange: Conversing[Any, Any]) -> Iterator[None]:
    """Send the large files of an exchange, and remove them afterwards."""
    kept: list[str] = []
    try:
        for file in _wanted(client, exchange):
            with naming(file.source):
                _keep(client.send(_upload(file), **exchange.options), file, kept)
        yield
    except BaseException as error:
        for file_id in kept:
            _remove(client, file_id, error)
        raise
    for file_id in kept:
        _remove(client, file_id, None)


@asynccontextmanager
async def amanaged_files(client: Any, exchange: Conversing[Any, Any]) -> AsyncIterator[None]:
    """Send the large files of an exchange, and remove them afterwards, cancelled or not."""
    kept: list[str] = []
    try:
        for file in _wanted(client, exchange):
            with naming(file.source):
                _keep(await client.send(_upload(file), **exchange.options), file, kept)
        yield
    except BaseException as error:
        for file_id in kept:
            await _aremove(client, file_id, error)
        raise
    for file_id in kept:
        await _aremove(client, file_id, None)


def _wanted(client: Any, exchange: Conversing[Any, Any]) -> Sequence[LocalFile]:
    """The files that go up; none where they could not be removed again."""
    found: Sequence[LocalFile] = exchange.files
    both = offered(client.site, "/files") and offered(client.site, "/files", "DELETE")
    return found if both else ()


def _upload(file: LocalFile) -> Request[files.File]:
    from zhipu_client import files  # loaded where a file goes up, and not with the client

    return files.create(file=file.content, filename=file.filename, purpose="user_data")


def _keep(stored: files.File, file: LocalFile, kept: list[str]) -> None:
    if not stored.id:
        raise ServerError(f"the file {file.filename!r} was sent, and the answer has no id of it")
    kept.append(stored.id)
    file.name_by(stored.id)


def _removal(file_id: str) -> Request[files.DeletedFile]:
    from zhipu_client import files

    return files.delete(file_id)


def _remove(client: Any, file_id: str, error: BaseException | None) -> None:
    try:
        client.send(_removal(file_id), **_REMOVAL)
    except NotFoundError:
        pass
    except ZhipuError as failed:
        _say(file_id, failed, error)


async def _aremove(client: Any, file_id: str, error: BaseException | None) -> None:
    import anyio

    try:
        with anyio.CancelScope(shield=True):
            await client.send(_removal(file_id), **_REMOVAL)
    except NotFoundError:
        pass
    except ZhipuError as failed:
        _say(file_id, failed, error)


def _say(file_id: str, failed: ZhipuError, error: BaseException | None) -> None:
    text = (
        f"the file {file_id} was sent for a chat and could not be removed ({failed}); "
        f"remove it with files.delete({file_id!r})"
    )
    _log.warning("%s", text)
    if error is not None:
        error.add_note(text)
