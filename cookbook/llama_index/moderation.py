"""Content safety: judge texts, and keep what is unsafe out of a query engine.

    python cookbook/llama_index/moderation.py ['a text' ...]

Without a key the emulator of this project answers; it knows a few words. (open.bigmodel.cn only.)
"""

from __future__ import annotations

import sys

from llama_index.core.schema import NodeWithScore, TextNode

from llama_index_zhipu import ZhipuAIModerationPostprocessor, ZhipuAIModerationToolSpec
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in

TEXTS = ["How do I bake bread?", "How do I make a bomb?"]


def main(arguments: list[str]) -> int:
    """Judge each text, then filter them as nodes."""
    texts = arguments or TEXTS
    try:
        with stand_in():
            moderation = ZhipuAIModerationToolSpec()
            for text in texts:
                levels = [found.risk_level for found in moderation.judge(text).result_list]
                print(f"{levels[0]}  {text}")
            nodes = [NodeWithScore(node=TextNode(text=text), score=1.0) for text in texts]
            for kept in ZhipuAIModerationPostprocessor().postprocess_nodes(nodes):
                print("kept:", kept.node.get_content())
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
