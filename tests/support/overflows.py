"""A context overflow, as servers word it."""

from __future__ import annotations

__all__ = ["OVERFLOW"]

OVERFLOW = {
    "vllm": "This model's maximum context length is 8192 tokens. However, your request has 9001 "
    "input tokens. Please reduce the length of the input messages.",
    "vllm-with-an-answer": "This model's maximum context length is 8192 tokens. However, you "
    "requested 9001 tokens (8501 in the messages, 500 in the completion).",
    "vllm-engine": "The decoder prompt (length 9001) is longer than the maximum model length of "
    "8192. Make sure that `max_model_len` is no smaller than the number of text tokens.",
    "vllm-max-tokens": "'max_tokens' or 'max_completion_tokens' is too large: 9000. This model's "
    "maximum context length is 8192 tokens and your request has 12 input tokens.",
    "sglang": "The input (9001 tokens) is longer than the model's context length (8192 tokens).",
    "sglang-with-an-answer": "Requested token count exceeds the model's maximum context length of "
    "8192 tokens.",
    "llama-server": "request (9001 tokens) exceeds the available context size (8192 tokens), try "
    "increasing it",
    "ollama": "prompt too long; exceeded max context length by 4 tokens",
    "ollama-embeddings": "the input length exceeds the context length",
    "lm-studio": "The number of tokens to keep from the initial prompt is greater than the "
    "context length. Try to load the model with a larger context length",
    "litellm": "litellm.ContextWindowExceededError: ZaiException - Prompt exceeds max length",
    "tgi": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8192. Given: "
    "9001 `inputs` tokens and 20 `max_new_tokens`",
    "tei": "Input validation error: `inputs` must have less than 512 tokens. Given: 900",
    "xinference": "Requested tokens (9001) exceed context window of 8192",
    "openrouter": "This endpoint's maximum context length is 8192 tokens. However, you requested "
    "about 9001 tokens",
    "openai-responses": "Your input exceeds the context window of this model.",
    "moonshot": "Invalid request: Your request exceeded model token limit: 8192 (requested: 9001)",
    "dashscope": "Range of input length should be [1, 8192]",
    "vllm-with-pictures": "The prompt (total length 9001) is too long to fit into the model "
    "(context length 8192).",
    "sglang-with-pictures": "Multimodal prompt is too long after expanding multimodal tokens. "
    "9001 >= 8192.",
    "sglang-by-tokens": "Input length (9001 tokens) exceeds the maximum allowed length (8191 "
    "tokens). Use a shorter input.",
    "llama-server-embeddings": "input (9001 tokens) is too large to process. increase the physical "
    "batch size (current batch size: 512)",
    "lm-studio-while-answering": "Reached context length of 8192 tokens with this model, but it "
    "does not support mid-generation context overflow",
    "lm-studio-older": "Trying to keep the first 9001 tokens when context the overflows. However, "
    "the model is loaded with only 8192 tokens.",
    "mlx": "Prompt length 9001 exceeds model context window 8192",
    "lmdeploy": "The input messages are too long: 9001 is more than session_len 8192",
    "tensorrt": "Prompt length (9001) exceeds maximum input length (8192).",
    "cohere": "too many tokens: size limit exceeded by 900 tokens",
    "gateway": "Too long: 9001 tokens exceed the limit of 8192 tokens",
    "gateway-in-chinese": "输入内容超过模型的最大上下文长度",
    "gateway-in-chinese-tokens": "本次请求的 tokens 超出模型长度限制",
    "quoted-code": 'ZaiException - {"error":{"code":"1261","message":"no"}}',
    "quoted-code-escaped": r'upstream: "{\"error\":{\"code\":\"1261\",\"message\":\"no\"}}"',
    "quoted-in-brackets": "upstream error: [1261][no][2026aa]",
}  # fmt: skip
