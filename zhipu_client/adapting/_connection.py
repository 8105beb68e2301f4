"""The settings of a connection, which every adapter has: fields, clients, copies, pickles."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import pydantic
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, SecretStr
from pydantic.json_schema import SkipJsonSchema

from zhipu_client._attempt_events import AttemptEvent
from zhipu_client._check import refusal
from zhipu_client._defaults import KEY_VARIABLES, Timeout, names_base_url, resolve_base_url
from zhipu_client._io.client_settings import ClientSettings, own
from zhipu_client._io.first_use import importing
from zhipu_client._io.usage import UsageCounter
from zhipu_client._key import find
from zhipu_client._limit_names import shared_name
from zhipu_client._other_names import by_own_names
from zhipu_client._safe_tracebacks import KeepsNoArguments
from zhipu_client._secrets import (
    HiddenHeaders,
    HiddenUrl,
    hidden,
    hidden_password,
    is_importable,
    is_secret_header,
)
from zhipu_client._workers import check_for_workers
from zhipu_client.adapting._booleans import check_assigned
from zhipu_client.adapting._clients import ClientCache, HasClients
from zhipu_client.dialects import DialectName
from zhipu_client.errors import InvalidRequestError

if TYPE_CHECKING:
    from zhipu_client._io.sync import Client

__all__ = ["ConnectionSettings"]

#: Field -> what keeps its value out of sight.
_HIDDEN: Mapping[str, Callable[[Any], Any]] = {
    "api_key": hidden,
    "default_headers": lambda given: HiddenHeaders(given) if isinstance(given, Mapping) else given,
    "password": hidden_password,
    "proxy": lambda given: HiddenUrl(given) if isinstance(given, str) else given,
}
_LIVE = ("http_client", "http_async_client")
#: What says that a proxy was not pickled; no header can have this name.
_PROXY = "(proxy)"
#: The header of an argument that OpenAI's chat model has.
_ORGANIZATION = "OpenAI-Organization"


class ConnectionSettings(KeepsNoArguments, HasClients, BaseModel):
    """The settings of a connection: key, address, limits. Every adapter has these fields.

    Attributes:
        api_key: The key: a string, a secret, or a function that gives one (also an async one, for
            async calls), asked at each request. None takes ``ZHIPUAI_API_KEY``, ``ZHIPU_API_KEY``
            or ``ZAI_API_KEY`` from the environment.
        base_url: ``"bigmodel"``, ``"zai"``, ``"bigmodel-coding"``, ``"zai-coding"`` or any URL,
            self-hosted servers included. None takes ``ZHIPUAI_BASE_URL``, ``ZAI_BASE_URL`` or
            ``ZHIPUAI_API_BASE``, else the site that the key's variable belongs to; where that one
            refuses the key, the other is tried once, and remembered.
        timeout: Seconds, for everything, or a ``zhipu_client.Timeout`` with its four parts. An
            ``httpx.Timeout`` and a tuple of ``(connect, read)`` are taken too.
        max_retries: How often a failed request is tried again, 0 or more. Nothing else is retried
            layer.
        max_concurrency: The most requests that this object has in flight; None for no ceiling.
        shared_limit: One limit for all processes of this machine that give the same name, or the
            same path of a file: what one of them learns from refusals (1302) holds for all. A name
            is for processes of one user with one folder for temporary files; a value with a slash,
            or a ``Path``, is a path, and the file and its folder must be writable for all.
        default_headers: Further headers of every request.
        http_client: An ``httpx.Client`` of yours for synchronous calls.
        http_async_client: An ``httpx.AsyncClient`` of yours for asynchronous calls.
        dialect: ``"zhipu"`` for a server that speaks like the service, ``"openai"`` for vLLM,
            SGLang, llama.cpp, Ollama and gateways: nothing is sent there that you did not ask for,
            and the service's bounds do not apply. None decides by the URL: the service is its own
            and any that ends with ``/paas/v4``.
        usage_counter: Adds up what all calls use, of any number of objects and processes: a
            ``zhipu_client.UsageCounter``. Copies share it.
        proxy: The URL of a proxy; None leaves it to the environment.
        auth: ``"bearer"`` sends the key, ``"jwt"`` a token signed with it.
        on_attempt: A plain function that is called with a ``zhipu_client.AttemptEvent`` for each
            attempt, and when a stream begins. Pickled only where it can be imported.

    Raises:
        InvalidRequestError: No key was found, or one of the values can never work.
    """

    model_config = ConfigDict(
        # Bases need no schema of their own. What objects are made of says `defer_build=False`.
        defer_build=True,
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
    base_url: str | None = Field(default=None, description="A preset's name, or a URL.")
    if TYPE_CHECKING:
        timeout: float | Timeout | tuple[float | None, float | None] | None = None
    else:
        timeout: float | Timeout | None = Field(default=None, description="Seconds, or a Timeout.")
    max_retries: int = Field(default=2, ge=0, description="How often to send again.")
    max_concurrency: int | None = Field(
        default=None, ge=1, description="The most requests in flight."
    )
    if TYPE_CHECKING:
        shared_limit: str | Path | None = None
    else:
        shared_limit: str | None = Field(
            default=None, description="A name or a path: one limit for all processes that give it."
        )
    # Kept out of dumps and of repr: a header may be a secret, a client cannot be written down.
    default_headers: Mapping[str, str] | None = Field(default=None, exclude=True, repr=False)
    http_client: Any = Field(default=None, exclude=True, repr=False)
    http_async_client: Any = Field(default=None, exclude=True, repr=False)
    dialect: DialectName | None = Field(default=None, description="Whose dialect is spoken.")
    usage_counter: SkipJsonSchema[UsageCounter | None] = Field(
        default=None, exclude=True, repr=False
    )
    proxy: str | None = Field(default=None, exclude=True, repr=False)
    auth: Literal["bearer", "jwt"] = Field(default="bearer", description="How the key is sent.")
    on_attempt: SkipJsonSchema[Callable[[AttemptEvent], Any] | None] = Field(
        default=None, exclude=True, repr=False, description="Is called with each attempt."
    )

    #: Other names that constructor arguments have in the packages people come from.
    _aliases: ClassVar[Mapping[str, str]] = {
        "api_base": "base_url",
        "async_http_client": "http_async_client",
        "openai_api_base": "base_url",
        "openai_api_key": "api_key",
        "openai_organization": "default_headers",
        "openai_proxy": "proxy",
        "organization": "default_headers",
        "request_timeout": "timeout",
        "zhipuai_api_base": "base_url",
        "zhipuai_api_key": "api_key",
    }
    #: Fields whose values a deep copy shares: they are alive, or may not be copied.
    _shared: ClassVar[tuple[str, ...]] = (*_LIVE, "api_key", "on_attempt", "usage_counter")

    _clients: ClientCache = PrivateAttr(default_factory=ClientCache)
    #: Names of headers that were not pickled.
    _left_out: tuple[str, ...] = PrivateAttr(default=())
    #: The base URL that follows from the key's variable alone.
    _inferred: str | None = PrivateAttr(default=None)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        refused: InvalidRequestError | None = None
        try:
            super().__init__(*args, **kwargs)
            self._find_key_and_place()
            self._check_values()
            check_for_workers(type(self))
        except pydantic.ValidationError as failed:
            refused = refusal(failed, {*type(self).model_fields, *self._aliases})
            if refused is None:
                raise
        except InvalidRequestError as error:
            refused = error
        # Raised here, where there is no context: that of pydantic has all the values.
        if refused is not None:
            raise self._refused(refused) from None

    @classmethod
    def _refused(cls, error: InvalidRequestError) -> Exception:
        """Return the error as the framework wants it."""
        return error

    def model_post_init(self, context: Any, /) -> None:
        """Pass on to the framework's own: pydantic's, for private attributes, would end here."""
        super().model_post_init(context)

    @pydantic.model_validator(mode="before")
    @classmethod
    def _zhipu_names(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        aliases = {old: new for old, new in cls._aliases.items() if old not in cls.model_fields}
        known = aliases.pop("organization", None) is not None
        if known:  # a name of its own, until it is a header
            aliases["openai_organization"] = "organization"
        found = by_own_names(values, aliases)
        if known and "organization" in found:
            organization = found.pop("organization")
            found["default_headers"] = _organized(organization, found.get("default_headers"))
        if "api_key" in found:
            found["api_key"] = hidden(found["api_key"])
        return found

    @pydantic.field_validator("timeout", mode="before")
    @classmethod
    def _any_timeout(cls, value: Any) -> Any:
        known = value is None or isinstance(value, (int, float, str, Timeout, Mapping))
        return value if known else Timeout.of(value)

    @pydantic.field_validator("shared_limit", mode="before")
    @classmethod
    def _any_path(cls, value: Any) -> Any:
        # Absolute: a process that gets this in a pickle may be in another folder.
        return shared_name(value)

    @pydantic.field_validator("default_headers", mode="after")
    @classmethod
    def _own_headers(cls, headers: Mapping[str, str] | None) -> dict[str, str] | None:
        # A copy: another kind of mapping may change behind our back, or not be picklable.
        return None if headers is None else HiddenHeaders(headers)

    @pydantic.field_validator("proxy", mode="after")
    @classmethod
    def _hidden_proxy(cls, proxy: str | None) -> str | None:
        return None if proxy is None else HiddenUrl(proxy)

    def _find_key_and_place(self) -> None:
        key = find(self.api_key, os.environ)
        if self.api_key is None:
            self.api_key = SecretStr(key.value)
        if self.base_url is None:
            self.base_url = resolve_base_url(None, key.variable, os.environ)
            if not names_base_url(os.environ, key.variable):
                self._inferred = self.base_url
        self._client_settings()  # refuses a bad key, base URL or timeout now rather than later

    def _check_values(self) -> None:
        """Refuse values that cannot go together: for classes that have such."""

    def _dialect_name(self) -> DialectName:
        """Return the name of the dialect that the server speaks."""
        return self._client_settings().dialect.name

    def _new_client(self) -> Client:
        with importing():
            from zhipu_client._io.sync import Client

        return Client.of(self._client_settings())

    def _client_settings(self) -> ClientSettings:
        """Return the settings of a client for the fields as they are now, checked."""
        self._check_nothing_missing()
        timeout = self.timeout
        settings = ClientSettings(
            api_key=self.api_key,
            base_url=self.base_url,
            timeout=Timeout.of(timeout) if isinstance(timeout, tuple) else timeout,
            max_retries=self.max_retries,
            max_concurrency=self.max_concurrency,
            shared_limit=self.shared_limit,
            usage_counter=self.usage_counter,
            default_headers=self.default_headers,
            http_client=self.http_client,
            auth=self.auth,
            dialect=self.dialect,
            proxy=self.proxy,
            on_attempt=self.on_attempt,
        )
        own(self.http_async_client, "Client", "http_async_client")
        settings.inferred |= self.base_url is not None and self.base_url == self._inferred
        return settings

    def _check_nothing_missing(self, where: str = "in this process too") -> None:
        """Raise where what did not come along with a pickle has not been given again.

        Args:
            where: Where it must be given, in words.
        """
        if _PROXY in self._left_out and self.proxy is None:
            raise InvalidRequestError(
                f"this {type(self).__name__} was pickled, and a proxy with a password is not: set "
                f"proxy {where}",
                field="proxy",
            )
        missing = self._missing_headers()
        if missing:
            raise InvalidRequestError(
                f"this {type(self).__name__} was pickled, and headers that may be secrets are "
                f"not: set default_headers {where}, {', '.join(missing)} included",
                field="default_headers",
            )
        if self.api_key is not None:
            return
        try:
            find(None, os.environ)
        except InvalidRequestError as error:
            raise InvalidRequestError(
                f"this {type(self).__name__} was pickled, and keys are not: set "
                f"{' or '.join(KEY_VARIABLES)} {where}, or construct it with "
                "api_key=<a function that can be imported there>",
                field="api_key",
            ) from error

    def _missing_headers(self) -> list[str]:
        given = {name.lower() for name in self.default_headers or ()}
        return [name for name in self._left_out if name.lower() not in given and name != _PROXY]

    if not TYPE_CHECKING:  # to a type checker it would permit any attribute

        def __setattr__(self, name: str, value: Any) -> None:
            # A new value is not validated by pydantic, but must not be shown either.
            hide = _HIDDEN.get(name)
            value = value if hide is None else hide(value)
            self._check_new({name: value})
            super().__setattr__(name, value)

    def _check_new(self, values: Mapping[str, Any]) -> None:
        """Refuse new values of fields, which pydantic does not look at, where they are never right.

        Raises:
            InvalidRequestError: One of them is so; as the framework wants it.
        """
        try:
            key = values.get("api_key")
            if isinstance(key, (bytes, list, tuple, dict)):
                given = type(key).__name__
                message = f"api_key must be a string, a secret or a callable, not {given}"
                raise InvalidRequestError(message, field="api_key")
            if isinstance(values.get("base_url"), str):  # it may have a password, which is not kept
                resolve_base_url(values["base_url"], None, {})
            check_assigned(type(self), values)
            return
        except InvalidRequestError as error:
            refused = error
        raise self._refused(refused) from None

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy with other values; a key that is a string becomes a secret here too."""
        self._check_new(update or {})
        for name in _HIDDEN.keys() & (update or {}).keys():
            update = {**(update or {}), name: _HIDDEN[name]((update or {})[name])}
        return super().model_copy(update=update, deep=deep)

    def __copy__(self) -> Self:
        made = super().__copy__()
        made._clients = ClientCache()
        return made

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        memo = {} if memo is None else memo
        for name in self._shared:
            value = self.__dict__.get(name)
            if value is not None:
                memo[id(value)] = value
        return super().__deepcopy__(memo)

    def __getstate__(self) -> dict[Any, Any]:
        # Pydantic's own, whatever a framework has in between: none of them leaves out a key.
        state = BaseModel.__getstate__(self)
        fields = {**state["__dict__"], **dict.fromkeys(_LIVE)}
        key, headers = fields.get("api_key"), fields.get("default_headers") or {}
        if not is_importable(key):
            fields["api_key"] = None
        if not is_importable(fields.get("on_attempt")):
            fields["on_attempt"] = None
        secret = [name for name, value in headers.items() if is_secret_header(name, value, key)]
        if secret:
            kept = {name: value for name, value in headers.items() if name not in secret}
            fields["default_headers"] = HiddenHeaders(kept) if kept else None
        counter = fields.get("usage_counter")
        if counter is not None:  # what is counted here is not counted there again
            fields["usage_counter"] = counter.for_worker()
        private = dict(state["__pydantic_private__"] or {})
        left_out = (*self._missing_headers(), *secret)
        if "@" in (fields.get("proxy") or "") or (_PROXY in self._left_out and not self.proxy):
            fields["proxy"] = None
            left_out = (*left_out, _PROXY)
        private["_left_out"] = left_out
        from zhipu_client.conversation.left_out import for_pickle  # when something is pickled

        return {**state, "__dict__": for_pickle(fields, key), "__pydantic_private__": private}


def _organized(organization: Any, headers: Any) -> Any:
    """Return headers with OpenAI's organization among them, where there is one."""
    if not organization or not isinstance(headers, (Mapping, type(None))):
        return headers
    return {_ORGANIZATION: str(organization), **(headers or {})}
