"""An answer that the content filter withheld is an error where data was asked for, never None."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from langchain_core import exceptions as core
from pydantic import BaseModel

from langchain_zhipu import ChatZhipuAI
from zhipu_emulator import Answer

Make = Callable[..., ChatZhipuAI]


class Person(BaseModel):
    """Somebody."""

    name: str


#: What it is depends on the version of langchain-core.
REFUSED = (getattr(core, "ModelRefusalError", core.OutputParserException),)
WITHHELD = Answer(message={"role": "assistant", "content": ""}, finish_reason="sensitive")


@pytest.mark.parametrize("method", ["function_calling", "json_mode", "json_schema"])
async def test_a_withheld_answer_is_no_object(make: Make, server: Any, method: Any) -> None:
    model = make().with_structured_output(Person, method=method)
    server.script(WITHHELD, WITHHELD)
    with pytest.raises(REFUSED):
        model.invoke("?")
    with pytest.raises(REFUSED):
        await model.ainvoke("?")
    assert len(server.requests) == 2  # it is not asked for again: it would be withheld again


def test_with_the_raw_message_the_error_is_told(make: Make, server: Any) -> None:
    server.script(WITHHELD)
    found: Any = make().with_structured_output(Person, include_raw=True).invoke("?")
    assert found["parsed"] is None
    assert isinstance(found["parsing_error"], REFUSED)
    assert found["raw"].response_metadata["finish_reason"] == "sensitive"
