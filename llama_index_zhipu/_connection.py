"""The connection settings that all adapters share, as a LlamaIndex component."""

from __future__ import annotations

import logging
import pickle
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from llama_index.core.bridge.pydantic import Field, SecretStr, model_validator
from llama_index.core.schema import BaseComponent

from zhipu_client import adapting
from zhipu_client.adapting import ConnectionSettings, suggestion

if TYPE_CHECKING:
    from zhipu_client import AsyncClient, Client

__all__ = ["ALIASES", "KeepsAnswers", "SeveralRequests", "ZhipuComponent"]

logger = logging.getLogger(__name__)

ALIASES = ConnectionSettings._aliases


class ZhipuComponent(ConnectionSettings, BaseComponent):
    """`ConnectionSettings` as a LlamaIndex component; an unknown argument warns and is ignored."""

    if TYPE_CHECKING:
        # A string may be given: it becomes a secret.
        api_key: str | SecretStr | Callable[[], Any] | None = None
    else:
        # LlamaIndex serialises components as plain JSON, where a secret must not be.
        api_key: SecretStr | Callable[[], Any] | None = Field(
            default=None, exclude=True, repr=False, description="The API key, or a function."
        )

    #: Arguments of older packages that mean nothing here.
    _ignored: ClassVar[frozenset[str]] = frozenset()
    _shared: ClassVar[tuple[str, ...]] = (
        *ConnectionSettings._shared,
        "callback_manager",
        "rate_limiter",
    )

    @model_validator(mode="before")
    @classmethod
    def _without_unknown(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        known = {*cls.model_fields, *cls._aliases}
        for name in data.keys() - known - cls._ignored - {"class_name"}:
            meant = suggestion(str(name), known)
            hint = f" (did you mean {meant!r}?)" if meant is not None else ""
            warnings.warn(
                f"{cls.__name__} has no argument {name!r}; it is ignored{hint}", stacklevel=2
            )
        return {name: value for name, value in data.items() if name in known}

    @property
    def _client(self) -> Client:
        """Return the client for these settings: made at first use, cheaply, and never copied."""
        return self._sync_client()

    @property
    def _aclient(self) -> AsyncClient:
        return self._async_client()

    def __getstate__(self) -> dict[Any, Any]:
        # Callbacks and prompts may be any object, and the receiving process works without them.
        state = super().__getstate__()
        fields = {}
        for name, value in state["__dict__"].items():
            if _can_pickle(value):
                fields[name] = value
            else:
                logger.debug("%s is not pickled with %s", name, type(self).__name__)
        return {"__dict__": fields, "left_out": state["__pydantic_private__"]["_left_out"]}

    def __setstate__(self, state: dict[Any, Any]) -> None:
        # Not __init__, which needs a key at once: the receiving process may never call.
        self.__pydantic_validator__.validate_python(state["__dict__"], self_instance=self)
        self._left_out = state["left_out"]


class KeepsAnswers(ZhipuComponent, adapting.KeepsAnswers):
    """Settings of an adapter whose answers can be kept in a file (``checkpoint``)."""


class SeveralRequests(KeepsAnswers, adapting.SeveralRequests):
    """Settings of an adapter that makes several requests in one call (``max_in_flight``)."""


def _can_pickle(value: Any) -> bool:
    try:
        pickle.dumps(value)
    except Exception:  # noqa: BLE001  (a foreign __reduce__ may raise anything)
        return False
    return True
