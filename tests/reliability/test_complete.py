"""Every check that the project promises has a test named after it."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent

#: The checks by letter, and how many there are. Of the first sixty the forty in `GATE` must hold
#: before any release; the others are as firm here. N are promises of this project alone.
CHECKS = {"R": 11, "S": 25, "B": 8, "C": 10, "X": 6, "N": 8}
GATE = (
    "R01 R03 R04 R05 R06 R07 R09 R11 "
    "S01 S02 S04 S06 S07 S08 S09 S10 S12 S13 S14 S15 S16 S20 S21 S23 S24 S25 "
    "B01 B04 B08 C02 C03 C04 C05 C06 C07 C09 X01 X02 X03 X06"
).split()


def _tested() -> dict[str, list[str]]:
    """Check id -> the names of its tests."""
    found: dict[str, list[str]] = {}
    for path in HERE.glob("test_*.py"):
        for name in re.findall(
            r"^(?:async )?def (test_\w+)", path.read_text("utf-8"), re.MULTILINE
        ):
            for check in re.findall(r"(?<=_)[A-Z]\d\d(?=_)", name):
                found.setdefault(check, []).append(name)
    return found


def test_every_check_has_a_test() -> None:
    wanted = {f"{letter}{n:02}" for letter, count in CHECKS.items() for n in range(1, count + 1)}
    assert len(wanted) == 68
    assert wanted - _tested().keys() == set(), "checks without a test"
    assert _tested().keys() - wanted == set(), "tests of checks that do not exist"


def test_the_gate_is_a_part_of_them() -> None:
    assert len(GATE) == len(set(GATE)) == 40
    assert set(GATE) <= _tested().keys()
