"""Embedding vectors: hashed text features, normalised, written straight as JSON.

Vectors of texts that share words or characters point the same way, so that a vector store filled
from the emulator really retrieves. A faint pattern common to all vectors keeps every element
non-zero, as in the vectors of a neural model.
"""

import math
import random
import zlib
from functools import lru_cache

from zhipu_emulator.content.similarity import features

__all__ = ["vector", "vector_json"]

_COMMON_SHARE = 0.2


def vector(text: str, dimensions: int) -> list[float]:
    """Return the vector of ``text``, of length 1 and ``dimensions`` elements.

    >>> round(sum(x * x for x in vector("hello", 256)), 6)
    1.0
    """
    hashed = [0.0] * dimensions
    for feature, weight in features(text).items():
        code = zlib.crc32(feature.encode("utf-8", "surrogatepass"))
        # The index comes from the low bits, the sign from the highest: independent of each other.
        hashed[code % dimensions] += weight if code & 0x80000000 else -weight
    scale = _COMMON_SHARE * (math.hypot(*hashed) or 1.0)
    mixed = [x + scale * c for x, c in zip(hashed, _common(dimensions), strict=True)]
    length = math.hypot(*mixed)
    return [x / length for x in mixed]


@lru_cache(maxsize=4096)
def vector_json(text: str, dimensions: int) -> bytes:
    """Return :func:`vector` as a JSON array of numbers with 8 significant digits.

    Formatting all numbers with one template is several times faster than encoding a list.
    """
    return _template(dimensions) % tuple(vector(text, dimensions))


@lru_cache(maxsize=8)
def _common(dimensions: int) -> tuple[float, ...]:
    source = random.Random(dimensions)
    values = [source.uniform(-1.0, 1.0) for _ in range(dimensions)]
    length = math.hypot(*values)
    return tuple(value / length for value in values)


@lru_cache(maxsize=8)
def _template(dimensions: int) -> bytes:
    return b"[" + b",".join([b"%.8g"] * dimensions) + b"]"
