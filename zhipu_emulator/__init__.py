"""A stand-in for the Zhipu AI service, for tests and for trying things without a key.

It listens on the loopback interface, answers deterministically and refuses what the service
refuses. Its answers are made up by simple rules: it is **not** the service and no model runs in it.

Examples:
    >>> import zhipu_emulator
    >>> with zhipu_emulator.serve() as server:
    ...     server.base_url.startswith("http://127.0.0.1:")
    True
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zhipu_emulator.http.server import Server, serve
    from zhipu_emulator.http.stand_in import stand_in
    from zhipu_emulator.http.state import Options
    from zhipu_emulator.sample_files import sample
    from zhipu_emulator.scripting.items import Answer, Fault, call, say, think

__all__ = [
    "Answer", "Fault", "Options", "Server", "call", "sample", "say", "serve", "stand_in", "think",
]  # fmt: skip

# Loaded on first use: importing this package must not import a web server (PEP 562).
_HOME = {
    "Answer": "zhipu_emulator.scripting.items",
    "Fault": "zhipu_emulator.scripting.items",
    "call": "zhipu_emulator.scripting.items",
    "say": "zhipu_emulator.scripting.items",
    "think": "zhipu_emulator.scripting.items",
    "Options": "zhipu_emulator.http.state",
    "Server": "zhipu_emulator.http.server",
    "sample": "zhipu_emulator.sample_files",
    "serve": "zhipu_emulator.http.server",
    "stand_in": "zhipu_emulator.http.stand_in",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _HOME:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
