"""Copies keep the key and never a live client; nothing that is written down shows the key."""

from __future__ import annotations

import copy
import pickle
import time
import traceback
from typing import Any

import pytest
from langchain_core.load import dumpd
from langchain_core.runnables import ConfigurableField

from langchain_zhipu import ChatZhipuAI
from zhipu_client import InvalidRequestError

KEY = "identity.hunter2secret"


def key_of_the_day() -> str:
    return KEY


@pytest.fixture
def plain() -> ChatZhipuAI:
    return ChatZhipuAI(api_key=KEY, temperature=0.5)


def test_copies_keep_the_key_and_work(make: Any, say: Any) -> None:
    model = make()
    model.invoke("hi")  # now there is a live client
    copies = [
        copy.copy(model), copy.deepcopy(model), model.model_copy(),
        model.model_copy(update={"temperature": 0.9}), model.model_copy(deep=True),
    ]  # fmt: skip
    for found in copies:
        assert found.api_key == model.api_key
        assert found.invoke("hi").content
    assert model.bind(temperature=0.1).invoke("hi").content


def test_a_copy_with_another_key_or_place_uses_it(make: Any, server: Any) -> None:
    from pydantic import SecretStr

    model = make()
    model.invoke("hi")
    other = model.model_copy(update={"api_key": SecretStr("other.key"), "max_retries": 0})
    assert other._sync_client() is not model._sync_client()
    assert other._sync_client().send is not None
    assert model._sync_client() is model._sync_client()
    moved = model.model_copy(update={"base_url": "zai"})
    assert moved._sync_client().site == "zai"
    assert model._sync_client().site is None


def test_a_copy_of_another_model_has_its_profile(plain: ChatZhipuAI) -> None:
    found = plain.model_copy(update={"model": "glm-4.6v"})
    assert found.profile is not None
    assert found.profile["image_inputs"] is True
    assert plain.profile is not None
    assert plain.profile["image_inputs"] is False


def test_a_run_that_picks_another_model_has_its_profile(plain: ChatZhipuAI) -> None:
    fields = {name: ConfigurableField(id=name) for name in ("model", "temperature")}
    made: Any = plain.configurable_fields(**fields)
    for model in ("glm-4.6v", "zai-org/GLM-4.5V-FP8", "my-own-model"):
        picked, _ = made.prepare({"configurable": {"model": model}})
        assert picked.model == model
        assert picked.profile == ChatZhipuAI(api_key=KEY, model=model).profile
    warmer, _ = made.prepare({"configurable": {"temperature": 0.9}})
    assert warmer.profile == plain.profile
    twice: Any = warmer.configurable_fields(model=ConfigurableField(id="model"))
    picked, _ = twice.prepare({"configurable": {"model": "glm-4.6v"}})
    assert picked.profile["image_inputs"] is True


def test_a_profile_that_the_user_gave_stays(plain: ChatZhipuAI) -> None:
    given = ChatZhipuAI(api_key=KEY, model="my-own-model", profile=plain.profile)
    assert given.profile == plain.profile
    made: Any = given.configurable_fields(model=ConfigurableField(id="model"))
    picked, _ = made.prepare({"configurable": {"model": "glm-4.6v"}})
    assert picked.profile == given.profile
    assert given.model_copy(update={"model": "glm-4.6v"}).profile == given.profile
    given.model = "glm-4.6v"
    assert given.profile == plain.profile


def test_a_profile_follows_a_model_that_is_set(plain: ChatZhipuAI) -> None:
    for moved in (plain, copy.deepcopy(plain), pickle.loads(pickle.dumps(plain))):
        moved.model = "glm-4.6v"
        assert moved.profile is not None
        assert moved.profile["image_inputs"] is True
        moved.model_name = "my-own-model"
        assert moved.profile is None


def test_equal_models_are_equal(plain: ChatZhipuAI) -> None:
    other = ChatZhipuAI(api_key=KEY, temperature=0.5)
    assert plain == other
    plain._sync_client()
    assert plain == other


