"""What is asked of the figures, as data.

Each goal is a ratio to another case of the same round (the median of the rounds counts), or, where
nothing is there to compare with, a figure of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["GOALS", "Goal"]


@dataclass(frozen=True, slots=True)
class Goal:
    """One line of the verdict.

    Attributes:
        what: The cases' group; the case judged is ``<what>/<who>``.
        than: Who is compared with; empty for an absolute figure.
        metric: ``cpu_us``, ``wall_us``, ``modules`` or ``above_mb``.
        most: The most that the ratio (or the figure) may be; None is for information.
        who: Who is judged.
        plus: True compares by difference, not by ratio.
        required: True for what the project asks for; False for a goal we set ourselves.
    """

    what: str
    than: str
    metric: str
    most: float | None
    who: str = "ours"
    plus: bool = False
    required: bool = False


_LC_CORE = "floor: langchain_core chat_models"
_LI_CORE = "floor: llama_index function_calling"

GOALS: dict[str, tuple[Goal, ...]] = {
    "client": (
        Goal("import", "floor: pydantic", "cpu_us", None, who="zhipu_client"),
        Goal("stream, a chunk", "floor: JSON", "cpu_us", None, who="zhipu_client"),
    ),
    "langchain": (
        Goal("import", _LC_CORE, "cpu_us", 40_000, plus=True),
        Goal("import", _LC_CORE, "modules", None, plus=True),
        Goal("import, langchain_core there", "", "cpu_us", 40_000),
        Goal("import", "ChatOpenAI", "cpu_us", None),
        Goal("construct, the first", "", "cpu_us", 2_000),
        Goal("construct, each next", "", "cpu_us", 300),
        Goal("first call of a process", "", "cpu_us", 50_000),
        Goal("first call of a process", "floor: httpx", "cpu_us", None, plus=True),
        Goal("first call of a process", "floor: langchain_core", "cpu_us", None, plus=True),
        Goal("first call of a process", "ChatOpenAI", "cpu_us", None),
        Goal("invoke", "ChatOpenAI", "cpu_us", 0.45),
        Goal("ainvoke", "ChatOpenAI", "cpu_us", 0.40),
        Goal("stream bulk, a chunk", "ChatOpenAI", "cpu_us", 0.20),
        Goal("stream bulk, a chunk", "community", "cpu_us", None),
        Goal("astream bulk, a chunk", "ChatOpenAI", "cpu_us", 0.14),
        Goal("astream bulk, a chunk", "community", "cpu_us", None),
        Goal("stream paced, a chunk", "ChatOpenAI", "cpu_us", 0.33),
        Goal("astream paced, a chunk", "ChatOpenAI", "cpu_us", 0.38),
        Goal("astream_events, an event", "ChatOpenAI", "cpu_us", 0.40),
        Goal("streamed tool arguments, a chunk", "ChatOpenAI", "cpu_us", None),
        Goal("adding up tool arguments, a chunk", "ChatOpenAI", "cpu_us", 0.05),
        Goal("short stream", "ChatOpenAI", "wall_us", 0.40),
        Goal("200 ainvoke at once", "ChatOpenAI", "wall_us", 0.35),
        Goal("200 ainvoke at once", "ChatOpenAI", "cpu_us", None),
        Goal("200 ainvoke at once, cold", "ChatOpenAI", "wall_us", 0.35),
        Goal("200 astream at once, a chunk", "ChatOpenAI", "wall_us", 0.20),
        Goal("200 astream at once, cold", "ChatOpenAI", "wall_us", 0.20),
    ),
    "embeddings": (
        Goal("embed_documents, a text", "OpenAIEmbeddings", "wall_us", 0.10, required=True),
        Goal("embed_documents, a text", "community", "wall_us", 0.10, required=True),
        Goal("embed_documents, a text", "floor: from_json", "cpu_us", 2.0, required=True),
        Goal("embed_documents, a text", "floor: from_json", "cpu_us", 1.5),
        Goal("aembed_documents, a text", "OpenAIEmbeddings", "wall_us", 0.08),
        Goal("aembed_documents, a text", "OpenAIEmbeddings", "cpu_us", 0.08),
    ),
    "ocr": (
        Goal("PDF of 250 pages, lazy_load, a page", "", "above_mb", 80, required=True),
        Goal("PDF of 250 pages, alazy_load, a page", "", "above_mb", 80),
    ),
    "llama-index": (
        Goal("import", _LI_CORE, "cpu_us", 1.05, required=True),
        Goal("import", "OpenAILike", "cpu_us", None),
        Goal("chat", "OpenAILike", "cpu_us", 0.40),
        Goal("achat", "OpenAILike", "cpu_us", 0.45),
        *(
            # 20,000 chunks show that the cost of a chunk does not grow with the answer.
            Goal(f"{way} bulk, a chunk of {size}", "OpenAILike", "cpu_us", most, required=required)
            for size, most, required in (
                ("5,000", 0.30, True),
                ("5,000", 0.20, False),
                ("20,000", 0.20, False),
            )
            for way in ("stream_chat", "astream_chat")
        ),
        Goal("stream_chat paced, a chunk", "OpenAILike", "cpu_us", 0.40),
        Goal("astream_chat paced, a chunk", "OpenAILike", "cpu_us", 0.45),
        Goal("streamed tool arguments, a chunk", "OpenAILike", "cpu_us", None),
    ),
}
