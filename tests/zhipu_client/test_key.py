"""The key: found, cleaned, turned into a header; never shown."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import pickle

import pytest
from pydantic import SecretStr

from zhipu_client import InvalidRequestError, _key

KEY = "0123abcd.secret-part"


def test_the_argument_wins_over_the_environment() -> None:
    environ = {"ZHIPUAI_API_KEY": "env.key"}
    assert _key.find("arg.key", environ).value == "arg.key"
    assert _key.find(SecretStr("arg.key"), environ).value == "arg.key"
    assert _key.find(None, environ).value == "env.key"


def test_the_environment_is_searched_in_order() -> None:
    environ = {"ZAI_API_KEY": "c", "ZHIPU_API_KEY": "b"}
    assert _key.find(None, environ) == _key.KeySource("b", "ZHIPU_API_KEY")
    assert _key.find(None, {"ZAI_API_KEY": "c", "ZHIPUAI_API_KEY": "  "}).variable == "ZAI_API_KEY"


def test_no_key_says_what_to_do() -> None:
    with pytest.raises(InvalidRequestError, match=r"ZHIPUAI_API_KEY.*zhipu_emulator") as caught:
        _key.find(None, {})
    assert caught.value.field == "api_key"


@pytest.mark.parametrize(
    ("char", "told"),
    [("\n", "a line break"), ("\r", "a line break"), ("\x00", "U\\+0000"), ("，", "U\\+FF0C")],
)
@pytest.mark.parametrize("place", ["start", "middle", "end"])
def test_a_key_that_no_header_may_carry_is_refused_unquoted(
    char: str, told: str, place: str
) -> None:
    bad = {"start": char + KEY, "middle": KEY[:4] + char + KEY[4:], "end": KEY + char}[place]
    with pytest.raises(InvalidRequestError, match=told) as caught:
        _key.clean(bad)
    assert "secret" not in str(caught.value)
    assert caught.value.value is None


def test_blanks_around_a_key_are_cut_off() -> None:
    assert _key.clean(f" {KEY}\t") == KEY


@pytest.mark.parametrize("bad", ["", "   ", 17, b"bytes", None])
def test_what_is_no_key_is_refused(bad: object) -> None:
    with pytest.raises(InvalidRequestError, match="api_key"):
        _key.clean(bad)


def test_a_source_does_not_show_the_key() -> None:
    assert KEY not in repr(_key.find(KEY, {}))


def test_bearer() -> None:
    assert _key.authorization(KEY, "bearer", 0.0) == f"Bearer {KEY}"


def test_jwt_is_signed_with_the_secret_half_and_lives_for_a_while() -> None:
    now = 1_800_000_123.0
    scheme, token = _key.authorization(KEY, "jwt", now).split(" ")
    header, payload, signature = token.split(".")
    assert scheme == "Bearer"

    def part(text: str) -> bytes:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

    assert json.loads(part(header)) == {"alg": "HS256", "sign_type": "SIGN"}
    claims = json.loads(part(payload))
    assert claims["api_key"] == "0123abcd"
    assert claims["timestamp"] <= now * 1000 < claims["exp"] - 60_000
    digest = hmac.new(b"secret-part", f"{header}.{payload}".encode(), hashlib.sha256)
    assert part(signature) == digest.digest()
    assert "secret-part" not in token


def test_jwt_needs_both_halves() -> None:
    with pytest.raises(InvalidRequestError, match=r"id\.secret") as caught:
        _key.authorization("plainkey", "jwt", 0.0)
    assert "plainkey" not in str(caught.value)


def test_errors_about_keys_survive_pickling() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        _key.clean("a\nb")
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
