"""The table of models and the lookups in it. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from zhipu_client._lazy import pattern
from zhipu_client.models._info import ModelInfo
from zhipu_client.models._names import code_in

__all__ = [
    "MODELS", "context_of", "deprecation_of", "find", "get", "limits_of", "takes_files_by_url",
    "takes_tools",
]  # fmt: skip

#: Tokens that fit every GLM chat model since 4.5, and every one since 5.
_CONTEXT, _CONTEXT_SINCE_5 = 131_072, 204_800
_GENERATION = pattern(r"glm-?(\d+)")


def _text() -> bytes:
    """The file of the catalogue; by the importer, as the package may be in an archive."""
    loader: Any = __spec__.loader
    found: bytes = loader.get_data(str(Path(__file__).with_name("models.json")))
    return found


#: Read with the module and not at the first look, which may be on somebody's event loop.
_TEXT = _text()


class _Models(Mapping[str, ModelInfo]):
    """The catalogue by id; the text is made sense of at the first look."""

    def __getitem__(self, model: str) -> ModelInfo:
        return _info(model)

    def __iter__(self) -> Iterator[str]:
        return iter(_records())

    def __len__(self) -> int:
        return len(_records())

    def __repr__(self) -> str:
        return f"<{len(self)} models>"


#: Every known model by its id, newest families first.
MODELS: Mapping[str, ModelInfo] = _Models()


def get(model: str) -> ModelInfo | None:
    """Return the facts of a model by the service's own code; upper and lower case are the same.

    Args:
        model: A code such as ``"glm-4.7"``. Other names of the model are for `find`.

    Returns:
        The facts, or None for a model that this version does not know.

    Examples:
        >>> get("GLM-4.6V").max_output
        32768
        >>> get("my-own-finetune") is None
        True
    """
    if not isinstance(model, str) or model.lower() not in _records():
        return None
    return _info(model.lower())


def find(model: str) -> ModelInfo | None:
    """Return the facts of a model by whatever name a server has for it.

    Owners and hosts before the name, dates, sizes, quantisations and routes after it are passed
    over. The facts are those of the service's own deployment: what a model is, not what a server
    may refuse.

    Args:
        model: A code, or a name such as ``"zai-org/GLM-4.7-FP8"`` or ``"glm-4.6:free"``.

    Returns:
        The facts, or None where the name is of no known model.

    Examples:
        >>> find("zai-org/GLM-4.6V-FP8").id, find("accounts/fireworks/models/glm-4p6").id
        ('glm-4.6v', 'glm-4.6')
        >>> find("glm-4.5-airx").id, find("glm-9") is None
        ('glm-4.5-airx', True)
    """
    return get(model) or (_find(model) if isinstance(model, str) else None)


def limits_of(model: str, default: str) -> ModelInfo:
    """Return the facts of a model, or those of the default for one that is not known.

    For endpoints that bound every request alike, whatever model it names.

    Args:
        model: A code, as for `get`.
        default: A known code; a model of another kind than its is passed over too.

    Examples:
        >>> limits_of("rerank-next", "rerank").max_items
        128
    """
    usual = _info(default)
    info = get(model)
    return info if info is not None and info.kind == usual.kind else usual


def context_of(model: str) -> int:
    """Return the context window in tokens; a cautious guess where it is not known.

    Args:
        model: A name, as for `find`.

    Examples:
        >>> context_of("z-ai/glm-4.7"), context_of("my-own-finetune")
        (204800, 131072)
    """
    info = find(model)
    if info is not None and info.context:
        return info.context
    generation = _GENERATION.search(model.lower()) if isinstance(model, str) else None
    newer = generation is not None and int(generation.group(1)[:4]) >= 5
    return _CONTEXT_SINCE_5 if newer else _CONTEXT


def takes_files_by_url(model: str) -> bool:
    """Return True for the models that take documents in the older content part, ``file_url``.

    Args:
        model: A name, as for `find`.

    Examples:
        >>> takes_files_by_url("zai-org/GLM-4.6V-FP8"), takes_files_by_url("glm-5.3-flash")
        (True, False)
    """
    info = find(model)
    return info is not None and info.files_by_url


def takes_tools(model: str) -> bool:
    """Return whether tools may be offered; True where nothing is known of the model.

    Models that see are not held back: some take tools though their pages do not say so.

    Args:
        model: The model's code, in any of the forms that `find` knows.

    Examples:
        >>> takes_tools("glm-4.7"), takes_tools("charglm-4")
        (True, False)
    """
    info = find(model)
    return info is None or info.tools or info.kind == "vision"


def deprecation_of(model: str) -> str | None:
    """Return what to know before a deprecated model is used, in words; None for all others.

    Args:
        model: A code of the service, as for `get`.

    Examples:
        >>> deprecation_of("glm-z1-air")
        'glm-z1-air was switched off on 2025-11-15: use glm-4.5-air instead'
        >>> deprecation_of("glm-4.7") is None
        True
    """
    info = get(model)
    if info is None or not info.deprecated:
        return None
    if info.retires and info.retired:
        what = f"was switched off on {info.retires}"
    elif info.retires:
        what = f"is to be switched off on {info.retires}"
    else:
        what = "is deprecated by the service, which has named no last day"
    instead = f": use {info.successor} instead" if info.successor else ""
    return f"{info.id} {what}{instead}"


@lru_cache(maxsize=1024)
def _find(model: str) -> ModelInfo | None:
    code = code_in(model, _codes())
    return None if code is None else _info(_codes()[code])


@cache
def _codes() -> dict[str, str]:
    """What a name may begin with -> the id of the model."""
    records = _records()
    found = {alias: code for code, record in records.items() for alias in record.get("aliases", ())}
    return found | {code: code for code in records}


#: Field of a record -> what makes a value that cannot be changed of what JSON has there.
_MAKE: Mapping[str, Any] = {
    field.name: tuple if str(field.type).startswith("tuple") else frozenset
    for field in fields(ModelInfo)
    if str(field.type).startswith(("tuple", "frozenset"))
} | {"efforts_instead": lambda efforts: tuple(efforts.items())}


@cache
def _records() -> dict[str, dict[str, Any]]:
    return {record["id"]: record for record in json.loads(_TEXT)}


@cache
def _info(code: str) -> ModelInfo:
    """Make sense of one record: most programs ask for one model or two."""
    record = _records()[code]
    return ModelInfo(**{name: _MAKE.get(name, _same)(value) for name, value in record.items()})


def _same(value: Any) -> Any:
    return value
