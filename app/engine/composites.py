"""Steps whose course the interpreter sees to itself: join, map, subflow, wait, condition; and what any step may carry."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from pydantic import ValidationError

from app.domain.expressions import References, is_true, project, references_in
from app.domain.json_value import Json
from app.domain.runs import error_listed
from app.domain.step_configs import COMMON_FIELDS, JoinConfig, MapConfig, RetryPolicy, StepConfig, SubflowConfig, WaitConfig
from app.domain.topology import Link
from app.domain.workflow import BlockGroup, Step
from app.engine.frames import Arrival, Frame, Names, Settled, failed
from app.engine.lanes import being_cancelled, cancel_all, pool
from app.engine.ports import ChildRequest, Outcome, StepCall, StepError, Value

if TYPE_CHECKING:
    from app.engine.interpreter import Interpreter

OWN_MAP_FIELDS = frozenset(MapConfig.model_fields) - COMMON_FIELDS


class Composites:
    """Runs one step node of any type to its settled state."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._in = interpreter
        self._host = interpreter.host
        self._plan = interpreter.plan

    async def passed(self, names: Names, node: Step | BlockGroup, given: Value, path: str) -> Settled:
        """A node that a person skipped: its input is its output."""
        if isinstance(node, BlockGroup):
            self._host.note("group", path, id=node.id, role="", iteration=0, status="completed", input=given, output=given)
        else:
            await self._record(names, node, given, path, computed=given, facts={"passed": True})
        return Settled("completed", given, result=True if node.type == "condition" else None)

    async def step(self, names: Names, step: Step, given: Value, path: str) -> Settled:
        if step.config.get("disabled") is True:
            await self._record(names, step, given, path, computed=given, facts={"disabled": True})
            return Settled("completed", given, result=True if step.type == "condition" else None)
        is_tested = self._in.course.only and self._in.course.is_target(path)
        if (pinned := step.config.get("pinned_output")) is not None and names.mode == "test" and not is_tested:
            await self._record(names, step, given, path, computed=pinned, facts={"pinned": True})
            result = await self._condition(names, step, given, path) if step.type == "condition" else None
            return Settled("completed", pinned, result=result)
        if step.type == "condition":
            return await self._condition_step(names, step, given, path)
        if step.type in {"map", "subflow", "wait"}:
            outcome = await self._composite(names, step, given, path)
        else:
            outcome = await self._host.run_step(self._call(names, step, given, path))
        return Settled("completed", outcome.output, outcome.error)

    def _call(self, names: Names, step: Step, given: Value, path: str, **more: Any) -> StepCall:
        scope = project(names.scope(given), self._plan.references(step.id))
        scope["$"] = given
        scope.setdefault("run", names.values.get("run"))
        return StepCall(self._host.run_id, path, step.id, step.name, step.type, step.config, scope, **more)

    async def _record(
        self,
        names: Names,
        step: Step,
        given: Value,
        path: str,
        *,
        computed: Value,
        error: Json = None,
        facts: Mapping[str, Json] | None = None,
    ) -> Outcome:
        return await self._host.run_step(self._call(names, step, given, path, computed=computed, error=error, facts=facts or {}))

    # condition

    async def _condition(self, names: Names, step: Step, given: Value, path: str) -> bool:
        text = str(step.config.get("expression", ""))
        return is_true(await self._in.evaluate(path, text, names.scope(given), step=step.name))

    async def _condition_step(self, names: Names, step: Step, given: Value, path: str) -> Settled:
        try:
            result = await self._condition(names, step, given, path)
        except StepError as error:
            outcome = await self._softened(names, step, given, path, error)
            return Settled("completed", outcome.output, outcome.error, result=False)
        await self._record(names, step, given, path, computed=given, facts={"result": result})
        return Settled("completed", given, result=result)

    # what ends a composite step

    async def _composite(self, names: Names, step: Step, given: Value, path: str) -> Outcome:
        if (known := self._host.known(path)) is not None:
            return known  # neither a child nor a wait of an earlier run is made once more for it
        self._host.note("started", path, id=step.id, name=step.name, type=step.type, input=given)
        kinds = {"map": self._map, "subflow": self._subflow, "wait": self._wait}
        try:
            output = await self._in_time(kinds[step.type](names, step, given, path), step, path)
        except StepError as error:
            if being_cancelled():
                raise
            return await self._softened(names, step, given, path, error)
        return await self._record(names, step, given, path, computed=output)

    async def _in_time(self, work: Any, step: Step, path: str) -> Value:
        limit = step.config.get("timeout_ms")
        if not isinstance(limit, int) or step.type == "wait":
            return await work
        body = asyncio.ensure_future(work)
        clock = asyncio.ensure_future(self._host.sleep(f"{path}#timeout", limit / 1000))
        try:
            if await self._host.first(f"{path}#ended", [body, clock]) == 0:
                return await body
        finally:
            await cancel_all([body, clock])
        raise failed("Timeout", f"{step.name} took longer than {limit} ms.", step=step.name, path=path, retryable=True)

    async def _softened(self, names: Names, step: Step, given: Value, path: str, error: StepError) -> Outcome:
        """`on_error` of a step that the interpreter runs itself: go on with its output, or leave a failed row and fail."""
        handling = step.config.get("on_error")
        if isinstance(handling, dict) and handling.get("action") == "continue":
            scope = names.scope(given, error=error.failure.to_json())
            output = await self._in.resolve(path, handling.get("output"), references_in(handling.get("output")), scope, step=step.name)
            return await self._record(names, step, given, path, computed=output, error=error.failure.to_json())
        return await self._host.run_step(self._call(names, step, given, path, failure=error.failure))

    async def _resolved(self, names: Names, step: Step, given: Value, path: str, model: type[StepConfig]) -> Any:
        kind = self._plan.catalog.steps[step.type]
        raw = {k: v for k, v in step.config.items() if k not in {"pinned_output", "on_error", "notes"} and k in model.model_fields}
        kept = {name: raw.pop(name) for name in sorted(kind.raw_fields) if name in raw}
        resolved = await self._in.resolve(path, cast(Json, raw), references_in(cast(Json, raw)), names.scope(given), step=step.name)
        try:
            return model.model_validate({**cast(dict[str, Any], resolved), **kept})
        except ValidationError as error:
            item = error.errors()[0]
            where = ".".join(str(part) for part in item["loc"])
            raise failed("ValidationError", f"“{where}” of {step.name} does not fit: {item['msg']}.", step=step.name, path=path) from error

    # map

    async def _map(self, names: Names, step: Step, given: Value, path: str) -> Value:
        config: MapConfig = await self._resolved(names, step, given, path, MapConfig)
        items = await self._in.groups.items(config.input_path, given, step.name, path)
        results: list[Value] = [None] * len(items)
        errors: dict[int, Json] = {}
        fields = {k: v for k, v in step.config.items() if k not in OWN_MAP_FIELDS and k not in {"on_error", "pinned_output"}}
        call_config: dict[str, Json] = {**fields, "adapter_id": config.adapter_id}  # one object: it is made ready once for all items

        async def one(index: int) -> None:
            try:
                results[index] = await self._map_item(names, step, config, call_config, given, items[index], index, path)
            except StepError as error:
                if config.on_item_error == "fail" or being_cancelled():
                    raise
                errors[index] = {"index": index, "error": error.failure.to_json()}
            if config.expression is not None and index % 100 == 99:
                await asyncio.sleep(0)  # a long list of cheap items lets the others have their turn

        await pool(len(items), config.max_concurrency if config.parallel and config.expression is None else 1, one)
        return {"items": results, "count": len(items), "errors": [errors[index] for index in sorted(errors)]}

    async def _map_item(
        self, names: Names, step: Step, config: MapConfig, call_config: Mapping[str, Json], given: Value, item: Json, index: int, path: str
    ) -> Value:
        inner = names.inside(item=item, index=index)
        place = f"{path}[{index}]"
        if config.expression is not None:
            return await self._in.evaluate(place, config.expression, inner.scope(given), step=step.name)
        if config.workflow_id is not None:
            request = ChildRequest(config.workflow_id, config.version, item, step=step.name)
            return (await self._host.run_child(place, request)).output
        scope = project(inner.scope(given), self._plan.references(step.id))
        scope["$"] = given
        scope.setdefault("run", names.values.get("run"))
        call = StepCall(self._host.run_id, place, step.id, step.name, "tool", call_config, scope, input=item)
        return (await self._host.run_step(call)).output

    # subflow, wait

    async def _subflow(self, names: Names, step: Step, given: Value, path: str) -> Value:
        config: SubflowConfig = await self._resolved(names, step, given, path, SubflowConfig)
        value = step.config.get("input", "{{ $ }}")
        child_input = await self._in.resolve(path, value, _with_dollar(references_in(value)), names.scope(given), step=step.name)
        policy: RetryPolicy = config.retry
        attempt = 1
        while True:
            place = path if attempt == 1 else f"{path}#{attempt}"
            try:
                request = ChildRequest(config.workflow_id, config.version, child_input, wait=config.wait, step=step.name)
                return (await self._host.run_child(place, request)).output
            except StepError as error:
                last = attempt >= policy.max_attempts or not error_listed(error.failure.type, policy.retry_on)
                if being_cancelled() or last or not error.failure.retryable:
                    raise
                pause_ms = min(policy.initial_interval_ms * policy.backoff ** (attempt - 1), policy.max_interval_ms)
                await self._host.sleep(f"{path}#pause{attempt}", pause_ms / 1000)
                attempt += 1

    async def _wait(self, names: Names, step: Step, given: Value, path: str) -> Value:
        config: WaitConfig = await self._resolved(names, step, given, path, WaitConfig)
        if names.mode == "test":
            return given
        if config.until is not None:
            await self._host.sleep_until(path, config.until)
        else:
            await self._host.sleep(path, (config.duration_ms or 0) / 1000)
        return given

    # join

    async def join(self, frame: Frame, step: Step, links: Sequence[Link], path: str) -> Settled | None:
        """A join from its first arrival to its output; None when every edge is dead."""
        names = frame.names
        plain = step.config.get("disabled") is True or (names.mode == "test" and step.config.get("pinned_output") is not None)
        dollar: Value = frame.given
        try:
            config: JoinConfig = await self._resolved(names, step, None, path, JoinConfig)
            if config.needed is None or plain:
                arrivals = _one_per_source([await self._in.arrival(frame, link) for link in links])
            else:
                arrivals = await self._race(frame, step, links, config, path)
            if links and not arrivals:
                return None
            order = {link.source: index for index, link in reversed(list(enumerate(links)))}
            ordered = sorted(arrivals, key=lambda arrival: order[arrival.source])
            dollar = {arrival.key: arrival.output for arrival in ordered} if arrivals else frame.given
            if plain:
                return await self.step(names, step, dollar, path)
            output = await self._merged(config, step, arrivals, ordered, dollar, path)
            if self._in.pauses.active:
                output = await self._in.pauses.before(names, step, output, path, scope=frame.path)
        except StepError as error:
            if being_cancelled() or error.failure.step != step.name:
                raise
            outcome = await self._softened(names, step, dollar, path, error)
            return Settled("completed", outcome.output, outcome.error)
        outcome = await self._record(names, step, dollar, path, computed=output)
        return Settled("completed", outcome.output)

    async def _race(self, frame: Frame, step: Step, links: Sequence[Link], config: JoinConfig, path: str) -> list[Arrival]:
        """The first edges to be taken, in order of arrival; which came first is on record."""
        needed = config.needed or 1
        tasks = [asyncio.ensure_future(self._in.arrival(frame, link)) for link in links]
        waiting = list(range(len(tasks)))
        found: list[Arrival] = []
        try:
            while waiting and len(found) < needed:
                turn = len(tasks) - len(waiting)
                chosen = 0 if len(waiting) == 1 else await self._host.first(f"{path}#first{turn}", [tasks[i] for i in waiting])
                arrival = await tasks[waiting.pop(chosen)]
                if arrival is not None and all(other.source != arrival.source for other in found):
                    found.append(arrival)
        finally:
            await cancel_all(tasks)
        if found and len(found) < needed:
            message = f"{step.name} waits for {needed} inputs, but only {len(found)} can come."
            raise failed("JoinNotSatisfied", message, step=step.name, path=path)
        if config.cancel_remaining:
            await self._drop_the_rest(frame, step, [links[i].source for i in waiting])
        return found

    async def _drop_the_rest(self, frame: Frame, step: Step, sources: Sequence[str]) -> None:
        """Cancel what is still under way and leads to this join only."""
        doomed: dict[str, None] = {}
        todo = [source for source in sources if frame.settled[source].end is None]
        while todo:
            node = todo.pop()
            onward = [link.target for link in self._plan.outgoing.get(node, ())]
            if node in doomed or frame.settled[node].end is not None or not all(t == step.id or t in doomed for t in onward):
                continue
            doomed[node] = None
            todo.extend(link.source for link in self._plan.incoming.get(node, ()))
        ordered = [id for id in frame.nodes if id in doomed]
        frame.dropped.update(dict.fromkeys(ordered))
        await cancel_all([*dict.fromkeys(frame.tasks[id] for id in ordered)])

    async def _merged(
        self, config: JoinConfig, step: Step, arrivals: Sequence[Arrival], ordered: Sequence[Arrival], dollar: Value, path: str
    ) -> Value:
        if not arrivals:
            return dollar
        match config.merge:
            case "first":
                return arrivals[0].output
            case "array":
                return [arrival.output for arrival in ordered]
            case "object":
                return {arrival.key: arrival.output for arrival in ordered}
        merged: Json = {}
        for arrival in ordered:
            part = await self._in.select(path, "$", arrival.output, step=step.name)
            if not isinstance(part, dict):
                message = f"{step.name} merges objects, but {arrival.key} gave something else."
                raise failed("ValidationError", message, step=step.name, path=path)
            merged = deep_merge(merged, part)
        return merged


def deep_merge(a: Json, b: Json) -> Json:
    """Objects key by key, however deep; anything else: the later wins."""
    if isinstance(a, dict) and isinstance(b, dict):
        return {**a, **{key: deep_merge(a[key], value) if key in a else value for key, value in b.items()}}
    return b


def _one_per_source(arrivals: Sequence[Arrival | None]) -> list[Arrival]:
    found: dict[str, Arrival] = {}
    for arrival in arrivals:
        if arrival is not None:
            found.setdefault(arrival.source, arrival)
    return list(found.values())


def _with_dollar(references: References) -> References:
    return References(references.roots | {"$"}, references.steps, references.secrets, references.whole_steps)
