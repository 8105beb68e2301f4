"""What every recipe needs first: a key, or the emulator of this project in its place."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

KEY_VARIABLES = ("ZHIPUAI_API_KEY", "ZHIPU_API_KEY", "ZAI_API_KEY", "Z_AI_API_KEY")


@contextmanager
def access() -> Iterator[dict[str, Any]]:
    """The settings by which adapters reach the service.

    With a key in the environment there is nothing to set. Without one the emulator is started on
    a free loopback port for as long as the block lasts: then the answers are made up by simple
    rules, only the way there is real.
    """
    print_anything()
    if any(os.environ.get(name, "").strip() for name in KEY_VARIABLES):
        yield {}
        return
    import zhipu_emulator

    reach_loopback_directly()
    with zhipu_emulator.serve() as emulator:
        print(
            f"No API key is set: the emulator on {emulator.base_url} makes up the answers.",
            file=sys.stderr,
        )
        yield {"api_key": emulator.api_key, "base_url": emulator.base_url}


def print_anything() -> None:
    """A terminal that cannot show a character gets a question mark, not an error."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def reach_loopback_directly() -> None:
    """A proxy in the environment cannot know what listens on this machine's own loopback."""
    known = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
    os.environ["no_proxy"] = f"{known},127.0.0.1" if known else "127.0.0.1"
