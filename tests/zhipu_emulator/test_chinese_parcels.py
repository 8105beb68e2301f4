"""Parcels asked for in Chinese, alone and beside something else."""

from __future__ import annotations

import pytest

from tests.zhipu_emulator.conftest import make_tool as tool

PARCEL = tool("query_express", "查询快递物流状态", 单号="string")
STOCK = tool("query_stock", "查询商品库存", 商品="string")
WEATHER = tool("weather", "查询城市天气", 城市="string")
TOOLS = [PARCEL, STOCK, WEATHER]
OURS = ("query_express", {"单号": "SF123456"})


@pytest.mark.parametrize("tools", [[PARCEL], TOOLS, TOOLS[::-1]])
@pytest.mark.parametrize(
    "text", ["快递SF123456到哪了？", "单号SF123456的快递到哪了", "请查一下快递SF123456到哪儿了"]
)
def test_a_number_is_taken_without_what_is_asked_of_it(ask, tools, text: str) -> None:
    assert ask.calls(text, tools=tools) == [OURS]


def test_at_the_same_time_is_not_a_value(ask) -> None:
    both = ask.calls("请同时查机械键盘的库存和快递SF123456", tools=TOOLS)
    assert both == [("query_stock", {"商品": "机械键盘"}), OURS]
    towns = ask.calls("请同时查询北京和上海的天气", tools=[WEATHER])
    assert towns == [("weather", {"城市": "北京"}), ("weather", {"城市": "上海"})]
