"""``with_retry`` of the chat model: LangChain's attempts instead of the client's, not on top."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from langchain_core.exceptions import ModelError
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable
from typing_extensions import override

if TYPE_CHECKING:
    from langchain_core.runnables.retry import ExponentialJitterParams
else:  # LangChain evaluates the hints of methods
    ExponentialJitterParams = Any

__all__ = ["RetriesByCode", "RetryOn", "retry_on"]

if TYPE_CHECKING:
    _Base = BaseChatModel
else:  # a class of methods: as a model of pydantic, it would collect all fields once more
    _Base = object

RetryOn = tuple[type[BaseException], ...] | Callable[[BaseException], bool]

#: What LangChain passes for "whatever fails".
_ANYTHING = (Exception,)


def retry_on(chosen: RetryOn) -> RetryOn:
    """Return which errors are worth another attempt.

    Args:
        chosen: The errors given to ``with_retry``. LangChain's default means every
            error but those that would come again: a wrong key, a bad request, no money.
    """
    return _worthwhile if chosen == _ANYTHING else chosen


def _worthwhile(error: BaseException) -> bool:
    if isinstance(error, ModelError):
        return error.is_retryable
    return isinstance(error, Exception)


class RetriesByCode(_Base):
    """``with_retry`` of a chat model, which knows the errors that would come again."""

    @override
    def with_retry(
        self,
        *,
        retry_if_exception_type: RetryOn = (Exception,),
        wait_exponential_jitter: bool = True,
        exponential_jitter_params: ExponentialJitterParams | None = None,
        stop_after_attempt: int = 3,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Retry failed calls: these attempts replace the model's own ``max_retries``.

        Args:
            retry_if_exception_type: What to retry; by default all but what would fail again.
            wait_exponential_jitter: Whether waits vary at random.
            exponential_jitter_params: ``initial``, ``max``, ``exp_base``, ``jitter``, in seconds.
            stop_after_attempt: How many requests there are at most. Streams are not retried by
                LangChain: they keep the model's own retries.
        """
        # LangChain's own takes longer to import than all of this package (tenacity, tornado).
        from langchain_zhipu._chat.model_retry import ModelRetry

        return ModelRetry(
            bound=self,
            kwargs={},
            config={},
            retry_exception_types=retry_on(retry_if_exception_type),
            wait_exponential_jitter=wait_exponential_jitter,
            exponential_jitter_params=exponential_jitter_params,
            max_attempt_number=stop_after_attempt,
        )
