"""The fields that all adapters share, and the client behind them.

A client is made at the first call, from the fields as they are then; it is never copied and never
pickled. Connections are shared by the whole process, so a client costs nothing to make.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import pydantic
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, SecretStr

from langchain_zhipu._errors import model_error
from zhipu_client import AsyncClient, Client, InvalidRequestError, Timeout
from zhipu_client.adapting import (
    BASE_URL_VARIABLES,
    KEY_VARIABLES,
    find,
    refusal,
    resolve_base_url,
)

__all__ = ["ZhipuSettings"]

#: How many clients one adapter and its copies keep, each for another set of values.
_MOST_CLIENTS = 8


class _Clients:
    """The clients made for one adapter. A copy of it starts empty; all of them are equal."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: dict[tuple[Any, ...], list[Any]] = {}

    def pair(self, key: tuple[Any, ...], make: Callable[[], Client]) -> list[Any]:
        """The ``[client, async client or None]`` for these values."""
        # Found without the lock: a process forked while another thread had it could never take it.
        found = self._made.get(key)
        if found is not None:
            return found
        with self._lock:
            found = self._made.get(key)
            if found is None:
                if len(self._made) >= _MOST_CLIENTS:
                    self._made.pop(next(iter(self._made)))
                found = self._made[key] = [make(), None]
            return found

    def __copy__(self) -> _Clients:
        return _Clients()

    def __deepcopy__(self, memo: Any) -> _Clients:
        return _Clients()

    def __reduce__(self) -> tuple[Any, ...]:
        return _Clients, ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Clients)

    def __hash__(self) -> int:
        return hash(_Clients)


