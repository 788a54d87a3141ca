"""What a definition means, as code: scopes, settling, inputs, edges (semantics §2 and §3).

Pure: no I/O, no clock, no randomness, no unordered collection. All that happens happens through the `Host`, so that
starting, resuming after a crash and moving to another machine are one operation: interpret again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.domain.expressions import References, compile_expression, is_true, project
from app.domain.json_value import Json
from app.domain.places import way_to
from app.domain.run_requests import WHOLE, RunRequest
from app.domain.topology import TOP, Link, Scope
from app.domain.workflow import BlockGroup, Definition, Step
from app.engine.composites import Composites
from app.engine.course import Course, Withheld
from app.engine.frames import Arrival, Frame, Names, Settled, Settling, failed
from app.engine.groups import Groups
from app.engine.lanes import cancel_all, run_all
from app.engine.pauses import Pauses
from app.engine.plan import Plan
from app.engine.ports import MISSING, Ask, Host, StepError, Value

LEVELS_IN_ONE_TASK = 8
"""So many scopes inside one another share a task, as far as nothing stands beside them: Python's stack is finite."""


async def interpret(
    definition: Definition, plan: Plan, host: Host, *, input: Json, run: Mapping[str, Json], request: RunRequest = WHOLE
) -> Value:
    """Run the definition, or the part that is asked for; its output is the top level's, of a part the step's.

    Raises:
        StepError: what failed, after everything that could catch it.
    """
    course = Course(plan, request)
    host.forbid(course.forbids if course.only else None)
    interpreter = Interpreter(plan, host, course, request)
    await interpreter.pauses.open()
    names = Names({"input": input, "run": dict(run)}, {})
    if not course.target:
        return await interpreter.run_scope(TOP, names, input, "")
    return await interpreter.run_part_of(names, input)


