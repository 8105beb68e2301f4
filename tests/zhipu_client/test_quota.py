from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import zhipu_emulator
from zhipu_client import AsyncClient, Client, quota, served_models
from zhipu_client._request import Reply


def read(data: Any) -> quota.QuotaReply:
    return quota.retrieve().parse(Reply(200, {}, b"", data))


@pytest.fixture
def service():
    with zhipu_emulator.serve() as running:
        yield running


async def test_the_plan_is_asked_for_at_the_root_of_the_site(service) -> None:
    where = {"base_url": service.base_url, "api_key": service.api_key}
    ask = quota.retrieve()
    replies = [Client(**where).send(ask), await AsyncClient(**where).send(ask)]
    for reply in replies:
        windows = [limit.window for limit in reply.limits]
        assert windows == [timedelta(hours=5), timedelta(weeks=1)]
        assert all(limit.reset_at > datetime.now(UTC) for limit in reply.limits)
        assert reply.reset_at is None
    assert service.requests[0]["path"] == "/api/monitor/usage/quota/limit"


def test_a_plan_that_is_used_up_is_usable_when_its_last_window_begins_anew() -> None:
    hour = 3_600_000
    rows = [
        {"type": "TOKENS_LIMIT", "unit": 3, "percentage": 100, "nextResetTime": 2 * hour},
        {"type": "CREDIT_LIMIT", "unit": 6, "percentage": 100.5, "nextResetTime": 9 * hour},
        {"type": "TIME_LIMIT", "unit": 5, "percentage": 3, "nextResetTime": 99 * hour},
    ]
    reply = read({"data": {"limits": rows}})
    assert reply.reset_at == datetime(1970, 1, 1, 9, tzinfo=UTC)
    assert reply.limits[2].window is None


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"data": None},
        {"data": {"limits": None}},
        {"data": {"limits": [None, 3]}},
        {"data": {"limits": [{"nextResetTime": "soon", "unit": "x", "percentage": "full"}]}},
        {"data": {"limits": [{"nextResetTime": 1e300, "percentage": 100}]}},
    ],
)
def test_odd_answers_are_read_as_far_as_they_go(data: Any) -> None:
    assert read(data).reset_at is None


def test_the_models_that_a_server_lists(service) -> None:
    client = Client(base_url=service.base_url, api_key=service.api_key)
    listed = client.send(served_models.list())
    assert "glm-4.7" in {model.id for model in listed}
    assert served_models.list().parse(Reply(200, {}, b"", ["x", {"id": "a"}]))[0].id == "a"
