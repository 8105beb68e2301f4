"""Slides from a sentence: what the agent thinks and does as it works, and its HTML, translated.

    python cookbook/llama_index/slides_and_translation.py ["three slides about tea"] [--to folder]
                                                          [--language de]

Two of the service's ready-made agents work here: the one for slides, which streams, and the one for
translation. Without a key the emulator of this project answers: its slides have a title each, and
its translations come from a small phrase book.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from llama_index_zhipu import ZhipuAIAgentToolSpec
from zhipu_client import ZhipuError
from zhipu_client.agents import AgentStep
from zhipu_emulator import stand_in


def slides(prompt: str) -> list[AgentStep]:
    """Have slides made; return the step that made each, in order."""
    made: dict[int, AgentStep] = {}
    phase = None
    for event in ZhipuAIAgentToolSpec(agent_id="slides_glm_agent").stream(prompt):
        if event.phase and event.phase != phase:
            phase = event.phase
            print(f"\n{phase}: ", end="")
        print(event.thinking or event.text or "", end="", flush=True)
        for step in event.steps:
            if step.output:  # before that, the step has only begun
                print(f"[{step.tool}] {step.title or step.output}", end=" ")
            if step.output and step.position:
                made[step.position[0]] = step
    print()
    return [made[place] for place in sorted(made)]


def main(arguments: list[str] | None = None) -> int:
    """Make slides, save them, and translate their titles."""
    parser = argparse.ArgumentParser(description="Slides from a sentence, translated.")
    parser.add_argument("prompt", nargs="?", default="three slides about tea")
    parser.add_argument("--to", type=Path, default=Path("slides"), help="a folder for the HTML")
    parser.add_argument("--language", default="de", help="the language of the translated titles")
    given = parser.parse_args(arguments)
    try:
        with stand_in():
            found = slides(given.prompt)
            translate = ZhipuAIAgentToolSpec().translate
            titles = [translate(step.title or "A slide", given.language) for step in found]
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    given.to.mkdir(parents=True, exist_ok=True)
    for number, (step, title) in enumerate(zip(found, titles, strict=True), 1):
        path = given.to / f"{number:02}.html"
        path.write_text(step.output or "", "utf-8")
        print(f"{path}: {title}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
