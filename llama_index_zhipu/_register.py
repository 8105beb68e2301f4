"""Register this package for ``load_llm`` and ``load_embed_model``. Importing registers nothing."""

from __future__ import annotations

__all__ = ["register"]


def register() -> None:
    """Register this package with LlamaIndex's ``load_llm`` and ``load_embed_model``.

    LlamaIndex finds classes by their ``class_name`` in two tables and has no hook for others. This
    adds a row to each; calling it again changes nothing. It is needed where something of LlamaIndex
    is made from a dictionary with an LLM or an embedding model in it, such as
    ``TitleExtractor.from_dict``; `ZhipuAI.from_dict` works without.

    Example:
        ```python
        from llama_index.core.llms.loading import load_llm
        from llama_index_zhipu import register

        register()
        llm = load_llm({"class_name": "ZhipuAI", "model": "glm-4.6"})
        print(llm.complete("17 * 19?"))
        ```
    """
    # The modules of these tables import the OpenAI packages where those are installed, which takes
    # longer than all of ours: so not when this module is imported.
    from llama_index.core.embeddings.loading import RECOGNIZED_EMBEDDINGS
    from llama_index.core.llms.loading import RECOGNIZED_LLMS

    from llama_index_zhipu.embeddings import ZhipuAIEmbedding
    from llama_index_zhipu.llms import ZhipuAI

    RECOGNIZED_LLMS.setdefault(ZhipuAI.class_name(), ZhipuAI)
    RECOGNIZED_EMBEDDINGS.setdefault(ZhipuAIEmbedding.class_name(), ZhipuAIEmbedding)
