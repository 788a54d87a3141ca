"""What a block group of each type may be told, in the words of semantics §5."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from app.domain.step_configs import Millis, Model


class GroupConfig(Model):
    """What every group may carry."""

    timeout_ms: Annotated[int | None, Field(ge=1, le=86_400_000, title="Timeout", description="For the whole group.")] = None
    notes: Annotated[str, Field(title="Notes", max_length=20_000)] = ""


class ParallelConfig(GroupConfig):
    max_concurrent: Annotated[int | None, Field(ge=1, le=500, title="At most at once")] = None
    fail_fast: Annotated[bool, Field(title="Stop at the first failure")] = True
    complete: Annotated[Literal["all", "first", "n"], Field(title="Complete when")] = "all"
    n: Annotated[int | None, Field(ge=1, le=10_000, title="How many")] = None
    cancel_remaining: Annotated[bool, Field(title="Cancel the rest")] = False

    @model_validator(mode="after")
    def _n_when_asked(self) -> ParallelConfig:
        if self.complete == "n" and self.n is None:
            raise ValueError("n is needed with complete n")
        return self


class TryCatchConfig(GroupConfig):
    error_types: Annotated[
        list[str], Field(default_factory=lambda: ["*"], title="Catch", description='Error types; "*" is all but Cancelled.')
    ]
    retry_count: Annotated[int, Field(ge=0, le=100, title="Try again")] = 0
    retry_delay_ms: Annotated[Millis, Field(title="Pause", description="Between tries.")] = 0


class IfElseConfig(GroupConfig):
    condition: Annotated[str, Field(min_length=1, max_length=10_000, title="Condition")]


class SwitchCaseConfig(GroupConfig):
    cases: Annotated[list[Any], Field(default_factory=list, max_length=1000, title="Cases")]
    expression: Annotated[str | None, Field(max_length=10_000, title="Value")] = None


class ForeachConfig(GroupConfig):
    input_path: Annotated[str | None, Field(title="List", description="A JSONPath into the input; empty: the input is the list.")] = None
    parallel: Annotated[bool, Field(title="Side by side")] = False
    max_workers: Annotated[int, Field(ge=1, le=500, title="At most at once")] = 5
    on_item_error: Annotated[Literal["fail", "collect"], Field(title="When an item fails")] = "fail"
    complete_when: Annotated[
        str | None,
        Field(max_length=10_000, title="Stop when", description="Asked after each item, in order; $ is {item, index, result, completed}."),
    ] = None


class WhileConfig(GroupConfig):
    condition: Annotated[str, Field(min_length=1, max_length=10_000, title="While")]
    max_iterations: Annotated[int, Field(ge=1, le=100_000, title="At most")] = 100
    do_while: Annotated[bool, Field(title="First turn always runs")] = False
    on_limit: Annotated[Literal["fail", "stop"], Field(title="At the limit")] = "fail"
