"""What goes to worker processes of this machine by `multiprocessing`: refused where it cannot work.

A pickle has no key and no secret headers. The process that reads it may have them from elsewhere;
a worker of `multiprocessing` has the environment of this process, and nothing else. Without a key
there, each of its calls fails, and a framework that goes on then (LlamaIndex's readers print a line
for each file) ends with nothing. So that pickle is refused, before any work has begun.
"""

from __future__ import annotations

import pickle
import sys
from typing import Any

__all__ = ["check_for_workers"]

_WHERE = "in the worker processes too (they inherit the environment of this one)"


def check_for_workers(kind: type) -> None:
    """Have `multiprocessing` check the objects of a class that it pickles.

    Nothing is done before `multiprocessing` is imported: there are no workers then.

    Args:
        kind: The class. Its ``_check_nothing_missing`` looks at what comes out of a pickle.
    """
    pickler: Any = getattr(sys.modules.get("multiprocessing.reduction"), "ForkingPickler", None)
    # It may be half imported, by another thread.
    if pickler is not None and kind not in getattr(pickler, "_extra_reducers", {}):
        pickler.register(kind, _reduced)


def _reduced(adapter: Any) -> Any:
    pickle.loads(pickle.dumps(adapter))._check_nothing_missing(_WHERE)  # noqa: S301 - our own
    return adapter.__reduce_ex__(4)
