"""What the pages say of errors is so: LangChain's classes, and which ones a fallback must name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from langchain_core import exceptions as core

import zhipu_client
from langchain_zhipu import ChatZhipuAI
from langchain_zhipu._errors import model_error
from tests.pages import blocks
from zhipu_emulator import Server, serve

DOCS = Path(__file__).parent.parent.parent / "docs"
ROWS = [
    [re.findall(r"`(\w+)`", cell) for cell in line.strip("|").split("|")[::3]]
    for line in (DOCS / "concepts" / "errors.md").read_text("utf-8").splitlines()
    if line.startswith("| `")
]
CASES = [
    (own, theirs if len(names) == 1 else [theirs[place]])
    for names, theirs in ROWS
    for place, own in enumerate(names)
]


@pytest.mark.parametrize(("own", "theirs"), CASES, ids=[own for own, _ in CASES])
def test_each_error_is_the_class_of_langchain_that_the_page_names(
    own: str, theirs: list[str]
) -> None:
    kind = getattr(zhipu_client, own)
    made = model_error(kind.__new__(kind))
    older = {"ModelRefusalError": core.ModelInvalidRequestError}
    classes = [getattr(core, name, older.get(name)) for name in theirs]
    assert isinstance(made, kind)
    assert classes
    for wanted in classes:
        assert wanted is not None
        assert isinstance(made, wanted)
        assert wanted not in (core.ModelError, Exception)


def test_no_class_is_left_out() -> None:
    exported = {name for name in zhipu_client.__all__ if name.endswith("Error")}
    roots = {"ZhipuError", "APIError", "DownloadError"}
    errors = {name for name in exported if issubclass(getattr(zhipu_client, name), Exception)}
    assert errors - roots - {own for own, _ in CASES} == set()


def fallback(server: Server) -> Any:
    page = (DOCS / "langchain" / "agents.md").read_text("utf-8")
    (code,) = (block.code for block in blocks(page) if "with_fallbacks(" in block.code)
    here = {"base_url": server.base_url, "api_key": server.api_key}

    def made(default_headers: object = None, **given: Any) -> ChatZhipuAI:
        return ChatZhipuAI(**given, **here)  # without the page's own limit: a test has others

    names: dict[str, Any] = {"ChatZhipuAI": made}
    exec(compile(code, "agents.md", "exec", dont_inherit=True), names)
    server.reset()
    return names["patient"]


@pytest.mark.parametrize("code", ["1302", "1305", "1308", "1113"])
async def test_the_fallback_of_the_page_goes_on_at_each_limit(code: str) -> None:
    with serve() as server:
        patient = fallback(server)
        said = []
        for ask in ("invoke", "stream", "ainvoke", "astream"):
            server.script(f"error={code}", model="glm-4.7")
            found = getattr(patient, ask)("What is 17 * 19?")
            if ask.endswith("stream"):
                parts = [part async for part in found] if ask == "astream" else [*found]
                said.append("".join(part.text for part in parts))
            else:
                said.append((await found if ask == "ainvoke" else found).text)
        assert said == ["17 * 19 = 323."] * 4
        assert [one["json"]["model"] for one in server.requests] == ["glm-4.7", "glm-4.7-flash"] * 4
        server.assert_all_used()


async def test_it_does_not_go_on_at_a_wrong_request() -> None:
    with serve() as server:
        patient = fallback(server)
        server.script("error=1210", model="glm-4.7")
        with pytest.raises(zhipu_client.BadRequestError):
            patient.invoke("What is 17 * 19?")
