"""What an import makes: what every program pays, whether it uses it or not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import langchain_zhipu
import llama_index_zhipu
from zhipu_client.adapting import ConnectionSettings

#: Only bases of others: nobody makes objects of them.
BASES = {"ZhipuSettings"}

#: Each belongs to something that few programs do: failures, checkpoints, retries of LangChain's,
#: structured output, the first request.
LATER = ["httpx", "sqlite3", "tenacity", "langchain_core.output_parsers.json"]

#: Not even an object of it needs them: the last one brings all that connects.
OTHERS = {
    "openai", "tiktoken", "transformers", "langchain", "langgraph", "langchain_zhipu.embeddings",
    "zhipuai", "zai", "httpx", "zhipu_client._io.client_base",
}  # fmt: skip


@pytest.mark.parametrize("package", [langchain_zhipu, llama_index_zhipu])
def test_a_class_of_which_objects_are_made_has_its_schema(package: object) -> None:
    """Else the first objects of several threads would make it at once."""
    names = set(package.__all__) - BASES  # type: ignore[attr-defined]
    found = [getattr(package, name) for name in sorted(names)]
    ours = [one for one in found if isinstance(one, type) and issubclass(one, ConnectionSettings)]
    assert len(ours) > 5
    assert [one.__name__ for one in ours if one.model_config.get("defer_build")] == []


def test_the_chat_model_brings_neither_what_few_use_nor_other_adapters() -> None:
    program = (
        "import sys, langchain_core.language_models.chat_models; before = {*sys.modules}\n"
        "from langchain_zhipu import ChatZhipuAI; print(*sorted({*sys.modules} - before))\n"
        "ChatZhipuAI(api_key='id.secret'); print(*sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    brought, there = (line.split() for line in ran.stdout.splitlines())
    assert "langchain_zhipu.chat_models" in brought
    assert [name for name in LATER if name in brought] == []
    assert OTHERS.isdisjoint(there)


def test_a_fork_waits_for_all_that_calls_import() -> None:
    """A child that is forked while a module is imported would wait for it for ever."""
    program = Path(__file__).with_name("late_imports.py")
    ran = subprocess.run([sys.executable, program], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == []
