"""One exchange with a chat model, above the wire and below a framework. Pure.

Both adapters speak through this package, and a third framework could: it takes messages in the
shape of the wire and what its users set, and gives an `Answer` (or `Delta` after `Delta`).

    >>> from zhipu_client import Client
    >>> from zhipu_client.conversation import Exchange, build
    >>> client = Client(api_key="id.secret")
    >>> built = build({"model": "glm-4.7"}, dialect=client.dialect, streaming=False)
    >>> exchange = Exchange([{"role": "user", "content": "17 * 19?"}], built)
    >>> client.converse(exchange).text  # doctest: +SKIP
    '323'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zhipu_client._lazy import loader

if TYPE_CHECKING:
    from zhipu_client.chat import Fragment
    from zhipu_client.conversation._decisions import Built
    from zhipu_client.conversation._nested import decoded
    from zhipu_client.conversation.answers import EARLY, Answer, Call, Usage, facts_of, read_answer
    from zhipu_client.conversation.arguments import (
        Arguments,
        may_go_on,
        read_arguments,
        text_of_arguments,
        whole_characters,
    )
    from zhipu_client.conversation.call_secrets import (
        FREE_FIELDS,
        changed_secrets,
        redacted,
        without_secrets,
    )
    from zhipu_client.conversation.enforcement import (
        StructuredAnswer,
        StructuredStrategy,
        ToolChoiceMode,
        choice_as_text,
        structured_strategies,
    )
    from zhipu_client.conversation.exchange import Exchange
    from zhipu_client.conversation.extraction import (
        extraction_prompt,
        extraction_schema,
        schema_from_template,
    )
    from zhipu_client.conversation.growing import GrowingArguments
    from zhipu_client.conversation.history import is_plain_text, prepared
    from zhipu_client.conversation.json_answers import json_text, object_in, partial_object
    from zhipu_client.conversation.left_out import for_pickle
    from zhipu_client.conversation.media import (
        audio_part,
        data_url,
        is_well_formed,
        kind_of,
        most_bytes,
        read_file,
        sniffed,
    )
    from zhipu_client.conversation.request_building import build, combined
    from zhipu_client.conversation.requirement import (
        Requirement,
        RequirementError,
        validation_complaints,
    )
    from zhipu_client.conversation.schemas import inlined, problems
    from zhipu_client.conversation.seen import NO_OUTPUT, unsendable
    from zhipu_client.conversation.served_calls import ServedCall, served_call
    from zhipu_client.conversation.server_tools import SERVER_TOOLS
    from zhipu_client.conversation.sound import sound_type
    from zhipu_client.conversation.streaming import Delta
    from zhipu_client.conversation.thinking import ReasoningHistory
    from zhipu_client.conversation.token_estimates import estimate_messages, estimate_text
    from zhipu_client.conversation.tools import (
        Choice,
        ToolNames,
        check_tool,
        encoded_tools,
        read_choice,
    )
else:
    __getattr__ = loader(
        __name__,
        {
            "zhipu_client.chat": "Fragment",
            "zhipu_client.conversation._decisions": "Built",
            "zhipu_client.conversation._nested": "decoded",
            "zhipu_client.conversation.answers": "EARLY Answer Call Usage facts_of read_answer",
            "zhipu_client.conversation.arguments": (
                "Arguments may_go_on read_arguments text_of_arguments whole_characters"
            ),
            "zhipu_client.conversation.call_secrets": (
                "FREE_FIELDS changed_secrets redacted without_secrets"
            ),
            "zhipu_client.conversation.enforcement": (
                "StructuredAnswer StructuredStrategy ToolChoiceMode choice_as_text "
                "structured_strategies"
            ),
            "zhipu_client.conversation.exchange": "Exchange",
            "zhipu_client.conversation.extraction": (
                "extraction_prompt extraction_schema schema_from_template"
            ),
            "zhipu_client.conversation.growing": "GrowingArguments",
            "zhipu_client.conversation.history": "is_plain_text prepared",
            "zhipu_client.conversation.json_answers": "json_text object_in partial_object",
            "zhipu_client.conversation.left_out": "for_pickle",
            "zhipu_client.conversation.media": (
                "audio_part data_url is_well_formed kind_of most_bytes read_file sniffed"
            ),
            "zhipu_client.conversation.request_building": "build combined",
            "zhipu_client.conversation.requirement": (
                "Requirement RequirementError validation_complaints"
            ),
            "zhipu_client.conversation.schemas": "inlined problems",
            "zhipu_client.conversation.seen": "NO_OUTPUT unsendable",
            "zhipu_client.conversation.served_calls": "ServedCall served_call",
            "zhipu_client.conversation.server_tools": "SERVER_TOOLS",
            "zhipu_client.conversation.sound": "sound_type",
            "zhipu_client.conversation.streaming": "Delta",
            "zhipu_client.conversation.thinking": "ReasoningHistory",
            "zhipu_client.conversation.token_estimates": "estimate_messages estimate_text",
            "zhipu_client.conversation.tools": (
                "Choice ToolNames check_tool encoded_tools read_choice"
            ),
        },
    )

__all__ = [
    "EARLY",
    "FREE_FIELDS",
    "NO_OUTPUT",
    "SERVER_TOOLS",
    "Answer",
    "Arguments",
    "Built",
    "Call",
    "Choice",
    "Delta",
    "Exchange",
    "Fragment",
    "GrowingArguments",
    "ReasoningHistory",
    "Requirement",
    "RequirementError",
    "ServedCall",
    "StructuredAnswer",
    "StructuredStrategy",
    "ToolChoiceMode",
    "ToolNames",
    "Usage",
    "audio_part",
    "build",
    "changed_secrets",
    "check_tool",
    "choice_as_text",
    "combined",
    "data_url",
    "decoded",
    "encoded_tools",
    "estimate_messages",
    "estimate_text",
    "extraction_prompt",
    "extraction_schema",
    "facts_of",
    "for_pickle",
    "inlined",
    "is_plain_text",
    "is_well_formed",
    "json_text",
    "kind_of",
    "may_go_on",
    "most_bytes",
    "object_in",
    "partial_object",
    "prepared",
    "problems",
    "read_answer",
    "read_arguments",
    "read_choice",
    "read_file",
    "redacted",
    "schema_from_template",
    "served_call",
    "sniffed",
    "sound_type",
    "structured_strategies",
    "text_of_arguments",
    "unsendable",
    "validation_complaints",
    "whole_characters",
    "without_secrets",
]
