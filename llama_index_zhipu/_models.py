"""What is known about a model, by whatever name it is called. Pure."""

from __future__ import annotations

import re

from zhipu_client import catalog

from ._media import Target

__all__ = ["context_of", "info_of", "target_of"]

_GENERATION = re.compile(r"glm-(\d+)")
#: Tokens that fit every GLM chat model since 4.5, and every one since 5.
_CONTEXT, _CONTEXT_SINCE_5 = 131_072, 204_800


def info_of(model: str) -> catalog.ModelInfo | None:
    """The catalogue's entry, also for dated, quantised and prefixed names of the model."""
    name = model.rsplit("/", 1)[-1].lower()
    found = catalog.get(name)
    if found is not None:
        return found
    known = [code for code in catalog.MODELS if re.match(rf"{re.escape(code)}\b", name)]
    return catalog.get(max(known, key=len)) if known else None


def context_of(model: str) -> int:
    """The context window in tokens; a cautious guess where it is not known."""
    info = info_of(model)
    if info is not None and info.context:
        return info.context
    generation = _GENERATION.search(model.lower())
    return _CONTEXT_SINCE_5 if generation and int(generation.group(1)) >= 5 else _CONTEXT


def target_of(model: str) -> Target:
    """What the model takes in its messages."""
    info = info_of(model)
    return Target.of(model, info.inputs if info else None, info.max_image_bytes if info else None)
