"""What the chat endpoints share: reading a request, checking it, and writing the answer."""
