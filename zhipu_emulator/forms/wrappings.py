"""What frameworks write around documents and between agents: it answers nothing."""

from __future__ import annotations

import re

__all__ = ["HANDED_OVER", "without_metadata"]

#: A line of what frameworks write above a document's text, and names that they alone use there.
_OF_METADATA = re.compile(r"[a-z]+(?:_[a-z]+)*: ")
_METADATA_NAMES = ("file_name: ", "file_path: ", "page_label: ", "source: ", "url: ")
#: What frameworks say of a conversation that went from one agent to another: it answers nothing.
HANDED_OVER = re.compile(
    r"Agent .+ is now handling the request\b.*|Successfully transferred (?:back )?to \S+", re.DOTALL
)


def without_metadata(document: str) -> str:
    """A document without the paragraphs that a framework has written above its text."""
    kept = []
    for paragraph in document.split("\n\n"):
        lines = [line for line in paragraph.splitlines() if line.strip("-")]
        if not (
            all(map(_OF_METADATA.match, lines))
            and any(line.startswith(_METADATA_NAMES) for line in lines)
        ):
            kept.append(paragraph)
    return "\n\n".join(kept)
