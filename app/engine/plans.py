"""The plans of the definitions interpreted lately: a version is read and planned once for all its runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, cast

from app.domain.catalog import Catalog
from app.domain.definition_file import read_definition
from app.domain.json_value import Json
from app.engine.plan import Plan

MOST_PLANS: Final = 128


@dataclass(slots=True)
class Plans:
    """Found by the identity of the document, which is never changed."""

    _by_id: dict[int, tuple[Mapping[str, Json], Plan]] = field(default_factory=dict)

    def of(self, document: Mapping[str, Json], catalog: Catalog) -> Plan:
        """Raises what `read_definition` raises for a document that is no definition."""
        known = self._by_id.get(id(document))
        if known is not None and known[0] is document:
            return known[1]
        if len(self._by_id) >= MOST_PLANS:
            self._by_id.clear()
        plan = Plan(read_definition(cast(Json, document)), catalog)
        self._by_id[id(document)] = (document, plan)
        return plan
