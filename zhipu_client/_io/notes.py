"""What slow work waits for, in the log: at INFO, and not a line for each call.

Lines have models, paths, ids and numbers; nothing of keys, questions or answers.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Hashable

__all__ = ["EVERY", "Notes", "logger", "notes"]

logger = logging.getLogger("zhipu_client")

#: Seconds between two lines about the same thing.
EVERY = 30.0
#: About how many things is remembered when there last was a line.
_MOST = 1000


class Notes:
    """Writes lines of the log, and leaves out those that come soon after another of their kind."""

    def __init__(self) -> None:
        self._said: dict[Hashable, tuple[float, int]] = {}

    def say(
        self, now: float, about: Hashable, text: str, *values: object, every: float = EVERY
    ) -> bool:
        """Write a line, unless there was one about the same thing not long ago.

        Args:
            now: The time, on the clock of whoever waits.
            about: What it is about.
            text: The line, with places for the values.
            values: What is put there.
            every: Seconds between two lines.

        Returns:
            Whether it was written.
        """
        at, left_out = self._said.get(about, (-math.inf, 0))
        if 0 <= now - at < every:
            self._said[about] = (at, left_out + 1)
            return False
        if len(self._said) >= _MOST:
            self._said.clear()
        self._said[about] = (now, 0)
        more = f" ({left_out} more such lines were left out)" if left_out else ""
        logger.info(f"{text}%s", *values, more)  # noqa: G004 - the text is ours, and has no values
        return True


#: Those of the process.
notes = Notes()