class Interpreter:
    """Interprets scopes and nodes; what groups and composite steps do inside stands in `groups` and `composites`."""

    def __init__(self, plan: Plan, host: Host, course: Course, request: RunRequest) -> None:
        self.plan = plan
        self.host = host
        self.course = course
        self.pauses = Pauses(self, request)
        self.groups = Groups(self)
        self._composites = Composites(self)

    async def run_part_of(self, names: Names, input: Value) -> Value:
        """A partial run that ends at its target."""
        course = self.course
        step = self.plan.node(way_to(self.plan.definition.graph, course.target)[-1].node)
        try:
            await self.run_scope(TOP, names, input, "")
        except (StepError, Withheld) as error:
            if course.begun or not course.only:
                raise
            if course.given is MISSING:
                if isinstance(error, StepError):
                    raise
                raise failed("ValidationError", str(error), step=step.name, path=course.target) from error
        if course.only and not course.begun:
            if course.given is MISSING:
                message = f"{step.name} was not reached with the data of that run; give its input by hand."
                raise failed("ValidationError", message, step=step.name, path=course.target)
            # What leads there cannot be told without running it: the step has its input, and names what the run has.
            frame = Frame((step.id,), Names(dict(names.values), {}), input, course.target.rpartition("/")[0])
            course.end = await self._settle(frame, step.id)
        return course.end.output if course.end is not None else None

    async def run_scope(self, scope: Scope, names: Names, given: Value, path: str) -> Value:
        """All nodes of one scope to their end; the role's output (semantics §5)."""
        return await self.run_nodes(self.plan.nodes.get(scope, ()), names, given, path)

    async def run_nodes(self, nodes: tuple[str, ...], names: Names, given: Value, path: str) -> Value:
        outputs = await self.run_part(nodes, names, given, path)
        if not outputs:
            return None
        return next(iter(outputs.values())) if len(outputs) == 1 else outputs

    async def run_part(self, nodes: tuple[str, ...], names: Names, given: Value, path: str) -> dict[str, Value]:
        """The outputs of the last nodes that completed, by key, in document order."""
        nodes = self.course.nodes(path, nodes)
        frame = Frame(nodes, names, given, path)
        for id in nodes:
            frame.settled[id] = Settling()
        lines = self._lines(nodes)
        try:
            if len(lines) == 1 and path.count("/") % LEVELS_IN_ONE_TASK:
                await self._line(frame, lines[0])
            else:
                await self._side_by_side(frame, lines)
        finally:
            self.pauses.left(path)
        outputs: dict[str, Value] = {}
        for id in nodes:
            end = frame.settled[id].end
            if not self.plan.outgoing.get(id) and end is not None and end.state == "completed":
                outputs[self.plan.keys[id]] = end.output
        return outputs

    def _lines(self, nodes: tuple[str, ...]) -> list[list[str]]:
        """The nodes as lines in which each waits for the one before it alone, in document order of their first nodes."""
        if self.course.target:
            return [[id] for id in nodes]
        followers = self.plan.followers
        later = {follower for id in nodes if (follower := followers.get(id)) is not None}
        lines: list[list[str]] = []
        for id in nodes:
            if id not in later:
                line = [id]
                while (follower := followers.get(line[-1])) is not None:
                    line.append(follower)
                lines.append(line)
        return lines

    async def _side_by_side(self, frame: Frame, lines: list[list[str]]) -> None:
        loop = asyncio.get_running_loop()
        tasks = []
        for line in lines:
            task = loop.create_task(self._line(frame, line))
            tasks.append(task)
            frame.tasks.update(dict.fromkeys(line, task))
        try:
            await run_all(tasks)
        except BaseException:
            await cancel_all([*tasks, *frame.leftovers])
            raise
        if frame.leftovers:
            await asyncio.gather(*frame.leftovers, return_exceptions=True)

    async def _line(self, frame: Frame, line: list[str]) -> None:
        for id in line:
            if id in frame.dropped:
                self._end(frame, id, Settled("cancelled"))
            else:
                await self._node(frame, id)

    # One node

    async def _node(self, frame: Frame, id: str) -> None:
        try:
            settled = await self._settle(frame, id)
        except asyncio.CancelledError:
            if id not in frame.dropped:
                raise
            settled = Settled("cancelled")
        except Withheld:
            if not self.course.may_stay_unknown(frame.path, f"{frame.path}/{self.plan.keys[id]}"):
                raise
            frame.settled[id].set(Settled("unknown"))
            return
        self._end(frame, id, settled)

    def _end(self, frame: Frame, id: str, settled: Settled) -> None:
        frame.names.steps[self.plan.keys[id]] = {"output": settled.output, "status": settled.state, "error": settled.error}
        frame.settled[id].set(settled)

    async def _settle(self, frame: Frame, id: str) -> Settled:
        path = f"{frame.path}/{self.plan.keys[id]}"
        node = self.plan.node(id)
        course = self.course
        if not course.is_target(path):
            return await self._settle_node(frame, node, path)
        if course.given is MISSING:
            course.end = await self._settle_node(frame, node, path)
        else:
            course.end = await self._run(frame, node, course.given, path)
        return course.end

    async def _settle_node(self, frame: Frame, node: Step | BlockGroup, path: str) -> Settled:
        id = node.id
        if isinstance(node, Step) and node.type == "join":
            joined = await self._composites.join(frame, node, self._links(frame, id), path)
            if joined is None:
                self._note_skipped(node, path)
                return Settled("skipped")
            return await self._after(frame, node, joined, path)
        try:
            arrivals = await self._arrivals(frame, id)
        except Withheld:
            if isinstance(node, BlockGroup) or node.config.get("pinned_output") is None or self.course.is_target(path):
                raise
            return await self._run(frame, node, None, path)  # what is pinned needs nothing that comes before it
        if arrivals is None:
            self._note_skipped(node, path)
            return Settled("skipped")
        return await self._run(frame, node, self._input(frame, id, arrivals), path)

    async def _run(self, frame: Frame, node: Step | BlockGroup, given: Value, path: str) -> Settled:
        self.course.begun = self.course.begun or self.course.is_target(path)
        if self.pauses.active:
            given = await self.pauses.before(frame.names, node, given, path, scope=frame.path)
            if self.pauses.skips(path):
                return await self._composites.passed(frame.names, node, given, path)
        if isinstance(node, BlockGroup):
            settled = Settled("completed", await self.groups.run(frame, node, given, path))
        else:
            settled = await self._composites.step(frame.names, node, given, path)
        return await self._after(frame, node, settled, path)

    async def _after(self, frame: Frame, node: Step | BlockGroup, settled: Settled, path: str) -> Settled:
        if not self.pauses.active:
            return settled
        output = await self.pauses.after(frame.names, node, settled.output, path, scope=frame.path)
        return settled if output is settled.output else replace(settled, output=output)

    def _note_skipped(self, node: Step | BlockGroup, path: str) -> None:
        if isinstance(node, BlockGroup):
            self.host.note("group", path, id=node.id, role="", iteration=0, status="skipped")
        else:
            self.host.note("skipped", path, id=node.id, name=node.name, type=node.type)

    def _links(self, frame: Frame, id: str) -> list[Link]:
        return [link for link in self.plan.incoming.get(id, ()) if link.source in frame.settled]

    async def _arrivals(self, frame: Frame, id: str) -> list[Arrival] | None:
        """The taken inputs, one per source in the order of the edges; None when every edge is dead."""
        links = self._links(frame, id)
        arrivals: dict[str, Arrival] = {}
        for link in links:
            arrival = await self.arrival(frame, link)
            if arrival is not None:
                arrivals.setdefault(link.source, arrival)
        return list(arrivals.values()) if arrivals or not links else None

    async def arrival(self, frame: Frame, link: Link) -> Arrival | None:
        """Wait until the source of a link is settled; the arrival if the link is taken, None if it is dead."""
        settled = await frame.settled[link.source].wait()
        if settled.state == "unknown":
            name = self.plan.node(link.source).name
            raise Withheld(f"“{name}” has no output to go on with: run up to here first, or give the input by hand.")
        if settled.state != "completed":
            return None
        if link.edge.condition and link.edge.condition.strip():
            source = self.plan.node(link.source)
            more = {"result": settled.result} if settled.result is not None else {}
            scope = frame.names.scope(settled.output, **more)
            path = f"{frame.path}/{self.plan.keys[link.source]}"
            if not is_true(await self.evaluate(path, link.edge.condition, scope, step=source.name)):
                return None
        return Arrival(link.source, self.plan.keys[link.source], settled.output)

    def _input(self, frame: Frame, id: str, arrivals: Sequence[Arrival]) -> Value:
        """`$` of a node (semantics §2)."""
        if not arrivals:
            return frame.given
        if len(arrivals) == 1:
            return arrivals[0].output
        return {arrival.key: arrival.output for arrival in arrivals}

    # Asking the host

    async def evaluate(self, path: str, text: str, scope: Mapping[str, Value], *, step: str) -> Json:
        """The value of an expression; only what it names is handed over."""
        narrow = project(scope, compile_expression(text).references)
        return await self.host.evaluate(path, Ask("expression", text), narrow, step=step)

    async def select(self, path: str, json_path: str, dollar: Value, *, step: str) -> Json:
        """The one value a JSONPath gives."""
        return await self.host.evaluate(path, Ask("path", json_path), {"$": dollar}, step=step)

    async def resolve(self, path: str, what: Json, references: References, scope: Mapping[str, Value], *, step: str) -> Json:
        """A JSON value with its templates replaced."""
        return await self.host.evaluate(path, Ask("template", what), project(scope, references), step=step)
