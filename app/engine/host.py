"""The embedded host: the interpreter's world on asyncio, with a journal underneath (architecture, "The Host")."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from app.domain.breakpoints import Answer, PauseAsk
from app.domain.errors import AppError, DatabaseUnavailable
from app.domain.expressions import PathFailed, PathInvalid, compile_expression, render, select_one
from app.domain.json_stored import as_stored
from app.domain.json_value import Json, size_bytes
from app.domain.runs import StepFailure
from app.engine.activity import Activity
from app.engine.course import Withheld
from app.engine.lanes import to_the_end
from app.engine.pausing import Pausing
from app.engine.ports import (
    LARGE_VALUE_BYTES,
    MISSING,
    OUTPUT_LIMIT_BYTES,
    Ask,
    ChildRequest,
    ClaimedRun,
    FenceLost,
    GroupWrite,
    NoteKind,
    Outcome,
    Recorded,
    StepCall,
    StepError,
    StepWrite,
    Value,
    ValueRef,
    Write,
)
from app.engine.refs import brief, has_ref

if TYPE_CHECKING:
    from app.engine.run import Engine

STEP_RUNS_LIMIT = 100_000
NO_STEP = "00000000-0000-0000-0000-000000000000"
"""The step id of rows that hold a decision of the engine; their paths carry a ``#``."""


@dataclass
class _GroupRow:
    data: dict[str, Any] = field(default_factory=dict)
    started: float | None = None
    ended: float | None = None


