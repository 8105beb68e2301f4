"""What an adapter for a framework needs and a user does not.

Checks: `refuse`, `choice` and `refusal` make errors that name the field, the limit and the value.
"""

from __future__ import annotations

from zhipu_client._check import choice, refusal, refuse
from zhipu_client._defaults import BASE_URL_VARIABLES, KEY_VARIABLES, resolve_base_url
from zhipu_client._key import find

__all__ = [
    "BASE_URL_VARIABLES",
    "KEY_VARIABLES",
    "choice",
    "find",
    "refusal",
    "refuse",
    "resolve_base_url",
]
