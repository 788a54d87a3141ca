"""What a step of each type may be told: one model per type, in the words of semantics §3 and §4.

The models check a config twice: as it is written (a field that holds a template passes, see `catalog`), and again
after its templates were resolved. Fields that hold an expression, a path or a definition are named in `RAW_FIELDS`;
templates are not looked for in them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Millis = Annotated[int, Field(ge=0, le=31_536_000_000)]


class Model(BaseModel):
    """Strict about names: an unknown field is an error that is told, never dropped."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class RetryPolicy(Model):
    """How often and how patiently a failed step is tried again."""

    max_attempts: Annotated[int, Field(ge=1, le=100, title="Attempts", description="The first one included.")] = 1
    initial_interval_ms: Annotated[Millis, Field(title="First pause", description="Before the second try.")] = 1000
    backoff: Annotated[float, Field(ge=1, le=100, title="Backoff", description="Each pause is this many times the one before.")] = 2.0
    max_interval_ms: Annotated[Millis, Field(title="Longest pause", description="No pause is longer.")] = 60_000
    retry_on: Annotated[list[str], Field(title="Retry on", description='Error types; "*" is all but Cancelled.')] = ["*"]


class OnError(Model):
    """What follows when the last attempt failed."""

    action: Annotated[Literal["fail", "continue"], Field(title="When it fails")] = "fail"
    output: Annotated[Any, Field(title="Output instead")] = None


_NO_RETRY = RetryPolicy()
_FAIL = OnError()
"""Frozen and shared: as plain defaults pydantic would copy them deeply for every config, 25 µs a step."""


class StepConfig(Model):
    """What every step's config may carry."""

    retry: Annotated[RetryPolicy, Field(title="Retry", default_factory=lambda: _NO_RETRY)]
    timeout_ms: Annotated[int | None, Field(ge=1, le=86_400_000, title="Timeout", description="For one try.")] = None
    on_error: Annotated[OnError, Field(title="On error", default_factory=lambda: _FAIL)]
    disabled: Annotated[bool, Field(title="Disabled", description="The step passes its input through.")] = False
    pinned_output: Annotated[Any, Field(title="Pinned output", description="Stands in for the step in test runs.")] = None
    notes: Annotated[str, Field(title="Notes", max_length=20_000)] = ""


class ToolConfig(StepConfig):
    """A call of an adapter; the adapter's own fields stand beside `adapter_id`."""

    model_config = ConfigDict(extra="allow", frozen=True)

    adapter_id: Annotated[str, Field(min_length=1, max_length=100, title="Adapter")]


class Message(Model):
    role: Literal["system", "user", "assistant"]
    content: str


class LlmConfig(StepConfig):
    """A question to a language model; fields of the provider's own may stand beside these."""

    model_config = ConfigDict(extra="allow", frozen=True)

    provider: Annotated[str, Field(min_length=1, max_length=100, title="Provider")]
    model: Annotated[str, Field(min_length=1, max_length=255, title="Model")]
    system: Annotated[str | None, Field(title="System")] = None
    prompt: Annotated[str | None, Field(title="Prompt")] = None
    messages: Annotated[list[Message] | None, Field(title="Messages")] = None
    temperature: Annotated[float | None, Field(ge=0, le=2, title="Temperature")] = None
    max_tokens: Annotated[int | None, Field(ge=1, le=10_000_000, title="Max tokens")] = None
    stop: Annotated[list[str] | None, Field(title="Stop")] = None
    response_format: Annotated[Literal["text", "json"], Field(title="Response format")] = "text"
    output_schema: Annotated[dict[str, Any] | None, Field(title="Output schema")] = None
    tools: Annotated[list[dict[str, Any]] | None, Field(title="Tools")] = None

    @model_validator(mode="after")
    def _asks_something(self) -> LlmConfig:
        if self.prompt is None and not self.messages:
            raise ValueError("a prompt or messages are needed")
        return self


class ConditionConfig(StepConfig):
    expression: Annotated[str, Field(min_length=1, max_length=10_000, title="Condition")]


class MapConfig(StepConfig):
    """One operation per item of a list; exactly one of `expression`, `adapter_id` and `workflow_id` says which."""

    model_config = ConfigDict(extra="allow", frozen=True)

    input_path: Annotated[str | None, Field(title="List", description="A JSONPath into the input; empty: the input is the list.")] = None
    parallel: Annotated[bool, Field(title="Side by side")] = False
    max_concurrency: Annotated[int, Field(ge=1, le=500, title="At most at once")] = 5
    expression: Annotated[str | None, Field(max_length=10_000, title="Expression")] = None
    adapter_id: Annotated[str | None, Field(max_length=100, title="Adapter")] = None
    workflow_id: Annotated[str | None, Field(max_length=255, title="Workflow")] = None
    version: Annotated[int | None, Field(ge=0, title="Version")] = None
    on_item_error: Annotated[Literal["fail", "collect"], Field(title="When an item fails")] = "fail"

    @model_validator(mode="after")
    def _one_operation(self) -> MapConfig:
        given = [name for name in ("expression", "adapter_id", "workflow_id") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("exactly one of expression, adapter_id and workflow_id is needed")
        if given != ["adapter_id"] and self.model_extra:
            raise ValueError(f"{sorted(self.model_extra)[0]} is no field of a map with {given[0]}")
        return self


class JoinConfig(StepConfig):
    mode: Annotated[Literal["all", "any", "n_of"], Field(title="Wait for")] = "all"
    n: Annotated[int | None, Field(ge=1, le=10_000, title="How many")] = None
    cancel_remaining: Annotated[bool, Field(title="Cancel the rest")] = False
    merge: Annotated[Literal["object", "array", "deep", "first"], Field(title="Merge as")] = "object"

    @model_validator(mode="after")
    def _n_when_asked(self) -> JoinConfig:
        if self.mode == "n_of" and self.n is None:
            raise ValueError("n is needed with mode n_of")
        return self

    @property
    def needed(self) -> int | None:
        """How many taken edges start it early; None waits for all to settle."""
        return {"all": None, "any": 1, "n_of": self.n}[self.mode]


class SubflowConfig(StepConfig):
    workflow_id: Annotated[str, Field(min_length=1, max_length=255, title="Workflow")]
    version: Annotated[int | None, Field(ge=0, title="Version", description="Empty: the latest published.")] = None
    input: Annotated[Any, Field(title="Input")] = "{{ $ }}"
    wait: Annotated[bool, Field(title="Wait for its output")] = True


class TransformConfig(StepConfig):
    output: Annotated[Any, Field(title="Output")]


class WaitConfig(StepConfig):
    duration_ms: Annotated[Millis | None, Field(title="For")] = None
    until: Annotated[str | None, Field(title="Until", description="A time such as 2026-05-04T09:00:00Z.")] = None

    @field_validator("until")
    @classmethod
    def _is_a_time(cls, value: str | None) -> str | None:
        from datetime import datetime

        if value is not None and "{{" not in value and datetime.fromisoformat(value.replace("Z", "+00:00")).tzinfo is None:
            raise ValueError("the time needs a zone, such as Z or +02:00")
        return value

    @model_validator(mode="after")
    def _one_of_them(self) -> WaitConfig:
        if (self.duration_ms is None) == (self.until is None):
            raise ValueError("exactly one of duration_ms and until is needed")
        return self


COMMON_FIELDS = frozenset(StepConfig.model_fields)
"""Fields that any step may carry, whatever its type."""
