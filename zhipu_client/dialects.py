"""What a server understands, as data: Zhipu's own service, and everybody else. Pure.

The service is its four base URLs and every other one that ends with ``/paas/v4``: a relay, or the
emulator. All other servers (vLLM, SGLang, llama.cpp, Ollama, gateways) speak the common dialect:
there nothing is sent that the caller did not ask for, and the service's own rules do not apply.
Where the URL says too little, ``dialect="zhipu"`` or ``dialect="openai"`` says it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args
from urllib.parse import urlsplit

from zhipu_client import models
from zhipu_client._check import choice as check_choice
from zhipu_client._defaults import site_of

__all__ = ["DIALECTS", "STANDARD", "Dialect", "DialectName", "dialect_of"]

DialectName = Literal["zhipu", "openai"]

#: The path that each of the service's base URLs ends with.
_OF_THE_SERVICE = "/paas/v4"
_VERSION = "/v4"
#: Arguments of the common dialect that the service does not know, and ignores without a word. The
#: second half are those of OpenAI's Responses API, and of OpenAI alone.
_STANDARD = frozenset(
    {
        "frequency_penalty", "logit_bias", "logprobs", "n", "presence_penalty", "service_tier",
        "top_logprobs",
        "context_management", "extra_query", "include", "modalities", "prediction",
        "previous_response_id", "prompt_cache_key", "prompt_cache_options", "reasoning",
        "safety_identifier", "store", "truncation", "verbosity", "web_search_options",
    }
)  # fmt: skip
#: All arguments of the common dialect that are not fields of the adapters' chat models.
STANDARD = _STANDARD | {"seed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What one kind of server understands.

    Attributes:
        name: What ``dialect=`` calls it.
        site: The preset that is called (``"zai"``), or None for any other server.
        request_id: Where the id of a call is sent unasked: in the ``"body"``, the same in each
            attempt; or in a ``"header"``, a new one for each attempt, since vLLM takes it for its
            own and refuses one that it still works on.
        tool_stream: Whether ``tool_stream`` is sent unasked, where the model can.
        thinking: How thinking is switched: by the ``"field"`` of that name, or by arguments of the
            chat ``"template"``.
        enforces: Whether ``tool_choice`` and ``json_schema`` are enforced by the server.
        plain_names: Whether tools must be named in ASCII letters, digits, ``_`` and ``-``.
        bounds: Whether the service's bounds apply (temperature, stop words, texts in a request):
            what is outside of them is refused before anything is sent.
        end_user: The field for the caller's id of the end user.
        unknown: Arguments that are known elsewhere and ignored here: they are left out with a
            warning.
        parallel_tool_calls: Whether the server can be asked for one call at a time.
        relays: Whether it may be a relay of the service under another path: ``/v4`` is the number
            of the service's API, and of no other. Then its own models have its own rules.

    Examples:
        >>> service = dialect_of("https://open.bigmodel.cn/api/paas/v4")
        >>> service.site, service.enforces, service.end_user
        ('bigmodel', False, 'user_id')
    """

    name: DialectName
    site: str | None = None
    request_id: Literal["body", "header"]
    tool_stream: bool
    thinking: Literal["field", "template"]
    enforces: bool
    plain_names: bool
    bounds: bool
    end_user: str
    unknown: frozenset[str]
    parallel_tool_calls: bool
    relays: bool = False

    @property
    def account(self) -> str | None:
        """Return whose rules apply: a site, ``"bigmodel"`` for a relay of the service, or None."""
        return self.site or ("bigmodel" if self.name == "zhipu" else None)

    def of_model(self, model: str) -> Dialect:
        """Return what is understood for one model: a relay may pass it on to the service.

        Examples:
            >>> relay = dialect_of("https://relay.example/glm/v4")
            >>> relay.of_model("glm-4.7").enforces, relay.of_model("zai-org/GLM-4.6").enforces
            (False, True)
        """
        if not self.relays or models.get(model) is None:
            return self
        service = DIALECTS["zhipu"]
        return replace(self, enforces=service.enforces, plain_names=service.plain_names)


#: Name -> dialect.
DIALECTS: Mapping[str, Dialect] = {
    "zhipu": Dialect(
        name="zhipu",
        request_id="body",
        tool_stream=True,
        thinking="field",
        enforces=False,
        plain_names=True,
        bounds=True,
        end_user="user_id",
        unknown=_STANDARD,
        parallel_tool_calls=False,
    ),
    "openai": Dialect(
        name="openai",
        request_id="header",
        tool_stream=False,
        thinking="template",
        enforces=True,
        plain_names=False,
        bounds=False,
        end_user="user",
        unknown=frozenset(),
        parallel_tool_calls=True,
    ),
}


def dialect_of(base_url: str, name: DialectName | None = None) -> Dialect:
    """Return the dialect of a server.

    Args:
        base_url: A resolved base URL.
        name: The caller's own word for it; None decides by the URL.

    Raises:
        InvalidRequestError: There is no dialect of that name.

    Examples:
        >>> dialect_of("https://api.z.ai/api/paas/v4").site
        'zai'
        >>> dialect_of("http://127.0.0.1:8000/v1").name
        'openai'
        >>> dialect_of("http://127.0.0.1:8000/v1", "zhipu").name
        'zhipu'
    """
    check_choice("dialect", name, get_args(DialectName))
    path = urlsplit(base_url).path.rstrip("/")
    decided = name or ("zhipu" if path.endswith(_OF_THE_SERVICE) else "openai")
    found = DIALECTS[decided]
    if decided == "zhipu":
        return replace(found, site=site_of(base_url))
    return replace(found, relays=name is None and path.endswith(_VERSION))
