"""Slides from a sentence: what the agent thinks and does as it works, and its HTML, translated.

    python cookbook/langchain/slides_and_translation.py ["three slides about tea"] [--to folder]
                                                        [--language de]

Two of the service's ready-made agents work here: the one for slides, which streams, and the one for
translation. Without a key the emulator of this project answers: its slides have a title each, and
its translations come from a small phrase book.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessageChunk

from langchain_zhipu import ZhipuAIAgent, ZhipuAITranslation
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in


def steps(chunk: AIMessageChunk) -> list[dict[str, Any]]:
    """Return what the agent has done with its own tools."""
    values = [b["value"] for b in chunk.content_blocks if b["type"] == "non_standard"]
    found = [value.get("object", {}) for value in values]
    return [step for step in found if step.get("output")]


def show(chunk: AIMessageChunk) -> None:
    """Print what a chunk adds: thoughts, a step of the agent's tools, or the answer."""
    for block in chunk.content_blocks:
        if block["type"] == "reasoning":
            print(block.get("reasoning", ""), end="", flush=True)
        elif block["type"] == "text":
            print(block["text"], end="", flush=True)
    for step in steps(chunk):
        print(f"  [{step['tool_name']}] {step.get('title') or step['output']}")


def slides(prompt: str) -> list[dict[str, Any]]:
    """Have slides made; return the title and the HTML of each, in order."""
    agent = ZhipuAIAgent(agent_id="slides_glm_agent")
    made: dict[int, dict[str, Any]] = {}
    thinking = False
    for chunk in agent.stream(prompt):
        thought = any(block["type"] == "reasoning" for block in chunk.content_blocks)
        if thinking and not thought:  # the thoughts are over: their line ends
            print()
        thinking = thought
        show(chunk)
        made |= {step["position"][0]: step for step in steps(chunk) if step.get("position")}
    print()
    return [made[place] for place in sorted(made)]


def main(arguments: list[str]) -> int:
    """Make slides, save them, and translate their titles."""
    parser = argparse.ArgumentParser(description="Slides from a sentence, translated.")
    parser.add_argument("prompt", nargs="?", default="three slides about tea")
    parser.add_argument("--to", type=Path, default=Path("slides"), help="a folder for the HTML")
    parser.add_argument("--language", default="de", help="the language of the translated titles")
    given = parser.parse_args(arguments)
    try:
        with stand_in():
            found = slides(given.prompt)
            titles = [slide.get("title") or f"Slide {slide['position'][0]}" for slide in found]
            other = ZhipuAITranslation(target_lang=given.language).batch(titles)
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    given.to.mkdir(parents=True, exist_ok=True)
    for number, (slide, title) in enumerate(zip(found, other, strict=True), 1):
        path = given.to / f"{number:02}.html"
        path.write_text(slide["output"], "utf-8")
        print(f"{path}: {title}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
