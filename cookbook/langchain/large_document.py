"""A question about a whole document: a large one goes up by itself, and is removed afterwards.

    python cookbook/langchain/large_document.py [PATH] [--question "..."]

From 8 MiB on a document is uploaded and named by its id, where the model takes ids and the site can
remove files; a smaller one stays in the request, as the sample here does. Each request is shown.
Without a key the emulator of this project answers.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from langchain_core.messages import HumanMessage

from langchain_zhipu import ChatZhipuAI
from zhipu_client import AttemptEvent, ZhipuError
from zhipu_emulator import sample, stand_in

SAMPLE = sample("minutes.pdf")


def note(event: AttemptEvent) -> None:
    """Print a request that was sent."""
    print(f"{event.endpoint}: {event.outcome}")


def main(arguments: list[str] | None = None) -> int:
    """Ask about one document."""
    parser = argparse.ArgumentParser(description="A question about a whole document.")
    parser.add_argument("path", type=Path, nargs="?", default=SAMPLE)
    parser.add_argument("--question", default="When is the next meeting?")
    chosen = parser.parse_args(arguments)
    # A `Path` is what opens a file; a string in a message never does.
    content: list[str | dict[Any, Any]] = [
        {"type": "text", "text": chosen.question},
        {"type": "file", "path": chosen.path},
    ]
    try:
        with stand_in():
            model = ChatZhipuAI(model="glm-5.3-flash", file_mode="auto", on_attempt=note)
            print(f"answer: {model.invoke([HumanMessage(content)]).text}")
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
