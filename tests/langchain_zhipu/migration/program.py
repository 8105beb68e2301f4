"""A program as people have it who use the community package. Only its import is to change.

python -m tests.langchain_zhipu.migration.program MODULE BASE_URL KEY
"""

from __future__ import annotations

import asyncio
import json
import sys
from importlib import import_module
from typing import Any

from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.tools import tool
from pydantic import BaseModel, Field


@tool
def get_weather(city: str) -> str:
    """Look up the weather of a city.

    Args:
        city: Name of the city.
    """
    return f"rain in {city}"


class Person(BaseModel):
    """Somebody."""

    name: str = Field(description="The name of the person")
    city: str = Field(description="The city that the person lives in")


MESSAGES = [
    SystemMessage("You are brief."),
    HumanMessage("My name is Lin and I live in Suzhou."),
    AIMessage("Hello Lin."),
    HumanMessage("What is my name?"),
]


def told(message: Any) -> dict[str, Any]:
    """What such programs read off an answer."""
    metadata = message.response_metadata
    return {
        "type": message.type,
        "content": message.content,
        "model_name": metadata["model_name"],
        "finish_reason": metadata["finish_reason"],
        "tokens": metadata["token_usage"]["total_tokens"],
    }


def summed(chunks: list[Any]) -> Any:
    """The chunks as one."""
    total = chunks[0]
    for chunk in chunks[1:]:
        total = total + chunk
    return total


def constructed(cls: Any, base_url: str, key: str) -> list[Any]:
    """A model by each of the constructor's ways."""
    return [
        cls(model="glm-4-plus", api_key=key, api_base=base_url, temperature=0.5),
        cls(model_name="glm-4-plus", zhipuai_api_key=key, zhipuai_api_base=base_url, top_p=0.7),
        cls(model="glm-4-plus", api_key=key, api_base=base_url, max_tokens=64, streaming=True),
        cls(model="glm-4-plus", api_key=key, api_base=base_url, temperature=0),
        cls(model="glm-4-plus", api_key=key, api_base=base_url, temperature=1, top_p=1.0),
        cls(),  # all from the environment
    ]


async def asynchronous(model: Any) -> dict[str, Any]:
    """The same calls, awaited."""
    return {
        "ainvoke": told(await model.ainvoke(MESSAGES)),
        "astream": summed([chunk async for chunk in model.astream(MESSAGES)]).content,
        "abatch": [m.content for m in await model.abatch(["你好", "What is 17 * 19?"])],
    }


def main(module: str, base_url: str, key: str) -> None:
    """Print what the program sees."""
    cls = import_module(module).ChatZhipuAI
    models = constructed(cls, base_url, key)
    model = models[0]
    prompt = ChatPromptTemplate.from_messages([("system", "Be brief."), ("human", "{question}")])
    chain = prompt | model | StrOutputParser()
    with_tools = model.bind_tools([get_weather], tool_choice="auto")
    asked = "What is the weather in Hangzhou?"
    structured = model.with_structured_output(Person)
    raw = model.with_structured_output(Person, include_raw=True)
    sentence = "Ann Lee lives in Paris."
    stream = list(model.stream(MESSAGES))
    found = {
        "invoke": [m.invoke(MESSAGES).content for m in models],
        "whole": told(model.invoke(MESSAGES)),
        "stream": told(summed(stream)),
        "stream_types": sorted({chunk.type for chunk in stream}),
        "batch": [m.content for m in model.batch(["你好", "What is 17 * 19?"])],
        "chain": chain.invoke({"question": "What is 17 * 19?"}),
        "stop": model.invoke("Count: one two three four", stop=["three"]).content,
        "bound": model.bind(max_tokens=32, do_sample=False).invoke("hi").content,
        "calls": [(c["name"], c["args"]) for c in with_tools.invoke(asked).tool_calls],
        "structured": structured.invoke(sentence).model_dump(),
        "raw": raw.invoke(sentence)["parsed"].model_dump(),
        "raw_keys": sorted(raw.invoke(sentence)),
        "dict": model.with_structured_output(Person.model_json_schema()).invoke(sentence),
        "attributes": [model.model_name, model.temperature, model.streaming, models[2].max_tokens],
        "base": model.zhipuai_api_base.removesuffix("/chat/completions"),
        **asyncio.run(asynchronous(model)),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
