"""What a server answers to what it refuses, and how adapters reach it."""

from __future__ import annotations

from typing import Any

from .subjects import KEY

REFUSAL = {"error": {"code": "1210", "message": "the file cannot be parsed"}}


def settings_of(server: Any) -> dict[str, Any]:
    base_url = f"{server.base_url}/paas/v4"
    return {"base_url": base_url, "dialect": "zhipu", "api_key": KEY, "max_retries": 0}
