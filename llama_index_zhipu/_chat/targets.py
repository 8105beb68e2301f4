"""Look up which media a model takes, in the catalogue. Pure."""

from __future__ import annotations

from zhipu_client import models

from .media import Target

__all__ = ["target_of"]


def target_of(model: str) -> Target:
    """Return what the model takes in its messages, by whatever name it is called."""
    info = models.find(model)
    return Target.of(model, info.inputs if info else None, info.max_image_bytes if info else None)
