"""Write the reciting model as a GGUF file, for llama.cpp: ``python -m … FILE``."""

from __future__ import annotations

import sys

import gguf
import numpy as np

from tests.servers.reciting.weights import (
    CONTEXT,
    END,
    HEADS,
    TEMPLATE,
    WIDTH,
    Reciter,
    reciter,
)


def write(model: Reciter, path: str) -> None:
    """Write the file."""
    writer = gguf.GGUFWriter(path, "gpt2")
    writer.add_name("reciter")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(WIDTH)
    writer.add_block_count(1)
    writer.add_head_count(HEADS)
    writer.add_layer_norm_eps(1e-5)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    _write_tokens(writer, model)
    ones, nothing = np.ones(WIDTH, np.float32), np.zeros(WIDTH, np.float32)
    flat = np.zeros((WIDTH, WIDTH), np.float32)
    tensors = {
        "token_embd.weight": model.embeddings,
        "position_embd.weight": np.zeros((CONTEXT, WIDTH), np.float32),
        "output_norm.weight": ones,
        "output_norm.bias": model.bias,
        "output.weight": model.head,
        "blk.0.attn_qkv.weight": model.qkv[0],
        "blk.0.attn_qkv.bias": model.qkv[1],
        "blk.0.attn_output.weight": model.mixed,
        "blk.0.attn_output.bias": nothing,
    }
    for norm in ("attn_norm", "ffn_norm"):
        tensors |= {f"blk.0.{norm}.weight": ones, f"blk.0.{norm}.bias": nothing}
    for ffn in ("ffn_up", "ffn_down"):
        tensors |= {f"blk.0.{ffn}.weight": flat, f"blk.0.{ffn}.bias": nothing}
    for name, values in tensors.items():
        writer.add_tensor(name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _write_tokens(writer: gguf.GGUFWriter, model: Reciter) -> None:
    kinds = gguf.TokenType
    # The format wants a merge of two tokens; none of ours is reached by it.
    tokens = [*model.tokens]
    types = [kinds.NORMAL] * len(model.bytes) + [kinds.CONTROL] * len(model.special)
    types += [kinds.USER_DEFINED] * len(model.words)
    end = tokens.index(END)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges(["Ā ā"])
    writer.add_bos_token_id(end)
    writer.add_eos_token_id(end)
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE)


if __name__ == "__main__":
    write(reciter(), sys.argv[1])
