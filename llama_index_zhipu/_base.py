"""The fields that every adapter here has, and the client behind them."""

from __future__ import annotations

import copy
import logging
import pickle
import threading
import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from llama_index.core.bridge.pydantic import (
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from llama_index.core.schema import BaseComponent

from zhipu_client import InvalidRequestError, Timeout
from zhipu_client.adapting import refusal

if TYPE_CHECKING:
    from zhipu_client import AsyncClient, Client

__all__ = ["ALIASES", "ZhipuComponent"]

logger = logging.getLogger(__name__)

#: Fields that hold something alive: shared by copies, left out of pickles.
_LIVE = ("http_client", "http_async_client")
_CONNECTION = (
    "api_key",
    "base_url",
    "timeout",
    "max_retries",
    "max_concurrency",
    "default_headers",
    "http_client",
    "http_async_client",
    "auth",
)

ALIASES = {
    "api_base": "base_url",
    "zhipuai_api_key": "api_key",
    "async_http_client": "http_async_client",
    "request_timeout": "timeout",
}


class _Handle:
    """The clients of one component, and the settings they were made with.

    A copy of it is empty: copies of a component make their own clients.
    """

    __slots__ = ("_lock", "_made")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        #: The settings, and what was made with them.
        self._made: tuple[tuple[Any, ...], list[Any]] | None = None

    def pair(self, settings: tuple[Any, ...], make: Callable[[], Client]) -> list[Any]:
        """The ``[client, async client or None]`` for these settings.

        One for all threads: a client of its own for each would be a ceiling of its own.
        """
        # Found without the lock: a process forked while another thread had it could never take it.
        made = self._made
        if made is not None and made[0] == settings:
            return made[1]
        with self._lock:
            made = self._made
            if made is None or made[0] != settings:
                made = self._made = (settings, [make(), None])
            return made[1]

    def __copy__(self) -> _Handle:
        return _Handle()

    def __deepcopy__(self, memo: dict[int, Any]) -> _Handle:
        return _Handle()

    def __reduce__(self) -> tuple[Any, ...]:
        return _Handle, ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Handle)

    def __hash__(self) -> int:
        return hash(_Handle)


