"""A warning, once a process, for a model that the service gives up."""

from __future__ import annotations

from zhipu_client._user_warnings import warn_user
from zhipu_client.models import ModelDeprecationWarning, deprecation_of

__all__ = ["warn_of_deprecated"]

#: Where the paths of the service end. Your own server keeps a model as long as it likes.
_OF_THE_SERVICE = "/paas/v4"
#: What was said -> by whom.
_said: dict[str, object] = {}


def warn_of_deprecated(base_url: str, model: str | None) -> None:
    """Warn of a deprecated model that a request to the service names, once a process for each.

    Args:
        base_url: Where the request goes.
        model: The code that it names, or None.

    Warns:
        ModelDeprecationWarning: With the day it is switched off, where one is announced, and its
            successor.
    """
    if model is None or not base_url.rstrip("/").endswith(_OF_THE_SERVICE):
        return
    said = deprecation_of(model)
    if said is None:
        return
    # One step, so of several threads one warns; and no lock that a fork could leave taken.
    mine = object()
    if _said.setdefault(said, mine) is mine:
        warn_user(said, ModelDeprecationWarning)
