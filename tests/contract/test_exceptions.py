"""Every exception of every package crosses to another process, whole. None is listed here."""

from __future__ import annotations

import copy
import importlib
import inspect
import pickle
import pkgutil
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import pytest

import langchain_zhipu
import llama_index_zhipu
import zhipu_client
import zhipu_emulator
from tests.programs import forking

PACKAGES = (zhipu_client, langchain_zhipu, llama_index_zhipu, zhipu_emulator)
SECONDS = 120


def modules(package: ModuleType) -> Iterator[ModuleType]:
    yield package
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def exceptions() -> dict[str, type[BaseException]]:
    """Return every exception class that one of the packages defines, by its full name."""
    return {
        f"{value.__module__}:{value.__qualname__}": value
        for package in PACKAGES
        for module in modules(package)
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, BaseException)
        and value.__module__.partition(".")[0] == package.__name__
    }


def answer() -> Any:
    from zhipu_client.conversation import Answer, Call, Usage

    return Answer(text="no", calls=(Call("c", "add", {"a": 1}, "{}"),), usage=Usage(1, 2, 3),
                  body={"choices": []})  # fmt: skip


def values() -> dict[str, Any]:
    """Return something fitting for the parameters of a constructor, by their names."""
    from llama_index.core.base.llms.types import ChatMessage, ChatResponse

    from zhipu_client.conversation import RequirementError

    message = ChatMessage(role="assistant", content="no")
    return {
        "answer": answer(),
        "body": {"error": {"code": "1302"}},
        "complaint": "it is wrong",
        "error": RequirementError("m", answer(), "it is wrong", needs_call=True),
        "message": "the message",
        "needs_call": True,
        "partial": {"choices": [{"message": {"content": "half"}}]},
        "reset_at": datetime(2026, 1, 1, tzinfo=UTC),
        "response": ChatResponse(message=message, raw={"usage": {"prompt_tokens": 1}}),
        "status": 429,
        "headers": {"Retry-After": "1"},
    }


def made(kind: type[BaseException]) -> BaseException:
    """Return an exception of a class, made from what its constructor names."""
    try:
        found = [*inspect.signature(kind).parameters.values()]
    except ValueError:  # that of Exception itself
        return kind("the message")
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    for parameter in found:
        if parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}:
            args += (
                ["the message"] if not args and parameter.kind == parameter.VAR_POSITIONAL else []
            )
            continue
        if parameter.default is not parameter.empty and parameter.name not in values():
            continue
        value = values().get(parameter.name, f"a {parameter.name}")
        if parameter.kind == parameter.KEYWORD_ONLY:
            kwargs[parameter.name] = value
        else:
            args.append(value)
    return kind(*args, **kwargs)


def raise_it(name: str) -> None:
    module, _, kind = name.partition(":")
    value: Any = importlib.import_module(module)
    for part in kind.split("."):
        value = getattr(value, part)
    raise made(value)


def assert_same(one: BaseException, other: BaseException) -> None:
    assert type(one) is type(other)
    assert (str(one), one.args) == (str(other), other.args)
    keep = {"__notes__"}
    shown = [repr({k: v for k, v in vars(e).items() if k not in keep}) for e in (one, other)]
    assert shown[0] == shown[1]


NAMES = sorted(exceptions())


def test_they_are_found() -> None:
    for name in ("RateLimitError", "StructuredOutputError", "ToolNotCalledError", "DownloadError"):
        assert any(found.endswith(f":{name}") for found in NAMES), name
    for package in PACKAGES:
        for name, value in vars(package).items():
            if isinstance(value, type) and issubclass(value, BaseException) and name[0] != "_":
                assert f"{value.__module__}:{value.__qualname__}" in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_an_exception_is_copied_whole(name: str) -> None:
    error = made(exceptions()[name])
    for other in (
        *(pickle.loads(pickle.dumps(error, protocol)) for protocol in (2, pickle.HIGHEST_PROTOCOL)),
        copy.copy(error),
        copy.deepcopy(error),
    ):
        assert_same(error, other)


def test_exceptions_come_back_from_a_pool() -> None:
    with forking().Pool(1) as pool:
        waiting = {name: pool.apply_async(raise_it, (name,)) for name in NAMES}
        for name, result in waiting.items():
            with pytest.raises(exceptions()[name]) as caught:
                result.get(SECONDS)  # a class that cannot be restored would never come
            assert_same(made(exceptions()[name]), caught.value)


def test_exceptions_come_back_from_an_executor() -> None:
    with ProcessPoolExecutor(1, mp_context=forking()) as pool:
        waiting = {name: pool.submit(raise_it, name) for name in NAMES}
        for name, result in waiting.items():
            error = result.exception(SECONDS)
            assert error is not None
            assert_same(made(exceptions()[name]), error)


class _Stubborn:
    """A value that is written, and cannot be read again."""

    def __reduce__(self) -> Any:
        return int, ("no number",)


@pytest.mark.parametrize("value", [threading.Lock(), lambda: 1, _Stubborn()], ids=type)
def test_a_value_that_cannot_cross_does_not_keep_the_error_back(value: Any) -> None:
    error = zhipu_client.InvalidRequestError("tools is odd", field="tools", value=[value])
    other = pickle.loads(pickle.dumps(error))
    assert (str(other), other.field) == ("tools is odd", "tools")
    assert other.value is None or isinstance(other.value, str)
    same = copy.copy(error)
    assert same.value == [value]
