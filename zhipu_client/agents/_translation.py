"""The agent ``general_translation``: its variables, checked, and its calls. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zhipu_client import _check
from zhipu_client._request import Request, StreamRequest
from zhipu_client.agents._known import SOURCE_LANGUAGES, STRATEGIES, TARGET_LANGUAGES
from zhipu_client.agents._replies import AgentEvent, AgentReply
from zhipu_client.agents._requests import create, stream
from zhipu_client.errors import ContentFilterError, ServerError

__all__ = ["AGENT_ID", "translate", "translate_stream", "translated", "translation"]

AGENT_ID = "general_translation"


def translation(
    *,
    source_lang: str = "auto",
    target_lang: str = "zh-CN",
    glossary: str | None = None,
    strategy: str | None = None,
    suggestion: str | None = None,
    reason_lang: str | None = None,
) -> dict[str, Any]:
    """Return the ``custom_variables`` of a translation.

    Args:
        source_lang: One of `SOURCE_LANGUAGES`; ``auto`` finds it out.
        target_lang: One of `TARGET_LANGUAGES`.
        glossary: The id of a file with terms that was sent with ``purpose="agent"``.
        strategy: One of `STRATEGIES`; the service's is ``general``.
        suggestion: What to heed, such as style or terms; with the strategy ``general``.
        reason_lang: The language of the reasons, ``from`` or ``to``; with the strategy ``cot``.

    Raises:
        InvalidRequestError: A language or strategy is unknown, or a value is of another strategy.

    Examples:
        >>> from zhipu_client import agents
        >>> agents.translation(target_lang="en", suggestion="formal")["strategy_config"]
        {'general': {'suggestion': 'formal'}}
    """
    for name, value, known in (
        ("source_lang", source_lang, SOURCE_LANGUAGES),
        ("target_lang", target_lang, TARGET_LANGUAGES),
        ("strategy", strategy, STRATEGIES),
        ("reason_lang", reason_lang, ("from", "to")),
    ):
        _check.choice(name, value, known)
    for name, text in (("glossary", glossary), ("suggestion", suggestion)):
        if text is not None:
            _check.text(name, text)
    config: dict[str, Any] = {}
    if suggestion is not None:
        if strategy not in (None, "general"):
            raise _check.refuse("suggestion", suggestion, f"is not taken by strategy {strategy}")
        config["general"] = {"suggestion": suggestion}
    if reason_lang is not None:
        if strategy != "cot":
            raise _check.refuse("reason_lang", reason_lang, "is taken by strategy cot only")
        config["cot"] = {"reason_lang": reason_lang}
    return _check.body(
        None,
        source_lang=source_lang,
        target_lang=target_lang,
        glossary=glossary,
        strategy=strategy,
        strategy_config=config or None,
    )


def translate(
    text: str,
    *,
    source_lang: str = "auto",
    target_lang: str = "zh-CN",
    glossary: str | None = None,
    strategy: str | None = None,
    suggestion: str | None = None,
    reason_lang: str | None = None,
    request_id: str | None = None,
    below_base_url: bool = False,
    extra_body: Mapping[str, Any] | None = None,
) -> Request[AgentReply]:
    """Have a text translated; the answer's ``text`` is the translation.

    Args:
        text: What to translate.
        source_lang: As for `translation`, with all up to ``reason_lang``.
        target_lang: The language to translate to.
        glossary: The id of a file with terms.
        strategy: How to go about it.
        suggestion: What to heed.
        reason_lang: The language of the reasons.
        request_id: As for `create`, with all that follow.
        below_base_url: Which path to use.
        extra_body: Further fields of the body, sent unchecked.

    Raises:
        InvalidRequestError: The text is empty, or see `translation`.

    Example:
        ```python
        from zhipu_client import Client, agents

        print(Client().send(agents.translate("Good morning", target_lang="zh-CN")).text)
        ```
    """
    _check.booleans(below_base_url=below_base_url)
    _check.text("text", text)
    return create(
        agent_id=AGENT_ID,
        messages=text,
        custom_variables=translation(
            source_lang=source_lang,
            target_lang=target_lang,
            glossary=glossary,
            strategy=strategy,
            suggestion=suggestion,
            reason_lang=reason_lang,
        ),
        request_id=request_id,
        below_base_url=below_base_url,
        extra_body=extra_body,
    )


def translate_stream(text: str, **options: Any) -> StreamRequest[AgentEvent]:
    """Have a text translated; the translation comes in pieces. Parameters as for `translate`.

    Examples:
        >>> from zhipu_client import agents
        >>> agents.translate_stream("Good morning", target_lang="fr").json["stream"]
        True
    """
    plain = {name: options.pop(name) for name in _OF_THE_CALL & options.keys()}
    _check.text("text", text)
    variables = translation(**options)
    return stream(agent_id=AGENT_ID, messages=text, custom_variables=variables, **plain)


def translated(reply: AgentReply) -> str:
    """Return the translation in an answer, if it is whole.

    Args:
        reply: What a request of `translate` was answered with.

    Raises:
        ContentFilterError: Content safety cut it.
        ServerError: It was cut otherwise, or is missing. Each has the `AgentReply` as ``partial``.

    Examples:
        >>> from zhipu_client import agents
        >>> message = {"role": "assistant", "content": "早上好"}
        >>> agents.translated(agents.AgentReply(choices=[{"messages": [message]}]))
        '早上好'
    """
    reason = reply.finish_reason
    if reply.text and reason in (None, "stop"):
        return reply.text
    what = f"is not whole (finish_reason {reason})" if reply.text else "is missing"
    kind = ContentFilterError if reason == "sensitive" else ServerError
    error = kind(f"the translation {what}", body=reply.model_dump(), request_id=reply.request_id)
    error.partial = reply
    raise error


_OF_THE_CALL = frozenset({"request_id", "below_base_url", "extra_body"})