class EmbeddedHost:
    """One run's host. What the journal held when it was opened is returned instead of executed."""

    def __init__(self, engine: Engine, claimed: ClaimedRun, recorded: Sequence[Recorded], activity: Activity) -> None:
        self.run_id = claimed.handle.run_id
        self._engine, self._claimed, self._activity = engine, claimed, activity
        self._recorded: dict[str, list[Recorded]] = {}
        self._count = 0
        self._refers = False
        """Whether any value of this run is a reference; most runs have none, and then none need be looked for."""
        self._pausing = Pausing(engine, claimed, activity)
        self.open(recorded)
        self._groups: dict[str, _GroupRow] = {}
        self._skipped: dict[str, StepWrite] = {}
        self._open: dict[str, Mapping[str, Json]] = {}
        self._events: dict[str, asyncio.Future[Value]] = {}
        self._forbidden: Callable[[str], bool] | None = None

    def open(self, recorded: Sequence[Recorded]) -> None:
        """Take in what the journal holds."""
        for row in recorded:
            self._recorded.setdefault(row.path, []).append(row)
            self._refers = self._refers or isinstance(row.output, ValueRef)
        self._count += len(recorded)
        self._pausing.open(self._recorded)

    @property
    def abandoned(self) -> bool:
        return self._activity.abandoned

    # Steps

    def known(self, path: str) -> Outcome | None:
        for row in self._recorded.get(path, ()):
            if row.status == "completed":
                return Outcome(row.output, row.error)
            if row.status == "failed" and isinstance(row.error, dict) and row.error.get("final") is True:
                raise StepError(StepFailure.from_json(row.error))
        return None

    def forbid(self, where: Callable[[str], bool] | None) -> None:
        self._forbidden = where

    def _check_allowed(self, path: str) -> None:
        if self._forbidden is not None and self._forbidden(path):
            raise Withheld(f"{path} may not run now.")

    async def run_step(self, call: StepCall) -> Outcome:
        earlier = self._recorded.get(call.path, ())
        if earlier:
            if (known := self.known(call.path)) is not None:
                return known
            if any(row.status == "cancelled" for row in earlier):
                await asyncio.get_running_loop().create_future()  # it was cancelled then and will be again; nothing may run here
        if call.computed is MISSING:
            self._check_allowed(call.path)
        self._count += 1
        if self._count > STEP_RUNS_LIMIT:
            message = f"The run made more than {STEP_RUNS_LIMIT:,} step runs."
            raise StepError(StepFailure("LimitExceeded", message, call.name, call.path, retryable=False))
        with self._activity.working():
            if call.failure is not None:
                await self._record(call, "failed", error={**call.failure.to_json(), "final": True})
                raise StepError(call.failure)
            if call.computed is not MISSING:
                return await self._record_computed(call)
            try:
                return await self._engine.executor.execute(
                    self, call, earlier, tenant_id=self._claimed.handle.tenant_id, mode=self._claimed.mode
                )
            except DatabaseUnavailable:
                self._activity.abandon()  # nothing on record says why the others are cancelled now: their rows must not say so either
                raise

    async def _record_computed(self, call: StepCall) -> Outcome:
        output = await self.resolved(call.computed)
        if (size := size_bytes(output)) > OUTPUT_LIMIT_BYTES:
            message = f"The output of {call.name} has {size / 2**20:.1f} MiB; at most {OUTPUT_LIMIT_BYTES // 2**20} MiB are kept."
            failure = StepFailure("LimitExceeded", message, call.name, call.path, retryable=False)
            await self._record(call, "failed", error={**failure.to_json(), "final": True})
            raise StepError(failure)
        await self._engine.failpoint("step.before_commit")
        error = cast("Mapping[str, Json] | None", call.error)
        await self._record(call, "completed", output=output, error=error, notes=call.facts or None)
        await self._engine.failpoint("step.after_commit")
        return Outcome(self.kept(call.path, output, size), as_stored(call.error))

    async def _record(self, call: StepCall, status: str, **more: Any) -> None:
        attempt = max((row.attempt for row in self._recorded.get(call.path, []) if row.status != "waiting"), default=0) + 1
        opened = self._open.pop(call.path, None)
        started = cast(float, opened["at"]) if opened else time.monotonic()
        shown = await self._shown(call.scope.get("$"), LARGE_VALUE_BYTES)
        row = StepWrite(
            call.path,
            attempt,
            call.step_id,
            call.name,
            call.type,
            status,
            input=shown,
            has_input=True,
            started_ago_s=time.monotonic() - started,
            completed_ago_s=0.0,
            **more,
        )
        await to_the_end(lambda: self.commit(row), abandoned=lambda: self.abandoned)

    async def run_child(self, path: str, request: ChildRequest) -> Outcome:
        self._check_allowed(path)
        given = await self.resolved(request.input)
        with self._activity.working():
            child = await self._engine.children.open_child(self._claimed, path, request, given)
        if not request.wait:
            return Outcome({"run_id": child.claimed.handle.run_id})
        end = child.ended or await self._engine.run_claimed(child.claimed, self._activity)
        if end.status == "completed":
            return Outcome(as_stored(end.output))
        error = end.error or {}
        message = f"The run of {request.workflow_id} ended as {end.status}: {error.get('message', 'no reason was given')}"
        retryable = end.status == "failed" and bool(error.get("retryable", True))
        details = as_stored({"run_id": child.claimed.handle.run_id, "error": dict(error)})
        raise StepError(StepFailure("SubflowError", message, request.step, path, retryable=retryable, details=details))

    # Time and events

    async def sleep(self, path: str, seconds: float) -> None:
        await self._wait(path, seconds=seconds, until=None)

    async def sleep_until(self, path: str, when: str) -> None:
        await self._wait(path, seconds=None, until=when)

    async def _wait(self, path: str, *, seconds: float | None, until: str | None) -> None:
        rows = self._recorded.get(path, [])
        if any(row.status == "completed" for row in rows):
            return
        left = next((row.wait_left_s for row in rows if row.status == "waiting" and row.wait_left_s is not None), None)
        if left is None:
            self._check_allowed(path)
            with self._activity.working():
                left = await self._engine.journal.wait(self._claimed.handle, self._waiting_row(path), seconds=seconds, until=until)
        await self._activity.sleep(left)

    def _waiting_row(self, path: str) -> StepWrite:
        opened = self._open.get(path, {})
        attempt = max((row.attempt for row in self._recorded.get(path, [])), default=0) + 1
        return StepWrite(
            path,
            attempt,
            str(opened.get("id", NO_STEP)),
            str(opened.get("name", "")),
            str(opened.get("type", "wait")),
            "waiting",
            input=opened.get("input"),
            has_input=bool(opened),
            started_ago_s=0.0,
        )

    async def wait_event(self, path: str, name: str, timeout_s: float | None) -> Value:
        for row in self._recorded.get(path, []):
            if row.status == "completed":
                return row.output
        event = self._events.setdefault(path, asyncio.get_running_loop().create_future())
        if timeout_s is None:
            with self._activity.working():
                await self._engine.journal.wait(self._claimed.handle, self._waiting_row(path), seconds=None, until=None)
            return await self._activity.wait_for(event)
        clock = asyncio.ensure_future(self.sleep(path, timeout_s))
        try:
            if await self.first(f"{path}#ended", [event, clock]) == 0:
                return event.result()
        finally:
            clock.cancel()
            await asyncio.gather(clock, return_exceptions=True)
        raise StepError(StepFailure("Timeout", f"Nobody answered {name} within {timeout_s:g} s.", path=path, retryable=False))

    def deliver(self, path: str, value: Value) -> bool:
        """Hand an event to whoever waits for it at this place; whether somebody did."""
        event = self._events.get(path)
        if event is None or event.done():
            return False
        event.set_result(value)
        return True

    @property
    def pauses(self) -> Sequence[Recorded]:
        return self._pausing.recorded

    def begun(self) -> Iterable[str]:
        return self._recorded.keys()

    async def pause(self, path: str, ask: PauseAsk) -> Answer:
        recorded = next((row.output for row in self._recorded.get(path, ()) if row.status == "completed"), None)
        known = await self._pausing.on_record(path, await self.resolved(recorded))
        return known or await self._pausing.pause(path, ask, await self.resolved(ask.data))

    # Decisions

    async def first(self, path: str, tasks: Sequence[asyncio.Future[Any]]) -> int:
        recorded = next((row.output for row in self._recorded.get(path, []) if row.status == "completed"), None)
        if isinstance(recorded, int) and recorded < len(tasks):
            await asyncio.wait([tasks[recorded]])
            return recorded
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        index = next(i for i, task in enumerate(tasks) if task.done())
        with self._activity.working():
            await self.commit(
                StepWrite(path, 1, NO_STEP, "", "decision", "completed", output=index, started_ago_s=0.0, completed_ago_s=0.0)
            )
        return index

    async def evaluate(self, path: str, ask: Ask, scope: Mapping[str, Value], *, step: str) -> Json:
        inline = cast(dict[str, Json], await self.resolved(dict(scope)))
        try:
            match ask.kind:
                case "expression":
                    return compile_expression(str(ask.what)).evaluate(inline)
                case "path":
                    return select_one(str(ask.what), inline.get("$"))
                case "template":
                    return render(ask.what, inline)
        except (PathFailed, PathInvalid) as error:
            raise StepError(StepFailure("ValidationError", str(error), step, path, retryable=False)) from error
        except AppError as error:
            raise StepError(StepFailure("ExpressionError", str(error), step, path, retryable=False)) from error

    async def checkpoint(self, path: str, state: Json) -> None:
        """Nothing to save: here the journal is the state."""

    def resume_state(self, path: str) -> Json | None:
        return None

    # Notes

    def note(self, kind: NoteKind, path: str, **data: Any) -> None:
        now = time.monotonic()
        if kind == "group":
            row = self._groups.setdefault(path, _GroupRow())
            row.data.update(data)
            if data.get("status") == "running":
                row.started = now
            else:
                row.ended = now
        elif kind == "skipped":
            if path not in self._recorded:
                ids = (str(data["id"]), str(data["name"]), str(data["type"]))
                self._skipped[path] = StepWrite(path, 1, *ids, "skipped", started_ago_s=0.0, completed_ago_s=0.0)
        else:
            self._open[path] = {**data, "at": now, "input": data["input"] if not self._has_ref(data["input"]) else None}
            if path not in self._recorded and data["type"] != "wait":
                ids = (str(data["id"]), str(data["name"]), str(data["type"]))
                self.soon(StepWrite(path, 1, *ids, "running", started_ago_s=0.0))

    def _notes(self) -> list[Write]:
        """What was noted since the last write, as rows."""
        if not self._skipped and not self._groups:
            return []
        now = time.monotonic()
        rows: list[Write] = list(self._skipped.values())
        self._skipped = {}
        for path, row in self._groups.items():
            data = row.data
            rows.append(
                GroupWrite(
                    path,
                    str(data["id"]),
                    str(data.get("role", "")),
                    int(data.get("iteration", 0)),
                    str(data["status"]),
                    input=brief(data.get("input")),
                    output=brief(data.get("output")),
                    error=data.get("error"),
                    started_ago_s=None if row.started is None else now - row.started,
                    completed_ago_s=None if row.ended is None else now - row.ended,
                )
            )
        self._groups = {}
        return rows

    # Rows

    async def commit(self, *writes: Write) -> None:
        """Write these rows, and what was noted before, in one commit."""
        try:
            await self._engine.journal.write(self._claimed.handle, [*self._notes(), *writes])
        except FenceLost:
            self._activity.abandon()
            raise

    def soon(self, write: StepWrite) -> None:
        for row in self._notes():
            if isinstance(row, StepWrite | GroupWrite):
                self._engine.journal.write_soon(self._claimed.handle, row)
        self._engine.journal.write_soon(self._claimed.handle, write)

    def _has_ref(self, value: Value) -> bool:
        return self._refers and has_ref(value)

    async def resolved(self, value: Value) -> Json:
        """The value with every reference replaced by what it refers to."""
        if not self._has_ref(value):
            return cast(Json, value)
        return await self._filled(value)

    async def _filled(self, value: Value) -> Json:
        if isinstance(value, ValueRef):
            return await self._engine.journal.read_output(self._claimed.handle, value)
        if isinstance(value, list):
            return [await self._filled(item) for item in value]
        if isinstance(value, Mapping):
            return {key: await self._filled(item) for key, item in value.items()}
        return cast(Json, value)

    async def _shown(self, value: Value, limit: int) -> Json:
        return None if self._has_ref(value) or size_bytes(value) > limit else cast(Json, value)

    def kept(self, path: str, output: Json, size: int) -> Value:
        """Small outputs travel as the journal would give them back; large ones by reference."""
        if size <= LARGE_VALUE_BYTES:
            return as_stored(output)
        self._refers = True
        return ValueRef(path, size)
