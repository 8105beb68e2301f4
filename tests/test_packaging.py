"""What we publish: everything that is needed, nothing else, usable in an empty environment."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

from zhipu_client import __version__
from zhipu_client.doctor import _command as doctor_command

ROOT = Path(__file__).parent.parent
PACKAGES = ("zhipu_client", "langchain_zhipu", "llama_index_zhipu", "zhipu_emulator")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
STEM = f"zhipu_integrations-{__version__}"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that was built from the sdist."""
    folder = tmp_path_factory.mktemp("dist")
    _run(sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT))
    return folder


def _run(*command: str, **environment: str) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, **environment}, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _sources() -> set[str]:
    return {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    }


def test_every_package_is_typed():
    assert {f"{package}/py.typed" for package in PACKAGES} <= _sources()


def test_the_wheel_holds_the_packages_and_nothing_else(built):
    with zipfile.ZipFile(built / f"{STEM}-py3-none-any.whl") as wheel:
        names = set(wheel.namelist())
    ours = {name for name in names if not name.startswith(f"{STEM}.dist-info/")}
    assert ours == _sources()
    assert f"{STEM}.dist-info/licenses/LICENSE" in names


def test_the_sdist_holds_the_packages_and_what_describes_them(built):
    with tarfile.open(built / f"{STEM}.tar.gz") as sdist:
        names = {name.removeprefix(f"{STEM}/") for name in sdist.getnames()}
    described = {
        "README.md", "README.zh-CN.md", "LICENSE", "CHANGELOG.md", "SECURITY.md", "pyproject.toml",
    }  # fmt: skip
    added_by_the_builder = {"PKG-INFO", ".gitignore"}
    assert names - added_by_the_builder == _sources() | described


def test_the_version_is_in_one_place():
    assert PROJECT["dynamic"] == ["version"]
    assert "version" not in PROJECT
    written = [
        path for package in PACKAGES for path in (ROOT / package).rglob("*.py")
        if re.search(r"^__version__ *=", path.read_text("utf-8"), re.MULTILINE)
    ]  # fmt: skip
    assert written == [ROOT / "zhipu_client" / "__init__.py"]


def test_the_metadata_says_what_pyproject_says(built):
    with zipfile.ZipFile(built / f"{STEM}-py3-none-any.whl") as wheel:
        metadata = wheel.read(f"{STEM}.dist-info/METADATA").decode()
    assert "License-Expression: MIT" in metadata
    extras = set(re.findall(r"^Provides-Extra: (.+)$", metadata, re.MULTILINE))
    assert extras == set(PROJECT["optional-dependencies"])
    required = re.findall(r"^Requires-Dist: ([\w-]+)[^;\n]*$", metadata, re.MULTILINE)
    assert sorted(required) == sorted(
        re.match(r"[\w-]+", name).group() for name in PROJECT["dependencies"]
    )


def test_the_wheel_works_in_an_empty_environment(built, tmp_path):
    wheel = built / f"{STEM}-py3-none-any.whl"
    home = tmp_path / "empty"
    _run(sys.executable, "-m", "venv", "--without-pip", str(home))
    python = home / ("Scripts" if os.name == "nt" else "bin") / "python"
    site = _run(str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    _run(
        sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index",
        "--disable-pip-version-check", "--target", site, str(wheel),
    )  # fmt: skip
    # Offline, so the dependencies come from this environment, as plain paths: editable installs,
    # ours among them, are not seen that way.
    check = (
        "import importlib, importlib.metadata, pathlib, sys, zhipu_client\n"
        f"for name in {PACKAGES!r}:\n"
        "    module = importlib.import_module(name)\n"
        f"    assert pathlib.Path(module.__file__).is_relative_to({site!r}), module.__file__\n"
        "    for exported in getattr(module, '__all__', []):\n"
        "        getattr(module, exported)\n"
        "from zhipu_client import models\n"
        "assert models.get('glm-4.7').context\n"
        f"assert importlib.metadata.version('zhipu-integrations') == {__version__!r}\n"
        f"assert zhipu_client.__version__ == {__version__!r}\n"
    )
    dependencies = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    prelude = f"import sys; sys.path[:] += {sorted(dependencies)!r}\n"
    _run(str(python), "-I", "-W", "ignore", "-c", prelude + check)


def test_the_client_needs_no_framework(tmp_path):
    """`import zhipu_client` with its own declared dependencies and nothing more."""
    code = (
        "import sys, zhipu_client\n"
        "for name in zhipu_client.__all__: getattr(zhipu_client, name)\n"
        "heavy = {'langchain_core', 'llama_index', 'openai', 'zai', 'jwt', 'requests', 'PIL'}\n"
        "assert not heavy & sys.modules.keys(), heavy & sys.modules.keys()\n"
    )
    _run(sys.executable, "-c", code, PYTHONPATH=str(ROOT))


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob(".github/ISSUE_TEMPLATE/*.yml")), ids=lambda path: path.stem
)
def test_an_issue_template_asks_for_what_there_is(path: Path) -> None:
    text = path.read_text("utf-8")
    for part in yaml.safe_load(text).get("body", []):
        for option in part["attributes"].get("options", []):
            assert option.count("(") == option.count(")"), option  # cut at its commas
    command = inspect.getsource(doctor_command)
    assert {flag for flag in re.findall(r"--\w+", text) if f'"{flag}"' not in command} == set()
