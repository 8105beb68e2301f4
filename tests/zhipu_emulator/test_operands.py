"""What a tool worked out is reported, not a number of the sum that was asked."""

from __future__ import annotations

from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.tools import StructuredTool
from llama_index.core.agent.workflow import FunctionAgent
from pydantic import BaseModel, create_model

ASKED = [
    "17乘以19等于多少？请报告乘积。",
    "17 * 19 等于多少？请报告乘积。",
    "请计算17乘以19",
    "十七乘以十九是多少",
    "What is 17 times 19? Report the product.",
    "What is the product of 17 and 19?",
]
FIELDS = ["product", "乘积", "结果"]


def multiply(a: int, b: int) -> int:
    """Multiply two numbers."""
    return a * b


CHINESE = StructuredTool.from_function(multiply, name="相乘", description="计算两个数的乘积。")


def report(field: str) -> type[BaseModel]:
    made: dict[str, Any] = {field: (int, ...)}
    return create_model("Report", **made)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("tool", [multiply, CHINESE], ids=["english", "chinese"])
@pytest.mark.parametrize("question", ASKED)
def test_langchain_agent(model, question: str, tool: Any, field: str) -> None:
    agent = create_agent(model, tools=[tool], response_format=report(field))
    found = agent.invoke({"messages": [("user", question)]})["structured_response"]
    assert found.model_dump() == {field: 323}


@pytest.mark.filterwarnings(  # of LlamaIndex's own use of pydantic and of its workflows
    "ignore::pydantic.warnings.PydanticDeprecationWarning",
    "ignore:is_running called from within a step:DeprecationWarning",
)
@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("question", ASKED)
async def test_llama_index_agent(llm, question: str, field: str) -> None:
    agent = FunctionAgent(llm=llm, tools=[multiply], output_cls=report(field))
    answer = await agent.run(question)
    assert answer.structured_response == {field: 323}


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("question", ASKED)
def test_llama_index_structured(llm, question: str, field: str) -> None:
    assert llm.as_structured_llm(report(field)).complete(question).raw.model_dump() == {field: 323}
