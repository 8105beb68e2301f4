"""Files that answers point to, kept with the answers: their addresses expire."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zhipu_client._download_rules import Downloaded
from zhipu_client._io.checkpoints import Checkpoint
from zhipu_client.work._kept import key_of

__all__ = ["KeptFile"]


@dataclass(frozen=True, slots=True)
class KeptFile:
    """The place of one fetched file in a client's checkpoint. False where it has none.

    Attributes:
        checkpoint: The answers; None without a checkpoint, and for what goes into a file.
        url: Where the file is fetched from.
    """

    checkpoint: Checkpoint | None
    url: str

    @classmethod
    def of(cls, client: Any, url: str, to: str | Path | None) -> KeptFile:
        """Return the place of what a client fetches."""
        return cls(getattr(client, "checkpoint", None) if to is None else None, url)

    def __bool__(self) -> bool:
        return self.checkpoint is not None

    @property
    def _key(self) -> bytes:
        return key_of("file", self.url.encode(errors="surrogatepass"))

    def find(self) -> Downloaded | None:
        """Return the file, if it is there."""
        if self.checkpoint is None:
            return None
        kept = self.checkpoint.find([self._key]).get(self._key)
        if kept is None:
            return None
        kind, _, content = kept.partition(b"\n")
        return Downloaded(content, kind.decode(errors="replace"), self.url, len(content))

    def keep(self, found: Downloaded) -> None:
        """Keep a file that was fetched."""
        if self.checkpoint is not None:
            self.checkpoint.settle(self._key, found.mime_type.encode() + b"\n" + found.content)
