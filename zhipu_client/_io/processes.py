"""Which processes still run, for what one of them has written down for the others."""

from __future__ import annotations

import os
import socket
from pathlib import Path

__all__ = ["host", "namespace", "runs", "started"]


def host() -> str:
    """Return the name of this machine."""
    return socket.gethostname()


def namespace() -> str:
    """Return what the numbers of processes are counted in: this machine, or a container of it."""
    try:
        return f"{host()} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return host()


def started(pid: int) -> str:
    """Return when a process began, as far as this system says it: numbers are used again."""
    facts = _facts(pid)
    return facts[19] if len(facts) > 19 else ""


def runs(pid: int, began: str) -> bool:
    """Return whether a process of this machine still runs, as far as that can be seen.

    Args:
        pid: Its number.
        began: What `started` said of it.
    """
    facts = _facts(pid)
    if facts[:1] == ["Z"]:  # it was killed, and the process that began it has not asked yet
        return False
    return began == (facts[19] if len(facts) > 19 else "") and _signalled(pid)


def _facts(pid: int) -> list[str]:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    # The name before it is in brackets, and may contain blanks.
    return text.rpartition(")")[2].split()


def _signalled(pid: int) -> bool:
    if os.name == "nt":  # where a signal of 0 would end the process
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
