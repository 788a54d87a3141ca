"""What runs one step: resolve its config, call its runner, keep its attempts, write its rows.

Shared by both hosts. A row `running` is written in passing; what follows waits for the row `completed`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from pydantic import ValidationError

from app.domain.catalog import Catalog
from app.domain.errors import AppError, DatabaseUnavailable
from app.domain.expressions import ExpressionFailed, ExpressionInvalid, render
from app.domain.json_gate import normalise
from app.domain.json_stored import as_stored
from app.domain.json_value import Json, JsonRejected, dumps_bytes, size_bytes
from app.domain.runs import StepFailure, error_listed
from app.domain.step_configs import OnError, RetryPolicy
from app.engine.lanes import to_the_end
from app.engine.long_ones import LongOnes
from app.engine.ports import (
    MISSING,
    OUTPUT_LIMIT_BYTES,
    AdapterDefaults,
    Outcome,
    Recorded,
    Secrets,
    StepCall,
    StepContext,
    StepError,
    StepFailed,
    StepReturn,
    StepRunner,
    StepWrite,
    Value,
    Write,
)
from app.engine.recipes import Recipes

logger = logging.getLogger(__name__)
SHOWN_AFTER_S = 0.02
"""A step that ends sooner leaves no row `running` on its way."""
INPUT_SHOWN_BYTES = 65_536
"""Inputs above this are not repeated in the step's row; the source's row has them."""

Failpoint = Callable[[str], Awaitable[None]]


class Rows(Protocol):
    """Where a step's rows go: the host's side of the journal."""

    async def commit(self, *writes: Write) -> None: ...

    def soon(self, write: StepWrite) -> None: ...

    async def resolved(self, value: Value) -> Json: ...

    def kept(self, path: str, output: Json, size: int) -> Value: ...

    @property
    def abandoned(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class StepExecutor:
    """Executes steps of all runs of a process; `slots` bounds how many run at once."""

    catalog: Catalog
    runners: Mapping[str, StepRunner]
    secrets: Secrets
    adapters: AdapterDefaults
    slots: asyncio.Semaphore
    failpoint: Failpoint
    recipes: Recipes = field(default_factory=Recipes)
    long_ones: LongOnes = field(default_factory=lambda: LongOnes(SHOWN_AFTER_S))

    async def execute(self, rows: Rows, call: StepCall, earlier: Sequence[Recorded], *, tenant_id: str, mode: str) -> Outcome:
        """All attempts of one step, beginning after those on record; StepError after the last."""
        attempt = max((row.attempt for row in earlier), default=0) if earlier else 0
        failures = sum(1 for row in earlier if row.status == "failed") if earlier else 0
        scope = cast(dict[str, Json], await rows.resolved(call.scope))
        while True:
            attempt += 1
            run = _Attempt(self, rows, call, scope, attempt, tenant_id, mode)
            error = await run.once()
            if error is None:
                return cast(Outcome, run.outcome)
            failures += 1
            policy = _policy(call, scope)
            final = not error.retryable or failures >= policy.max_attempts or not error_listed(error.type, policy.retry_on)
            if final:
                return await run.end(error)
            await run.fail(error, final=False)
            pause_ms = min(policy.initial_interval_ms * policy.backoff ** (failures - 1), policy.max_interval_ms)
            await asyncio.sleep(max(pause_ms / 1000, error.retry_after_s or 0))


class _Attempt:
    """One attempt: its context, its clock, its row."""

    def __init__(
        self, executor: StepExecutor, rows: Rows, call: StepCall, scope: dict[str, Json], attempt: int, tenant_id: str, mode: str
    ) -> None:
        self._x, self._rows, self._call, self._scope = executor, rows, call, scope
        self._attempt, self._tenant_id, self._mode = attempt, tenant_id, mode
        self._started = time.monotonic()
        self._input: Json = scope.get("$") if call.input is MISSING else call.input
        self.outcome: Outcome | None = None

    async def once(self) -> StepFailed | None:
        """Run it; the failure, or None when its completed row is committed."""
        try:
            result = await self._run()
            output, encoded, notes = self._gated(result)
        except StepFailed as error:
            return error
        except asyncio.CancelledError:
            await self._cancelled()
            raise
        await self._x.failpoint("step.before_commit")
        row = self._row("completed", output=output, output_json=encoded, notes=notes or None, usage=result.usage)
        await self._shielded(row)
        await self._x.failpoint("step.after_commit")
        self.outcome = Outcome(self._rows.kept(self._call.path, output, len(encoded)))
        return None

    async def _run(self) -> StepReturn:
        config = await self._config()
        timeout_ms = config.get("timeout_ms")
        timeout_s = timeout_ms / 1000 if isinstance(timeout_ms, int | float) else None
        call = self._call
        context = StepContext(
            call.run_id, self._tenant_id, call.path, call.step_id, call.name, self._attempt, self._input, config, self._mode, timeout_s
        )
        async with self._x.slots:
            self._started = time.monotonic()
            self._x.long_ones.begin(self, self._show)
            try:
                return await self._ran(context)
            except (StepFailed, DatabaseUnavailable, asyncio.CancelledError):
                raise
            except TimeoutError as error:
                raise StepFailed("Timeout", f"{call.name} ran into a time limit.") from error
            except Exception as error:  # a runner's bug must fail its step, not the engine
                logger.exception("step runner failed unexpectedly")
                message = f"{call.name} ended with an unexpected error ({type(error).__name__}); the log has the details."
                raise StepFailed("AdapterError", message, retryable=False) from error
            finally:
                self._x.long_ones.end(self)

    async def _ran(self, context: StepContext) -> StepReturn:
        runner = self._x.runners[self._call.type]
        if context.timeout_s is None:
            return await runner.run(context)
        try:
            async with asyncio.timeout(context.timeout_s) as limit:
                return await runner.run(context)
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise StepFailed("Timeout", f"{context.name} took longer than {round(context.timeout_s * 1000)} ms.") from error

    def _show(self) -> None:
        """A row `running`, for those who watch and for whoever takes the run up after a crash."""
        if not self._rows.abandoned:
            with suppress(DatabaseUnavailable):  # the journal was closed: nobody watches any more
                self._rows.soon(self._row("running"))

    async def _config(self) -> Mapping[str, Json]:
        """The config with its templates replaced, secrets last, and checked again."""
        call, catalog = self._call, self._x.catalog
        adapter_id = catalog.adapter_of(call.type, call.config)
        defaults = await self._x.adapters.defaults(self._tenant_id, adapter_id) if adapter_id is not None else None
        recipe = self._x.recipes.of(catalog, call.type, call.config, defaults)
        found = await self._x.secrets.values(self._tenant_id, recipe.secrets) if recipe.secrets else {}
        for name in recipe.secrets:
            if name not in found:
                message = f"There is no secret named {name}; add it with `orchestrion secrets set {name}`."
                raise StepFailed("SecretMissing", message, retryable=False)
        try:
            resolved = recipe.resolved(self._scope, lambda name: found[name])
        except (ExpressionFailed, ExpressionInvalid) as error:
            raise StepFailed("ExpressionError", str(error), retryable=False) from error
        if faults := recipe.faults(resolved):
            raise StepFailed("ValidationError", faults[0].message, retryable=False, details={"place": faults[0].place})
        return resolved

    def _gated(self, result: StepReturn) -> tuple[Json, bytes, dict[str, Json]]:
        """The output as it is kept, the same as JSON text, and notes on what had to be replaced in it."""
        try:
            output, changed = normalise(result.output)
        except JsonRejected as error:
            raise StepFailed("LimitExceeded", f"{self._call.name}: {error}", retryable=False) from error
        masked = self._x.secrets.mask(output)
        encoded = dumps_bytes(masked)
        if (size := len(encoded)) > OUTPUT_LIMIT_BYTES:
            message = f"The output of {self._call.name} has {size / 2**20:.1f} MiB; at most {OUTPUT_LIMIT_BYTES // 2**20} MiB are kept."
            raise StepFailed("LimitExceeded", message, retryable=False)
        notes: dict[str, Json] = dict(result.notes)
        if changed:
            notes["normalised"] = list(changed)
        return masked, encoded, notes

    def failure(self, error: StepFailed) -> StepFailure:
        message = cast(str, self._x.secrets.mask(error.message))
        details = self._x.secrets.mask(error.details)
        details, _ = normalise(details)
        return StepFailure(error.type, message, self._call.name, self._call.path, self._attempt, error.retryable, as_stored(details))

    async def fail(self, error: StepFailed, *, final: bool) -> StepFailure:
        failure = self.failure(error)
        await self._shielded(self._row("failed", error={**failure.to_json(), "final": final}), keep_going=final)
        return failure

    async def end(self, error: StepFailed) -> Outcome:
        """After the last attempt: go on as `on_error` says, or fail."""
        handling = self._call.config.get("on_error")
        if isinstance(handling, dict) and handling.get("action") == "continue":
            failure = self.failure(error)
            try:
                output = render(OnError.model_validate(handling).output, {**self._scope, "error": failure.to_json()})
            except (ValidationError, AppError) as broken:
                raise StepError(await self.fail(StepFailed("ExpressionError", str(broken), retryable=False), final=True)) from broken
            await self._shielded(self._row("completed", output=output, error=failure.to_json()))
            return Outcome(self._rows.kept(self._call.path, output, size_bytes(output)), as_stored(failure.to_json()))
        raise StepError(await self.fail(error, final=True))

    async def _cancelled(self) -> None:
        if not self._rows.abandoned:
            failure = StepFailure("Cancelled", f"{self._call.name} was cancelled.", self._call.name, self._call.path, self._attempt, False)
            await self._rows.commit(self._row("cancelled", error=failure.to_json()))

    async def _shielded(self, row: StepWrite, *, keep_going: bool = False) -> None:
        await to_the_end(lambda: self._rows.commit(row), abandoned=lambda: self._rows.abandoned, keep_going=keep_going)

    def _row(self, status: str, **more: Any) -> StepWrite:
        call = self._call
        shown, encoded = self._shown_input()
        ended = 0.0 if status != "running" else None
        return StepWrite(
            call.path,
            self._attempt,
            call.step_id,
            call.name,
            call.type,
            status,
            input=shown,
            input_json=encoded,
            has_input=True,
            started_ago_s=time.monotonic() - self._started,
            completed_ago_s=ended,
            **more,
        )

    def _shown_input(self) -> tuple[Json, bytes | None]:
        """The input as the row shows it, and the same as JSON text."""
        encoded = dumps_bytes(self._input)
        if len(encoded) > INPUT_SHOWN_BYTES:
            return None, None
        masked = self._x.secrets.mask(self._input)
        return masked, encoded if masked is self._input else dumps_bytes(masked)


def _policy(call: StepCall, scope: Mapping[str, Json]) -> RetryPolicy:
    """The step's retry policy; a broken one fails the step at its first attempt, with all other faults of its config."""
    try:
        return RetryPolicy.model_validate(render(call.config.get("retry") or {}, scope))
    except (ValidationError, AppError):
        return RetryPolicy()
