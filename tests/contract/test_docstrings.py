"""The chat models' docstrings have every section of LangChain's template, in its order.

That each block in them runs is tested with the other examples, see ``test_examples.py``.
"""

from __future__ import annotations

import inspect
import re

import pytest

from langchain_zhipu import ChatZhipuAI
from llama_index_zhipu import ZhipuAI
from zhipu_client.adapting import ConnectionSettings

# fmt: off
SETUP = ["Setup", "Key init args (completion)", "Key init args (client)", "Instantiate"]
REST = ["Stream", "Async", "Tool calling", "Structured output", "Reasoning", "Image input",
        "Web search", "Token usage", "Response metadata", "Errors", "Attributes", "Raises"]
# fmt: on


@pytest.mark.parametrize(
    ("kind", "call"), [(ChatZhipuAI, ["Invoke"]), (ZhipuAI, ["Complete", "Chat"])]
)
def test_all_sections_are_there(kind: type, call: list[str]) -> None:
    documented = inspect.getdoc(kind) or ""
    parts = re.split(r"^([A-Z][\w ()]+):$", documented, flags=re.MULTILINE)
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    assert list(sections) == [*SETUP, *call, *REST]
    for title in ["Instantiate", *call, *REST[:-2]]:
        assert "```python" in sections[title], title


@pytest.mark.parametrize("kind", [ChatZhipuAI, ZhipuAI])
def test_every_argument_is_documented(kind: type) -> None:
    documented = inspect.getdoc(kind) or ""
    named = set(re.findall(r"^    (\w+): ", documented, re.MULTILINE))
    ours = [cls for cls in kind.__mro__ if cls.__module__.split(".")[0].endswith("_zhipu")]
    own = {name for cls in ours for name in vars(cls).get("__annotations__", {})}
    arguments = {name for name in own if not name.startswith("_")}
    assert arguments
    missing = {*arguments, *ConnectionSettings.model_fields} - named
    assert not missing
