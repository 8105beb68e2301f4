"""Which key functions are one account, and that nothing of a key is kept."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass

from zhipu_client import AsyncClient, Client
from zhipu_client._io import accounts
from zhipu_client._io.accounts import account_of, known_account, remember

SECRET = "id.PlantedSecret"


@dataclass  # with ==, so without a hash
class Vault:
    value: str = SECRET

    def key(self) -> str:
        return self.value

    def other(self) -> str:
        return "id.other"


@dataclass(frozen=True)
class Reader:
    path: str

    def __call__(self) -> str:
        return SECRET


class Bare:
    __slots__ = ()

    def key(self) -> str:
        return SECRET


def test_a_bound_method_is_one_function_at_each_access() -> None:
    vault = Vault()
    assert known_account(vault.key) is None
    assert remember(vault.key, "first") == "first"
    assert remember(vault.key, "after the key was changed") == "first"
    assert known_account(vault.other) is None
    assert known_account(Vault().key) is None


def test_equal_objects_that_are_functions_are_one_account() -> None:
    one = Reader("a")
    remember(one, "a's")
    assert known_account(Reader("a")) == "a's"
    assert known_account(Reader("b")) is None


def test_what_takes_no_weak_reference_is_known_by_its_key() -> None:
    bare = Bare()
    assert remember(bare.key, "x") == "x"
    assert known_account(bare.key) is None


def test_functions_are_forgotten_with_their_owners() -> None:
    before = len(accounts._functions), len(accounts._by_identity)
    vaults = [Vault() for _ in range(10)]
    functions: list[Callable[[], str]] = [lambda: SECRET for _ in range(10)]
    for function in (*functions, *(vault.key for vault in vaults)):
        remember(function, "x")
    del vaults, functions, function
    gc.collect()
    assert (len(accounts._functions), len(accounts._by_identity)) == before


def test_no_key_is_kept() -> None:
    vault = Vault()
    for client in (Client(api_key=vault.key), AsyncClient(api_key=vault.key)):
        client._core.identify(SECRET)
        assert client._core._account == account_of(SECRET)
        assert "Planted" not in str(client._core._account)
