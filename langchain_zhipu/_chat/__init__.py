"""Map types between LangChain and the wire: messages, chunks, tools, structured output, blocks."""
