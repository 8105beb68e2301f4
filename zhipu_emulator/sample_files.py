"""Small documents to try things with: scans, notes, receipts, office files."""

from __future__ import annotations

from pathlib import Path

__all__ = ["sample"]

_FOLDER = Path(__file__).parent / "samples"


def sample(name: str) -> Path:
    """Return the path of a document, or of a folder of them, that comes with the emulator.

    Args:
        name: Such as ``"report.pdf"``, ``"notes/monday.png"`` or ``"receipts"``.

    Returns:
        Where it is. Copy what you want to change.

    Raises:
        FileNotFoundError: There is no such sample; the error names those that there are.

    Examples:
        >>> from zhipu_emulator import sample
        >>> sample("report.pdf").read_bytes()[:5]
        b'%PDF-'
    """
    path = (_FOLDER / name).resolve()
    if _FOLDER.resolve() not in path.parents or not path.exists():
        files = (one for one in _FOLDER.rglob("*") if one.is_file())
        names = ", ".join(sorted(one.relative_to(_FOLDER).as_posix() for one in files))
        msg = f"no sample is named {name!r}; there are {names}"
        raise FileNotFoundError(msg)
    return path
