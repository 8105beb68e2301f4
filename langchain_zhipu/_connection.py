"""The connection settings that all adapters share, with LangChain's errors."""

from __future__ import annotations

from langchain_zhipu._errors import model_error
from zhipu_client import InvalidRequestError, adapting

__all__ = ["ZhipuSettings"]


class ZhipuSettings(adapting.ConnectionSettings):
    """The settings of a connection, which every class here has: key, address, time, limits.

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
        InvalidRequestError: No key was found, or a value can never work; the text says
            which, and what it may be.

    Example:
        ```python
        from typing import Unpack

        from langchain_zhipu import ChatZhipuAI, ZhipuAIEmbeddings, ZhipuSettings
        from zhipu_client.adapting import KeyedOptions


        def adapters(**settings: Unpack[KeyedOptions]) -> list[ZhipuSettings]:
            return [ChatZhipuAI(model="glm-4.7", **settings), ZhipuAIEmbeddings(**settings)]


        for adapter in adapters(timeout=60, max_retries=4):
            print(type(adapter).__name__, adapter.base_url, adapter.timeout)
        ```
    """

    @classmethod
    def _refused(cls, error: InvalidRequestError) -> Exception:
        return model_error(error)
