"""The low-level client of Zhipu AI (BigModel / Z.ai): its endpoints, no framework.

An endpoint is a function that returns a request; a client sends it:

    >>> from zhipu_client import Client, chat
    >>> client = Client()  # doctest: +SKIP
    >>> reply = client.send(chat.create(model="glm-4.7", messages=[...]))  # doctest: +SKIP

Everything is loaded at first use, so that importing this package costs next to nothing.
"""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from . import (
        adapting,
        audio,
        batches,
        catalog,
        chat,
        dialects,
        embeddings,
        file_parser,
        files,
        images,
        knowledge,
        models,
        moderations,
        ocr,
        reader,
        rerank,
        tasks,
        tokenizer,
        videos,
        voices,
        web_search,
        work,
    )
    from ._defaults import PRESETS, Timeout
    from ._errors import (
        APIConnectionError,
        APIError,
        APITimeoutError,
        AuthenticationError,
        BadRequestError,
        ContentFilterError,
        ContextOverflowError,
        InsufficientBalanceError,
        InvalidRequestError,
        NotFoundError,
        PermissionDeniedError,
        QuotaExceededError,
        RateLimitError,
        ServerError,
        StreamIncompleteError,
        ZhipuError,
    )
    from ._fetch import Downloaded, DownloadError
    from ._io._bulk import aiterate, arun, iterate, run
    from ._io._download import adownload, download
    from ._io._poll import await_for, await_result, wait_for, wait_result
    from ._io.aio import AsyncClient, AsyncStream
    from ._io.sync import Client, Stream
    from ._request import Request, StreamRequest, Upload
    from ._task import TaskFailedError, TaskTimeoutError
    from .models import ModelDeprecationWarning

#: Public name -> the module that has it.
_HOME = {
    "_defaults": ("PRESETS", "Timeout"),
    "_errors": (
        "APIConnectionError",
        "APIError",
        "APITimeoutError",
        "AuthenticationError",
        "BadRequestError",
        "ContentFilterError",
        "ContextOverflowError",
        "InsufficientBalanceError",
        "InvalidRequestError",
        "NotFoundError",
        "PermissionDeniedError",
        "QuotaExceededError",
        "RateLimitError",
        "ServerError",
        "StreamIncompleteError",
        "ZhipuError",
    ),
    "_fetch": ("DownloadError", "Downloaded"),
    "_io._bulk": ("aiterate", "arun", "iterate", "run"),
    "_io._download": ("adownload", "download"),
    "_io._poll": ("await_for", "await_result", "wait_for", "wait_result"),
    "_io.aio": ("AsyncClient", "AsyncStream"),
    "_io.sync": ("Client", "Stream"),
    "_request": ("Request", "StreamRequest", "Upload"),
    "_task": ("TaskFailedError", "TaskTimeoutError"),
    "models": ("ModelDeprecationWarning",),
}
_MODULES = (
    "adapting",
    "audio",
    "batches",
    "catalog",
    "chat",
    "dialects",
    "embeddings",
    "file_parser",
    "files",
    "images",
    "knowledge",
    "models",
    "moderations",
    "ocr",
    "reader",
    "rerank",
    "tasks",
    "tokenizer",
    "videos",
    "voices",
    "web_search",
    "work",
)
_NAMES = {name: home for home, names in _HOME.items() for name in names}

__all__ = [
    "PRESETS",
    "APIConnectionError",
    "APIError",
    "APITimeoutError",
    "AsyncClient",
    "AsyncStream",
    "AuthenticationError",
    "BadRequestError",
    "Client",
    "ContentFilterError",
    "ContextOverflowError",
    "DownloadError",
    "Downloaded",
    "InsufficientBalanceError",
    "InvalidRequestError",
    "ModelDeprecationWarning",
    "NotFoundError",
    "PermissionDeniedError",
    "QuotaExceededError",
    "RateLimitError",
    "Request",
    "ServerError",
    "Stream",
    "StreamIncompleteError",
    "StreamRequest",
    "TaskFailedError",
    "TaskTimeoutError",
    "Timeout",
    "Upload",
    "ZhipuError",
    "adapting",
    "adownload",
    "aiterate",
    "arun",
    "audio",
    "await_for",
    "await_result",
    "batches",
    "catalog",
    "chat",
    "dialects",
    "download",
    "embeddings",
    "file_parser",
    "files",
    "images",
    "iterate",
    "knowledge",
    "models",
    "moderations",
    "ocr",
    "reader",
    "rerank",
    "run",
    "tasks",
    "tokenizer",
    "videos",
    "voices",
    "wait_for",
    "wait_result",
    "web_search",
    "work",
]


def __getattr__(name: str) -> Any:
    if name == "results":
        warnings.warn(
            "zhipu_client.results is now zhipu_client.tasks; the old name goes with the next "
            "release",
            DeprecationWarning,
            stacklevel=2,
        )
        name = "tasks"
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    home = _NAMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
