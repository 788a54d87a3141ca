"""One claimed run from its journal to its end: starting, resuming and moving to another machine are this one call."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.domain.catalog import Catalog
from app.domain.errors import DatabaseUnavailable
from app.domain.json_schema import SchemaChecker
from app.domain.json_value import Json, size_bytes
from app.domain.runs import StepFailure
from app.engine.activity import Activity
from app.engine.host import EmbeddedHost
from app.engine.interpreter import interpret
from app.engine.lanes import to_the_end
from app.engine.plans import Plans
from app.engine.ports import (
    OUTPUT_LIMIT_BYTES,
    Children,
    ClaimedRun,
    FenceLost,
    Journal,
    RunEnd,
    Secrets,
    StepError,
    StepRunner,
)
from app.engine.step import Failpoint, StepExecutor

logger = logging.getLogger(__name__)
MAX_DEPTH = 16
MAX_TAKEOVERS = 5


async def no_failpoint(name: str) -> None:
    """The failpoint of every run that is not a test of durability."""


@dataclass(frozen=True, slots=True)
class Engine:
    """What all runs of a process share."""

    catalog: Catalog
    runners: Mapping[str, StepRunner]
    journal: Journal
    children: Children
    secrets: Secrets
    executor: StepExecutor
    schemas: SchemaChecker
    failpoint: Failpoint = no_failpoint
    plans: Plans = field(default_factory=Plans)

    async def run_claimed(self, claimed: ClaimedRun, activity: Activity) -> RunEnd:
        """Interpret the run to its end and write that end.

        Raises:
            asyncio.CancelledError: the task was cancelled; unless the run was abandoned, its end is written as cancelled.
            FenceLost: another worker has it.
        """
        host = EmbeddedHost(self, claimed, (), activity)
        try:
            if not claimed.is_new:
                host.open(await self.journal.load(claimed.handle))
            end = await self._to_its_end(claimed, host)
        except asyncio.CancelledError:
            if not activity.abandoned:
                error = StepFailure("Cancelled", "The run was cancelled.", retryable=False)
                await host.commit(RunEnd("cancelled", error=error.to_json()))
            raise
        await self.failpoint("run.before_end")
        await to_the_end(lambda: host.commit(end), abandoned=lambda: activity.abandoned)
        await self.failpoint("run.after_end")
        return end

    async def end_broken(self, claimed: ClaimedRun, error: Exception) -> None:
        """End a run that cannot even be interpreted, so that nobody takes it up again and again."""
        message = f"The run ended with an unexpected error ({type(error).__name__}); the log has the details."
        failure = StepFailure("InternalError", message, retryable=False)
        await self.journal.write(claimed.handle, [RunEnd("failed", error=failure.to_json())])

    async def _to_its_end(self, claimed: ClaimedRun, host: EmbeddedHost) -> RunEnd:
        if claimed.takeovers >= MAX_TAKEOVERS:
            message = f"The run was taken up {claimed.takeovers} times at the same step, and its worker ended each time."
            return _failed(StepFailure("RecoveryLimit", message, retryable=False))
        if claimed.depth > MAX_DEPTH:
            return _failed(StepFailure("LimitExceeded", f"Sub-workflows are nested deeper than {MAX_DEPTH}.", retryable=False))
        plan = self.plans.of(claimed.definition, self.catalog)
        definition = plan.definition
        limit_s = definition.run_timeout_s
        try:
            async with asyncio.timeout(max(0.0, limit_s - claimed.elapsed_s)) as clock:
                value = await interpret(definition, plan, host, input=claimed.input, run=claimed.run, request=claimed.request)
            output = await host.resolved(value)
        except StepError as error:
            return _failed(error.failure)
        except TimeoutError:
            if not clock.expired():
                raise
            return _failed(StepFailure("Timeout", f"The run took longer than {limit_s:g} s.", retryable=False))
        except (FenceLost, DatabaseUnavailable):
            raise
        except Exception as error:  # a fault of our own must end the run with a reason, not leave it running for ever
            logger.exception("run ended unexpectedly")
            message = f"The run ended with an unexpected error ({type(error).__name__}); the log has the details."
            return _failed(StepFailure("InternalError", message, retryable=False))
        schema = definition.output_schema if claimed.request.kind in ("whole", "from") else None  # a part gives what its step gives
        return self._checked(schema, output)

    def _checked(self, schema: Json, output: Json) -> RunEnd:
        if (size := size_bytes(output)) > OUTPUT_LIMIT_BYTES:
            message = f"The run's output has {size / 2**20:.1f} MiB; at most {OUTPUT_LIMIT_BYTES // 2**20} MiB are kept."
            return _failed(StepFailure("LimitExceeded", message, retryable=False))
        reasons = self.schemas.check(schema, output) if schema is not None else []
        if reasons:
            message = f"The output does not fit the workflow's output schema: {'; '.join(reasons[:3])}"
            return _failed(StepFailure("OutputSchemaError", message, retryable=False))
        return RunEnd("completed", output=output)


def _failed(failure: StepFailure) -> RunEnd:
    return RunEnd("failed", error=failure.to_json())
