"""Settings of adapters that keep what is paid for, and that make several requests in one call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, PlainSerializer, ValidationInfo
from pydantic.json_schema import SkipJsonSchema

from zhipu_client._given import path
from zhipu_client._io.first_use import importing
from zhipu_client.adapting._connection import ConnectionSettings

if TYPE_CHECKING:
    from zhipu_client._io.sync import Client

__all__ = ["GivenPath", "KeepsAnswers", "SeveralRequests"]

if TYPE_CHECKING:
    # A string may be given: it becomes a path.
    GivenPath = str | Path
else:

    def _path(value: Any, info: ValidationInfo) -> Path:
        return path(info.field_name or "path", value)

    GivenPath = Annotated[Path, BeforeValidator(_path)]


class KeepsAnswers(ConnectionSettings):
    """Settings of an adapter whose answers can be kept in a file.

    Attributes:
        checkpoint: A file that keeps what is paid for: a program that was killed goes on where it
            was, and a second run over what did not change costs nothing. See
            ``zhipu_client.with_checkpoint``.
    """

    checkpoint: Annotated[GivenPath, PlainSerializer(str)] | None = Field(
        default=None, description="A file that keeps what is paid for."
    )

    def _checkpoint_path(self) -> Path | None:
        return None if self.checkpoint is None else Path(self.checkpoint)

    def _new_client(self) -> Client:
        client, path = super()._new_client(), self._checkpoint_path()
        if path is None:
            return client
        with importing():
            from zhipu_client._io.checkpoints import with_checkpoint

        return with_checkpoint(client, path)


class SeveralRequests(KeepsAnswers):
    """Settings of an adapter that makes several requests in one call.

    Attributes:
        max_in_flight: The most requests of one call at once. Its former name, ``in_flight``, is
            accepted for one release.
        on_result: Called with each result as it comes: a document, a position and its vector, an
            item with its score. What it raises ends the run.
    """

    max_in_flight: int = Field(default=8, ge=1, le=64, description="Requests at once.")
    on_result: SkipJsonSchema[Callable[[Any], Any] | None] = Field(
        default=None, exclude=True, repr=False
    )

    _aliases: ClassVar[Mapping[str, str]] = {
        **ConnectionSettings._aliases,
        "in_flight": "max_in_flight",
    }

    @property
    def in_flight(self) -> int:
        """Return `max_in_flight`, by its former name."""
        return self.max_in_flight
