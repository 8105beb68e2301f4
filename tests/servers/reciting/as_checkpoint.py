"""Write the reciting model as a Hugging Face checkpoint: ``python -m … FOLDER [ranker]``.

A ranker scores a pair of texts: 1 where "Europe/Oslo" is in them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from tests.servers.reciting.weights import CONTEXT, END, HEADS, TEMPLATE, WIDTH, Reciter, reciter

_CLASSES = {"chat": "GPT2LMHeadModel", "ranker": "GPT2ForSequenceClassification"}


def write(model: Reciter, folder: Path, kind: str = "chat") -> None:
    """Write the files of the folder; ``kind`` is ``"chat"`` or ``"ranker"``."""
    folder.mkdir(parents=True, exist_ok=True)
    end = model.tokens.index(END)
    config = {
        "architectures": [_CLASSES[kind]],
        "model_type": "gpt2",
        "n_embd": WIDTH,
        "n_head": HEADS,
        "n_inner": WIDTH,
        "n_layer": 1,
        "n_positions": CONTEXT,
        "vocab_size": len(model.tokens),
        "tie_word_embeddings": False,
        "torch_dtype": "float32",
        "bos_token_id": end,
        "eos_token_id": end,
        "pad_token_id": end,
        **({"num_labels": 1} if kind == "ranker" else {}),
    }
    (folder / "config.json").write_text(json.dumps(config))
    generation = {"eos_token_id": end, "pad_token_id": end, "do_sample": False}
    (folder / "generation_config.json").write_text(json.dumps(generation))
    _tokenizer(model).save_pretrained(folder)
    tensors = _tensors(model)
    if kind == "ranker":
        del tensors["lm_head.weight"]
        tensors["score.weight"] = np.eye(1, WIDTH, dtype=np.float32)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def _tensors(model: Reciter) -> dict[str, np.ndarray]:
    ones, nothing = np.ones(WIDTH, np.float32), np.zeros(WIDTH, np.float32)
    flat = np.zeros((WIDTH, WIDTH), np.float32)
    layer = "transformer.h.0."
    found = {
        "transformer.wte.weight": model.embeddings,
        "transformer.wpe.weight": np.zeros((CONTEXT, WIDTH), np.float32),
        "transformer.ln_f.weight": ones,
        "transformer.ln_f.bias": model.bias,
        "lm_head.weight": model.head,
        f"{layer}attn.c_attn.weight": model.qkv[0].T,
        f"{layer}attn.c_attn.bias": model.qkv[1],
        f"{layer}attn.c_proj.weight": model.mixed.T,
        f"{layer}attn.c_proj.bias": nothing,
    }
    for norm in ("ln_1", "ln_2"):
        found |= {f"{layer}{norm}.weight": ones, f"{layer}{norm}.bias": nothing}
    for ffn in ("c_fc", "c_proj"):
        found |= {f"{layer}mlp.{ffn}.weight": flat, f"{layer}mlp.{ffn}.bias": nothing}
    return {name: np.ascontiguousarray(values) for name, values in found.items()}


def _tokenizer(model: Reciter) -> PreTrainedTokenizerFast:
    vocab = {token: n for n, token in enumerate(model.bytes)}
    inner = Tokenizer(models.BPE(vocab=vocab, merges=[]))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    inner.decoder = decoders.ByteLevel()
    inner.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in model.special])
    inner.add_tokens([AddedToken(t, special=False, normalized=False) for t in model.words])
    found = PreTrainedTokenizerFast(
        tokenizer_object=inner,
        eos_token=END,
        pad_token=END,
        model_max_length=CONTEXT,
        clean_up_tokenization_spaces=False,
    )
    found.chat_template = TEMPLATE
    return found


if __name__ == "__main__":
    write(reciter(), Path(sys.argv[1]), *sys.argv[2:])
