"""Two editors who save the same workflow at the same moment: one wins, the other hears of it, and nothing of either is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest

from app.backend import make_services
from app.domain.access import Actor
from app.domain.conflicts import Conflict, conflict_between
from app.domain.edit_between import edit_between
from app.domain.edits import GraphEdit, SetConfig
from app.domain.errors import WorkflowConflict
from app.domain.integrity import broken
from app.domain.json_schema import SchemaChecker
from app.domain.workflow import Graph
from app.services import Services
from app.services.credentials import VaultDoor
from app.storage.database import Database
from app.storage.unit_of_work import UnitsOfWork
from tests.services.conftest import document, transform

FAST = pytest.param(40, id="fast")
SOAK = pytest.param(500, id="soak", marks=[pytest.mark.soak, pytest.mark.timeout(900)])


@dataclass
class Editor:
    """One window on a connection of its own; `wishes` is what this person wants each step to say."""

    services: Services
    actor: Actor
    workflow_id: str
    session_id: str
    graph: Graph = Graph()
    base: Graph = Graph()
    revision: int = 0
    conflicts: int = 0
    clashes: int = 0

    async def open(self) -> None:
        opened = await self.services.workflows.open(self.actor, self.workflow_id)
        self.graph = self.base = opened.definition.graph
        self.revision = opened.revision

    async def save(self, edit: GraphEdit) -> None:
        """As the window does it: send; on a conflict merge field by field, mine where both set the same, and send again."""
        self.graph = edit.apply(self.graph)
        while True:
            waiting = edit_between(self.base, self.graph)
            try:
                self.revision = await self.services.editing.save(self.actor, self.workflow_id, [waiting], self.revision)
            except WorkflowConflict:
                self.conflicts += 1
                conflict = await self.conflict()
                self.clashes += len(conflict.clashes)
                assert not conflict.merged.faults and not broken(conflict.merged.graph)
                self.graph, self.base, self.revision = conflict.merged.graph, conflict.theirs, conflict.revision
                continue
            self.base = self.graph
            return

    async def conflict(self) -> Conflict:
        sight = await self.services.presence.look(self.actor, self.workflow_id, self.session_id, self.revision)
        assert sight.newer is not None, "a refused save without anyone who saved"
        return conflict_between(self.base, self.graph, sight.newer)


@pytest.fixture
async def second(database_url: str, door: VaultDoor) -> AsyncIterator[Services]:
    """The services of another window: another pool of connections."""
    database = Database(database_url)
    await database.connect()
    yield make_services(UnitsOfWork(database), SchemaChecker(), door)
    await database.dispose()


@pytest.mark.parametrize("races", [FAST, SOAK])
async def test_racing_saves_lose_nothing_and_the_loser_always_hears_of_it(
    races: int, services: Services, second: Services, admin: Actor, record_property: Callable[[str, object], None]
) -> None:
    id = await services.workflows.import_document(admin, document(*(transform(name, name.upper(), 0) for name in ("mine", "hers", "both"))))
    steps = {step.name: step.id for step in (await services.workflows.open(admin, id)).definition.graph.steps.values()}
    mine, hers = (Editor(one, admin, id, f"00000000-0000-4000-8000-00000000000{at}") for at, one in enumerate((services, second)))
    same_field = 0
    for race in range(1, races + 1):
        await asyncio.gather(mine.open(), hers.open())
        assert mine.revision == hers.revision
        before = mine.conflicts + hers.conflicts, mine.clashes + hers.clashes
        # Every fourth time both set the same field, as the dialog would ask; else different steps.
        clash = race % 4 == 0
        same_field += clash
        await asyncio.gather(
            mine.save(SetConfig(steps["BOTH" if clash else "MINE"], {"output": f"mine {race}"})),
            hers.save(SetConfig(steps["BOTH" if clash else "HERS"], {"output": f"hers {race}"})),
        )
        assert mine.conflicts + hers.conflicts == before[0] + 1, "exactly one of two loses, and is told"
        assert mine.clashes + hers.clashes == before[1] + clash
        stored = (await services.workflows.open(admin, id)).definition.graph
        said = {name: stored.steps[step].config["output"] for name, step in steps.items()}
        if clash:
            assert said["BOTH"] in (f"mine {race}", f"hers {race}")
        else:
            assert (said["MINE"], said["HERS"]) == (f"mine {race}", f"hers {race}")
    figures = (
        f"{races} races of two editors: 0 edits lost, {mine.conflicts + hers.conflicts} conflicts, {same_field} of them about one field"
    )
    print(figures)
    record_property("figures", f"racing saves: {figures}")
