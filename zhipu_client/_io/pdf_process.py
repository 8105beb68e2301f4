"""A program that opens one PDF and cuts pages out of it, within bounds of memory and time.

It runs as a process of its own (see `zhipu_client._io.pdf`), since a PDF of a few kilobytes can
unpack to gigabytes, and the limits of the library that could prevent this hold for a whole process.
It imports nothing of the project. Each line of standard input is a command in JSON; the answer is a
line of JSON, whose ``size`` says how many bytes follow it.
"""

from __future__ import annotations

import io
import json
import logging
import mmap
import os
import sys
from contextlib import suppress
from typing import Any

__all__ = [
    "CPU_SECONDS",
    "MEMORY",
    "MOST_PAGES",
    "Desk",
    "Mapped",
    "MiB",
    "RefusedError",
    "answer_all",
    "bound_memory",
]

MiB = 1024 * 1024
#: The most pages of a file, and nodes of its page tree, that are looked at.
MOST_PAGES = 100_000
#: What one command may take: seconds of CPU, and bytes of memory beside the file itself.
CPU_SECONDS, MEMORY = 20, 1536 * MiB
#: The most bytes of one packed stream of objects, unpacked.
_UNPACKED = 64 * MiB
_DEEPEST = 64
_TEXTS = ("Producer", "Creator", "Title", "Author", "Subject", "Keywords")
_DATES = ("CreationDate", "ModDate")
#: Of a page: what leads elsewhere or is not shown. Of a form: what holds for every field.
_NOT_SHOWN = ("/B", "/AA", "/PieceInfo", "/Thumb", "/StructParents")
_OF_A_FORM = ("/DR", "/DA", "/Q", "/NeedAppearances", "/SigFlags")
#: Of a document: what says that its content is not on its pages.
_NOT_ON_PAGES = ("/Collection", "/NeedsRendering")
_OF_A_DOCUMENT = ("/OCProperties", "/OutputIntents", "/Lang")


class RefusedError(Exception):
    """A file that is not opened; the text says why, without its name."""


class Opened:
    """One PDF file.

    Args:
        file: A binary file, at any place.
        password: Its password; empty for none.
        aloud: Whether the library logs its remarks about the file.

    Attributes:
        pages: How many pages it has.
        encrypted: Whether it is encrypted, with or without a password.

    Raises:
        PermissionError: It needs a password, or another one.
        RefusedError: It cannot be opened within the bounds.
    """

    def __init__(self, file: Any, password: str = "", *, aloud: bool = False) -> None:
        import pikepdf

        for spelled in spellings(password):
            try:
                # Each page gets what it inherits when it is cut out: here all pages would be made.
                self._pdf = pikepdf.open(
                    file,
                    password=spelled,
                    inherit_page_attributes=False,
                    suppress_warnings=not aloud,
                )
                break
            except pikepdf.PasswordError:
                pass
        else:
            raise PermissionError("needs a password")
        self.encrypted = bool(self._pdf.is_encrypted)
        self.pages = _count(self._pdf)

    def info(self) -> dict[str, str]:
        """Return title, author, dates and so on, as they are written."""
        try:
            found: Any = self._pdf.trailer.get("/Info", {})
            texts = {name: _text(found.get(f"/{name}")) for name in (*_TEXTS, *_DATES)}
        except Exception:  # noqa: BLE001 - optional, and often broken
            return {}
        return {name: text for name, text in texts.items() if text}

    def remarks(self) -> list[str]:
        """Return the names of what is in the file and is not on its pages."""
        try:
            root: Any = self._pdf.Root
            return [name for name in _NOT_ON_PAGES if root.get(name) not in (None, False)]
        except Exception:  # noqa: BLE001 - optional
            return []

    def whole(self) -> bytes:
        """Return the whole file, without encryption."""
        return _saved(self._pdf)

    def part(self, first: int, last: int) -> bytes:
        """Return some pages as a PDF that looks and reads as they do in the whole.

        Args:
            first: The first page, from 1.
            last: The last page, itself included.
        """
        import pikepdf

        with pikepdf.new() as part:
            # What leads to other pages becomes null as they are not copied: links, for one.
            part.pages.extend(self._pdf.pages[first - 1 : last])
            self._copy_form(part)
            for name in _OF_A_DOCUMENT:
                self._copy(part.Root, self._pdf.Root, name, part)
            for page in part.pages:
                for name in _NOT_SHOWN:
                    if name in page.obj:
                        del page.obj[name]
            return _saved(part, self._pdf.pdf_version)

    def _copy(self, to: Any, of: Any, name: str, part: Any) -> None:
        value = of.get(name)
        if value is None:
            return
        if hasattr(value, "is_indirect"):
            # Only what has a number can be copied to another file.
            value = part.copy_foreign(
                value if value.is_indirect else self._pdf.make_indirect(value)
            )
        to[name] = value

    def _copy_form(self, part: Any) -> None:
        """Give a part the form of the whole, with the fields that are on its pages.

        A filled-in value is often in a field above what is on the page, and drawn only because
        the document's form says so.
        """
        import pikepdf

        form = self._pdf.Root.get("/AcroForm")
        if not isinstance(form, pikepdf.Dictionary):
            return
        roots, shown = _fields(part)
        for root in roots.values():
            _prune(root, shown)
        part.Root["/AcroForm"] = pikepdf.Dictionary(Fields=pikepdf.Array(roots.values()))
        for name in _OF_A_FORM:
            self._copy(part.Root["/AcroForm"], form, name, part)


