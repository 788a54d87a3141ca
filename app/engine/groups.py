"""The control flow of the six block groups (semantics §5). As pure as the interpreter."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from pydantic import ValidationError

from app.domain.expressions import is_true
from app.domain.group_configs import (
    ForeachConfig,
    GroupConfig,
    IfElseConfig,
    ParallelConfig,
    SwitchCaseConfig,
    TryCatchConfig,
    WhileConfig,
)
from app.domain.json_value import Json
from app.domain.runs import error_listed
from app.domain.workflow import BlockGroup
from app.engine.frames import Frame, Names, failed
from app.engine.lanes import being_cancelled, cancel_all, pool
from app.engine.ports import StepError, Value

if TYPE_CHECKING:
    from app.engine.interpreter import Interpreter

FINALLY_LIMIT_S = 30.0
MOST_AT_ONCE = 500


class Groups:
    """Runs a group: `run` picks its kind, adds its time limit, and leaves its rows."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._in = interpreter
        self._host = interpreter.host
        self._plan = interpreter.plan

    async def run(self, frame: Frame, group: BlockGroup, given: Value, path: str) -> Value:
        names = frame.names
        config = await self._config(names, group, given, path)
        kinds: Mapping[str, Callable[[], Awaitable[Value]]] = {
            "parallel": lambda: self._parallel(frame, group, cast(ParallelConfig, config), given, path),
            "try_catch": lambda: self._try_catch(names, group, cast(TryCatchConfig, config), given, path),
            "if_else": lambda: self._if_else(names, group, cast(IfElseConfig, config), given, path),
            "switch_case": lambda: self._switch(names, group, cast(SwitchCaseConfig, config), given, path),
            "foreach": lambda: self._foreach(names, group, cast(ForeachConfig, config), given, path),
            "while": lambda: self._while(names, group, cast(WhileConfig, config), given, path),
        }
        run = kinds[group.type]
        if config.timeout_ms is None:
            return await run()
        return await self._within(run, config.timeout_ms / 1000, group, path)

    async def _config(self, names: Names, group: BlockGroup, given: Value, path: str) -> GroupConfig:
        kind = self._plan.catalog.groups[group.type]
        raw = dict(group.config)
        kept = {name: raw.pop(name) for name in sorted(kind.expression_fields | kind.path_fields) if name in raw}
        if group.type == "switch_case" and not kept.get("expression") and "cases" in raw:
            kept["cases"] = raw.pop("cases")  # without a value, each case is an expression
        resolved = await self._in.resolve(path, cast(Json, raw), self._plan.references(group.id), names.scope(given), step=group.name)
        try:
            return self._plan.group_config(group, {**cast(dict[str, Any], resolved), **kept})
        except ValidationError as error:
            item = error.errors()[0]
            where = ".".join(str(part) for part in item["loc"])
            raise failed(
                "ValidationError", f"“{where}” of {group.name} does not fit: {item['msg']}.", step=group.name, path=path
            ) from error

    async def _within(self, run: Callable[[], Awaitable[Value]], seconds: float, group: BlockGroup, path: str) -> Value:
        """`run()` unless the durable clock ends first; which of the two did is decided once, on record."""
        body = asyncio.ensure_future(run())
        clock = asyncio.ensure_future(self._host.sleep(f"{path}#timeout", seconds))
        try:
            first = await self._host.first(f"{path}#ended", [body, clock])
            if first == 0:
                return await body
        finally:
            await cancel_all([body, clock])
        raise failed("Timeout", f"{group.name} took longer than {seconds:g} s.", step=group.name, path=path, retryable=True)

    async def role(self, names: Names, group: BlockGroup, role: str, given: Value, path: str, *, iteration: int = 0) -> Value:
        """One role or turn: its nodes, and its row."""
        nodes = self._plan.nodes_in(group.id, role)
        return await self._noted(
            lambda: self._in.run_nodes(nodes, names.inside(), given, path), group, role, given, path, iteration=iteration
        )

    async def _noted(
        self, run: Callable[[], Awaitable[Value]], group: BlockGroup, role: str, given: Value, path: str, *, iteration: int = 0
    ) -> Value:
        def note(status: str, **more: Value) -> None:
            self._host.note("group", path, id=group.id, role=role, iteration=iteration, status=status, **more)

        note("running", input=given)
        try:
            output = await run()
        except StepError as error:
            note("failed", error=error.failure.to_json())
            raise
        except asyncio.CancelledError:
            if not self._host.abandoned:
                note("cancelled")
            raise
        note("completed", output=output)
        return output

    def _has(self, group: BlockGroup, role: str) -> bool:
        return bool(self._plan.nodes_in(group.id, role))

    def _takes(self, group: BlockGroup, role: str, path: str) -> bool:
        return self._has(group, role) and self._in.course.takes_role(path, role)

    # parallel

    async def _parallel(self, frame: Frame, group: BlockGroup, config: ParallelConfig, given: Value, path: str) -> Value:
        nodes = self._in.course.nodes(path, self._plan.nodes_in(group.id, "body"))
        if not nodes:
            return given
        parts = self._plan.parts_of(nodes)
        needed = {"all": len(parts), "first": 1, "n": min(config.n or 1, len(parts))}[config.complete]
        lanes = config.max_concurrent or MOST_AT_ONCE

        async def run() -> Value:
            names = frame.names.inside()
            if needed == len(parts):
                return await self._all_parts(names, parts, lanes, config, given, path)
            return await self._some_parts(frame, names, parts, needed, lanes, config, given, path)

        return await self._noted(run, group, "body", given, path)

    async def _all_parts(
        self, names: Names, parts: list[tuple[str, ...]], lanes: int, config: ParallelConfig, given: Value, path: str
    ) -> Value:
        done: list[dict[str, Value]] = [{} for _ in parts]
        errors: dict[int, StepError] = {}

        async def part(index: int) -> None:
            try:
                done[index] = await self._in.run_part(parts[index], names, given, path)
            except StepError as error:
                if config.fail_fast or being_cancelled():
                    raise
                errors[index] = error

        await pool(len(parts), lanes, part)
        if errors:
            raise errors[min(errors)]
        return {key: value for outputs in done for key, value in outputs.items()}

    async def _some_parts(
        self,
        frame: Frame,
        names: Names,
        parts: list[tuple[str, ...]],
        needed: int,
        lanes: int,
        config: ParallelConfig,
        given: Value,
        path: str,
    ) -> Value:
        """The first parts to complete decide; the rest are cancelled, or go on unheard."""
        gate = asyncio.Semaphore(lanes)

        async def part(nodes: tuple[str, ...]) -> dict[str, Value]:
            async with gate:
                return await self._in.run_part(nodes, names, given, path)

        tasks: list[asyncio.Future[dict[str, Value]]] = [asyncio.ensure_future(part(nodes)) for nodes in parts]
        won: list[int] = []
        errors: list[StepError] = []
        open_parts = list(range(len(tasks)))
        try:
            while len(won) < needed:
                turn = len(parts) - len(open_parts)
                index = open_parts.pop(await self._host.first(f"{path}#first{turn}", [tasks[i] for i in open_parts]))
                try:
                    await tasks[index]
                    won.append(index)
                except StepError as error:
                    errors.append(error)
                    if config.fail_fast or len(open_parts) < needed - len(won):
                        raise
        except BaseException:
            await cancel_all(tasks)
            raise
        rest = [tasks[i] for i in open_parts]
        if config.cancel_remaining:
            await cancel_all(rest)
        else:
            frame.leftovers.extend(rest)
        return {key: value for index in sorted(won) for key, value in tasks[index].result().items()}

    # try_catch

    async def _try_catch(self, names: Names, group: BlockGroup, config: TryCatchConfig, given: Value, path: str) -> Value:
        try:
            output = await self._guarded(names, group, config, given, path)
        except StepError:
            if being_cancelled():
                await self._finally_in_time(names, group, given, path)
                raise
            await self._finally(names, group, given, path)
            raise
        except asyncio.CancelledError:
            await self._finally_in_time(names, group, given, path)
            raise
        await self._finally(names, group, given, path)
        return output

    async def _guarded(self, names: Names, group: BlockGroup, config: TryCatchConfig, given: Value, path: str) -> Value:
        tries = 0
        while True:
            try:
                if not self._has(group, "try"):
                    return given
                place = f"{path}.try" if tries == 0 else f"{path}.try[{tries}]"
                return await self.role(names, group, "try", given, place, iteration=tries)
            except StepError as error:
                if being_cancelled() or not error_listed(error.failure.type, config.error_types):
                    raise
                if tries < config.retry_count:
                    tries += 1
                    if config.retry_delay_ms:
                        await self._host.sleep(f"{path}.try[{tries}]#delay", config.retry_delay_ms / 1000)
                    continue
                if not self._takes(group, "catch", path):
                    raise
                caught: dict[str, Json] = error.failure.to_json()
                inner = names.inside(error=caught)
                return await self.role(inner, group, "catch", {"error": caught, "input": given}, f"{path}.catch")

    async def _finally(self, names: Names, group: BlockGroup, given: Value, path: str) -> None:
        if self._takes(group, "finally", path):
            await self.role(names, group, "finally", given, f"{path}.finally")

    async def _finally_in_time(self, names: Names, group: BlockGroup, given: Value, path: str) -> None:
        """The finally role of something cancelled: it still runs, for at most 30 s; where the run was given back, it runs there."""
        if self._host.abandoned or not self._takes(group, "finally", path):
            return
        work = asyncio.ensure_future(self._finally(names, group, given, path))
        clock = asyncio.ensure_future(self._host.sleep(f"{path}#finally", FINALLY_LIMIT_S))
        try:
            await self._host.first(f"{path}#finally_ended", [work, clock])
        finally:
            await cancel_all([work, clock])

    # if_else, switch_case

    async def _if_else(self, names: Names, group: BlockGroup, config: IfElseConfig, given: Value, path: str) -> Value:
        held = is_true(await self._in.evaluate(path, config.condition, names.scope(given), step=group.name))
        return await self._one_role(names, group, "then" if held else "else", given, path)

    async def _switch(self, names: Names, group: BlockGroup, config: SwitchCaseConfig, given: Value, path: str) -> Value:
        role = "default"
        if config.expression:
            value = await self._in.evaluate(path, config.expression, names.scope(given), step=group.name)
            for index, case in enumerate(config.cases):
                if same_json(case, value):
                    role = f"case_{index}"
                    break
        else:
            for index, case in enumerate(config.cases):
                if is_true(await self._in.evaluate(path, str(case), names.scope(given), step=group.name)):
                    role = f"case_{index}"
                    break
        return await self._one_role(names, group, role, given, path)

    async def _one_role(self, names: Names, group: BlockGroup, role: str, given: Value, path: str) -> Value:
        if self._takes(group, role, path):
            return await self.role(names, group, role, given, f"{path}.{role}")
        self._host.note("group", path, id=group.id, role=role, iteration=0, status="completed", input=given, output=given)
        return given

    # foreach, while

    async def _foreach(self, names: Names, group: BlockGroup, config: ForeachConfig, given: Value, path: str) -> Value:
        if not self._has(group, "body"):
            return given
        items = await self.items(config.input_path, given, group.name, path)
        results: list[Value] = [None] * len(items)
        errors: dict[int, Json] = {}
        state = _Prefix(len(items))

        async def turn(index: int) -> None:
            if state.stopped_at is not None or not self._in.course.takes_turn(path, index):
                return
            inner = names.inside(item=items[index], index=index)
            dollar = {"item": items[index], "index": index}
            try:
                results[index] = await self.role(inner, group, "body", dollar, f"{path}[{index}]", iteration=index)
            except StepError as error:
                if config.on_item_error == "fail" or being_cancelled():
                    raise
                errors[index] = {"index": index, "error": error.failure.to_json()}
            if config.complete_when:
                await self._ask_prefix(names, group, config.complete_when, items, results, state, index, path)
            await self._host.checkpoint(path, None)

        await pool(len(items), config.max_workers if config.parallel else 1, turn)
        n = len(items) if state.stopped_at is None else state.stopped_at + 1
        return {
            "results": results[:n],
            "iterations": n,
            "completed": True,
            "errors": [errors[index] for index in sorted(errors) if index < n],
        }

    async def _ask_prefix(
        self, names: Names, group: BlockGroup, text: str, items: list[Json], results: list[Value], state: _Prefix, index: int, path: str
    ) -> None:
        """`complete_when` is asked in the order of the items whichever ended first, so that the answer never depends on time."""
        for asked in state.ended(index):
            dollar = {"item": items[asked], "index": asked, "result": results[asked], "completed": asked + 1}
            if is_true(await self._in.evaluate(path, text, names.scope(dollar), step=group.name)):
                state.stop(asked)

    async def items(self, input_path: str | None, given: Value, name: str, path: str) -> list[Json]:
        """The list a foreach or map goes through."""
        items = await self._in.select(path, input_path or "$", given, step=name)
        if not isinstance(items, list):
            found = "null" if items is None else {dict: "an object", str: "a string", bool: "a boolean"}.get(type(items), "a number")
            asked = f"{input_path} of its input" if input_path else "its input"
            raise failed("ValidationError", f"{name} needs a list, but {asked} is {found}.", step=name, path=path)
        return items

    async def _while(self, names: Names, group: BlockGroup, config: WhileConfig, given: Value, path: str) -> Value:
        if not self._has(group, "body"):
            return given
        state = self._host.resume_state(path)
        results: list[Value] = list(cast(list[Value], state)) if isinstance(state, list) else []
        completed = True
        while True:
            turn = len(results)
            dollar = results[-1] if results else given
            inner = names.inside(iteration=turn)
            if not (config.do_while and turn == 0):
                scope = inner.scope(dollar)
                if not is_true(await self._in.evaluate(path, config.condition, scope, step=group.name)):
                    break
            if turn >= config.max_iterations:
                if config.on_limit == "stop":
                    completed = False
                    break
                raise failed("LimitExceeded", f"{group.name} did not end within {config.max_iterations} turns.", step=group.name, path=path)
            results.append(await self.role(inner, group, "body", dollar, f"{path}[{turn}]", iteration=turn))
            await self._host.checkpoint(path, cast(Json, results))
            if self._in.course.ends_with_turn(path, turn):
                break
        return {"results": results, "iterations": len(results), "completed": completed}


class _Prefix:
    """Which items have ended, told in order without gaps; and where the loop stops."""

    def __init__(self, n: int) -> None:
        self._ended = [False] * n
        self._next = 0
        self.stopped_at: int | None = None

    def ended(self, index: int) -> list[int]:
        self._ended[index] = True
        found: list[int] = []
        while self.stopped_at is None and self._next < len(self._ended) and self._ended[self._next]:
            found.append(self._next)
            self._next += 1
        return found

    def stop(self, index: int) -> None:
        if self.stopped_at is None or index < self.stopped_at:
            self.stopped_at = index


def same_json(a: Json, b: Json) -> bool:
    """Equal as JSON: 1 is 1.0, but true is not 1."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same_json(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same_json(a[key], b[key]) for key in a)
    return a == b
