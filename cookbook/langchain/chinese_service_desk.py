"""中文客服 Agent：工具名、参数名和说明都是中文，并行调用，边执行边显示。

    pip install langchain
    python cookbook/langchain/chinese_service_desk.py ["订单 B-17 到哪里了？"]

没有设置 Key 时，由本项目的模拟器回答：它按简单的规则挑选工具。
An agent whose tools have Chinese names and arguments; calls and results as they come.
"""

from __future__ import annotations

import sys

from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool

from langchain_zhipu import ChatZhipuAI
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in

try:
    from langchain.agents import create_agent
except ImportError as error:
    raise SystemExit(f"{error}。这个示例需要：pip install langchain") from None

TASK = "查询订单 B-17，再计算 3 公斤寄到武汉的运费。"
RULES = "你是一家网店的客服，用中文简短地回答。订单和运费一律用工具查，不要自己编。"
ORDERS = {"B-17": "已发货，预计明天送达", "B-18": "待付款"}


# 工具名可以是中文：发送时换成服务允许的名称，收到后再换回来；参数名原样发送。
@tool("查询订单")
def order_status(订单号: str) -> str:
    """按订单号查询订单的状态。"""
    return f"订单 {订单号}：{ORDERS.get(订单号, '查不到')}"


@tool("计算运费")
def postage(重量: float, 城市: str) -> str:
    """计算把若干公斤的包裹寄到一个城市的运费。"""
    return f"寄到{城市}，{重量:g} 公斤：{12 + 2 * 重量:.2f} 元"


def serve(task: str) -> None:
    """完成一个任务，显示每一步。"""
    agent = create_agent(
        ChatZhipuAI(model="glm-4.7"), tools=[order_status, postage], system_prompt=RULES
    )
    print(f"用户：{task}")
    for step in agent.stream({"messages": [HumanMessage(task)]}, stream_mode="updates"):
        for message in (each for update in step.values() for each in update["messages"]):
            if isinstance(message, ToolMessage):
                print(f"结果：{message.text}")
            elif isinstance(message, AIMessage) and message.tool_calls:
                for call in message.tool_calls:
                    given = "，".join(f"{name}={value}" for name, value in call["args"].items())
                    print(f"调用：{call['name']}（{given}）")
            else:
                print(f"客服：{message.text}")


def main(arguments: list[str] | None = None) -> int:
    """完成命令行上的任务，或者自带的任务。"""
    words = sys.argv[1:] if arguments is None else arguments
    try:
        with stand_in():
            serve(words[0] if words else TASK)
    except ZhipuError as error:
        print(f"没有成功：{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