class ZhipuSettings(BaseModel):
    """Who is called, as whom, and how patiently. Every adapter has these fields.

    Attributes:
        api_key: The key: a string, a secret, or a function that gives one (also an async one, for
            async calls), asked at each request. None takes ``ZHIPUAI_API_KEY``, ``ZHIPU_API_KEY``
            or ``ZAI_API_KEY`` from the environment.
        base_url: ``"bigmodel"``, ``"zai"``, ``"bigmodel-coding"``, ``"zai-coding"`` or any URL,
            self-hosted servers included. None takes ``ZHIPUAI_BASE_URL``, ``ZAI_BASE_URL`` or
            ``ZHIPUAI_API_BASE``, else the site that the key's variable belongs to.
        timeout: Seconds, for everything, or a ``zhipu_client.Timeout`` with its four parts.
        max_retries: How often a failed request is tried again, 0 or more.
        max_concurrency: The most requests that this object has in flight; None for no ceiling.
        default_headers: Further headers of every request.
        http_client: An ``httpx.Client`` of yours for synchronous calls.
        http_async_client: An ``httpx.AsyncClient`` of yours for asynchronous calls.
        auth: ``"bearer"`` sends the key, ``"jwt"`` a token signed with it.

    Raises:
        InvalidRequestError: No key was found, or one of the values can never work.
    """

    model_config = ConfigDict(
        arbitrary_types_allowed=True,
        populate_by_name=True,
        protected_namespaces=(),
        # A failed validation quotes its input otherwise, and the key is a part of it.
        hide_input_in_errors=True,
    )

    if TYPE_CHECKING:
        # A string may be given: it becomes a secret.
        api_key: str | SecretStr | Callable[[], str] | Callable[[], Awaitable[str]] | None = None
    else:
        api_key: SecretStr | Callable[[], str] | Callable[[], Awaitable[str]] | None = None
    base_url: str | None = None
    timeout: float | Timeout | None = None
    max_retries: int = Field(default=2, ge=0)
    max_concurrency: int | None = Field(default=None, ge=1)
    # Kept out of dumps and of repr: a header may be a secret, a client is no value.
    default_headers: Mapping[str, str] | None = Field(default=None, exclude=True, repr=False)
    http_client: Any = Field(default=None, exclude=True, repr=False)
    http_async_client: Any = Field(default=None, exclude=True, repr=False)
    auth: Literal["bearer", "jwt"] = "bearer"

    #: Other names that constructor arguments have in the packages people come from.
    _aliases: ClassVar[Mapping[str, str]] = {
        "zhipuai_api_key": "api_key",
        "zhipuai_api_base": "base_url",
        "api_base": "base_url",
        "openai_api_base": "base_url",
        "request_timeout": "timeout",
        "async_http_client": "http_async_client",
    }

    _clients: _Clients = PrivateAttr(default_factory=_Clients)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        try:
            super().__init__(*args, **kwargs)
        except pydantic.ValidationError as failed:
            refused = refusal(failed)
            if refused is None:
                raise
            raise model_error(refused) from None

    def model_post_init(self, context: Any, /) -> None:
        """Pass on to LangChain's own: pydantic's, for private attributes, would end here."""
        super().model_post_init(context)

    @pydantic.model_validator(mode="before")
    @classmethod
    def _zhipu_names(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        found = dict(values)
        for alias, name in cls._aliases.items():
            if alias in found and alias not in cls.model_fields:
                value = found.pop(alias)
                if found.get(name) is None:
                    found[name] = value
        if "api_key" in found:
            found["api_key"] = _secret(found["api_key"])
        return found

    @pydantic.model_validator(mode="after")
    def _zhipu_where_and_who(self) -> Self:
        key = find(self.api_key, os.environ)
        if self.api_key is None:
            self.api_key = SecretStr(key.value)
        if self.base_url is None:
            self.base_url = resolve_base_url(None, key.variable, os.environ)
        self._sync_client()  # refuses a bad key, base URL or timeout now rather than later
        return self

    def _sync_client(self) -> Client:
        """The client for the fields as they are now."""
        client: Client = self._clients.pair(self._client_key(), self._new_client)[0]
        return client

    def _async_client(self) -> AsyncClient:
        """Its asynchronous half: the same key, limits and ceiling."""
        pair = self._clients.pair(self._client_key(), self._new_client)
        if pair[1] is None:
            pair[1] = pair[0].as_async(http_client=self.http_async_client)
        client: AsyncClient = pair[1]
        return client

    def _client_key(self) -> tuple[Any, ...]:
        key = self.api_key
        headers = self.default_headers
        return (
            key.get_secret_value() if isinstance(key, SecretStr) else key,
            self.base_url,
            self.timeout,
            self.max_retries,
            self.max_concurrency,
            tuple(sorted(headers.items())) if headers else None,
            id(self.http_client),
            id(self.http_async_client),
            self.auth,
        )

    def _new_client(self) -> Client:
        if self.api_key is None:
            _check_key_found()
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

    if not TYPE_CHECKING:  # to a type checker it would permit any attribute

        def __setattr__(self, name: str, value: Any) -> None:
            # A new key is not validated, but must not be shown either.
            super().__setattr__(name, _secret(value) if name == "api_key" else value)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with other values; a key that is a string becomes a secret here too."""
        if update and "api_key" in update:
            update = {**update, "api_key": _secret(update["api_key"])}
        return super().model_copy(update=update, deep=deep)

    def __getstate__(self) -> dict[Any, Any]:
        """What pickle takes: no key (unless it is an importable function), no live client."""
        state = super().__getstate__()
        fields = dict(state["__dict__"])
        fields["http_client"] = fields["http_async_client"] = None
        if not _is_importable(fields.get("api_key")):
            fields["api_key"] = None
        return {**state, "__dict__": fields}

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        """A copy that keeps the key and shares the caller's own HTTP clients."""
        memo = {} if memo is None else memo
        for client in (self.http_client, self.http_async_client):
            if client is not None:
                memo[id(client)] = client
        return super().__deepcopy__(memo)


def _secret(key: Any) -> Any:
    """A key as the secret that no text shows; a function (or nothing) as it is."""
    if isinstance(key, str):
        return SecretStr(key)
    if hasattr(key, "get_secret_value") and not isinstance(key, SecretStr):
        return SecretStr(key.get_secret_value())
    return key


def _check_key_found() -> None:
    """After unpickling, the key comes from this process's environment or not at all."""
    try:
        find(None, os.environ)
    except InvalidRequestError as error:
        raise InvalidRequestError(
            "this object was pickled, and keys are not: set "
            f"{' or '.join(KEY_VARIABLES)} in this process too, or construct it with "
            "api_key=<a function that can be imported here>",
            field="api_key",
        ) from error


def _is_importable(key: Any) -> bool:
    """True for a function that pickle can store as a reference."""
    if not callable(key) or hasattr(key, "get_secret_value"):
        return False
    name = getattr(key, "__qualname__", "<none>")
    found: Any = sys.modules.get(getattr(key, "__module__", None) or "")
    for part in name.split("."):
        found = getattr(found, part, None)
    return found is key


#: For adapters that document where their settings come from.
ENVIRONMENT = (*KEY_VARIABLES, *BASE_URL_VARIABLES)