def spellings(password: str) -> list[str | bytes]:
    """Return a password in the bytes that programs make of it: before AES-256 each made its own."""
    found: list[str | bytes] = [password]
    for encoding in () if password.isascii() else ("latin-1", "gbk"):
        with suppress(UnicodeEncodeError):
            found.append(password.encode(encoding))
    return found


def _count(pdf: Any) -> int:
    """Return the number of pages, in bounded steps; the number in the file may be a lie."""
    import pikepdf

    seen: set[tuple[int, int]] = set()
    pages = steps = 0
    todo = [pdf.Root.get("/Pages")]
    while todo:
        node = todo.pop()
        steps += 1
        if pages > MOST_PAGES or steps > 2 * MOST_PAGES:
            raise RefusedError(f"has more than the {MOST_PAGES:,} pages that are read here")
        if not isinstance(node, pikepdf.Dictionary):
            continue
        kids = node.get("/Kids")
        if not isinstance(kids, pikepdf.Array):
            pages += node.get("/Type") != "/Pages"
            continue
        if node.is_indirect and node.objgen in seen:
            raise RefusedError("is broken: its page tree leads back to itself")
        seen.add(node.objgen)
        if len(kids) > MOST_PAGES:
            raise RefusedError(f"has more than the {MOST_PAGES:,} pages that are read here")
        todo.extend(kids)
    return pages


def _fields(part: Any) -> tuple[dict[Any, Any], set[Any]]:
    """Return the topmost fields of what is on the pages, and all fields down to there."""
    import pikepdf

    roots: dict[Any, Any] = {}
    shown: set[Any] = set()
    for page in part.pages:
        notes = page.obj.get("/Annots")
        for note in notes if isinstance(notes, pikepdf.Array) else ():
            if not isinstance(note, pikepdf.Dictionary) or note.get("/Subtype") != "/Widget":
                continue
            field = note if note.is_indirect else part.make_indirect(note)
            for _ in range(_DEEPEST):
                shown.add(field.objgen)
                above = field.get("/Parent")
                if not isinstance(above, pikepdf.Dictionary) or not above.is_indirect:
                    break
                field = above
            roots[field.objgen] = field
    return roots, shown


def _prune(field: Any, shown: set[Any], depth: int = 0) -> None:
    """Leave out the fields that are not on the part's pages: a form may have thousands."""
    import pikepdf

    kids = field.get("/Kids")
    if not isinstance(kids, pikepdf.Array) or depth > _DEEPEST:
        return
    kept = [kid for kid in kids if isinstance(kid, pikepdf.Dictionary) and kid.objgen in shown]
    field["/Kids"] = pikepdf.Array(kept)
    for kid in kept:
        _prune(kid, shown, depth + 1)


