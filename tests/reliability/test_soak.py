"""The soak runs, and would see what never may happen."""

from __future__ import annotations

import pytest

from benchmarks.soak import __main__ as program
from benchmarks.soak.faults import KINDS
from benchmarks.soak.report import Asked, Report
from benchmarks.soak.run import soak
from zhipu_client import ServerError
from zhipu_emulator import Fault, serve

ASKED = Asked("7.1", "good", "langchain, sync")


def test_a_short_soak_finds_nothing() -> None:
    with serve(max_in_flight=4) as server:
        report = soak(1.0, streams=12, at=(server.base_url, server.api_key))
    assert not report.failed, list(report.lines())
    assert report.answers
    assert report.answers + report.left + report.errors.total() >= 12


def test_every_fault_is_one_of_the_emulator() -> None:
    assert [Fault.parse(kind.fault).orders for kind in KINDS.values()]


FAILURES = {
    "another answer": ("7.2-0 7.2-1", None),
    "half an answer without an error": ("7.1-0 7.1-1", None),
    "a wrong beginning": ("7.10-0", ServerError("broken")),
    "an untyped error": ("7.1-0", KeyError("id")),
}


@pytest.mark.parametrize("kind", FAILURES)
def test_what_never_may_happen_is_seen(kind: str, monkeypatch, capsys) -> None:
    report = Report()
    report.take(ASKED, ASKED.answer, None, left=False)
    report.take(ASKED, "7.1-0 7.1", ServerError("broken"), left=False)
    report.take(ASKED, "7.1-0", None, left=True)
    assert not report.failed
    text, error = FAILURES[kind]
    report.take(ASKED, text, error, left=False)
    asked = []
    monkeypatch.setattr(program, "soak", lambda *given, **named: asked.append(given) or report)
    assert program.main(["0.5"]) == 1
    assert asked == [(30.0,)]
    assert "7.1" in capsys.readouterr().out.partition("longest freeze")[2]
