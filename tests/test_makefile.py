"""What the Makefile does before there is an environment: with an interpreter that only pretends."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FAKE = f"""#!{shutil.which("bash")}
here="$(dirname "$0")"
case "$*" in
  *sys.exit*) ;;                                       # new enough
  *sys.executable*) echo "$0" ;;
  "-m venv --clear "*)                                 # an environment: itself once more, and a pip
    rm -rf "$4" && mkdir -p "$4/bin" && cp "$0" "$4/bin/python" && touch "$4/bin/pip"
    echo "made $4" ;;
  "-m pip --version") test -e "$here/pip" ;;
  "-m pip install "*) test -e "$here/pip" && test -z "${{OFFLINE:-}}" ;;
  *) echo "ran $*" ;;
esac
"""

pytestmark = pytest.mark.skipif(
    not (shutil.which("make") and shutil.which("bash")), reason="needs make and bash"
)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with a blank in its name, the files that count, and a fake interpreter."""
    folder = tmp_path / "a clone"
    (folder / ".ci").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", ".ci/find-python"):
        shutil.copy(ROOT / name, folder / name)
    fake = folder / "fake python"
    fake.write_text(FAKE, "utf-8")
    fake.chmod(0o755)
    return folder


def _make(clone: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        ["make", *arguments],
        cwd=clone,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_each_framework_has_its_demo(clone: Path) -> None:
    named = f"PYTHON={clone / 'fake python'}"
    for target, recipe in (
        ("demo", "cookbook/quickstart.py"),
        ("demo-llama-index", "cookbook/llama_index/streaming_agent.py"),
    ):
        done = _make(clone, target, named)
        assert done.returncode == 0, done.stderr
        assert f"ran {recipe}" in done.stdout


@pytest.mark.parametrize("side", ["argument", "environment"])
def test_the_named_interpreter_is_taken(clone: Path, side: str) -> None:
    named = str(clone / "fake python")
    done = (
        _make(clone, "demo", f"PYTHON={named}")
        if side == "argument"
        else _make(clone, "demo", PYTHON=named)
    )
    assert done.returncode == 0, done.stderr
    assert "made .venv\n" in done.stdout
    assert "ran cookbook/quickstart.py" in done.stdout


def test_a_name_that_is_no_python_is_told_and_no_other_is_taken(clone: Path) -> None:
    done = _make(clone, "demo", "PYTHON=/no/such")
    assert done.returncode != 0
    assert done.stderr.startswith("/no/such is not a Python from 3.11 on. Name one: ")
    assert not (clone / ".venv").exists()


@pytest.mark.parametrize("interpreter", ["fake python", "one that is gone"])
def test_what_an_interruption_left_is_made_anew(clone: Path, interpreter: str) -> None:
    left = clone / ".venv" / "bin" / "python"
    left.parent.mkdir(parents=True)
    left.symlink_to(clone / interpreter)  # no pip beside it
    done = _make(clone, "demo", f"PYTHON={clone / 'fake python'}")
    assert done.returncode == 0, done.stderr
    assert "made .venv\n" in done.stdout


def test_an_environment_that_is_there_is_kept(clone: Path) -> None:
    named = f"PYTHON={clone / 'fake python'}"
    assert _make(clone, "demo", named).returncode == 0
    (clone / ".venv" / ".demo").unlink()
    done = _make(clone, "demo", named)
    assert done.returncode == 0, done.stderr
    assert "made" not in done.stdout


def test_without_a_network_it_says_so(clone: Path) -> None:
    done = _make(clone, "demo", f"PYTHON={clone / 'fake python'}", OFFLINE="1")
    assert done.returncode != 0
    assert done.stderr.startswith("The packages could not be installed: pip says above why.\n")
    assert not (clone / ".venv" / ".demo").exists()


def test_targets_started_together_make_one_environment(clone: Path) -> None:
    done = _make(clone, "-j4", "demo", "test", f"PYTHON={clone / 'fake python'}")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("made .venv\n") == 1
    assert done.stdout.index("ran cookbook") < done.stdout.rindex("Installing into .venv")


def test_the_help_lists_every_command(clone: Path) -> None:
    done = _make(clone, "help")
    assert done.returncode == 0, done.stderr
    listed = {line.split()[0] for line in done.stdout.splitlines()}
    assert {
        "demo",
        "demo-llama-index",
        "test",
        "lint",
        "format",
        "record",
        "bench",
        "help",
    } <= listed
