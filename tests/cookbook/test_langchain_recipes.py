"""The recipes of cookbook/langchain, each without a key."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from cookbook.langchain import invoice
from cookbook.paper import Text, pdf

ROOT = Path(__file__).parent.parent.parent


def test_a_recipe_runs_as_a_program():
    done = subprocess.run(
        [sys.executable, "cookbook/langchain/invoice.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("No API key is set: the emulator on http://127.0.0.1:")
    assert done.stderr.count("\n") == 1
    assert done.stdout.startswith("Invoice WH-2025-017 of 2025-06-02 for Bergen Institute")


def test_an_invoice_becomes_an_object(capsys):
    assert invoice.main([]) == 0
    shown = capsys.readouterr().out
    assert re.search(r"2 x Hydrophone +310\.00 EUR", shown)
    assert "Total 700.00 EUR, which adds up." in shown


def test_an_invoice_of_your_own(capsys, tmp_path):
    path = tmp_path / "other.pdf"
    path.write_bytes(pdf([[Text("Invoice number: B-9"), Text("Total: 12.00")]]))
    assert invoice.main([str(path)]) == 0
    assert "Invoice B-9" in capsys.readouterr().out


def test_a_missing_file_is_one_sentence(capsys):
    assert invoice.main(["no such file.pdf"]) == 1
    assert "That did not work: no such file.pdf cannot be read" in capsys.readouterr().err
