"""What is switched on or off takes True and False, and nothing that only looks like them.

A text is a mistake from a file of settings or from an environment variable: pydantic takes "on",
"yes" and 1 for True and "false" for False, Python takes all of these texts for True. All classes
and functions are gone through by their annotations, so that a new one cannot be forgotten.
"""

from __future__ import annotations

import asyncio
import inspect
import typing
from typing import Any

import pytest
from pydantic import BaseModel

from langchain_zhipu import ChatZhipuAI
from llama_index_zhipu import ZhipuAI
from zhipu_client import Client, InvalidRequestError, RealtimeConnection, chat, realtime
from zhipu_client.adapting import ChatModelOptions

from .booleans import Argument, Field, arguments, fields

KEY = "id.secret"


class Answer(BaseModel):
    """An answer."""

    text: str


WRONG: tuple[Any, ...] = ("on", "false", "", 1, 1.0)
FIELDS = list(fields())
ARGUMENTS = list(arguments())
ADAPTERS = (ChatZhipuAI, ZhipuAI)


def _refused(name: str, value: Any, call: Any, /, *given: Any, **more: Any) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        call(*given, **more)
    assert caught.value.field == name
    said = str(caught.value)
    assert said.startswith(name)
    assert "True or False" in said
    assert repr(value) in said


@pytest.mark.parametrize("field", FIELDS, ids=str)
def test_a_field_takes_only_true_and_false(field: Field) -> None:
    kind: Any = field.kind
    needed = {"api_key": KEY, **_needed(kind)}
    made = kind(**needed)
    for value in WRONG:
        _refused(field.name, value, kind, **needed, **{field.name: value})
        _refused(field.name, value, setattr, made, field.name, value)
        _refused(field.name, value, made.model_copy, update={field.name: value})
    for right in (True, False):
        assert getattr(kind(**needed, **{field.name: right}), field.name) is right
        setattr(made, field.name, right)
        assert getattr(made, field.name) is right
        assert getattr(made.model_copy(update={field.name: right}), field.name) is right


@pytest.mark.parametrize("argument", ARGUMENTS, ids=str)
def test_an_argument_takes_only_true_and_false(argument: Argument) -> None:
    owner, call = argument.owner, argument.call
    given = _needed(call)
    if call.__name__ == "__init__":
        assert owner is not None
        call = owner
    elif owner is not None:
        call = getattr(_made(owner), call.__name__)
    for value in WRONG:

        def now(**more: Any) -> None:
            found = call(**more)
            if inspect.isawaitable(found):
                asyncio.run(_wait(found))

        _refused(argument.name, value, now, **{**given, argument.name: value})


async def _wait(found: Any) -> Any:
    return await found


def test_nothing_is_left_out() -> None:
    found = {str(field) for field in FIELDS} | {str(argument) for argument in ARGUMENTS}
    for name in (
        "langchain_zhipu.ChatZhipuAI.streaming",
        "langchain_zhipu.ZhipuAIOCRLoader.show_progress",
        "llama_index_zhipu.ZhipuAIOCRReader.keep_empty",
        "langchain_zhipu.ChatZhipuAI.bind_tools(strict)",
        "llama_index_zhipu.create_ocr_extractor(include_raw)",
        "zhipu_client.reader.create(no_cache)",
    ):
        assert name in found


@pytest.mark.parametrize("make", ADAPTERS)
def test_what_frameworks_own_is_as_they_have_it(make: Any) -> None:
    assert "verbose" not in {field.name for field in FIELDS}
    assert ChatZhipuAI(api_key=KEY, verbose="yes").verbose is True  # type: ignore[arg-type]
    assert make(api_key=KEY).thinking is None


def _boolean_values(kind: type) -> list[str]:
    hints = typing.get_type_hints(kind)
    return [name for name, hint in hints.items() if hint is bool or hint == bool | None]


