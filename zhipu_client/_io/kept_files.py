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
        checkpoint: The answers; None without a checkpoint.
        url: Where the file is fetched from.
        to: The file that it goes to; None where the checkpoint has its content too.
    """

    checkpoint: Checkpoint | None
    url: str
    to: Path | None = None

    @classmethod
    def of(cls, client: Any, url: str, to: str | Path | None) -> KeptFile:
        """Return the place of what a client fetches."""
        path = None if to is None else Path(to).absolute()
        return cls(getattr(client, "checkpoint", None), url, path)

    def __bool__(self) -> bool:
        return self.checkpoint is not None

    @property
    def _key(self) -> bytes:
        url = self.url.encode(errors="surrogatepass")
        return key_of("file", url) if self.to is None else key_of("to", url, bytes(self.to))

    def find(self) -> Downloaded | None:
        """Return the file, if it is there."""
        if self.checkpoint is None:
            return None
        kept = self.checkpoint.find([self._key]).get(self._key)
        if kept is None:
            return None
        first, _, content = kept.partition(b"\n")
        kind = first.decode(errors="replace")
        if self.to is None:
            return Downloaded(content, kind, self.url, len(content))
        size = self.to.stat().st_size if self.to.is_file() else -1
        return Downloaded(b"", kind, self.url, size) if b"%d" % size == content else None

    def keep(self, found: Downloaded) -> None:
        """Keep a file that was fetched."""
        if self.checkpoint is None:
            return
        kind = found.mime_type.encode() + b"\n"
        if self.to is None:
            self.checkpoint.settle(self._key, kind + found.content)
        else:  # instead of what was there: that file is gone, or was changed
            self.checkpoint.keep({self._key: kind + b"%d" % found.size}, ())
