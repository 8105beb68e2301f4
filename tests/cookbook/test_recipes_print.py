"""Every recipe, copied alone to an empty folder, runs as a program without a key, and prints what
it should.

In this process: one of its own for each would cost seconds each.
"""

from __future__ import annotations

import asyncio
import re
import runpy
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import llama_index.core
import pytest
from llama_index.core import Settings

import zhipu_emulator

# What LlamaIndex warns of when it uses itself, pydantic and what it finds of LangChain.
pytestmark = [
    pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecationWarning"),
    pytest.mark.filterwarnings("ignore:`langchain-community` is being sunset:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:is_running called from within a step:DeprecationWarning"),
]
COOKBOOK = Path(__file__).parents[2] / "cookbook"
BOTH = ("langchain", "llama_index")

#: Recipe and arguments; what is printed, in this order.
PRINTED: dict[str, tuple[str, ...]] = {
    "batch_extraction": (
        "B-17   Ann Lee        120.50",
        "3 of 3 were read; 245.75 in all",
        "USD for 3 answers",
    ),
    "chinese_assistant": (
        "资料：两台水听器共花费 4100 欧元。",
        "回答：两台水听器共花费 4100 欧元。",
        "助手：你好，小林！",
        "调用：查询水位(武汉)",
        "助手：武汉：4.1 米，正在下降。",
        "助手：你叫小林。",
    ),
    "chinese_extraction": (
        "B-17  李安  白茶  121.50 元  金额相符\n",
        "B-18  赵敏  茶壶  80.00 元  金额相符\n",
        "B-19  欧阳修  茶杯  54.00 元  金额不符，应为 45.00 元\n",
    ),
    "chinese_report": (
        "3 页，3 段\n",
        "问：两台水听器花了多少钱？\n答：两台水听器共花费32800元，是最大的一笔支出。（第 1 页）",
        "问：队长是谁？\n答：队长是来自武汉的周敏。（第 2 页）",
        "问：江豚在哪里出现得最多？\n答：江豚在鹿角出现得最多。（第 3 页）",
    ),
    "counting_tokens": ("4 tokens for 6 characters", "answer: Your name is Ada.", "billed: "),
    "evaluation": ("right  What did the hydrophones cost?", "True", "True", "3 of 3 are right"),
    "fastapi_sse": ('event: text\ndata: " 323"', 'event: usage\ndata: {"tokens": 37}'),
    "handwritten_notes": (
        "monday.png: 99% certain\n  Buy milk\n  Call Ada about the boat",
        "tuesday.png: 99% certain\n  Pay the harbour fee",
    ),
    "incremental_index": (
        "3 embedded, 0 unchanged, 0 removed",
        "0 embedded, 3 unchanged, 0 removed",
        "1 embedded, 1 unchanged",
        "fees.txt: The harbour fee of 360 euros is due on 1 April.",
    ),
    "large_document": ("/chat/completions: answered", "answer: The next meeting is on 14 May"),
    "look_at_layout": ("drawn: prices-1.png", "drawn: prices-2.png"),
    "made_later --interval 0.05": (
        "answer: 17 * 19 = 323.",
        "batch 0: 6 * 7 = 42.",
        "batch 1: ",
        "code 1301",
        "the video: succeeded",
        ".mp4",
    ),
    "mcp_by_service": (
        "the service called water_level(",
        "Cuxhaven",
        "4.1 metres, falling",
        "answer: Cuxhaven: 4.1 metres, falling.",
    ),
    "mcp_tools": (
        "tools: water_level",
        "water_level returned Cuxhaven: 4.1 metres",
        "answer: Cuxhaven: 4.1 metres, falling.",
    ),
    "migration": ("17 * 19 = 323", "323 * 2 = 646", "embeddings: 256"),
    "office_files": (
        "characters  contacts.csv",
        "> Who repairs the coffee machine?\nWhat: Repairs of the coffee machine, Who: Ada Vik.",
        "  contacts.csv",
    ),
    "own_ocr": ("--- page 1 of 1", "pixels\nBuy milk\nCall Ada about the boat"),
    "persistent_memory": (
        "323",
        "0 messages were known, 4 are, 2 with",
        "> What is my name?\nYour name is Ann.",
        "4 messages were known, 6 are, 3 with",
        "42",
        "0 messages were known",
    ),
    "fallback_and_thinking": (
        "glm-4.7: failed 1308",
        "glm-4.6: answered",
        "thought: ",
        "did not think: ",
        "323",
    ),
    "vision": (
        "Picture: The image is 96 x 64 pixels, mostly blue and yellow.",
        "Document: The next meeting is on 14 May in Bergen.",
        "Tool: The image is 96 x 64 pixels, mostly blue and yellow.",
    ),
    "recordings": (
        "45 seconds",
        "   0.0 s  Ann opened the meeting.",
        "answer: The two hydrophones cost 4,100 euros together.",
    ),
    "special_models": (
        "glm-4-voice: ",
        "bytes of sound",
        "glm-4-voice: I received 1.2 s of audio.",
        "charglm-4: I am Ada, the keeper of a lighthouse, kind and brief.",
        "emohaa: I am Ada, the keeper of a lighthouse, kind and brief.",
        "codegeex-4: a + b",
        "glm-4-long: The spare key is under the third stone.",
    ),
    "tracing": (
        "  chat glm-4.7: tokens [",
        "1 attempts",
        "  chat glm-4.7: tokens [",
        "  embeddings embedding-3: tokens [",
        "\na question: tokens [None, None], 0 attempts",
        "answer: ",
        "323",
    ),
    "zai_only": ("not offered on this site", "4,100 euros"),
}
ONLY: dict[tuple[str, str], tuple[str, ...]] = {
    # Both agents are asked at once: which of them is ready first is not said. LlamaIndex answers
    # in that order, too.
    ("langchain", "supervisor"): ("\nOslo: snow, -3 degrees. multiply (17, 19): 323.",),
    ("llama_index", "supervisor"): (
        "Oslo: snow, -3 degrees.",
        "Oslo: snow, -3 degrees.",
    ),
    ("langchain", "human_in_the_loop"): (
        "approve: multiply({'a': 17, 'b': 19})",
        "the tool: 323",
        "the agent: ",
        "323",
    ),
    ("langchain", "human_in_the_loop edit"): ("the tool: ", "42"),
    ("langchain", "human_in_the_loop reject"): ("the tool: ", "No sums today."),
    # Both tools run at once: which of them is ready first is not said.
    ("langchain", "chinese_service_desk"): (
        "调用：查询订单（订单号=B-17）\n调用：计算运费（重量=3，城市=武汉）\n",
        "结果：寄到武汉，3 公斤：18.00 元\n",
        "客服：订单 B-17：已发货，预计明天送达。 寄到武汉，3 公斤：18.00 元。",
    ),
    ("llama_index", "chinese_service_desk"): (
        "调用：查询订单（订单号=B-17）\n",
        "结果：寄到武汉，3 公斤：18.00 元\n",
        "客服：订单 B-17：已发货，预计明天送达。 寄到武汉，3 公斤：18.00 元。",
    ),
    ("langchain", "cloned_voice"): ("Listed: True", "Deleted: True", "Spoken: ", "RIFF"),
    ("langchain", "moderation"): (
        "PASS  What is 17 * 19?",
        "REJECT  How do I make a bomb?",
        "agent: 17 * 19 = 323.",
        "agent: This content was blocked",
    ),
    ("llama_index", "moderation"): (
        "PASS  How do I bake bread?",
        "REJECT  How do I make a bomb?",
        "kept: How do I bake bread?",
    ),
    ("langchain", "streamed_graph"): (
        "progress: {'found': 1, 'of': 2}",
        "done: look_up",
        "4|,|100| euros",
        "done: answer",
    ),
    # Its sub-agents are asked at once, too; each has a tool of its own.
    ("langchain", "deep_agent"): (
        "calls task(description='Ask the clerk what 17 times 19 is.', subagent_type='clerk')",
        "    get_weather returned Oslo: snow, -3 degrees",
        "\nsays Oslo: snow, -3 degrees. multiply (17, 19): 323.",
    ),
    ("langchain", "illustrated_search"): (
        "calls web_search(",
        "calls generate_image(",
        "https://cities.example/beijing",
        "saved as pictures",
    ),
    ("langchain", "invoice"): (
        "Invoice WH-2025-017 of 2025-06-02 for Bergen Institute",
        "2 x Hydrophone",
        "Total 700.00 EUR, which adds up.",
    ),
    ("langchain", "knowledge_base"): (
        "A heat pump moves heat instead of making it",
        "Heat pumps in cold climates https://climate.example/heat-pumps",
    ),
    ("langchain", "phone_agent"): (
        "Launch {'app': 'Notes'}",
        "Type {'text': 'milk and bread'}",
        "\nDone.\nThe phone: Notes, {'Notes': 'milk and bread'}",
    ),
    ("langchain", "scanned_pdf_rag"): ("37 minutes", "18,400 euros", "Ingrid Solheim"),
    ("langchain", "self_hosted"): (
        "calls get_weather({'city': 'Hangzhou'})",
        "answers: In Hangzhou it rains, 17 degrees.",
    ),
    ("langchain", "slides_and_translation --to slides"): (
        "Slides on tea.",
        "[insert_page] tea (1)",
        "The deck has 3 slides.",
        "03.html: Tee (3)",
    ),
    ("langchain", "streaming_and_thinking"): ("[reasoning]", "[text]", "399", "of them reasoning"),
    ("langchain", "structured_output"): (
        "function_calling: Person(name='Ann Lee', age=34, city='Paris')",
        "by an agent: Person(name='Ann Lee', age=34, city='Paris')",
        "the model was asked to give Pensioner",
    ),
    ("langchain", "tools_and_agents"): (
        "multiply({'a': 17, 'b': 19}) gives 323",
        "forced: multiply({'a': 6, 'b': 7})",
        "[tools] multiply: 646",
    ),
    ("langchain", "web_search_citations"): ("22 million", "[1] Beijing", "characters of Markdown"),
    ("llama_index", "handoff"): (
        "Clerk calls handoff.",
        "Meteo calls get_weather.",
        "Meteo answers.\n\nParis: sunny, 21 degrees.",
    ),
    ("llama_index", "ocr_query_engine"): ("46 metres", "page 1, relevance", "1926", "page 2"),
    ("llama_index", "persisted_index"): ("Made the index in index_of_notes.", "2.5 litres of oil"),
    ("llama_index", "receipts"): ("2026-03-01  Tea House ", "7.70", "Harbour Bakery", "11.90"),
    ("llama_index", "streaming_agent"): (
        "Thinking: ",
        "The model calls multiply(a=17, b=19)",
        "Answer: ",
        "323",
    ),
    ("llama_index", "human_in_the_loop"): (
        "Delete draft.txt? yes",
        "delete_file returned: draft.txt was deleted",
        "the agent: ",
        "deleted",
    ),
    ("llama_index", "human_in_the_loop no"): (
        "draft.txt was kept",
        "the agent: draft.txt was kept",
    ),
    ("llama_index", "knowledge_base"): (
        "A heat pump moves heat instead of making it",
        "  0.64 Heat pumps in cold climates",
    ),
    ("llama_index", "self_hosted"): (
        "get_weather({'city': 'Hangzhou'}): In Hangzhou it rains",
        "answer: In Hangzhou it rains, 17 degrees.",
    ),
    ("llama_index", "slides_and_translation --to slides"): (
        "thinking: Slides on tea.",
        "[insert_page] tea (1)",
        "answer: The deck has 3 slides.",
        "03.html: Tee (3)",
    ),
    ("llama_index", "voice_conversation"): (
        "tool: 17 degrees and rain in Paris",
        "assistant: 17 degrees",
        "bytes of sound",
    ),
    ("llama_index", "web_search_citations"): (
        "web_search({'query': 'How many people live in Beijing?'})",
        "agent: Beijing is the capital",
        "engine: Beijing is the capital",
        "[1] https://cities.example/beijing",
        "characters of Markdown",
    ),
    ("llama_index", "workflow_events"): (
        "progress: 1 of 2 notes",
        "4|,|100| euros",
        "result: The two hydrophones cost 4,100 euros together.",
    ),
}
#: What no program should print: objects as Python shows them, names on the wire, what the stand-in
#: says where it has nothing to say, what frameworks write for the model.
OF_MACHINES = re.compile(
    r"TextContent\(|object at 0x|_?x[0-9a-f]{8}\b|meta=None|stand-in without|mostly white"
    r"|Please continue with|我是模拟服务"
)
ROWS = [(framework, name, texts) for name, texts in PRINTED.items() for framework in BOTH]
ROWS += [(framework, name, texts) for (framework, name), texts in ONLY.items()]


