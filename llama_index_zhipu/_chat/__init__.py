"""Types of the chat model mapped: messages, chunks, tools, structured output."""
