"""Map types between LlamaIndex and the wire: messages, chunks, tools, structured output."""
