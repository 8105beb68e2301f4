"""The settings of a connection: in copies and pickles the same for every adapter of both."""

from __future__ import annotations

import contextlib
import copy
import functools
import pickle
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import BaseModel

import langchain_zhipu
import llama_index_zhipu
from tests.llama_index_zhipu.stub import Stub
from zhipu_client import AttemptEvent, InvalidRequestError, NotFoundError, Timeout
from zhipu_client.adapting import ClientCache, ConnectionSettings

KEY = "planted-id.planted-secret"
NEEDED: dict[str, dict[str, Any]] = {
    "ZhipuAIFileParserLoader": {"file_path": "report.docx"},
    "ZhipuAIHandwritingLoader": {"file_path": "note.png"},
    "ZhipuAIKnowledgeRetriever": {"knowledge_ids": "1"},
    "ZhipuAIOCRLoader": {"file_path": "report.pdf"},
    "ZhipuAITranscriptionLoader": {"file_path": "speech.wav"},
    "ZhipuAIWebReaderLoader": {"urls": "https://example.com"},
}
ADAPTERS = {
    f"{package.__name__}.{name}": functools.partial(found, **NEEDED.get(name, {}))
    for package in (langchain_zhipu, llama_index_zhipu)
    for name in package.__all__
    if isinstance(found := getattr(package, name), type) and issubclass(found, ConnectionSettings)
}


def importable_key() -> str:
    return KEY


class Vault:
    """A callable with the key in it: pickle would store both."""

    def __init__(self, key: str) -> None:
        self.key = key

    def __call__(self) -> str:
        return self.key


@pytest.fixture(params=ADAPTERS.values(), ids=ADAPTERS)
def make(request: pytest.FixtureRequest) -> Callable[..., Any]:
    return request.param


def carried(adapter: BaseModel) -> Any:
    return pickle.loads(pickle.dumps(adapter))


def test_there_are_adapters_of_both() -> None:
    assert {name.split(".")[0] for name in ADAPTERS} == {"langchain_zhipu", "llama_index_zhipu"}


