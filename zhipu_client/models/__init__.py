"""The catalogue of models: what each can do and takes, as one table of facts. Pure.

The facts are in ``models.json``. Where the service's documents and its own answers disagree, the
answers are followed; where two of its pages disagree, what one of them allows is not refused.

There are two ways to look up a model. `get` takes the service's own codes only: what may be
refused, left out or changed before sending is decided by it, since your own deployment may
take more than the service does. `find` also knows the names that other servers give the same
models (``zai-org/GLM-4.6V-FP8``, ``glm-4.6-20250930``): what a model is, how it thinks, what it
sees and how much it reads is decided by it. Neither raises anything for a model that is not known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zhipu_client._lazy import loader
from zhipu_client.models._info import Kind, ModelDeprecationWarning, ModelInfo, Thinking
from zhipu_client.models._table import (
    MODELS,
    context_of,
    deprecation_of,
    find,
    get,
    limits_of,
    takes_files_by_url,
    takes_tools,
)

if TYPE_CHECKING:
    from zhipu_client.models._prices import PRICED_SITES, Costs, Price, cost_of, price_of
else:
    __getattr__ = loader(
        __name__, {"zhipu_client.models._prices": "PRICED_SITES Costs Price cost_of price_of"}
    )

__all__ = [
    "MODELS",
    "PRICED_SITES",
    "Costs",
    "Kind",
    "ModelDeprecationWarning",
    "ModelInfo",
    "Price",
    "Thinking",
    "context_of",
    "cost_of",
    "deprecation_of",
    "find",
    "get",
    "limits_of",
    "price_of",
    "takes_files_by_url",
    "takes_tools",
]
