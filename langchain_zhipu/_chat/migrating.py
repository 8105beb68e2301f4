"""Arguments of ``ChatOpenAI`` that `ChatZhipuAI` takes by the same names, or has no use for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zhipu_client.adapting import warn_user
from zhipu_client.dialects import STANDARD

__all__ = ["OtherNames", "from_chat_openai"]

_NO_RESPONSES = "there is no Responses API for GLM: each call is a chat completion"
#: Arguments of a call that a model may be given for all calls, though it has no field for them.
_OF_CALLS = STANDARD | {"web_search"}
#: Settings that no request has -> what to do in their place.
_SETTINGS: Mapping[str, str] = {
    "async_client": "give http_async_client",
    "client": "give http_client",
    "default_query": "give http_client=httpx.Client(params=...)",
    "disabled_params": "extra_body={name: None} keeps a field out of the request",
    "http_socket_options": "give http_client with a transport that has them",
    "openai_api_type": "the base URL alone decides where requests go",
    "root_async_client": "give http_async_client",
    "root_client": "give http_client",
    "stream_chunk_timeout": "give timeout=Timeout(...), which bounds each wait of a stream",
    "tiktoken_model_name": "tokens are counted as GLM counts them",
    "use_previous_response_id": _NO_RESPONSES,
    "use_responses_api": _NO_RESPONSES,
}


def from_chat_openai(owner: str, values: dict[str, Any], known: set[str]) -> dict[str, Any]:
    """Return constructor arguments without those of ``ChatOpenAI`` that are not fields here.

    Parameters of a request, which are fields there, go to ``model_kwargs``. Settings without a use
    are left out, with a warning where they were to change something.

    Args:
        owner: The class's name, for the warning.
        values: The arguments. They are not changed.
        known: The names that the class knows itself.
    """
    foreign = values.keys() - known
    for name in sorted(foreign & _SETTINGS.keys()):
        if values[name]:
            warn_user(f"{owner} has no {name}: {_SETTINGS[name]}")
    moved = {name: values[name] for name in foreign & _OF_CALLS if values[name] is not None}
    kept = {
        name: value
        for name, value in values.items()
        if name not in foreign or not (name in _SETTINGS or name in _OF_CALLS)
    }
    if moved:
        kept["model_kwargs"] = {**(values.get("model_kwargs") or {}), **moved}
    return kept


def _other_name(field: str, package: str) -> property:
    """Return a property that reads and sets a field by its name in the package people come from."""

    def read(self: Any) -> Any:
        return getattr(self, field)

    def write(self: Any, value: Any) -> None:
        setattr(self, field, value)

    return property(read, write, doc=f"The field ``{field}``, by its name in {package}.")


class OtherNames:
    """Fields by the names that they have in the packages people come from."""

    zhipuai_api_key = _other_name("api_key", "langchain-community")
    zhipuai_api_base = _other_name("base_url", "langchain-community")
    openai_api_key = _other_name("api_key", "langchain-openai")
    openai_api_base = _other_name("base_url", "langchain-openai")
    openai_proxy = _other_name("proxy", "langchain-openai")
    request_timeout = _other_name("timeout", "langchain-openai")
