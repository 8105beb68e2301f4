"""Tokens as GLM counts them, for LlamaIndex's splitters, memory and counters."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from zhipu_client.adapting import TokenCounting, TokenCounts, choice, hint, refuse
from zhipu_client.conversation import estimate_text

if TYPE_CHECKING:
    from .llms import ZhipuAI
else:
    ZhipuAI = hint("llama_index_zhipu.llms", "ZhipuAI")

__all__ = ["ZhipuAITokenizer"]

#: Shorter texts are always estimated: a splitter asks for each sentence and each word.
_SHORT = 400
#: So many counts of the service are remembered: memory counts the same messages in every turn.
_REMEMBERED = 1024


class ZhipuAITokenizer:
    """How many tokens a text has for GLM, in the form that LlamaIndex asks for: a list as long.

    Without it LlamaIndex counts as GPT-3.5 does, which takes many Chinese texts for twice as long
    as they are. Give it as ``Settings.tokenizer``, as ``tokenizer_fn`` of a memory, or as
    ``tokenizer`` of a splitter and of ``TokenCountingHandler`` (which takes the service's own
    counts where an answer has them). The service returns no ids of tokens: the list has places in
    it, not ids.

    Args:
        llm: A `ZhipuAI`: the service counts for its model, or for the nearest relative that the
            endpoint knows. None: tokens are estimated here, within about a fifth for usual prose.
        token_counting: ``"auto"`` asks the service for texts from 400 characters on, until that
            fails, and never within an event loop. ``"service"`` always asks it for those, and
            raises its errors. ``"estimate"`` never does. Each text is asked for once.

    Raises:
        zhipu_client.InvalidRequestError: ``token_counting`` is not one of these, or
            ``"service"`` without an LLM.
        zhipu_client.ZhipuError: When it is called: the service failed, with ``"service"``.

    Example:
        ```python
        from llama_index.core import Settings
        from llama_index.core.memory import ChatMemoryBuffer
        from llama_index_zhipu import ZhipuAITokenizer

        Settings.tokenizer = ZhipuAITokenizer()
        memory = ChatMemoryBuffer.from_defaults(token_limit=3000, tokenizer_fn=Settings.tokenizer)
        print(len(Settings.tokenizer("今天天气很好")))
        ```
    """

    def __init__(
        self,
        llm: ZhipuAI | None = None,
        *,
        token_counting: TokenCounting = "auto",  # noqa: S107 - no password
    ) -> None:
        how = str(token_counting)
        choice("token_counting", how, ("auto", "service", "estimate"))
        if how == "service" and llm is None:
            raise refuse("llm", llm, 'must be a ZhipuAI with token_counting="service"')
        self.llm = llm
        self.token_counting = token_counting
        self._counts = TokenCounts()
        #: By a hash of the text: the texts themselves need not stay in memory.
        self._known: OrderedDict[int, int] = OrderedDict()

    def __call__(self, text: str) -> list[int]:
        """Return a list with as many places as the text has tokens.

        Args:
            text: Any text, Chinese or other; an empty one has none.
        """
        return list(range(self.count(text)))

    def count(self, text: str) -> int:
        """Return how many tokens a text has.

        Args:
            text: Any text, Chinese or other; an empty one has none.
        """
        how = self.token_counting
        if self.llm is None or how == "estimate" or len(text) < _SHORT:
            return estimate_text(text)
        key = hash(text)
        found = self._known.get(key)
        if found is None:
            found = self._counts.of(
                self.llm._sync_client,
                self.llm.model,
                [{"role": "user", "content": text}],
                how=how,
            )
            self._known[key] = found
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return found
