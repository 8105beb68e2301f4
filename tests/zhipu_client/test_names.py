"""Names: what is public is listed, and what had another name before still works for a release."""

from __future__ import annotations

import importlib

import pytest

RENAMED = [
    ("zhipu_client", "results", "tasks"),
    ("zhipu_client.batches", "batches", "list"),
    ("zhipu_client.batches", "get", "retrieve"),
    ("zhipu_client.file_parser", "result", "retrieve"),
    ("zhipu_client.files", "files", "list"),
    ("zhipu_client.knowledge", "bases", "list"),
    ("zhipu_client.tasks", "get", "retrieve"),
    ("zhipu_client.voices", "voices", "list"),
]


@pytest.mark.parametrize(("module", "old", "new"), RENAMED)
def test_an_old_name_works_and_warns(module: str, old: str, new: str) -> None:
    home = importlib.import_module(module)
    with pytest.warns(DeprecationWarning, match=f"{module}.{old} is now {module}.{new}") as caught:
        found = getattr(home, old)
    assert found is getattr(home, new)
    assert caught[0].filename == __file__
    assert old not in home.__all__


@pytest.mark.parametrize("module", sorted({row[0] for row in RENAMED}))
def test_a_name_that_never_was_is_an_error(module: str) -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = importlib.import_module(module).nonsense


@pytest.mark.parametrize(
    "package", ["zhipu_client", "langchain_zhipu", "llama_index_zhipu", "zhipu_emulator"]
)
def test_dir_shows_public_names_only(package: str) -> None:
    home = importlib.import_module(package)
    assert dir(home) == sorted(home.__all__)


@pytest.mark.parametrize("package", ["langchain_zhipu", "llama_index_zhipu"])
def test_both_adapters_register_on_request(package: str) -> None:
    assert callable(importlib.import_module(package).register)
