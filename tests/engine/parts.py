"""Partial runs in memory: a run of a definition, and one that goes on with its rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from app.domain.definition_file import read_definition
from app.domain.json_value import Given, Json
from app.domain.partial import taken_over
from app.domain.places import place_of
from app.domain.run_requests import PartKind, RunRequest
from app.domain.runs import GroupRunRow, StepRunRow
from app.engine.activity import Activity
from app.engine.ports import RunEnd, StepContext, StepReturn
from tests.fakes.memory_engine import MemoryChildren, MemoryJournal, claim, make_engine

Doc = Mapping[str, Any]


class Counting:
    """A runner that counts what really ran, by path."""

    def __init__(self, inner: Any, effects: Counter[str]) -> None:
        self._inner, self._effects = inner, effects

    async def run(self, context: StepContext) -> StepReturn:
        self._effects[context.path] += 1
        done: StepReturn = await self._inner.run(context)
        return done


@dataclass(frozen=True)
class Ran:
    """A run in memory, and what it did."""

    doc: Doc
    end: RunEnd
    journal: MemoryJournal
    effects: Counter[str]

    @property
    def steps(self) -> list[StepRunRow]:
        return [
            StepRunRow(row.path, row.step_id, row.name, row.type, row.status, row.attempt, error=dict(row.error) if row.error else None)
            for row in self.journal.steps.values()
        ]

    @property
    def groups(self) -> list[GroupRunRow]:
        return [GroupRunRow(row.path, row.group_id, row.role, row.iteration, row.status) for row in self.journal.groups.values()]

    def statuses(self) -> dict[str, str]:
        return {row.path: row.status for row in self.journal.rows("run")}


async def ran(
    doc: Doc,
    input: Json = None,
    *,
    kind: PartKind = "whole",
    place: str = "",
    given: Given | None = None,
    of: Ran | None = None,
    children: Mapping[str, Any] | None = None,
) -> Ran:
    """Run a document, or a part of it, with the rows of another run where it takes some."""
    graph = read_definition(dict(doc)).graph
    journal = MemoryJournal()
    request = RunRequest(kind, place_of(graph, place), place, given) if kind != "whole" else RunRequest()
    if of is not None:
        _copy(of, journal, kind="from" if kind == "from" else "only", now=doc, place=request.path)
    effects: Counter[str] = Counter()
    inner = make_engine().runners
    runners = {name: Counting(runner, effects) for name, runner in inner.items()}
    engine = make_engine(journal, runners=runners, children=MemoryChildren(dict(children or {})))
    end = await engine.run_claimed(claim(doc, input, run_id="run", request=request), Activity())
    return Ran(doc, end, journal, effects)


def _copy(of: Ran, journal: MemoryJournal, *, kind: Literal["from", "only"], now: Doc, place: str) -> None:
    """As the services copy rows: by path and attempt, to where they stand now."""
    from dataclasses import replace

    then = read_definition(dict(of.doc)).graph
    error = of.end.error
    for taken in taken_over(
        kind, place, now=read_definition(dict(now)).graph, then=then, steps=of.steps, groups=of.groups, error=dict(error) if error else None
    ):
        row = of.journal.steps["run", taken.path, taken.attempt]
        journal.steps["run", taken.to, taken.attempt] = replace(row, path=taken.to)
