"""A wrong value is refused by its name where it is given, or it does no harm: by every class."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

import langchain_zhipu
import llama_index_zhipu
import zhipu_emulator
from zhipu_client import InvalidRequestError, ZhipuError

from .constructed import WRONG, Subject, places, subjects, write_files

SUBJECTS = subjects()
every = pytest.mark.parametrize("subject", SUBJECTS, ids=lambda one: one.name)
#: Where an address leads is not to be looked for.
_PLACES = frozenset({"base_url", "proxy"})
#: Of any kind, and nested.
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.characters(categories=["Cs", "Cc"])
    | st.binary(max_size=8)
    | st.sampled_from(list(WRONG.values())),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=4) | st.integers() | st.none(), inner, max_size=3)
    ),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def server() -> Iterator[zhipu_emulator.Server]:
    web = {"https://example.com": b"<html><body>Whales sing.</body></html>"}
    with zhipu_emulator.serve(polls=0, web=web) as running:
        yield running


@pytest.fixture
def reach(
    server: zhipu_emulator.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, Any]]:
    """What classes with a connection are given; the files that they read are there."""
    write_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of unknown models, and of what is ignored
        yield {"api_key": server.api_key, "base_url": server.base_url, "max_retries": 0}


def _made(subject: Subject, reach: dict[str, Any], **more: Any) -> Any:
    return subject.make(**{**(reach if subject.connected else {}), **subject.needed, **more})


def _refused_or_harmless(
    subject: Subject, reach: dict[str, Any], place: str, value: Any, *, called: bool
) -> None:
    try:
        made = _made(subject, reach, **{place: value})
    except (InvalidRequestError, ValidationError) as error:
        assert place in str(error)  # noqa: PT017 - some values are taken
        return
    if called and subject.call is not None and place not in _PLACES:
        try:
            subject.call(made)
        except (ZhipuError, OSError):
            return  # said by name, or by the server


@every
def test_a_wrong_value_is_refused_by_its_name(subject: Subject, reach: dict[str, Any]) -> None:
    for place in places(subject):
        for value in WRONG.values():
            _refused_or_harmless(subject, reach, place, value, called=False)


@every
def test_what_is_taken_does_no_harm_in_a_call(subject: Subject, reach: dict[str, Any]) -> None:
    names = places(subject) or ["api_key"]

    @settings(
        max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
    )
    @given(st.sampled_from(names), VALUES)
    def check(place: str, value: Any) -> None:
        _refused_or_harmless(subject, reach, place, value, called=True)

    check()


def test_every_class_that_users_construct_is_here() -> None:
    #: Returned, raised, made of other objects of ours, or without arguments.
    others = {
        "BatchAnswer", "ResumePoint", "ZhipuAIBatch", "ZhipuAICostHandler", "ZhipuAIVoiceAgent",
        "ZhipuAIFallbackMiddleware", "ZhipuAIPhoneActionParser",
    }  # fmt: skip
    found = {
        f"{package.__name__}.{name}"
        for package in (langchain_zhipu, llama_index_zhipu)
        for name in package.__all__
        if inspect.isclass(kind := getattr(package, name))
        and not issubclass(kind, BaseException)
        and name not in others
    }
    assert found - {subject.name for subject in SUBJECTS} == set()