def _saved(pdf: Any, version: str = "") -> bytes:
    import pikepdf

    out = io.BytesIO()
    pdf.save(
        out,
        min_version=version,
        encryption=False,
        deterministic_id=True,
        # As they are: to unpack and pack them again costs time and gains nothing.
        compress_streams=False,
        stream_decode_level=pikepdf.StreamDecodeLevel.none,
        object_stream_mode=pikepdf.ObjectStreamMode.preserve,
    )
    return out.getvalue()


def _text(value: Any) -> str:
    import pikepdf

    try:
        return str(value) if isinstance(value, pikepdf.String) else ""
    except Exception:  # noqa: BLE001 - optional, and often broken
        return ""


class Mapped(io.RawIOBase):
    """A file in memory, as it is needed. Not read by its handle, whose place others move."""

    def __init__(self, handle: int) -> None:
        self._map = mmap.mmap(handle, 0, access=mmap.ACCESS_READ)
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: len(self._map)}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        found = self._map[self._at : self._at + len(buffer)]
        buffer[: len(found)] = found
        self._at += len(found)
        return len(found)


class _Remarks(logging.Handler):
    """Notes which of the library's remarks are about a bound."""

    def __init__(self) -> None:
        super().__init__()
        self.bound_met = False

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        self.bound_met |= "memory limit exceeded" in text or "bad_alloc" in text


def _bound_library() -> None:
    import pikepdf.settings

    pikepdf.settings.set_qpdf_limits(flate_max_memory=_UNPACKED, run_length_max_memory=_UNPACKED)


def bound_memory(most: int) -> None:
    """Have the system refuse this process more than so many bytes, where it can."""
    with suppress(ImportError):  # not on every system
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _bound_time() -> None:
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


class Desk:
    """Answers commands about one file: the first opens it.

    Args:
        file: A binary file, or the path of one.
        remarks: What notes the library's remarks; None where they are not for us to read.
    """

    def __init__(self, file: Any, remarks: _Remarks | None = None) -> None:
        self._file = file
        self._remarks = remarks
        self._opened: Opened | None = None

    def answer(self, command: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        """Return the facts, or what went wrong (``error``, ``why``), and the bytes asked for."""
        try:
            return self._done(command)
        except PermissionError:
            return {"error": "password"}, b""
        except RefusedError as error:
            return {"error": "refused", "why": str(error)}, b""
        except MemoryError:
            return {"error": "memory"}, b""
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the file
            why = str(error).replace(str(self._file), "it")[:300]
            bound = self._remarks is not None and self._remarks.bound_met
            return {"error": "memory" if bound else "broken", "why": why}, b""

    def _done(self, command: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        if command["do"] == "open":
            password = command.get("password") or ""
            opened = Opened(self._file, password, aloud=self._remarks is not None)
            self._opened = opened
            about = {"pages": opened.pages, "encrypted": opened.encrypted, "info": opened.info()}
            return {**about, "remarks": opened.remarks()}, b""
        if self._opened is None:
            raise RefusedError("is not open")
        if command["do"] == "part":
            return {}, self._opened.part(command["first"], command["last"])
        return {}, self._opened.whole()


def serve(handle: int, commands: Any, answers: Any) -> None:
    """Answer the commands about one file until they end.

    Args:
        handle: The file.
        commands: Where lines come from.
        answers: Where answers go.
    """
    # By name, the library reads large pieces by itself.
    name = f"/proc/self/fd/{handle}"
    file: Any = name if os.path.exists(name) else Mapped(handle)  # noqa: PTH110
    remarks = _Remarks()
    log = logging.getLogger("pikepdf")  # of this process, which is nobody else's
    log.addHandler(remarks)
    log.propagate = False
    answer_all(Desk(file, remarks), commands, answers)


def answer_all(desk: Any, commands: Any, answers: Any) -> None:
    """Have a desk answer commands until they end, each within a bound of time."""
    for line in commands:
        _bound_time()
        head, content = desk.answer(json.loads(line))
        answers.write(json.dumps({**head, "size": len(content)}).encode() + b"\n")
        answers.write(content)
        answers.flush()


if __name__ == "__main__":
    sys.path.extend(sys.argv[3:])
    _bound_library()
    bound_memory(MEMORY + int(sys.argv[2]))
    serve(int(sys.argv[1]), sys.stdin.buffer, sys.stdout.buffer)
