"""Make LangChain's model profiles from the catalogue. Pure."""

from __future__ import annotations

from typing import Any, cast

from langchain_core.language_models.model_profile import ModelProfile

from zhipu_client import models

__all__ = ["DerivedProfile", "profile_of"]


class DerivedProfile(dict[str, Any]):
    """A profile from the catalogue. It changes with the model; one given by a user does not."""


def profile_of(model: str) -> ModelProfile | None:
    """Return the profile of a model; None for one that the catalogue does not know.

    Args:
        model: A code, or the name that another server has for the model.

    Examples:
        >>> profile_of("glm-4.7")["max_input_tokens"]
        204800
    """
    info = models.find(model)
    if info is None:
        return None
    media = info.inputs - {"text"}
    facts: dict[str, Any] = {
        "name": info.id,
        # Your own deployment stays after the service has dropped the model.
        "status": "deprecated" if models.deprecation_of(model) else "active",
        "max_input_tokens": info.context,
        "max_output_tokens": info.max_output,
        "text_inputs": True,
        "image_inputs": "image" in media,
        "image_url_inputs": "image" in media,
        "pdf_inputs": "file" in media,
        "video_inputs": "video" in media,
        "audio_inputs": "audio" in media,
        # Media of a tool's result are sent in a user message after it.
        "image_tool_message": "image" in media and info.tools,
        "pdf_tool_message": "file" in media and info.tools,
        "attachment": bool(media),
        "text_outputs": True,
        "image_outputs": False,
        "audio_outputs": info.kind == "voice",
        "video_outputs": False,
        "reasoning_output": info.thinking != "none",
        "reasoning_effort_levels": list(info.effort_levels) or None,
        "reasoning_effort_default": "max" if info.effort_levels else None,
        "tool_calling": info.tools,
        # Emulated and checked, so every model has them.
        "tool_choice": info.tools,
        "structured_output": info.kind != "voice",
        "tool_call_streaming": info.tools,
        "mid_conversation_system_messages": True,
        "temperature": True,
    }
    known = ModelProfile.__annotations__  # older versions of langchain-core know fewer
    found = {key: value for key, value in facts.items() if value is not None and key in known}
    return cast(ModelProfile, DerivedProfile(found))
