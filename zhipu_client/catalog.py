"""The former name of `zhipu_client.models`; kept for one release."""

from __future__ import annotations

from zhipu_client.models import MODELS, Kind, ModelInfo, Thinking, get, takes_files_by_url

__all__ = ["MODELS", "Kind", "ModelInfo", "Thinking", "get", "takes_files_by_url"]
