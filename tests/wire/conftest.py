"""The products, each reading in process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.reliability.subjects import SUBJECTS
from tests.wire.serving import InProcess


@pytest.fixture(
    params=[(name, mode) for name in SUBJECTS for mode in ("sync", "async")], ids="-".join
)
def product(request: pytest.FixtureRequest) -> Iterator[InProcess]:
    """Each product, sync and async."""
    made = InProcess(*request.param, seed=20)
    yield made
    made.close()
