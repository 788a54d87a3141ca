"""What an adapter is given and what it gives back; a provider answers llm steps besides.

Everything here is plain values: an adapter keeps nothing between calls, and a call can run in another process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar, runtime_checkable

from pydantic import BaseModel, ValidationError

from app.domain.catalog import AdapterType
from app.domain.json_value import Json
from app.domain.step_configs import COMMON_FIELDS, Message
from app.engine.ports import StepContext, StepFailed

__all__ = ["Adapter", "AdapterFailure", "CallContext", "Chunk", "LlmReply", "LlmRequest", "Message", "Provider", "parsed"]

ModelT = TypeVar("ModelT", bound=BaseModel)

FinishReason = Literal["stop", "length", "tool_calls", "content_filter", "other"]


class AdapterFailure(StepFailed):
    """An adapter's way to fail: a type of semantics §3, one sentence, and whether trying again can help."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of an answer on its way; for eyes only, what counts is the reply."""

    text: str


def _nobody_listens(chunk: Chunk) -> None:
    pass


@dataclass(frozen=True, slots=True)
class CallContext:
    """Where a call stands. `input` is the step's ``$``; `attempt` counts from 1; `allow` is the tenant's egress allow-list.

    `timeout_s` bounds the whole call; None leaves it to the adapter's own default. `mask` hides secrets: it is for texts that are
    cut short, since half a secret is not found any more by those who mask later. `emit` takes chunks of a streamed answer, returns
    at once and never fails.
    """

    run_id: str
    tenant_id: str
    path: str
    attempt: int
    input: Json
    timeout_s: float | None = None
    allow: frozenset[str] = frozenset()
    mask: Callable[[str], str] = field(default=str, compare=False)
    emit: Callable[[Chunk], None] = field(default=_nobody_listens, compare=False)

    @property
    def idempotency_key(self) -> str:
        """The same for every attempt at one place of one run, also after a crash."""
        return f"{self.run_id}:{self.path}"

    @classmethod
    def of(
        cls,
        step: StepContext,
        *,
        allow: frozenset[str] = frozenset(),
        mask: Callable[[str], str] = str,
        emit: Callable[[Chunk], None] = _nobody_listens,
    ) -> CallContext:
        """The call that a step makes."""
        return cls(step.run_id, step.tenant_id, step.path, step.attempt, step.input, step.timeout_s, allow, mask, emit)


@dataclass(frozen=True, slots=True)
class LlmRequest:
    """A question in the words that all providers share. None leaves a setting to the provider; 0 is 0.

    `output_schema` is a hint for providers that can hold themselves to it: whoever asks checks the reply. `provider_fields` are
    those fields of the step that the provider's `provider_model` names.
    """

    model: str
    messages: Sequence[Message]
    system: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    stop: Sequence[str] = ()
    response_format: Literal["text", "json"] = "text"
    output_schema: Mapping[str, Json] | None = None
    tools: Sequence[Mapping[str, Json]] = ()
    provider_fields: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LlmReply:
    """An answer. Tokens are None where the server does not count, `cost_usd` where nobody knows the price: neither is 0.

    `model` is the one that answered, which may be a dated version of the one that was asked.
    """

    text: str
    finish_reason: FinishReason
    input_tokens: int | None
    output_tokens: int | None
    model: str
    cost_usd: float | None = None


@runtime_checkable
class Adapter(Protocol):
    """Does the work of a tool step."""

    @property
    def type(self) -> AdapterType: ...

    async def run(self, config: Mapping[str, Json], context: CallContext) -> Json:
        """`config` holds the adapter's own fields with all templates resolved.

        Raises:
            AdapterFailure: whatever went wrong, in the words of semantics §3. Cancellation passes through, with sockets closed.
        """


@runtime_checkable
class Provider(Adapter, Protocol):
    """Answers llm steps besides."""

    async def complete(self, request: LlmRequest, context: CallContext) -> LlmReply:
        """Raises AdapterFailure like `run`."""


def parsed(model: type[ModelT], config: Mapping[str, Json], *, adapter: str) -> ModelT:
    """A resolved config as its model; what every step may carry beside it is the engine's and left out.

    Raises:
        AdapterFailure: a resolved value does not fit its field (ValidationError).
    """
    fields = {name: value for name, value in config.items() if name not in COMMON_FIELDS or name in model.model_fields}
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        faults = [(".".join(map(str, item["loc"])) or "config", item["msg"].removeprefix("Value error, ")) for item in error.errors()]
        sentence = "; ".join(f'"{place}": {message[:1].lower()}{message[1:]}' for place, message in faults[:5])
        details: Json = {"fields": [place for place, _ in faults]}
        raise AdapterFailure(
            "ValidationError", f"The {adapter} adapter cannot take this config: {sentence}.", retryable=False, details=details
        ) from None
