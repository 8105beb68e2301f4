"""Tasks in a checkpoint: what one came to is kept, and one that failed is begun anew."""

from __future__ import annotations

import json
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from zhipu_client._io.checkpoints import Checkpoint, begun_key
from zhipu_client._request import Reply
from zhipu_client._task import Plan
from zhipu_client.work._kept import key_of

__all__ = ["KeptTask"]

T = TypeVar("T")


class KeptTask(Generic[T]):
    """The place of one task in a client's checkpoint. False where it has none.

    The service forgets tasks after some days: without this, a program that is run again later
    would pay for the same once more.

    Args:
        client: What asks for the task, with a checkpoint or not.
        plan: What is waited for.
    """

    def __init__(self, client: Any, plan: Plan[T]) -> None:
        found = getattr(client, "checkpoint", None)
        self._checkpoint: Checkpoint | None = found if isinstance(found, Checkpoint) else None
        self._plan = plan
        if self._checkpoint is not None:
            self._base = str(client.base_url)
            path = f"{self._base}\n{plan.request().path}"
            self._key = key_of("task", path.encode(errors="surrogatepass"))

    def __bool__(self) -> bool:
        return self._checkpoint is not None

    def find(self) -> T | None:
        """Return what it came to, if that is kept."""
        if self._checkpoint is None:
            return None
        content = self._checkpoint.find([self._key]).get(self._key)
        if content is None:
            return None
        try:
            return self._plan.request().parse(Reply(200, {}, content, json.loads(content)))
        except Exception:  # noqa: BLE001 - written by another version: asked for again
            self._checkpoint.forget([self._key])
            return None

    def keep(self, found: T) -> None:
        """Keep what it came to."""
        if self._checkpoint is not None and isinstance(found, BaseModel):
            content = json.dumps(found.model_dump(mode="json"), ensure_ascii=False)
            self._checkpoint.settle(self._key, content.encode(errors="surrogatepass"))

    def failed(self) -> None:
        """Forget the call that began it: with a failed task there is nothing that was paid for."""
        if self._checkpoint is None:
            return
        key = begun_key(self._base, self._plan.task_id)
        call = self._checkpoint.find([key]).get(key)
        if call is not None:
            self._checkpoint.forget([key, call])
