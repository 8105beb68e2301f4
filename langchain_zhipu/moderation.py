"""`ZhipuAIModeration`: a Runnable that judges texts and messages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from langchain_core.messages import BaseMessage, MessageLikeRepresentation, convert_to_messages
from langchain_core.prompt_values import PromptValue
from langchain_core.runnables import RunnableConfig, RunnableSerializable
from pydantic import ConfigDict
from typing_extensions import override

from langchain_zhipu._errors import model_error, raised_as_model_errors
from langchain_zhipu._keeping import SeveralRequests
from zhipu_client import ZhipuError, arun, moderations, run
from zhipu_client.adapting import attach, refuse
from zhipu_client.moderations import ModerationReply, Verdict

__all__ = ["ModerationInput", "Verdict", "ZhipuAIModeration"]

#: A text, a message, a prompt, or several texts or messages.
ModerationInput = (
    str | BaseMessage | PromptValue | Sequence[str] | Sequence[MessageLikeRepresentation]
)
Piece = tuple[int, ModerationReply | None]


class ZhipuAIModeration(SeveralRequests, RunnableSerializable[Any, Verdict], defer_build=False):
    """Judges texts by the service's content safety: ``POST /moderations`` (open.bigmodel.cn only).

    A text, a message, a prompt or a list of texts or messages in, one verdict out, the worst of
    all: ``risk_level`` (``PASS``, ``REVIEW`` or ``REJECT``), ``risk_types``, ``flagged`` and the
    service's own ``replies``. Of messages the text is judged. A text above 2,000 characters is
    sent in parts that overlap; what is blank passes and costs nothing. `batch` and `abatch` judge
    all inputs as one job. For agents, see `ZhipuAIModerationMiddleware`.

    Args:
        model: ``moderation``.
        flag_from: The lowest level that is flagged: ``"REVIEW"`` (doubtful and unsafe content) or
            ``"REJECT"`` (unsafe content only).
        on_flagged: ``"report"``: return the verdict; ``"raise"``: raise an error.
        max_in_flight: The most requests of one call at once, 1 to 64.
        on_result: Called with the position of an input and the verdict on one of its texts, as
            they come.
        api_key: This and the other settings that all adapters share: see ``ZhipuSettings``.

    Raises:
        InvalidRequestError: No key was found, or the input has no text in a known form.
        ContentFilterError: With ``on_flagged="raise"``, content was flagged; the error's ``body``
            is the service's answer.
        ZhipuError: A call failed. In `batch` its ``partial`` has the verdicts that came, by
            position, None for those that did not.

    Example:
        ```python
        from langchain_zhipu import ZhipuAIModeration

        moderation = ZhipuAIModeration(flag_from="REJECT")
        verdict = moderation.invoke("A red kite.")
        print(verdict.flagged, verdict.risk_level)

        for verdict in moderation.batch(["A red kite.", "A blue kite."]):
            print(verdict.summary)
        ```
    """

    model_config = ConfigDict(extra="forbid")

    model: str = "moderation"
    flag_from: moderations.FlagFrom = "REVIEW"
    on_flagged: Literal["report", "raise"] = "report"

    @override
    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Verdict:
        """Return the verdict on a text, a message, a prompt or several of them."""
        return self._call_with_config(self._one, input, config, **kwargs)

    @override
    async def ainvoke(
        self, input: Any, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Verdict:
        """Return the verdict, asynchronously; see `invoke`."""
        return await self._acall_with_config(self._aone, input, config, **kwargs)

    @override
    def batch(
        self,
        inputs: list[Any],
        config: RunnableConfig | list[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> list[Verdict]:
        """Return a verdict on each input, in order; all are one job.

        Args:
            inputs: What `invoke` takes.
            config: Callbacks of LangChain, and tags.
            return_exceptions: Have an error in the place of an input that failed.
            **kwargs: Not used.
        """

        def judged(given: list[Any]) -> list[Exception | Verdict]:
            return self._all(given, keep=return_exceptions)

        return self._batch_with_config(
            judged, inputs, config, return_exceptions=return_exceptions, **kwargs
        )

    @override
    async def abatch(
        self,
        inputs: list[Any],
        config: RunnableConfig | list[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> list[Verdict]:
        """Return a verdict on each input, asynchronously; see `batch`."""

        async def judged(given: list[Any]) -> list[Exception | Verdict]:
            return await self._aall(given, keep=return_exceptions)

        return await self._abatch_with_config(
            judged, inputs, config, return_exceptions=return_exceptions, **kwargs
        )

    def _one(self, given: Any) -> Verdict:
        (found,) = self._all([given], keep=False)
        return _or_raised(found)

    async def _aone(self, given: Any) -> Verdict:
        (found,) = await self._aall([given], keep=False)
        return _or_raised(found)

    def _all(self, inputs: list[Any], *, keep: bool) -> list[Exception | Verdict]:
        with raised_as_model_errors():
            judging = _Judging(self, inputs, keep=keep)
            try:
                run(self._sync_client(), judging.job, on_result=judging.take)
            except BaseException as error:
                judging.failed(error)
                raise
        return judging.outcomes()

    async def _aall(self, inputs: list[Any], *, keep: bool) -> list[Exception | Verdict]:
        with raised_as_model_errors():
            judging = _Judging(self, inputs, keep=keep)
            try:
                await arun(self._async_client(), judging.job, on_result=judging.take)
            except BaseException as error:
                judging.failed(error)
                raise
        return judging.outcomes()


@dataclass
class _Judging:
    """One job over several inputs, and what comes of it. Pure."""

    settings: ZhipuAIModeration
    inputs: list[Any]
    keep: bool
    #: The input that each text is of.
    owners: list[int] = field(default_factory=list)
    replies: dict[int, list[ModerationReply]] = field(default_factory=dict)
    errors: dict[int, Exception] = field(default_factory=dict)

    def __post_init__(self) -> None:
        texts: list[str] = []
        for position, given in enumerate(self.inputs):
            try:
                found = [text for text in texts_of(given) if text.strip()]
                for text in found:  # refused now, and not after those before it are paid for
                    moderations.of_text(text, model=self.settings.model)
            except ZhipuError as error:
                if not self.keep:
                    self._name(error, position)
                    raise
                self.errors[position] = model_error(error)
                continue
            texts += found
            self.owners += [position] * len(found)
        settings = self.settings
        job = moderations.bulk(texts, model=settings.model, in_flight=settings.max_in_flight)
        self.job = replace(job, skip=self._skip) if self.keep else job

    def _skip(self, number: int, error: Exception) -> bool:
        kept = model_error(error) if isinstance(error, ZhipuError) else error
        self.errors.setdefault(self.owners[number], kept)
        return True

    def take(self, piece: Piece) -> None:
        """Take an answer as it comes."""
        number, reply = piece
        if reply is None:
            return
        position = self.owners[number]
        self.replies.setdefault(position, []).append(reply)
        tell: Callable[[Any], Any] | None = self.settings.on_result
        if tell is not None:
            tell((position, Verdict((reply,), self.settings.flag_from)))

    def _verdict(self, position: int) -> Verdict:
        return Verdict(tuple(self.replies.get(position, ())), self.settings.flag_from)

    def outcomes(self) -> list[Exception | Verdict]:
        """Return a verdict or an error for each input."""
        found: list[Exception | Verdict] = []
        for position in range(len(self.inputs)):
            verdict = self._verdict(position)
            if position in self.errors:
                found.append(self.errors[position])
            elif verdict.flagged and self.settings.on_flagged == "raise":
                what = "the content" if len(self.inputs) == 1 else f"input {position}"
                found.append(model_error(verdict.error(what)))
            else:
                found.append(verdict)
        return found

    def failed(self, error: BaseException) -> None:
        """Put the verdicts that came on an error, which names its input."""
        number = error.__dict__.pop("source", None)
        later = error.__dict__.pop("later", {})
        for behind, (replies, _) in later.items() if isinstance(later, dict) else ():
            self.replies.setdefault(self.owners[behind], []).extend(replies)
        if isinstance(number, int) and isinstance(error, ZhipuError):
            self._name(error, self.owners[number])
        wanted = [self.owners.count(position) for position in range(len(self.inputs))]
        partial = [
            self._verdict(position) if len(self.replies.get(position, ())) == count else None
            for position, count in enumerate(wanted)
        ]
        attach(error, partial=partial)

    def _name(self, error: ZhipuError, position: int) -> None:
        if len(self.inputs) > 1:
            error.explain(f"It was about input {position}")


def texts_of(given: Any) -> list[str]:
    """Return the texts of an input: one, or one a message.

    Raises:
        InvalidRequestError: It is neither a text, a message, a prompt nor several of these.
    """
    if isinstance(given, str):
        return [given]
    if isinstance(given, BaseMessage):
        return [given.text]
    if isinstance(given, PromptValue):
        return [message.text for message in given.to_messages()]
    if isinstance(given, Sequence) and all(isinstance(one, str) for one in given):
        return list(given)
    if isinstance(given, Sequence) and not isinstance(given, bytes):
        try:
            return [message.text for message in convert_to_messages(given)]
        except (TypeError, ValueError, NotImplementedError) as error:
            raise _odd(given) from error
    raise _odd(given)


def _odd(given: Any) -> Exception:
    return refuse("input", given, "must be a text, a message, a prompt or a list of these")


def _or_raised(found: Exception | Verdict) -> Verdict:
    if isinstance(found, Exception):
        raise found
    return found
