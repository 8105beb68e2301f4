"""What the stand-in says: simple, deterministic, general rules; no model."""

from zhipu_emulator.brain.reply import reply_to

__all__ = ["reply_to"]
