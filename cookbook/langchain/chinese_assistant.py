"""中文助手：查资料（向量检索、重排）、调用中文名的工具，并记住对话。

    pip install langchain numpy
    python cookbook/langchain/chinese_assistant.py ["考察队有几个人？"]

没有设置 Key 时，由本项目的模拟器回答。An assistant in Chinese: notes, a tool, a memory.
"""

from __future__ import annotations

import sys

from langchain_core.documents import Document
from langchain_core.messages import HumanMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import tool
from langchain_core.vectorstores import InMemoryVectorStore

from langchain_zhipu import ChatZhipuAI, ZhipuAIEmbeddings, ZhipuAIRerank
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in

try:
    import numpy as np  # noqa: F401 - InMemoryVectorStore computes with it
    from langchain.agents import create_agent
    from langgraph.checkpoint.memory import InMemorySaver
except ImportError as error:
    raise SystemExit(f"{error}。这个示例需要：pip install langchain numpy") from None

QUESTION = "水听器花了多少钱？"
NOTES = (
    "两台水听器共花费 4100 欧元。",
    "考察队共五人，在海上工作了三周。",
    "大多数江豚出现在港口入口处。",
)


# 工具名可以是中文：发送时换成服务允许的名称，收到后再换回来。
@tool("查询水位")
def water_level(city: str) -> str:
    """查询一个城市的江水水位。"""
    return f"{city}：4.1 米，正在下降"


def answer_from_notes(question: str) -> str:
    """先检索，再重排，只根据最相关的一条资料回答。"""
    documents = [Document(note) for note in NOTES]
    store = InMemoryVectorStore.from_documents(documents, ZhipuAIEmbeddings())
    found = store.similarity_search(question, k=2)
    best = ZhipuAIRerank(top_n=1).compress_documents(found, question)[0]
    print(f"资料：{best.page_content}")
    messages = [("system", f"只根据资料回答：\n{best.page_content}"), ("user", question)]
    return ChatZhipuAI(model="glm-4.7").invoke(messages).text


def talk() -> None:
    """三轮对话：自我介绍、调用工具、回忆。"""
    agent = create_agent(
        ChatZhipuAI(model="glm-4.7"), tools=[water_level], checkpointer=InMemorySaver()
    )
    thread: RunnableConfig = {"configurable": {"thread_id": "一"}}
    known = 0
    for text in ("我叫小林。", "武汉的水位是多少？", "我叫什么名字？"):
        messages = agent.invoke({"messages": [HumanMessage(text)]}, thread)["messages"]
        print(f"用户：{text}")
        for message in messages[known:]:
            for call in getattr(message, "tool_calls", []):
                print(f"调用：{call['name']}({call['args']['city']})")
        known = len(messages)
        print(f"助手：{messages[-1].text}")


def main(arguments: list[str] | None = None) -> int:
    """先根据资料回答，再对话。"""
    words = sys.argv[1:] if arguments is None else arguments
    try:
        with stand_in():
            print(f"回答：{answer_from_notes(words[0] if words else QUESTION)}")
            talk()
    except ZhipuError as error:
        print(f"没有成功：{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
