"""The errors of documents that could not be read whole, for whoever gets none raised."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.readers.base import BasePydanticReader

from zhipu_client import ZhipuError

__all__ = ["NotesFailures"]


class NotesFailures(BasePydanticReader):
    """A reader that remembers which documents it could not read whole.

    `SimpleDirectoryReader` prints an error and leaves out the document, with all of it that was
    read and paid for.
    """

    _failures: dict[str, ZhipuError] = PrivateAttr(default_factory=dict)

    @property
    def failures(self) -> Mapping[str, ZhipuError]:
        """Return the errors of documents that were not read whole, by the names of their files.

        Each has as ``partial`` what was read. A document leaves this when it has been read whole.
        """
        return self._failures

    @contextmanager
    def _noting(self, name: str | None) -> Iterator[None]:
        try:
            yield
        except ZhipuError as error:
            if name:
                self._failures[name] = copy.copy(error)  # without the frames of this call
            raise
        if name:
            self._failures.pop(name, None)
