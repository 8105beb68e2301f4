"""The low-level client of Zhipu AI (BigModel / Z.ai): its endpoints, no framework.

An endpoint is a function that returns a request; a client sends it:

    >>> from zhipu_client import Client, chat
    >>> client = Client()  # doctest: +SKIP
    >>> reply = client.send(chat.create(model="glm-4.7", messages=[...]))  # doctest: +SKIP

Everything is loaded at first use, so that importing this package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# What type checkers see. At run time modules are found by their files, the other names by `_HOME`;
# tests/zhipu_client/test_public_names.py compares. A new endpoint is one line here.
if TYPE_CHECKING:
    from . import adapting as adapting
    from . import agents as agents
    from . import audio as audio
    from . import batches as batches
    from . import catalog as catalog
    from . import chat as chat
    from . import conversation as conversation
    from . import dialects as dialects
    from . import doctor as doctor
    from . import embeddings as embeddings
    from . import errors as errors
    from . import file_parser as file_parser
    from . import files as files
    from . import images as images
    from . import knowledge as knowledge
    from . import models as models
    from . import moderations as moderations
    from . import ocr as ocr
    from . import phone_actions as phone_actions
    from . import quota as quota
    from . import reader as reader
    from . import realtime as realtime
    from . import rerank as rerank
    from . import served_models as served_models
    from . import tasks as tasks
    from . import telemetry as telemetry
    from . import tokenizer as tokenizer
    from . import videos as videos
    from . import voices as voices
    from . import web_search as web_search
    from . import work as work
    from ._attempt_events import AttemptEvent as AttemptEvent
    from ._defaults import PRESETS as PRESETS
    from ._defaults import Timeout as Timeout
    from ._download_rules import Downloaded as Downloaded
    from ._download_rules import DownloadError as DownloadError
    from ._io.agent_calls import acall_agent as acall_agent
    from ._io.agent_calls import aiterate_agent as aiterate_agent
    from ._io.agent_calls import call_agent as call_agent
    from ._io.agent_calls import iterate_agent as iterate_agent
    from ._io.aio import AsyncClient as AsyncClient
    from ._io.async_streams import AsyncStream as AsyncStream
    from ._io.batch_runs import BatchRuns as BatchRuns
    from ._io.checkpoints import with_checkpoint as with_checkpoint
    from ._io.downloads import adownload as adownload
    from ._io.downloads import download as download
    from ._io.drawing import draw_layout as draw_layout
    from ._io.jobs import aiterate as aiterate
    from ._io.jobs import arun as arun
    from ._io.jobs import iterate as iterate
    from ._io.jobs import run as run
    from ._io.polling import await_for as await_for
    from ._io.polling import await_result as await_result
    from ._io.polling import wait_for as wait_for
    from ._io.polling import wait_result as wait_result
    from ._io.realtime import RealtimeConnection as RealtimeConnection
    from ._io.realtime import connect_realtime as connect_realtime
    from ._io.sync import Client as Client
    from ._io.sync_streams import Stream as Stream
    from ._io.transcripts import astream_transcript as astream_transcript
    from ._io.transcripts import stream_transcript as stream_transcript
    from ._io.usage import UsageCounter as UsageCounter
    from ._request import Request as Request
    from ._request import StreamRequest as StreamRequest
    from ._request import Upload as Upload
    from .errors import *  # noqa: F403 - errors.__all__ is the list
    from .models import ModelDeprecationWarning as ModelDeprecationWarning
    from .work._batch import BatchAnswer as BatchAnswer
    from .work._batch import lines_of_chats as lines_of_chats
    from .work._batch import lines_of_texts as lines_of_texts
else:
    #: Module -> the public names that it has. Those of the errors are in `errors.__all__`.
    _HOME = {
        "_attempt_events": "AttemptEvent",
        "_defaults": "PRESETS Timeout",
        "_download_rules": "Downloaded DownloadError",
        "_io.agent_calls": "acall_agent aiterate_agent call_agent iterate_agent",
        "_io.aio": "AsyncClient",
        "_io.async_streams": "AsyncStream",
        "_io.batch_runs": "BatchRuns",
        "_io.checkpoints": "with_checkpoint",
        "_io.downloads": "adownload download",
        "_io.drawing": "draw_layout",
        "_io.jobs": "aiterate arun iterate run",
        "_io.polling": "await_for await_result wait_for wait_result",
        "_io.realtime": "RealtimeConnection connect_realtime",
        "_io.sync": "Client",
        "_io.sync_streams": "Stream",
        "_io.transcripts": "astream_transcript stream_transcript",
        "_io.usage": "UsageCounter",
        "_request": "Request StreamRequest Upload",
        "models": "ModelDeprecationWarning",
        "work._batch": "BatchAnswer lines_of_chats lines_of_texts",
    }
    _NAMES = {name: home for home, names in _HOME.items() for name in names.split()}

    def __getattr__(name: str) -> Any:
        if name == "__all__":  # asked for by ``from zhipu_client import *`` and by `dir`
            return _public_names()
        if name == "results":
            from zhipu_client._user_warnings import warn_user  # only with an old name

            warn_user(
                "zhipu_client.results is now zhipu_client.tasks; the old name goes with the next "
                "release",
                DeprecationWarning,
            )
            name = "tasks"
        if name in _NAMES:
            value = getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
        elif not name.startswith("_"):
            value = _module_or_error_type(name)
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = value
        return value

    def _module_or_error_type(name: str) -> Any:
        errors = import_module(f"{__name__}.errors")
        if name in errors.__all__:
            return getattr(errors, name)
        try:
            return import_module(f"{__name__}.{name}")
        except ModuleNotFoundError as error:
            if error.name != f"{__name__}.{name}":
                raise
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def _public_names() -> list[str]:
        from pkgutil import iter_modules

        modules = {
            found.name
            for found in iter_modules(import_module(__name__).__path__)
            if found.name[0] != "_"
        }
        return sorted({*modules, *_NAMES, *import_module(f"{__name__}.errors").__all__})

    def __dir__() -> list[str]:
        return _public_names()
