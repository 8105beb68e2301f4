"""A local PDF in a chat: inline where the model reads it, else an error that says who does."""

from __future__ import annotations

import base64
import io
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from llama_index.core.llms import DocumentBlock, ImageBlock

from tests.support.asking import HOWS, ask
from zhipu_client import InvalidRequestError

from .server import said, scripted
from .test_chat_pictures import asked, b64, by_tool, model, old, user

PDF = b"%PDF-1.7\nmade up\n%%EOF\n"
NAME = "报告 2026.pdf"

LANGCHAIN: dict[str, Callable[[bytes, Path], dict[str, Any]]] = {
    "path": lambda _, path: {"type": "file", "path": path},
    "base64": lambda c, _: {
        "type": "file", "base64": b64(c), "mime_type": "application/pdf", "filename": NAME
    },
    "bytes": lambda c, _: {"type": "file", "data": c, "extras": {"filename": NAME}},
    "openai": lambda c, _: {
        "type": "file",
        "file": {"file_data": f"data:application/pdf;base64,{b64(c)}", "filename": NAME},
    },
    "anthropic": lambda c, _: {
        "type": "document", "title": NAME,
        "source": {"type": "base64", "data": b64(c), "media_type": "application/pdf"},
    },
}  # fmt: skip
LLAMA_INDEX: dict[str, Callable[[bytes, Path], DocumentBlock]] = {
    "path": lambda _, path: DocumentBlock(path=path),
    "bytes": lambda c, _: DocumentBlock(data=c, title=NAME),
    "base64": lambda c, _: DocumentBlock(data=b64(c).encode(), title=NAME),
    "file": lambda c, _: DocumentBlock(data=io.BytesIO(c), title=NAME),
}
FORMS = [*(("langchain", form) for form in LANGCHAIN), *(("llama_index", f) for f in LLAMA_INDEX)]
#: Each form in one way, the next in the next.
IN_TURN = [(*form, how) for form, how in zip(FORMS, itertools.cycle(HOWS), strict=False)]


def block(adapter: str, form: str, folder: Path, content: bytes = PDF) -> Any:
    path = folder / NAME
    path.write_bytes(content)
    return (LANGCHAIN if adapter == "langchain" else LLAMA_INDEX)[form](content, path)


@pytest.mark.parametrize(("adapter", "form", "how"), IN_TURN)
def test_a_model_that_reads_documents_gets_it_inline(
    adapter: str, form: str, how: str, tmp_path: Path
) -> None:
    messages = asked(adapter, how, user(adapter, block(adapter, form, tmp_path)), "glm-5.3-flash")
    file = messages[0]["content"][1]["file"]
    assert file["filename"] == NAME
    head, _, data = file["file_data"].partition(",")
    assert head == "data:application/pdf;base64"
    assert base64.b64decode(data) == PDF


@pytest.mark.parametrize(("adapter", "form", "how"), IN_TURN)
@pytest.mark.parametrize("name", ["glm-4.7", "glm-4.6v"])
def test_another_model_says_what_to_do(
    adapter: str, form: str, how: str, name: str, tmp_path: Path
) -> None:
    made = block(adapter, form, tmp_path)
    with scripted() as server, pytest.raises(InvalidRequestError) as caught:
        ask(model(adapter, server.base_url, name), user(adapter, made), how)
    assert not server.requests
    shown = str(caught.value)
    for word in (NAME, name, "glm-5.3-flash", "ZhipuAIOCRLoader", "ZhipuAIOCRReader"):
        assert word in shown
    assert ("give its URL" in shown) == (name == "glm-4.6v")
    for turn in (old, by_tool):
        # What a tool returned is not read from a file.
        if turn is by_tool and form == "path":
            continue
        messages = asked(adapter, how, turn(adapter, block(adapter, form, tmp_path)), name)
        assert NAME in str(messages)
        assert b64(PDF) not in str(messages)


@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
@pytest.mark.parametrize("how", HOWS)
def test_a_file_that_is_gone_is_an_error_now_and_a_note_later(
    adapter: str, how: str, tmp_path: Path
) -> None:
    made = block(adapter, "path", tmp_path)
    (tmp_path / NAME).unlink()
    with scripted() as server, pytest.raises(InvalidRequestError, match=NAME):
        ask(model(adapter, server.base_url, "glm-5.3-flash"), user(adapter, made), how)
    messages = asked(adapter, how, old(adapter, made), "glm-5.3-flash")
    assert "was here, which cannot be sent" in str(messages)


@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
def test_a_pdf_as_an_image_is_said_to_be_a_document(adapter: str) -> None:
    made: Any = {"type": "image", "base64": b64(PDF), "mime_type": "image/png"}
    if adapter == "llama_index":
        made = ImageBlock(image=PDF)
    with pytest.raises(InvalidRequestError, match="is a PDF, not an image"):
        asked(adapter, "call", user(adapter, made))


@pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
def test_too_large_a_file_names_what_reads_it(
    adapter: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = block(adapter, "path", tmp_path)
    monkeypatch.setattr("zhipu_client.conversation.media._MOST", {"file": 4})
    with scripted(said()) as server, pytest.raises(InvalidRequestError) as caught:
        ask(model(adapter, server.base_url, "glm-5.3-flash"), user(adapter, made), "call")
    assert NAME in str(caught.value)
    assert "ZhipuAIOCR" in str(caught.value)
