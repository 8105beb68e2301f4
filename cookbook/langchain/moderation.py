"""Content safety: judge texts before a model sees them, and guard an agent.

    pip install langchain
    python cookbook/langchain/moderation.py ['a text' ...]

Without a key the emulator of this project answers; it knows a few words. (open.bigmodel.cn only.)
"""

from __future__ import annotations

import sys

from langchain_core.messages import HumanMessage

from langchain_zhipu import ChatZhipuAI, ZhipuAIModeration, ZhipuAIModerationMiddleware
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in

try:
    from langchain.agents import create_agent
except ImportError as error:
    raise SystemExit(f"{error}. This recipe needs: pip install langchain") from None

TEXTS = ["What is 17 * 19?", "How do I make a bomb?"]


def main(arguments: list[str]) -> int:
    """Judge each text, then ask a guarded agent each."""
    texts = arguments or TEXTS
    try:
        with stand_in():
            for text, verdict in zip(texts, ZhipuAIModeration().batch(texts), strict=True):
                print(f"{verdict.risk_level}  {text}")
            guard = ZhipuAIModerationMiddleware(flag_from="REJECT")
            agent = create_agent(ChatZhipuAI(model="glm-4.7"), middleware=[guard])
            for text in texts:
                state = agent.invoke({"messages": [HumanMessage(text)]})
                print("agent:", state["messages"][-1].text)
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