class ZhipuComponent(BaseComponent):
    """The fields that all Zhipu AI adapters have in common.

    Attributes:
        api_key: The key, or a function that returns it (sync, or async for async calls). None
            takes it from ``ZHIPUAI_API_KEY``, ``ZHIPU_API_KEY`` or ``ZAI_API_KEY``. It is shown in
            no ``repr``, ``to_dict`` or trace, and never pickled.
        base_url: ``"bigmodel"``, ``"zai"``, ``"bigmodel-coding"``, ``"zai-coding"`` or any URL;
            None takes it from the environment, else from where the key came from.
        timeout: Seconds for everything, or a `zhipu_client.Timeout` with its parts.
        max_retries: How often a failed request is sent again, from 0. There is no other retry
            layer.
        max_concurrency: The most requests of this object in flight at once; None for no ceiling.
        default_headers: Headers that are sent with every request.
        http_client: An ``httpx.Client`` to use in place of the shared connections.
        http_async_client: The same for async calls.
        auth: ``"bearer"``, or ``"jwt"`` to sign a token with the key.
    """

    # A failed validation quotes its input otherwise, and the key is a part of it.
    model_config = ConfigDict(hide_input_in_errors=True)

    if TYPE_CHECKING:
        # A string may be given: it becomes a secret.
        api_key: str | SecretStr | Callable[[], Any] | None = None
    else:
        api_key: SecretStr | Callable[[], Any] | None = Field(
            default=None, exclude=True, repr=False, description="The API key, or a function."
        )
    base_url: str | None = Field(default=None, description="A preset's name, or a URL.")
    timeout: float | Timeout | None = Field(default=None, description="Seconds, or a Timeout.")
    max_retries: int = Field(default=2, ge=0, description="How often to send again.")
    max_concurrency: int | None = Field(
        default=None, ge=1, description="The most requests in flight."
    )
    default_headers: dict[str, str] | None = Field(
        default=None, exclude=True, repr=False, description="Sent with every request."
    )
    http_client: Any = Field(default=None, exclude=True, repr=False)
    http_async_client: Any = Field(default=None, exclude=True, repr=False)
    auth: Literal["bearer", "jwt"] = Field(default="bearer", description="How the key is sent.")

    _handle: _Handle = PrivateAttr(default_factory=_Handle)
    _key_left_out: bool = PrivateAttr(default=False)

    #: Other names of fields, from the packages that people come from.
    _aliases: ClassVar[Mapping[str, str]] = ALIASES
    #: Arguments of those packages that mean nothing here.
    _ignored: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, **settings: Any) -> None:
        try:
            super().__init__(**settings)
        except ValidationError as failed:
            refused = refusal(failed)
            if refused is None:
                raise
            raise refused from None
        _ = self._client  # a missing key is told here, not at the first call

    @model_validator(mode="before")
    @classmethod
    def _rename(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        found = {}
        for name, value in data.items():
            field = cls._aliases.get(name, name)
            if field in cls.model_fields:
                if name == field or data.get(field) is None:
                    found[field] = value
            elif name not in cls._ignored and name != "class_name":
                warnings.warn(
                    f"{cls.__name__} has no argument {name!r}; it is ignored", stacklevel=2
                )
        return found

    @field_validator("api_key", mode="before")
    @classmethod
    def _hide(cls, value: Any) -> Any:
        if isinstance(value, str):
            return SecretStr(value)
        if not isinstance(value, SecretStr) and hasattr(value, "get_secret_value"):
            return SecretStr(value.get_secret_value())
        return value

    @property
    def _client(self) -> Client:
        """The client for these settings; made at first use, cheaply, and never copied."""
        client: Client = self._clients()[0]
        return client

    @property
    def _aclient(self) -> AsyncClient:
        pair = self._clients()
        if pair[1] is None:
            pair[1] = pair[0].as_async(http_client=self.http_async_client)
        aclient: AsyncClient = pair[1]
        return aclient

    def _clients(self) -> list[Any]:
        settings = tuple(getattr(self, name) for name in _CONNECTION)
        return self._handle.pair(settings, self._make_client)

    def _make_client(self) -> Client:
        from zhipu_client import Client

        try:
            return Client(
                api_key=self.api_key,
                base_url=self.base_url,
                timeout=self.timeout,
                max_retries=self.max_retries,
                max_concurrency=self.max_concurrency,
                default_headers=self.default_headers,
                http_client=self.http_client,
                auth=self.auth,
            )
        except InvalidRequestError as error:
            if self._key_left_out and error.field == "api_key":
                raise InvalidRequestError(
                    f"{type(self).__name__} was pickled without its api_key, as always: set "
                    "ZHIPUAI_API_KEY (or ZAI_API_KEY) where it is unpickled, or give api_key= a "
                    "function that can be imported there",
                    field="api_key",
                ) from error
            raise

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        memo = memo if memo is not None else {}
        for name in (*_LIVE, "api_key", "rate_limiter", "callback_manager"):
            value = self.__dict__.get(name)
            if value is not None:
                memo[id(value)] = value
        return super().__deepcopy__(memo)

    def __getstate__(self) -> dict[str, Any]:
        # Not super's: that one deletes what cannot be pickled from the living object.
        state = {name: value for name, value in self.__dict__.items() if name not in _LIVE}
        key = state.get("api_key")
        dropped = key is not None and not (callable(key) and _can_pickle(key))
        if dropped:
            del state["api_key"]
        for name in [name for name, value in state.items() if not _can_pickle(value)]:
            logger.debug("%s is not pickled with %s", name, type(self).__name__)
            del state[name]
        return {"__dict__": state, "key_left_out": dropped or self._key_left_out}

    def __setstate__(self, state: dict[str, Any]) -> None:
        # Not __init__: that one wants a key at once, but the other side may never call.
        self.__pydantic_validator__.validate_python(state["__dict__"], self_instance=self)
        self._key_left_out = state["key_left_out"]

    def __copy__(self) -> Self:
        made = super().__copy__()
        made._handle = copy.copy(self._handle)
        return made


def _can_pickle(value: Any) -> bool:
    try:
        pickle.dumps(value)
    except Exception:  # noqa: BLE001  (a foreign __reduce__ may raise anything)
        return False
    return True
