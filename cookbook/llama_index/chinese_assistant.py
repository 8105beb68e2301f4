"""中文助手：查资料（向量检索、重排）、调用中文名的工具，并记住对话。

    python cookbook/llama_index/chinese_assistant.py ["考察队有几个人？"]

没有设置 Key 时，由本项目的模拟器回答。An assistant in Chinese: notes, a tool, a memory.
"""

from __future__ import annotations

import asyncio
import sys

from llama_index.core import Document, VectorStoreIndex
from llama_index.core.agent.workflow import FunctionAgent, ToolCall
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.tools import FunctionTool

from llama_index_zhipu import ZhipuAI, ZhipuAIEmbedding, ZhipuAIRerank
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in

QUESTION = "水听器花了多少钱？"
NOTES = (
    "两台水听器共花费 4100 欧元。",
    "考察队共五人，在海上工作了三周。",
    "大多数江豚出现在港口入口处。",
)


def water_level(city: str) -> str:
    """查询一个城市的江水水位。"""
    return f"{city}：4.1 米，正在下降"


def answer_from_notes(question: str) -> str:
    """先检索，再重排，只根据最相关的一条资料回答。"""
    index = VectorStoreIndex.from_documents(
        [Document(text=note) for note in NOTES], embed_model=ZhipuAIEmbedding()
    )
    engine = index.as_query_engine(
        llm=ZhipuAI(model="glm-4.7"),
        similarity_top_k=2,
        node_postprocessors=[ZhipuAIRerank(top_n=1)],
    )
    answer = engine.query(question)
    print(f"资料：{answer.source_nodes[0].text}")
    return str(answer)


async def talk() -> None:
    """三轮对话：自我介绍、调用工具、回忆。"""
    # 工具名可以是中文：发送时换成服务允许的名称，收到后再换回来。
    tool = FunctionTool.from_defaults(water_level, name="查询水位")
    agent = FunctionAgent(tools=[tool], llm=ZhipuAI(model="glm-4.7"))
    # 对话记在这里；要在重启之后还记得，见 persistent_memory.py
    memory = ChatMemoryBuffer.from_defaults(token_limit=100_000)
    for text in ("我叫小林。", "武汉的水位是多少？", "我叫什么名字？"):
        print(f"用户：{text}")
        handler = agent.run(text, memory=memory)
        async for event in handler.stream_events():
            if type(event) is ToolCall:
                print(f"调用：{event.tool_name}({event.tool_kwargs['city']})")
        print(f"助手：{await handler}")


def main(arguments: list[str] | None = None) -> int:
    """先根据资料回答，再对话。"""
    words = sys.argv[1:] if arguments is None else arguments
    try:
        with stand_in():
            print(f"回答：{answer_from_notes(words[0] if words else QUESTION)}")
            asyncio.run(talk())
    except ZhipuError as error:
        print(f"没有成功：{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
