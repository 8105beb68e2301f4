"""A conversation that is kept within a number of tokens, counted as GLM counts them.

    python cookbook/llama_index/counting_tokens.py [LIMIT]

LlamaIndex counts as GPT-3.5 does, unless it is given another tokenizer: for its splitters and
prompts in `Settings`, for memory, and for `TokenCountingHandler`. Without a key the emulator of
this project answers.
"""

from __future__ import annotations

import sys

from llama_index.core import Settings
from llama_index.core.callbacks import CallbackManager, TokenCountingHandler
from llama_index.core.llms import ChatMessage
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.node_parser import SentenceSplitter

from llama_index_zhipu import ZhipuAI, ZhipuAITokenizer
from zhipu_client import ZhipuError
from zhipu_emulator import stand_in

LIMIT = 120
STORY = "The keeper wrote down the wind, the swell and every ship that passed. " * 10
TALK = [
    ChatMessage(f"Here is what the log says: {STORY}"),
    ChatMessage(role="assistant", content="I have read it."),
    ChatMessage("My name is Ada."),
    ChatMessage(role="assistant", content="Hello, Ada."),
    ChatMessage("What is my name?"),
]


def shortened(tokenizer: ZhipuAITokenizer, limit: int) -> list[ChatMessage]:
    """The newest turns that fit."""
    memory = ChatMemoryBuffer.from_defaults(token_limit=limit, tokenizer_fn=tokenizer)
    memory.put_messages(TALK)
    return memory.get()


def main(arguments: list[str]) -> int:
    """Count, shorten, ask."""
    limit = int(arguments[0]) if arguments else LIMIT
    try:
        with stand_in():
            tokenizer = ZhipuAITokenizer()  # estimates; ZhipuAITokenizer(llm) asks the service
            Settings.tokenizer = tokenizer
            print(f"{tokenizer.count('今天天气很好')} tokens for 6 characters")
            pieces = SentenceSplitter(chunk_size=60, chunk_overlap=0).split_text(STORY)
            print(f"{len(pieces)} chunks of at most {max(map(tokenizer.count, pieces))} tokens")
            kept = shortened(tokenizer, limit)
            print(f"{len(TALK)} messages -> {len(kept)}")
            counter = TokenCountingHandler(tokenizer=tokenizer)
            llm = ZhipuAI(model="glm-4.7", callback_manager=CallbackManager([counter]))
            print(f"answer: {llm.chat(kept).message.content}")
    except ZhipuError as error:
        print(f"That did not work: {error}", file=sys.stderr)
        return 1
    # What the service billed, as it said itself.
    print(f"billed: {counter.prompt_llm_token_count} tokens were read")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
