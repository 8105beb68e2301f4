"""An answer, a batch at half the price and a video that are made later: begun now, fetched then.

    python cookbook/langchain/made_later.py [FILE] [--interval SECONDS]

With FILE the first run begins all three and keeps their ids in it; the next run fetches what they
came to, on another machine too. Without FILE both happen here. Without a key the emulator of this
project answers, and forgets when it ends: leave FILE out then.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from langchain_zhipu import ChatZhipuAI, ZhipuAIBatch, ZhipuAIVideoGenerator
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in

QUESTION = "What is 17 * 19?"
PROMPTS = ["What is 6 * 7?", "How do I make a bomb?", "What is 17 + 25?"]
SCENE = "a red kite over a harbour"


class Work:
    """What is begun and fetched; both runs make it alike."""

    def __init__(self, interval: float) -> None:
        self.interval = interval
        self.model = ChatZhipuAI(model="glm-4.7")
        self.batch = ZhipuAIBatch(ChatZhipuAI(model="glm-4-flash"), interval=interval)
        self.videos = ZhipuAIVideoGenerator(
            model="cogvideox-3",
            interval=interval,
            on_progress=lambda found: print(f"the video: {found.state}"),
        )

    def begin(self, ids: dict[str, str]) -> None:
        """Submit everything; put in the ids, which are all that the other run needs."""
        ids["answer"] = self.model.submit(QUESTION)
        ids["batch"] = self.batch.submit(PROMPTS)
        ids["video"] = self.videos.submit(SCENE)

    def fetch(self, ids: dict[str, str]) -> None:
        """Wait for what was begun, and show it."""
        answered = self.model.result(ids["answer"], interval=self.interval)
        print(f"answer: {answered.text}")
        for place, answer in self.batch.iterate(ids["batch"]):
            # One that failed has its error in its place; the others are there all the same.
            print(f"batch {place}: {answer.error or answer.get().text}")
        print(f"video: {self.videos.result(ids['video']).url}")


def main(arguments: list[str] | None = None) -> int:
    """Begin or fetch."""
    parser = argparse.ArgumentParser(description="An answer, a batch and a video, made later.")
    parser.add_argument("file", type=Path, nargs="?", help="where the ids are kept")
    parser.add_argument("--interval", type=float, help="seconds between two polls")
    chosen = parser.parse_args(arguments)
    ids: dict[str, str] = {}
    try:
        with stand_in() as emulator:
            work = Work(chosen.interval or (10.0 if emulator is None else 0.1))
            if chosen.file is not None and chosen.file.exists():
                ids = json.loads(chosen.file.read_text("utf-8"))
            else:
                work.begin(ids)
            if chosen.file is None or chosen.file.exists():
                work.fetch(ids)
            else:
                chosen.file.write_text(json.dumps(ids), "utf-8")
                print(f"begun; run this again to fetch what is named in {chosen.file}")
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        print(f"Submitted, and paid for: {ids}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
