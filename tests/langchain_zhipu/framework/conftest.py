"""The emulator and the short ways of the chat tests."""

from tests.langchain_zhipu.chat.conftest import make, model, running_server, say, sent, server

__all__ = ["make", "model", "running_server", "say", "sent", "server"]
