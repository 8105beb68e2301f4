"""Files of scanned pages."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.vision_servers import document


@pytest.fixture
def file(tmp_path):
    def make(pages: int, name: str = "scan.pdf") -> Any:
        path = tmp_path / name
        path.write_bytes(document(pages))
        return path

    return make
