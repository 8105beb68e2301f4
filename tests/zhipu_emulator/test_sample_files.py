"""Documents that come with the emulator."""

from __future__ import annotations

import pytest

from zhipu_emulator import sample


def test_a_sample_and_a_folder_of_them() -> None:
    assert sample("report.pdf").read_bytes().startswith(b"%PDF-")
    assert {one.name for one in sample("notes").iterdir()} >= {"monday.png", "tuesday.png"}


@pytest.mark.parametrize("name", ["", ".", "..", "/etc/passwd", "../__init__.py", "repord.pdf"])
def test_other_names_are_refused_with_those_that_there_are(name: str) -> None:
    with pytest.raises(FileNotFoundError, match=r"there are .*notes/monday\.png.*report\.pdf"):
        sample(name)
