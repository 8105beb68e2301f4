"""The connection settings that all adapters share, as a LlamaIndex component."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from llama_index.core.bridge.pydantic import Field, SecretStr, model_validator
from llama_index.core.schema import BaseComponent

from zhipu_client.adapting import ConnectionSettings, suggestion, warn_user

if TYPE_CHECKING:
    from zhipu_client import AsyncClient, Client

__all__ = ["ALIASES", "ZhipuSettings"]

logger = logging.getLogger(__name__)

ALIASES = ConnectionSettings._aliases


class ZhipuSettings(ConnectionSettings, BaseComponent):
    """The settings of a connection, as a LlamaIndex component; every class here has them.

    An unknown argument warns and is ignored.

    A base class, to name the kind of any adapter in code of yours. The same as keyword arguments,
    for functions that pass settings on, is ``zhipu_client.adapting.KeyedOptions``. Copies keep the
    key; ``repr``, serialised forms, traces and pickles never show it.

    Attributes:
        api_key: The key: a string, a secret, or a function that gives one (an async one too), asked
            at each request. None takes ``ZHIPUAI_API_KEY``, ``ZHIPU_API_KEY`` or ``ZAI_API_KEY``.
        base_url: ``"bigmodel"``, ``"zai"``, ``"bigmodel-coding"``, ``"zai-coding"`` or any URL.
            None takes ``ZHIPUAI_BASE_URL`` or ``ZAI_BASE_URL``, else the site of the key's
            variable.
        timeout: Seconds for everything, or a ``zhipu_client.Timeout`` with its four parts (connect
            10, read 600, content 300, total 900).
        max_retries: How often a failed request is sent again, 0 or more (2).
        max_concurrency: The most requests that this object has in flight, from 1; None: no limit.
        shared_limit: A name or a path: one limit for all processes of this machine that give it.
        usage_counter: A ``zhipu_client.UsageCounter``: adds up what all calls use.
        default_headers: Further headers of every request; they are not shown, nor written down.
        http_client: An ``httpx.Client`` of yours for synchronous calls.
        http_async_client: An ``httpx.AsyncClient`` of yours for asynchronous calls.
        dialect: ``"zhipu"`` or ``"openai"``: whose dialect the server speaks; None decides by URL.
        proxy: The URL of a proxy; None leaves it to the environment.
        auth: ``"bearer"`` sends the key, ``"jwt"`` a token signed with it.
        on_attempt: A plain function that is called with a ``zhipu_client.AttemptEvent`` for each
            attempt, and when a stream begins.

    Raises:
        zhipu_client.InvalidRequestError: No key was found, or a value can never work; the
            text says which, and what it may be.

    Example:
        ```python
        from typing import Unpack

        from llama_index_zhipu import ZhipuAI, ZhipuAIEmbedding, ZhipuSettings
        from zhipu_client.adapting import KeyedOptions


        def adapters(**settings: Unpack[KeyedOptions]) -> list[ZhipuSettings]:
            return [ZhipuAI(model="glm-4.7", **settings), ZhipuAIEmbedding(**settings)]


        for adapter in adapters(timeout=60, max_retries=4):
            print(type(adapter).__name__, adapter.base_url, adapter.timeout)
        ```
    """

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
            warn_user(f"{cls.__name__} has no argument {name!r}; it is ignored{hint}")
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


def _can_pickle(value: Any) -> bool:
    try:
        pickle.dumps(value)
    except Exception:  # noqa: BLE001  (a foreign __reduce__ may raise anything)
        return False
    return True
