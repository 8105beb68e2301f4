"""One exchange with a chat model: requests out, answers in, one more attempt where it is due. Pure.

An `Exchange` hands out requests and takes in bodies or chunks; a client sends (`Client.converse`,
`Client.converse_stream`). So what is decided here is decided once: for sync and async, whole and
streamed, and every framework.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from zhipu_client import chat, models
from zhipu_client._check import refuse
from zhipu_client._half_characters import whole_text
from zhipu_client._lazy import hint
from zhipu_client._request import Reply, Request, StreamRequest, as_sent
from zhipu_client._sent_media import SentMedium, name_media
from zhipu_client.conversation._decisions import Built
from zhipu_client.conversation._headers import shown_headers
from zhipu_client.conversation.answers import Answer, read_answer
from zhipu_client.conversation.box_marks import without_marks
from zhipu_client.conversation.history import is_plain_text, prepared, with_file_urls
from zhipu_client.conversation.local_files import LocalFile, local_files, marked
from zhipu_client.conversation.requirement import with_instruction
from zhipu_client.conversation.streaming import Attempt, Delta
from zhipu_client.conversation.text_tool_calls import calls_in_text, without_calls
from zhipu_client.conversation.think_tags import thinking_apart
from zhipu_client.conversation.thinking import is_switched_off
from zhipu_client.errors import (
    ContentFilterError,
    ContextOverflowError,
    ServerError,
    ZhipuError,
)

if TYPE_CHECKING:
    from zhipu_client._task import Task
    from zhipu_client.conversation.refusals import Refusal
else:
    Task = hint("zhipu_client._task", "Task")
    Refusal = hint("zhipu_client.conversation.refusals", "Refusal")

__all__ = ["Exchange"]

_OVERFLOW = "model_context_window_exceeded"
_THINKING_REFUSED = (
    "the server refuses chat_template_kwargs, by which thinking is switched: it is left out, and "
    "the setting of thinking does nothing there"
)
_THINKING_IGNORED = (
    "the server answers with reasoning although thinking is off: it does nothing with "
    'chat_template_kwargs={"enable_thinking": False}. If it passes requests on to the service, try '
    'extra_body={"thinking": {"type": "disabled"}} instead; LiteLLM needs that in one more '
    "extra_body"
)


class Exchange:
    """A question to the model and its answer.

    Args:
        messages: The conversation, from an adapter; see `conversation.history.prepared`.
        built: What is sent beside it.
        refuse_filtered: Raise `ContentFilterError` for an answer that content safety cut.
        repair: False for an answer that cannot be asked for again (a batch's).

    Attributes:
        done: True once `answer` is final; until then `request` (or `stream_request`) is to be
            sent, and its answer handed to `take` (or read through, then `end`).
        answer: The outcome.
        options: What `Client.send` takes beside the request.
        files: Local files of the messages that may go up and be named by their ids.
        notes: What has turned out about the server that the caller is to know, once.

    Raises:
        RequirementError: From `take` and `end`: the second attempt is not what it must be either.
        ContextOverflowError: The answer reached the end of the context window.

    Examples:
        >>> from zhipu_client import Client
        >>> from zhipu_client.conversation import build
        >>> client = Client(api_key="id.secret")
        >>> built = build({"model": "glm-4.7"}, dialect=client.dialect, streaming=False)
        >>> exchange = Exchange([{"role": "user", "content": "17 * 19?"}], built)
        >>> exchange.done  # until client.converse(exchange) has its answer
        False
    """

    def __init__(
        self,
        messages: Sequence[Mapping[str, Any]],
        built: Built,
        *,
        refuse_filtered: bool = False,
        repair: bool = True,
    ) -> None:
        self.built = built
        self.done = False
        self.answer = Answer()
        self.notes: list[str] = []
        is_plain = is_plain_text(messages)
        self._messages = prepared(
            messages if is_plain else marked(messages),
            reasoning=built.history,
            names=built.names,
            model=built.model,
        )
        self.files: list[LocalFile] = []
        self._media: list[SentMedium] = []
        if not is_plain:
            if built.file_urls:
                self._messages = with_file_urls(self._messages)
            self._messages, files, self._media = local_files(self._messages)
            self.files = files if built.file_ids else []
        if messages and not self._messages:
            said = [message.get("content") for message in messages]
            raise refuse("messages", said, "must say something")
        self._request_id: str | None = built.params.get("request_id")
        self._refuse_filtered = refuse_filtered
        self._repair = repair
        self._first: Answer | None = None
        self._attempt: Attempt | None = None
        self._seed = uuid.uuid4().hex
        self._headers: dict[str, str] = {}

    @property
    def attempt(self) -> int:
        """1, or 2 once the model was asked again."""
        return 1 if self._first is None else 2

    @property
    def request_id(self) -> str | None:
        """The id that the first request carries, or None where the client makes it."""
        return self._request_id

    @property
    def options(self) -> Mapping[str, Any]:
        """``timeout``, ``max_retries`` and ``headers`` of this exchange."""
        return self.built.options

    # --- Requests

    def request(self) -> Request[dict[str, Any]]:
        """The request for an answer in one piece, given as the decoded JSON."""
        built = self.built
        sent = chat.decoded(built.model, self._sent(), built.params, built.dialect.name)
        sent = replace(sent, explain=self._explain) if self._media else sent
        return replace(sent, parse=self._parsed) if built.with_headers else sent

    def submission(self) -> Request[Task]:
        """The request that has the answer made later: a task, whose result `take` reads."""
        return chat.submission(self.request())

    def stream_request(self) -> StreamRequest[Delta]:
        """The request for an answer in chunks; its reader feeds this exchange."""
        built = self.built
        sent = chat.streamed(built.model, self._sent(), built.params, built.dialect.name)
        return replace(  # type: ignore[return-value]
            sent,
            reader=self._reader,  # type: ignore[arg-type]
            opened=self._opened if built.with_headers else None,
            explain=self._explain if self._media else None,
        )

    def _explain(self, body: Mapping[str, Any], error: ZhipuError) -> None:
        """Name in a refusal the media that were sent, by their places among the caller's own."""
        name_media(error, self._media, body)

    def _sent(self) -> list[dict[str, Any]]:
        requirement = self.built.requirement
        if requirement is None:
            return self._messages
        return with_instruction(self._messages, whole_text(requirement.instruction()))

    def _reader(self) -> Attempt:
        # A fresh one for each attempt to connect: nothing of a failed one is kept.
        self._attempt = Attempt(self.built, seed=self._seed)
        return self._attempt

    def _parsed(self, reply: Reply) -> Any:
        self._opened(reply.headers)
        return as_sent(reply)

    def _opened(self, headers: Mapping[str, str]) -> None:
        self._headers = shown_headers(headers)

    # --- Refusals

    def leave_out(self, refused: Collection[str]) -> None:
        """Leave out the fields that this server is known to refuse (kinds of `Refusal`)."""
        from zhipu_client.conversation.refusals import kind_of

        sent = self._fields()
        for field in self.built.optional:
            if field in sent and kind_of(field, sent[field]) in refused:
                self._without(field)

    def refusals(self, error: Exception) -> list[Refusal]:
        """Return what a failed request was refused for, which is left out from now on.

        An empty list: the error is the caller's to see.
        """
        if self._attempt is not None and self._attempt.shown:
            return []
        from zhipu_client.conversation.refusals import refusals_in

        found = refusals_in(error, self._fields(), self.built.optional)
        for refusal in found:
            self._without(refusal.field)
        return found

    def _fields(self) -> dict[str, Any]:
        params = self.built.params
        fields = {**params, **(params.get("extra_body") or {})}
        if any("reasoning_content" in message for message in self._messages):
            fields["reasoning_content"] = True
        return fields

    def _without(self, field: str) -> None:
        """Leave a field out; what it asked for is put into words, where it can be."""
        built = self.built
        params = {key: value for key, value in built.params.items() if key != field}
        extra = params.pop("extra_body", None) or {}
        if kept := {key: value for key, value in extra.items() if key != field}:
            params["extra_body"] = kept
        requirement = built.requirement
        if requirement is not None and field in {"response_format", "tool_choice"}:
            requirement = requirement.in_words()
        thoughts = built.thoughts
        if field == "reasoning_content":
            self._messages = [
                {key: value for key, value in message.items() if key != field}
                for message in self._messages
            ]
        if field == "chat_template_kwargs":
            thoughts = "implicit" if thoughts == "off" else thoughts
            self.notes.append(_THINKING_REFUSED)
        optional = built.optional - {field}
        self.built = replace(
            built, params=params, requirement=requirement, optional=optional, thoughts=thoughts
        )

    # --- Answers

    def take(self, body: Mapping[str, Any]) -> None:
        """Read an answer in one piece; unless `done` afterwards, `request` is to be sent again."""
        self._settle(self._read(body), shown=False)

    def failed(self, error: ZhipuError) -> None:
        """Keep on an error what was paid for before it: ``error.first``, an `Answer`."""
        if self._first is not None:
            error.first = self._first  # type: ignore[attr-defined]
            if getattr(error, "partial", None) is None:
                error.partial = self._first.body  # type: ignore[attr-defined]

    def end(self) -> Iterator[Delta]:
        """Read a stream's end: what is still to be shown of it. As `take` for the rest."""
        attempt = self._attempt
        if attempt is None:
            raise RuntimeError("no stream was read")
        yield from attempt.rest()
        answer = self._read(attempt.body())
        self._settle(answer, shown=attempt.shown)
        if self.done:
            yield from attempt.closing(self.answer)

    def _read(self, body: Mapping[str, Any]) -> Answer:
        first = self._read_one(body)
        choices = body.get("choices") or ()
        if len(choices) < 2 or self._attempt is not None:
            return first
        alone = {key: value for key, value in body.items() if key != "usage"}
        others = [self._read_one({**alone, "choices": [choice]}) for choice in choices[1:]]
        return replace(first, others=tuple(others))

    def _read_one(self, body: Mapping[str, Any]) -> Answer:
        built = self.built
        try:
            answer = read_answer(
                self._cleaned(body),
                request_id=self._request_id,
                names=built.names,
                schemas=built.schemas,
                seed=self._seed,
            )
        except (AttributeError, LookupError, TypeError) as odd:
            error = ServerError("the answer is not that of a chat", body=body)
            error.partial = body
            raise error from odd
        if answer.finish_reason == _OVERFLOW:
            raise _overflow(body)
        if self._refuse_filtered and answer.finish_reason == "sensitive":
            filtered = ContentFilterError(
                "content safety cut the answer (finish_reason sensitive)", body=body
            )
            filtered.partial = body
            raise filtered
        if built.calls_in_text is not None and not answer.calls:
            answer = self._with_found_calls(answer)
        requirement = built.requirement
        if requirement is not None:
            answer = requirement.met_in_text(answer, self._seed)
        if built.single_call:
            answer = replace(answer, calls=answer.calls[:1])
        return answer

    def _cleaned(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """A body with reasoning and marks out of its text."""
        choices = body.get("choices")
        think = self.built.think_filter()
        if not choices or (think is None and self.built.box_marks):
            return body
        message = chat.message_of(choices[0])
        if think is not None:
            message = thinking_apart(message, think, last=True)
        text = chat.text_of(message.get("content"))
        if "<|" in text and not self.built.box_marks:
            message = {**message, "content": without_marks(text)}
        return {**body, "choices": [{**choices[0], "message": message}]}

    def _with_found_calls(self, answer: Answer) -> Answer:
        """Return an answer with the calls that the model wrote into its text or its reasoning."""
        built = self.built
        thought = f"{answer.reasoning}\n" if built.calls_in_text == "anywhere" else ""
        found = calls_in_text(f"{thought}{answer.text}")
        called = {built.names.decode(call["name"]) for call in found}
        if not called or not called <= built.schemas.keys():
            return answer
        written = [
            {"id": call["id"], "function": {"name": call["name"], "arguments": call["arguments"]}}
            for call in found
        ]
        body = {"choices": [{"message": {"tool_calls": written}}]}
        read = read_answer(body, names=built.names, schemas=built.schemas)
        return replace(answer, calls=read.calls, text=without_calls(answer.text))

    def _settle(self, answer: Answer, *, shown: bool) -> None:
        """Accept an answer, ask once more, or raise."""
        requirement = self.built.requirement
        complaint = requirement.complaint(answer) if requirement is not None else None
        total = answer.after(self._first) if self._first is not None else answer
        if requirement is not None and complaint is not None:
            free = self._repair and (not shown or requirement.replaceable)
            if self._first is None and free and requirement.may_repair(answer):
                self._ask_again(answer, complaint)
                return
            if not requirement.lenient:
                raise requirement.error(complaint, total)
        if requirement is not None and requirement.wants_json and not total.calls:
            total = replace(total, text=requirement.final_text(total.text))
        self.answer = self._with_cost(total)
        if self.built.with_headers and self._headers:
            facts = {**self.answer.facts, "headers": self._headers}
            self.answer = replace(self.answer, facts=facts)
        self.done = True
        if answer.reasoning.strip() and self._is_switched_off():
            self.notes.append(_THINKING_IGNORED)

    def _with_cost(self, answer: Answer) -> Answer:
        """Return an answer with what it cost among its facts, where that is asked for and known."""
        site, usage = self.built.priced_by, answer.wire_usage
        cost = models.cost_of(self.built.model, site, usage) if site and usage else None
        return answer if cost is None else replace(answer, facts={**answer.facts, "cost": cost})

    def _is_switched_off(self) -> bool:
        """Return whether the request switches thinking off by an argument of the template."""
        extra = self.built.params.get("extra_body") or {}
        template = extra.get("chat_template_kwargs")
        return isinstance(template, Mapping) and is_switched_off(None, template)

    def _ask_again(self, answer: Answer, complaint: str) -> None:
        requirement = self.built.requirement
        if requirement is None:
            return
        self._first = answer
        written = answer.text or "\n".join(call.text for call in answer.calls)
        self._messages = requirement.repair(self._messages, written, complaint)
        params = {key: value for key, value in self.built.params.items() if key != "request_id"}
        if self._attempt is not None and self.built.dialect.request_id == "body":
            params["request_id"] = uuid.uuid4().hex
        self.built = replace(self.built, params=params, requirement=requirement.in_words())


def _overflow(partial: Any) -> ContextOverflowError:
    error = ContextOverflowError(
        "prompt and answer reached the end of the model's context window "
        "(finish_reason model_context_window_exceeded); shorten the conversation"
    )
    error.partial = partial
    return error
