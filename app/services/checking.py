"""A definition checked against what its tenant has: workflows that may be called, and what its adapters give to steps."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.domain.catalog import Catalog
from app.domain.problems import Problem
from app.domain.validation import validate
from app.domain.workflow import Definition
from app.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a definition is checked against; `callable` are ids and names that a subflow may call."""

    catalog: Catalog
    callable: frozenset[str]

    def problems(self, definition: Definition) -> list[Problem]:
        """All that is wrong with it. Of thousands of steps this takes a while: best without a transaction open."""
        return validate(definition, self.catalog, known_workflows=self.callable)


async def surroundings(uow: UnitOfWork, catalog: Catalog) -> Surroundings:
    """Those of the actor's tenant."""
    return Surroundings(replace(catalog, defaults=await uow.records.adapter_defaults()), frozenset(await uow.workflows.callable()))