def test_pickle_drops_the_key_and_takes_it_from_the_environment(
    plain: ChatZhipuAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = pickle.dumps(plain)
    assert b"hunter2secret" not in data
    again = pickle.loads(data)
    assert again.temperature == 0.5
    with pytest.raises(InvalidRequestError, match=r"ZHIPUAI_API_KEY.*function") as caught:
        again.invoke("hi")
    assert caught.value.field == "api_key"
    monkeypatch.setenv("ZHIPUAI_API_KEY", "from.environment")
    assert again._sync_client() is not None


def test_pickle_keeps_an_importable_function() -> None:
    again = pickle.loads(pickle.dumps(ChatZhipuAI(api_key=key_of_the_day)))
    assert again.api_key is key_of_the_day
    local = ChatZhipuAI(api_key=lambda: KEY)
    assert pickle.loads(pickle.dumps(local)).api_key is None


def test_your_own_client_is_shared_by_copies_and_not_pickled(plain: ChatZhipuAI) -> None:
    import httpx

    with httpx.Client() as own:
        model = ChatZhipuAI(api_key=KEY, http_client=own)
        assert copy.deepcopy(model).http_client is own
        assert pickle.loads(pickle.dumps(model)).http_client is None


def test_a_function_gives_the_key_of_each_request(server: Any) -> None:
    asked = []

    def rotating() -> str:
        asked.append(1)
        return str(server.api_key)

    model = ChatZhipuAI(api_key=rotating, base_url=server.base_url)
    model.invoke("hi")
    model.invoke("hi")
    assert len(asked) == 2


async def test_an_async_function_gives_the_key_of_async_requests(server: Any) -> None:
    async def rotating() -> str:
        return str(server.api_key)

    model = ChatZhipuAI(api_key=rotating, base_url=server.base_url)
    assert (await model.ainvoke("hi")).content
    with pytest.raises(InvalidRequestError, match="async"):
        model.invoke("hi")


def test_nothing_written_down_shows_the_key(plain: ChatZhipuAI, server: Any) -> None:
    model = ChatZhipuAI(
        api_key=KEY,
        base_url=server.base_url,
        max_retries=0,
        default_headers={"X-Token": "hunter2secret"},
    )
    with pytest.raises(Exception, match=r"1000|401|身份|token") as caught:
        model.invoke("hi")
    written = [
        repr(model), str(model), str(model.asdict()), str(dumpd(model)), str(model.model_dump()),
        model.model_dump_json(), repr(model._sync_client()), repr(model.bind(a=1)),
        "".join(traceback.format_exception(caught.value)), str(vars(caught.value)),
        str(model._get_invocation_params()), model._get_llm_string(),
    ]  # fmt: skip
    for text in written:
        assert "hunter2secret" not in text


def test_a_failed_construction_does_not_quote_the_key() -> None:
    for bad in ({"max_retries": "many"}, {"temperature": "hot"}, {"timeout": -1}):
        with pytest.raises(ValueError) as caught:
            ChatZhipuAI(**{"api_key": KEY, **bad})  # type: ignore[arg-type]
        assert "hunter2secret" not in str(caught.value) + repr(caught.value)


def test_construction_is_cheap() -> None:
    ChatZhipuAI(api_key=KEY)
    start = time.perf_counter()
    for _ in range(20):
        ChatZhipuAI(api_key=KEY)
    assert (time.perf_counter() - start) / 20 < 0.02  # 0.4 ms on a free machine


def test_where_the_key_comes_from_decides_the_site(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZAI_API_KEY", "k.s")
    assert ChatZhipuAI()._sync_client().site == "zai"
    monkeypatch.setenv("ZHIPU_API_KEY", "k.s")
    assert ChatZhipuAI()._sync_client().site == "bigmodel"
    assert ChatZhipuAI(base_url="zai-coding")._sync_client().site == "zai-coding"
    monkeypatch.setenv("ZHIPUAI_API_BASE", "https://my.host/v4/chat/completions")
    assert ChatZhipuAI().base_url == "https://my.host/v4"
