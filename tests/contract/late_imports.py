"""A program: which modules of ours calls import where a fork would not wait for it."""

import asyncio
import contextlib
import importlib.abc
import sys

import zhipu_emulator
from langchain_zhipu import ChatZhipuAI, ZhipuAIEmbeddings
from llama_index_zhipu import ZhipuAI
from zhipu_client import ZhipuError
from zhipu_client._io import first_use

OURS = ("zhipu_client.", "langchain_zhipu.", "llama_index_zhipu.")
PIXEL = "data:image/png;base64,iVBORw0KGgo="


class Watch(importlib.abc.MetaPathFinder):
    """Notes what is looked for without the lock that forks wait for."""

    def find_spec(self, name, path=None, target=None):
        if name.startswith(OURS) and not first_use._guard.lock._is_owned():
            print(name)


with zhipu_emulator.serve() as server:
    given = {"api_key": server.api_key, "base_url": server.base_url, "max_retries": 0}
    model, llm, vision = (
        ChatZhipuAI(**given),
        ZhipuAI(**given),
        ChatZhipuAI(**given, model="glm-4.6v"),
    )
    embeddings = ZhipuAIEmbeddings(**given)
    sys.meta_path.insert(0, Watch())
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
    picture = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": PIXEL}}]}]
    for call in (
        lambda: llm.complete("hi"),
        lambda: model.invoke("hi"),
        lambda: asyncio.run(model.ainvoke("hi")),
        lambda: list(model.stream("hi")),
        lambda: list(llm.stream_complete("hi")),
        lambda: model.bind_tools([tool]).invoke("hi"),
        lambda: model.with_structured_output({"title": "A", "type": "object"}).invoke("hi"),
        lambda: model.get_num_tokens("hi"),
        lambda: vision.invoke(picture),
        lambda: embeddings.embed_query("hi"),
        lambda: server.script("error=1113", "error=1210"),
        lambda: model.invoke("hi"),
        lambda: llm.complete("hi"),
    ):
        with contextlib.suppress(ZhipuError, ValueError):
            call()
