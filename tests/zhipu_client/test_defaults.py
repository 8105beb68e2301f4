"""Base URLs, sites, time limits."""

from __future__ import annotations

import dataclasses
import doctest
import math

import pytest

from zhipu_client import _defaults
from zhipu_client._defaults import PRESETS, Timeout, offered, resolve_base_url, site_of
from zhipu_client.errors import InvalidRequestError


def test_the_examples_are_true():
    assert doctest.testmod(_defaults).failed == 0


@pytest.mark.parametrize("name", PRESETS)
def test_presets_resolve_by_name_whatever_the_case(name):
    assert resolve_base_url(name, None, {}) == PRESETS[name]
    assert resolve_base_url(f" {name.upper()} ", None, {}) == PRESETS[name]
    assert site_of(PRESETS[name]) == name


@pytest.mark.parametrize(
    ("source", "site"),
    [
        (None, "bigmodel"),
        ("ZHIPUAI_API_KEY", "bigmodel"),
        ("ZHIPU_API_KEY", "bigmodel"),
        ("ZAI_API_KEY", "zai"),
    ],
)
def test_the_source_of_the_key_picks_the_site(source, site):
    assert site_of(resolve_base_url(None, source, {})) == site


def test_the_environment_comes_after_the_argument_and_before_the_key():
    environ = {"ZAI_BASE_URL": "http://two/v1", "ZHIPUAI_API_BASE": "http://three/v1"}
    assert resolve_base_url("http://one/v1", "ZAI_API_KEY", environ) == "http://one/v1"
    assert resolve_base_url(None, "ZHIPUAI_API_KEY", environ) == "http://two/v1"
    environ["ZHIPUAI_BASE_URL"] = "zai-coding"
    assert resolve_base_url(None, None, environ) == PRESETS["zai-coding"]


def test_an_empty_variable_counts_as_unset():
    assert resolve_base_url(None, None, {"ZHIPUAI_BASE_URL": "  "}) == PRESETS["bigmodel"]


@pytest.mark.parametrize("tail", ["", "/", "//", "/chat/completions", "/chat/completions/"])
def test_the_chat_path_and_slashes_are_cut_off(tail):
    environ = {"ZHIPUAI_API_BASE": PRESETS["bigmodel"] + tail}
    assert resolve_base_url(None, None, environ) == PRESETS["bigmodel"]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000/v1", "http://[::1]:8000", "https://gpu.example.org/glm/v4"]
)
def test_other_servers_are_taken_as_they_are(url):
    assert resolve_base_url(url, "ZAI_API_KEY", {}) == url
    assert site_of(url) is None


@pytest.mark.parametrize(
    "value",
    [
        "",
        "bigmodle",
        "ftp://host/v4",
        "https://",
        "//host/v4",
        "http://host:port/v4",
        "a b",
        7,
        "http://one..two/v4",
        "http://" + "x" * 64 + ".test/v4",
        "http://xn--/",
        "http://xn--9.test/v4",
        "http://host/\ud800",
    ],
)
def test_nonsense_is_refused_with_the_presets_named(value):
    with pytest.raises(InvalidRequestError) as caught:
        resolve_base_url(value, None, {})
    assert caught.value.field == "base_url"
    assert caught.value.value == value
    assert all(name in str(caught.value) for name in PRESETS)


@pytest.mark.parametrize(
    "value",
    [
        "https://user:hunter2@host/v4",
        "https://host/v4?token=hunter2",
        "hunter2" * 6 + "." + "s" * 16,  # a key in the wrong argument
    ],
)
def test_what_may_be_secret_is_not_quoted(value):
    with pytest.raises(InvalidRequestError) as caught:
        resolve_base_url(value, None, {})
    assert "hunter2" not in str(caught.value)
    assert caught.value.value is None


def test_the_variable_is_named_when_it_is_the_culprit():
    with pytest.raises(InvalidRequestError, match="ZAI_BASE_URL"):
        resolve_base_url(None, None, {"ZAI_BASE_URL": "nowhere"})


@pytest.mark.parametrize(
    ("site", "method", "path", "there"),
    [
        ("bigmodel", "POST", "/embeddings", True),
        ("zai", "POST", "/embeddings", False),
        ("zai", "POST", "/chat/completions", True),
        ("zai", "POST", "/async/chat/completions", False),
        ("zai", "POST", "/async/images/generations", True),
        ("zai", "GET", "/async-result/42", True),
        ("zai", "POST", "/files", True),
        ("zai", "GET", "/files/42/content", False),
        ("zai", "POST", "/files/parser/create", False),
        ("zai", "POST", "/audio/transcriptions", True),
        ("zai", "GET", "/voice/list", False),
        ("bigmodel-coding", "POST", "/chat/completions", True),
        ("bigmodel-coding", "GET", "/models", True),
        ("zai-coding", "POST", "/web_search", True),
        ("zai-coding", "POST", "/images/generations", False),
        ("bigmodel-coding", "POST", "/embeddings", False),
        (None, "POST", "/embeddings", True),
    ],
)
def test_what_a_site_has(site, method, path, there):
    assert offered(site, path, method) is there


def test_a_number_sets_all_limits_and_none_keeps_them():
    assert dataclasses.astuple(Timeout.of(2)) == (2.0, 2.0, 2.0, 2.0)
    assert Timeout.of(None) == Timeout() == Timeout(10, 600, 300, 900)
    mine = Timeout(content=5)
    assert Timeout.of(mine) is mine


@pytest.mark.parametrize("value", [0, -1, math.nan, math.inf, True, "30", 10**9])
def test_an_impossible_limit_is_refused(value):
    with pytest.raises(InvalidRequestError, match="604800") as caught:
        Timeout.of(value)
    assert caught.value.field == "timeout"
