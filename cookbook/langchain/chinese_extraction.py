"""从中文文字中提取结构化数据：字段说明用中文，金额核对一遍，读不出的不影响其他。

    python cookbook/langchain/chinese_extraction.py [信件.txt ...]

没有设置 Key 时，由本项目的模拟器回答：它按简单的规则填写字段。
Objects from Chinese texts, several at once; the sum is checked, failures stay in their places.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field

from langchain_zhipu import ChatZhipuAI
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in

LETTERS = (
    "订单号：B-17。客户：李安。商品：白茶。数量：3。单价：40.50 元。合计：121.50 元。",
    "订单号：B-18。客户：赵敏。商品：茶壶。数量：1。单价：80 元。合计：80 元。",
    "订单号：B-19。客户：欧阳修。商品：茶杯。数量：6。单价：7.50 元。合计：54 元。",
)


class Order(BaseModel):
    """一封信里的订单。"""

    # 字段名用英文，程序里好写；模型看到的是中文说明。
    number: str = Field(description="订单号")
    customer: str = Field(description="客户")
    article: str = Field(description="商品")
    quantity: int = Field(description="数量")
    price: float = Field(description="单价，单位元")
    total: float = Field(description="合计，单位元")


def orders_of(letters: list[str]) -> list[Any]:
    """同时读取所有信件；读不出的位置上是异常，其他的照常返回。"""
    reader = ChatZhipuAI(model="glm-4.7").with_structured_output(Order)
    return reader.batch([*letters], config={"max_concurrency": 8}, return_exceptions=True)


def main(arguments: list[str] | None = None) -> int:
    """读取信件，列成表，并核对金额。"""
    paths = sys.argv[1:] if arguments is None else arguments
    letters = [Path(path).read_text("utf-8") for path in paths] or list(LETTERS)
    try:
        with stand_in():
            orders = orders_of(letters)
    except ZhipuError as error:
        print(f"没有成功：{error}", file=sys.stderr)
        return 1
    for place, order in enumerate(orders, start=1):
        if not isinstance(order, Order):
            print(f"第 {place} 封信没有读出：{order}")
            continue
        worth = order.quantity * order.price
        check = "金额相符" if abs(worth - order.total) < 0.005 else f"金额不符，应为 {worth:.2f} 元"
        print(f"{order.number}  {order.customer}  {order.article}  {order.total:.2f} 元  {check}")
    return 0 if all(isinstance(order, Order) for order in orders) else 1


if __name__ == "__main__":
    sys.exit(main())