@pytest.mark.parametrize("value", ["no", 1])
@pytest.mark.parametrize("name", [*_boolean_values(ChatModelOptions), "parallel_tool_calls"])
def test_so_do_the_values_of_a_call(name: str, value: Any) -> None:
    lang, llama = ChatZhipuAI(api_key=KEY), ZhipuAI(api_key=KEY)
    _refused(name, value, lang.invoke, "Hi", **{name: value})
    _refused(name, value, lambda: list(lang.stream("Hi", **{name: value})))
    _refused(name, value, lambda: asyncio.run(lang.ainvoke("Hi", **{name: value})))
    _refused(name, value, llama.complete, "Hi", **{name: value})
    _refused(name, value, lambda: list(llama.stream_complete("Hi", **{name: value})))
    _refused(name, value, lambda: asyncio.run(llama.acomplete("Hi", **{name: value})))


@pytest.mark.parametrize("name", _boolean_values(chat.ChatParams))
def test_so_does_the_client(name: str) -> None:
    question = [{"role": "user", "content": "Hi"}]
    given: Any = {"model": "glm-4.7", "messages": question, name: "no"}
    for make in (chat.create, chat.stream, chat.submit):
        _refused(name, "no", make, **given)


def test_so_does_a_session() -> None:
    _refused("auto_search", "no", realtime.Session, auto_search="no")


def test_a_text_is_told_what_to_do_with_it() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        ChatZhipuAI(api_key=KEY, streaming="no")  # type: ignore[arg-type]
    assert str(caught.value) == (
        "streaming must be True or False, got 'no': compare what is read from a file or the "
        'environment first, as in value == "true"'
    )


def test_so_does_structured_output() -> None:
    model = ChatZhipuAI(api_key=KEY)
    for method in ("function_calling", "json_schema", "json_mode"):
        for name in ("include_raw", "strict"):
            given: Any = {"method": method, name: "no"}
            _refused(name, "no", model.with_structured_output, Answer, **given)


def test_what_may_be_something_else_too_says_so() -> None:
    for make in ADAPTERS:
        with pytest.raises(InvalidRequestError, match=r"cost.*True or False.*'bigmodel' or 'zai'"):
            make(api_key=KEY, cost="yes")


def test_no_error_has_the_key_in_its_frames() -> None:
    made = ChatZhipuAI(api_key=KEY)
    for call in (
        lambda: made.model_copy(update={"streaming": "no", "api_key": KEY}),
        lambda: ChatZhipuAI(api_key=KEY, streaming="no"),  # type: ignore[arg-type]
    ):
        with pytest.raises(InvalidRequestError) as caught:
            call()
        walk = caught.value.__traceback__
        while walk is not None:
            if walk.tb_frame.f_code.co_filename != __file__:
                assert KEY not in repr(walk.tb_frame.f_locals)
            walk = walk.tb_next


def _made(owner: type) -> Any:
    if owner is RealtimeConnection:
        return object.__new__(owner)  # nothing is sent
    return owner(api_key=KEY, **_needed(owner))


def _needed(call: Any) -> dict[str, Any]:
    """Return a good value for each argument that has to be given."""
    return {
        name: _NEEDED[name]
        for name, one in inspect.signature(call).parameters.items()
        if one.default is one.empty
        and one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL)
        and name != "self"
    }


_NEEDED: dict[str, Any] = {
    "agent_id": "general_translation",
    "call_id": "call-1",
    "client": Client(api_key=KEY),
    "conversation_id": "conversation-1",
    "documents": ["Whales sing."],
    "file": "https://example.com/page.png",
    "file_path": "page.png",
    "include_raw": False,
    "input": "Whales sing.",
    "input_file_id": "file-1",
    "knowledge_id": "knowledge-1",
    "llm": ZhipuAI(api_key=KEY),
    "llm_kwargs": {},
    "messages": "Whales sing.",
    "model": ChatZhipuAI(api_key=KEY),
    "name": "Whales",
    "output": "done",
    "output_cls": Answer,
    "prompt": "A whale",
    "query": "Who sings?",
    "reader": None,
    "schema": Answer,
    "search_query": "Who sings?",
    "site": "zai",
    "source": "https://example.com/page.png",
    "system": "Read.",
    "task": None,
    "text": "Whales sing.",
    "texts": ["Whales sing."],
    "tools": [],
    "url": "https://example.com",
    "urls": ["https://example.com"],
    "usage": {},
}