@pytest.fixture(autouse=True)
def _as_it_was(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    # A recipe may set LlamaIndex's tokenizer, which is one of the whole process.
    monkeypatch.setattr(llama_index.core, "global_tokenizer", None)
    monkeypatch.setattr(Settings, "_tokenizer", None)


@pytest.fixture(autouse=True)
def _own_event_loop() -> Iterator[None]:
    # LlamaIndex asks for the thread's loop in blocking calls, and leaves the one it gets open.
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    asyncio.set_event_loop(None)
    loop.close()


def run(framework: str, name: str, *arguments: str) -> int:
    """The exit code of a recipe that was copied, alone, to the working directory."""
    path = Path(shutil.copy(COOKBOOK / framework / f"{name}.py", Path.cwd()))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "argv", [path.name, *arguments])
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(path.name, run_name="__main__")
    return int(str(ended.value.code or 0))


def test_every_recipe_is_here() -> None:
    recipes = {(path.parent.name, path.stem) for path in COOKBOOK.glob("l*/*.py")}
    assert recipes == {(framework, recipe.split()[0]) for framework, recipe, _ in ROWS}


@pytest.mark.parametrize(
    ("framework", "recipe", "texts"), ROWS, ids=[f"{row[0]}-{row[1]}" for row in ROWS]
)
def test_it_prints(
    framework: str, recipe: str, texts: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    name, *arguments = recipe.split()
    code = run(framework, name, *arguments)
    shown, said = capsys.readouterr()
    assert code == 0, shown + said
    # The emulator's line, or that of the stand-in for a server of one's own; no traceback.
    assert re.fullmatch(r"No (API key is set|--base-url).*\n", said), said
    assert not OF_MACHINES.search(shown), shown
    place = 0
    for text in texts:
        assert text in shown[place:], shown
        place = shown.index(text, place) + len(text)


@pytest.mark.parametrize("framework", BOTH)
@pytest.mark.parametrize("name", ["evaluation", "mcp_tools"])
def test_a_wrong_key_is_one_sentence(
    framework: str,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("ZHIPUAI_API_KEY", "wrong.secretsecret")
    with zhipu_emulator.serve() as service:
        monkeypatch.setenv("ZHIPUAI_BASE_URL", service.base_url)
        assert run(framework, name) == 1
    said = capsys.readouterr()
    assert said.err.startswith("That did not work: ")
    assert "secretsecret" not in said.out + said.err
