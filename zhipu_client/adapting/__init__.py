"""What an adapter for a framework needs and a user does not: connection settings, secrets, checks.

`ConnectionSettings` has the fields that every adapter shares, makes the clients behind them, and
decides once what a copy and a pickle of an adapter contain:

* A copy keeps the key and shares the caller's own HTTP clients; clients of ours are made anew.
* A pickle has neither HTTP clients nor the key. The exception is a key that is a function which
  can be imported: pickle stores its name. On the other side the key comes from that function or
  from the environment, else the first call fails and says so.
* Of ``default_headers`` a pickle has those that are not secrets by their name and value. Headers
  such as ``Authorization``, ``Cookie`` or ``X-Api-Key``, and values that contain the key or begin
  with ``Bearer``, are left out; the first call fails until ``default_headers`` is set again. So
  it is with the headers of MCP servers and of calls, see `conversation.for_pickle`.

`KeepsAnswers` adds a checkpoint, `SeveralRequests` how many requests one call makes at once.
`KeyedOptions`, `KeepsAnswersOptions`, `SeveralRequestsOptions`, and `ConnectionOptions` without the
key, are the same as keyword arguments of a constructor, for editors and type checkers.
`Resting` says which of several models to ask after a limit was reached; `TokenCounts` counts
tokens.

`importing` is for what a first call loads: a fork of the process waits until it is there. `hint`
is for a type that only annotations name: `typing.get_type_hints` finds it, and imports it then.

`GivenPath` is the kind of a field for a path, which may be given as a string. `TrueOrFalse` is that
of one that is switched: texts and numbers are refused, at an assignment too. `boolean` and
`booleans` do the same for the arguments of a function.

`by_own_names` is for settings that have several names: equal values are fine, different ones are
refused.

`KeepsNoArguments` is for adapters that are not pydantic models: where a constructor fails, the
frames of its error keep no key.

`path` and `mapping` read arguments of those kinds; `called` gives a refusal the caller's own name.
`refuse`, `choice`, `limit` and `refusal` make errors that name the field, the limit and the value;
`suggestion` is what a misspelt name may have meant; `install` is the command that adds a missing
extra; `warn_user` warns at the user's own line.
`first_url` is for images and videos, which are paid for before they are fetched. `keeping`,
`leave` and `aleave` put what is done, and paid for, on whatever ends a run: an interrupt and a
cancellation too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zhipu_client._lazy import loader

if TYPE_CHECKING:
    from zhipu_client._check import (
        boolean,
        booleans,
        choice,
        limit,
        refusal,
        refuse,
        strings,
        suggestion,
    )
    from zhipu_client._download_rules import first_url
    from zhipu_client._extras import install
    from zhipu_client._given import called, mapping, path
    from zhipu_client._io.chat_pictures import with_pictures
    from zhipu_client._io.first_use import importing
    from zhipu_client._io.jobs import aleave, leave
    from zhipu_client._io.resting import Resting
    from zhipu_client._io.token_counts import TokenCounting, TokenCounts
    from zhipu_client._layout import drawing_of
    from zhipu_client._lazy import hint
    from zhipu_client._metadata import document_id, flat, storable
    from zhipu_client._numbers import whole_number
    from zhipu_client._other_names import by_own_names
    from zhipu_client._replies import add_usage, counts, text_of
    from zhipu_client._safe_tracebacks import KeepsNoArguments
    from zhipu_client._saving import (
        check_folder,
        file_of_task,
        save_paid,
        saving,
        write_whole,
    )
    from zhipu_client._secrets import hidden_password
    from zhipu_client._uploads import Content, content_of, name_of, read_path, read_upload
    from zhipu_client._user_warnings import warn_user
    from zhipu_client.adapting._booleans import TrueOrFalse
    from zhipu_client.adapting._clients import ClientCache
    from zhipu_client.adapting._connection import ConnectionSettings
    from zhipu_client.adapting._options import (
        ChatModelOptions,
        ConnectionOptions,
        FormerNames,
        KeepsAnswersOptions,
        KeyedOptions,
        PlaceOptions,
        SeveralRequestsOptions,
        StandardOptions,
    )
    from zhipu_client.adapting._several import GivenPath, KeepsAnswers, SeveralRequests
    from zhipu_client.errors._kinds import named
    from zhipu_client.errors._naming import name_source, naming, shown_name
    from zhipu_client.work._job import attach, keeping
    from zhipu_client.work._refusals import FATAL
else:
    __getattr__ = loader(
        __name__,
        {
            "zhipu_client._check": (
                "boolean booleans choice limit refusal refuse strings suggestion"
            ),
            "zhipu_client._download_rules": "first_url",
            "zhipu_client._extras": "install",
            "zhipu_client._given": "called mapping path",
            "zhipu_client._io.chat_pictures": "with_pictures",
            "zhipu_client._io.first_use": "importing",
            "zhipu_client._io.jobs": "aleave leave",
            "zhipu_client._io.resting": "Resting",
            "zhipu_client._io.token_counts": "TokenCounting TokenCounts",
            "zhipu_client._layout": "drawing_of",
            "zhipu_client._lazy": "hint",
            "zhipu_client._metadata": "document_id flat storable",
            "zhipu_client._numbers": "whole_number",
            "zhipu_client._other_names": "by_own_names",
            "zhipu_client._replies": "add_usage counts text_of",
            "zhipu_client._safe_tracebacks": "KeepsNoArguments",
            "zhipu_client._saving": "check_folder file_of_task save_paid saving write_whole",
            "zhipu_client._secrets": "hidden_password",
            "zhipu_client._uploads": "Content content_of name_of read_path read_upload",
            "zhipu_client._user_warnings": "warn_user",
            "zhipu_client.adapting._booleans": "TrueOrFalse",
            "zhipu_client.adapting._connection": "ConnectionSettings",
            "zhipu_client.adapting._options": (
                "ChatModelOptions ConnectionOptions FormerNames KeepsAnswersOptions "
                "KeyedOptions PlaceOptions SeveralRequestsOptions StandardOptions"
            ),
            "zhipu_client.adapting._several": "GivenPath KeepsAnswers SeveralRequests",
            "zhipu_client.adapting._clients": "ClientCache",
            "zhipu_client.errors._kinds": "named",
            "zhipu_client.errors._naming": "name_source naming shown_name",
            "zhipu_client.work._job": "attach keeping",
            "zhipu_client.work._refusals": "FATAL",
        },
    )

__all__ = [
    "FATAL",
    "ChatModelOptions",
    "ClientCache",
    "ConnectionOptions",
    "ConnectionSettings",
    "Content",
    "FormerNames",
    "GivenPath",
    "KeepsAnswers",
    "KeepsAnswersOptions",
    "KeepsNoArguments",
    "KeyedOptions",
    "PlaceOptions",
    "Resting",
    "SeveralRequests",
    "SeveralRequestsOptions",
    "StandardOptions",
    "TokenCounting",
    "TokenCounts",
    "TrueOrFalse",
    "add_usage",
    "aleave",
    "attach",
    "boolean",
    "booleans",
    "by_own_names",
    "called",
    "check_folder",
    "choice",
    "content_of",
    "counts",
    "document_id",
    "drawing_of",
    "file_of_task",
    "first_url",
    "flat",
    "hidden_password",
    "hint",
    "importing",
    "install",
    "keeping",
    "leave",
    "limit",
    "mapping",
    "name_of",
    "name_source",
    "named",
    "naming",
    "path",
    "read_path",
    "read_upload",
    "refusal",
    "refuse",
    "save_paid",
    "saving",
    "shown_name",
    "storable",
    "strings",
    "suggestion",
    "text_of",
    "warn_user",
    "whole_number",
    "with_pictures",
    "write_whole",
]
