"""Reading multipart forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.datastructures import UploadFile

from zhipu_emulator.http.errors import ServiceError
from zhipu_emulator.http.params import Params, missing

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["Form", "Upload", "read_form", "suffix_of"]


@dataclass(frozen=True)
class Upload:
    """An uploaded file."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Form:
    """A form: text fields (the last value of each, see ``lists`` for all) and files."""

    params: Params
    files: dict[str, Upload]
    lists: dict[str, list[str]]

    def file(self, name: str = "file") -> Upload:
        """The file, or 1213."""
        if name not in self.files:
            raise missing(name)
        return self.files[name]


async def read_form(request: Request) -> Form:
    """The multipart body of a request.

    Raises:
        ServiceError: 1210 when the body is not a form.
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise ServiceError("1210")
    lists: dict[str, list[str]] = {}
    files: dict[str, Upload] = {}
    async with request.form(max_part_size=64 * 1024 * 1024) as form:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                files[name] = Upload(value.filename or "", await value.read())
            else:
                lists.setdefault(name, []).append(value)
    # An empty text is how forms of the official SDK say "not set".
    texts = {name: values[-1] for name, values in lists.items() if values[-1] != ""}
    return Form(Params(texts), files, lists)


def suffix_of(name: str) -> str:
    """A file name's extension in lower case, without the dot.

    >>> suffix_of("a/B.JSONL")
    'jsonl'
    """
    stem, dot, suffix = name.rpartition(".")
    return suffix.lower() if dot and stem else ""