def test_constructing_checks_settings_and_makes_no_client(
    make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client brings all that connects: it is for the first call."""
    made: list[Any] = []
    monkeypatch.setattr(ConnectionSettings, "_new_client", made.append)
    adapter = make(api_key=KEY, max_concurrency=2, shared_limit="team")
    assert (adapter.max_concurrency, made) == (2, [])
    for wrong in (
        {"base_url": "ftp://example.com"},
        {"http_client": httpx.AsyncClient()},
        {"on_attempt": 7},
        {"proxy": "nowhere"},
        {"shared_limit": "/no/such/folder/limits"},
        {"timeout": -1},
    ):
        (field,) = wrong
        with pytest.raises(InvalidRequestError, match=field) as caught:
            make(**{"api_key": KEY, **wrong})
        assert caught.value.field == field


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda it: it.model_copy()])
def test_a_copy_has_the_key_and_a_client_of_its_own(make: Any, duplicate: Any) -> None:
    adapter = make(api_key=KEY, max_concurrency=2)
    made = duplicate(adapter)
    assert made.api_key == adapter.api_key
    assert made._sync_client() is made._sync_client()
    assert made._async_client() is made._async_client()
    assert made._sync_client() is not adapter._sync_client()


def test_one_client_for_all_threads(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # Each client counts its own requests in flight: two would make two ceilings.
    made, threads = copy.deepcopy(make(api_key=KEY)), 4
    ready, both = threading.Barrier(threads), threading.Barrier(2)
    new_client = ConnectionSettings._new_client

    def slowly(adapter: Any) -> Any:
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(0.2)  # so that two threads are sure to be here at once, where that can be
        return new_client(adapter)

    def first_use(_: int) -> Any:
        ready.wait()
        return made._sync_client(), made._async_client()

    monkeypatch.setattr(ConnectionSettings, "_new_client", slowly)
    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(first_use, range(threads)))
    assert len({id(client) for client, _ in found}) == 1
    assert len({id(client) for _, client in found}) == 1


def test_only_a_few_clients_are_kept() -> None:
    cache = ClientCache()
    first = cache.get(0, object)
    assert cache.get(0, object) is first
    for settings in range(1, 40):
        last = cache.get(settings, object)
    assert cache.get(39, object) is last
    assert cache.get(0, object) is not first
    assert len(cache._made) <= 8


@pytest.mark.parametrize("key", [KEY, lambda: KEY, functools.partial(str, KEY), Vault(KEY)])
def test_a_pickle_has_no_key(make: Any, key: Any) -> None:
    data = pickle.dumps(make(api_key=key))
    assert b"planted" not in data
    with pytest.raises(InvalidRequestError, match=r"ZHIPUAI_API_KEY.*function") as caught:
        pickle.loads(data)._sync_client()
    assert caught.value.field == "api_key"


def test_a_pickle_has_a_function_that_can_be_imported(make: Any) -> None:
    assert carried(make(api_key=importable_key)).api_key is importable_key


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Authorization", "plain-planted"), ("proxy-authorization", "planted"),
        ("Cookie", "sid=planted"), ("X-Api-Key", "planted"), ("apikey", "planted"),
        ("x-gateway-token", "planted"), ("X-Session", "planted"), ("X-Client-Secret", "planted"),
        ("X-Forward", "Bearer planted"), ("X-Forward", f"id={KEY}"),
    ],
)  # fmt: skip
def test_a_pickle_has_no_secret_header_and_says_so_when_used(name: str, value: str) -> None:
    for make in (langchain_zhipu.ChatZhipuAI, llama_index_zhipu.ZhipuAI):
        data = pickle.dumps(make(api_key=KEY, default_headers={name: value, "X-Tenant": "acme"}))
        assert b"planted" not in data
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("ZHIPUAI_API_KEY", "other.key")
            made = carried(pickle.loads(data))  # also through two processes
            assert made.default_headers == {"X-Tenant": "acme"}
            with pytest.raises(InvalidRequestError, match=f"default_headers.*{name}") as caught:
                made._sync_client()
            assert caught.value.field == "default_headers"
            made.default_headers = {name.upper(): "given-again"}
            assert made._sync_client() is made._sync_client()


def test_other_headers_are_pickled_and_sent(server: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIPUAI_API_KEY", KEY)
    headers = {"X-Tenant": "acme", "X-Monkey": "no secret", "User-Agent": "pipeline/1"}
    for make, use in (
        (langchain_zhipu.ChatZhipuAI, lambda it: it.invoke("?")),
        (llama_index_zhipu.ZhipuAI, lambda it: it.complete("?")),
    ):
        server.clear()
        use(carried(make(base_url=server.base_url, default_headers=headers)))
        assert server.headers[0]["x-tenant"] == "acme"


def test_a_worker_process_without_a_key_is_refused_before_it_begins(
    make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `multiprocessing` pickles for a pool; a pickle for elsewhere is made as ever."""
    adapter = make(api_key=KEY)
    for sent in (adapter, functools.partial(print, {".pdf": adapter})):
        with pytest.raises(InvalidRequestError, match="in the worker processes too") as no:
            ForkingPickler.dumps(sent)
        assert no.value.field == "api_key"
        assert "planted" not in str(no.value)
    assert carried(adapter).api_key is None
    ForkingPickler.dumps(make(api_key=importable_key))
    secret = make(api_key=importable_key, default_headers={"Authorization": "Basic x"})
    with pytest.raises(InvalidRequestError, match="set default_headers in the worker"):
        ForkingPickler.dumps(secret)
    monkeypatch.setenv("ZHIPUAI_API_KEY", KEY)
    assert pickle.loads(ForkingPickler.dumps(adapter))._sync_client()


def test_a_shared_limit_is_a_name_or_a_path(
    make: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = str(tmp_path / "limit.json")
    for given, found in {
        "team": "team",
        "./limit.json": path,
        Path("limit.json"): path,
    }.items():
        assert make(api_key=KEY, shared_limit=given).shared_limit == found
    adapter = make(api_key=importable_key, shared_limit="./limit.json")
    monkeypatch.chdir("/")
    assert carried(adapter)._sync_client()._core.shared_limit == tmp_path / "limit.json"
    with pytest.raises(InvalidRequestError, match="there is no folder"):
        make(api_key=KEY, shared_limit="team/prod")


def importable_hook(event: AttemptEvent) -> None:
    """Look at an attempt."""


def test_a_hook_for_attempts_goes_to_the_client_and_into_no_text(make: Any) -> None:
    seen: list[AttemptEvent] = []
    adapter = make(api_key=importable_key, on_attempt=seen.append)
    for one in (adapter, copy.copy(adapter), copy.deepcopy(adapter), adapter.model_copy()):
        assert one._sync_client()._core.on_attempt == seen.append
    adapter.on_attempt = importable_hook
    assert adapter._async_client()._core.on_attempt is importable_hook
    assert "on_attempt" not in repr(adapter)
    assert "on_attempt" not in adapter.model_dump()
    assert carried(adapter)._sync_client()._core.on_attempt is importable_hook
    adapter.on_attempt = lambda event: None  # which cannot be pickled
    assert carried(adapter).on_attempt is None
    with pytest.raises(InvalidRequestError, match="on_attempt"):
        make(api_key=KEY, on_attempt=3)


def test_a_key_set_later_is_a_secret(make: Any) -> None:
    adapter = make(api_key="first.key")
    changed = adapter.model_copy(update={"api_key": KEY})
    adapter.api_key = KEY
    for one in (adapter, changed):
        assert one.api_key.get_secret_value() == KEY
        assert "planted" not in repr(one)


def test_other_names_of_arguments(make: Any) -> None:
    for base in ("api_base", "zhipuai_api_base", "openai_api_base", "base_url"):
        adapter = make(zhipuai_api_key=KEY, request_timeout=7, **{base: "http://127.0.0.1:9/v4"})
        assert adapter.api_key.get_secret_value() == KEY
        assert (adapter.base_url, adapter.timeout) == ("http://127.0.0.1:9/v4", 7)


def test_where_the_key_comes_from_decides_the_place(
    make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZAI_API_KEY", KEY)
    assert make().base_url == "https://api.z.ai/api/paas/v4"
    monkeypatch.setenv("ZHIPU_API_KEY", KEY)
    assert make().base_url == "https://open.bigmodel.cn/api/paas/v4"
    assert make().api_key.get_secret_value() == KEY


def test_the_arguments_of_an_openai_class(make: Any) -> None:
    adapter = make(
        openai_api_key=KEY,
        openai_api_base="http://127.0.0.1:9/v1",
        openai_proxy="http://127.0.0.1:8",
        organization="org-1",
        timeout=httpx.Timeout(7, connect=3),
    )
    assert adapter.api_key.get_secret_value() == KEY
    assert (adapter.base_url, adapter.proxy) == ("http://127.0.0.1:9/v1", "http://127.0.0.1:8")
    assert adapter.default_headers == {"OpenAI-Organization": "org-1"}
    assert adapter.timeout == Timeout(connect=3, read=7)
    assert adapter._sync_client().dialect.name == "openai"
    assert adapter._sync_client()._core.proxy == "http://127.0.0.1:8"


def test_headers_beside_an_organization(make: Any) -> None:
    adapter = make(api_key=KEY, organization="org-1", default_headers={"X-Tenant": "acme"})
    assert adapter.default_headers == {"OpenAI-Organization": "org-1", "X-Tenant": "acme"}
    assert make(api_key=KEY, organization=None).default_headers is None


@pytest.mark.parametrize(
    ("given", "read"),
    [((3, 7), Timeout(3, 7)), ((3, 700, 1, 1), Timeout(3, 700, 700)), (9, 9), (None, None)],
)
def test_timeouts_of_other_kinds(make: Any, given: Any, read: Any) -> None:
    assert make(api_key=KEY, timeout=given).timeout == read


def test_a_timeout_without_an_end() -> None:
    week = 7 * 24 * 3600
    assert Timeout.of(httpx.Timeout(None)) == Timeout(week, week, week, week)


def test_a_proxys_password_is_not_shown_nor_pickled(
    make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = make(api_key=KEY, proxy="http://me:planted@127.0.0.1:8")
    data = pickle.dumps(adapter)
    assert "planted" not in repr(adapter)
    assert b"planted" not in data
    monkeypatch.setenv("ZHIPUAI_API_KEY", "other.key")
    made = carried(pickle.loads(data))
    with pytest.raises(InvalidRequestError, match="proxy"):
        made._sync_client()
    made.proxy = "http://127.0.0.1:8"
    made._sync_client()
    assert carried(make(proxy="http://127.0.0.1:8")).proxy == "http://127.0.0.1:8"


@pytest.mark.parametrize("base", ["https://api.z.ai", "https://open.bigmodel.cn"])
def test_the_endpoint_of_another_format_is_refused(make: Any, base: str) -> None:
    for rest in ("", "/", "/v1", "/v1/messages"):
        with pytest.raises(InvalidRequestError, match=r"Anthropic.*zai-coding"):
            make(api_key=KEY, base_url=f"{base}/api/anthropic{rest}")


#: What the service's hosts answer below other paths than their APIs'.
NO_PATH = httpx.Response(200, json={"code": 500, "msg": "404 NOT_FOUND", "success": False})


@pytest.mark.parametrize("chat", [langchain_zhipu.ChatZhipuAI, llama_index_zhipu.ZhipuAI])
@pytest.mark.parametrize(
    ("answer", "hinted"),
    [
        (NO_PATH, True),
        (httpx.Response(404, json={"detail": "Not Found"}), True),
        (httpx.Response(404, text="404 page not found"), True),
        (httpx.Response(404, json={"error": {"message": "File Not Found", "code": 404}}), True),
        (httpx.Response(404, json={"error": {"message": "model 'a' not found"}}), False),
    ],
)
def test_a_path_that_a_server_does_not_have_may_be_that_of_the_base(
    chat: Any, answer: httpx.Response, hinted: bool
) -> None:
    with httpx.Client(transport=httpx.MockTransport(lambda _: answer)) as http:
        model = chat(api_key=KEY, base_url="http://127.0.0.1:8", http_client=http)
        with pytest.raises(NotFoundError) as caught:
            (model.invoke if chat is langchain_zhipu.ChatZhipuAI else model.complete)("Hi")
    assert ("base_url lacks a part of its path" in str(caught.value)) == hinted


@pytest.mark.parametrize("chat", [langchain_zhipu.ChatZhipuAI, llama_index_zhipu.ZhipuAI])
@pytest.mark.parametrize(
    ("base", "remedy"),
    [
        ("https://api.z.ai", "zai-coding"),
        ("https://api.z.ai/v1", "zai-coding"),
        ("https://open.bigmodel.cn/api/paas/v3", "bigmodel-coding"),
        ("http://127.0.0.1:8/v1", ""),
        ("https://api.z.ai/api/paas/v4", ""),
    ],
)
@pytest.mark.parametrize("answer", [httpx.Response(404), NO_PATH], ids=["404", "200"])
def test_a_path_that_a_site_does_not_have_says_which_it_has(
    chat: Any, answer: httpx.Response, base: str, remedy: str
) -> None:
    with httpx.Client(transport=httpx.MockTransport(lambda _: answer)) as http:
        model = chat(api_key=KEY, base_url=base, http_client=http)
        with pytest.raises(NotFoundError) as caught:
            (model.invoke if chat is langchain_zhipu.ChatZhipuAI else model.complete)("Hi")
    said = str(caught.value)
    assert ("is not a base URL" in said, remedy in said) == (bool(remedy), True)


@pytest.mark.parametrize("package", [langchain_zhipu, llama_index_zhipu])
def test_the_settings_have_a_json_schema(package: Any) -> None:
    known = package.ZhipuSettings.model_json_schema()["properties"]
    assert "max_retries" in known
    assert not {"usage_counter", "on_attempt"} & set(known)


# LangChain's tools have a class as the default of ``args_schema``.
@pytest.mark.filterwarnings("ignore::pydantic.json_schema.PydanticJsonSchemaWarning")
@pytest.mark.parametrize("package", [langchain_zhipu, llama_index_zhipu])
def test_each_adapter_has_a_json_schema(package: Any) -> None:
    exported = [getattr(package, name) for name in package.__all__]
    # No chat model of LangChain has one: its own `custom_get_token_ids` is a function.
    kinds = {
        one for one in exported if isinstance(one, type) and issubclass(one, package.ZhipuSettings)
    }
    for kind in kinds - {langchain_zhipu.ChatZhipuAI}:
        known = kind.model_json_schema()["properties"]
        assert not {"on_result", "on_usage", "on_progress"} & set(known)
