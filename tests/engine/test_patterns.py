"""The 43 workflow control-flow patterns: one file each for those that the language expresses, a reason for each of the others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.domain.definition_file import parse_definition
from app.domain.validation import validate
from tests.catalog import CATALOG
from tests.engine.case_check import check
from tests.fakes.memory_engine import MemoryChildren, make_engine, run_definition

FILES = sorted((Path(__file__).parent / "patterns").glob("*.json"))
NOT_EXPRESSED = {
    8: "Multi-merge: by the rule of settling a merge runs once; what shall run per branch stands in each branch.",
    10: "Arbitrary cycles: a graph has no circle; while and foreach repeat, and every run ends.",
    16: "Deferred choice: the first of several outside events decides; it needs approvals or signals, which are steps of a later version.",
    18: "Milestone: a step that may run only while another branch stands at a point would make results depend on time.",
    23: "Transient trigger: a signal that is lost when nobody waits contradicts durability; triggers start runs, they do not steer them.",
    24: "Persistent trigger: a step that waits for an outside event is the approval, a step of a later version.",
    43: "Explicit termination: no step ends the whole run as completed while others work; a failing step ends it as failed.",
}


def test_every_pattern_is_shown_or_explained() -> None:
    shown = {json.loads(file.read_text())["pattern"] for file in FILES}
    assert shown.isdisjoint(NOT_EXPRESSED)
    assert shown | set(NOT_EXPRESSED) == set(range(1, 44))
    print(f"patterns: {len(shown)} shown, {len(NOT_EXPRESSED)} explained")


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
async def test_pattern(file: Path) -> None:
    case = json.loads(file.read_text())
    definition, problems = parse_definition(case["definition"])
    assert definition is not None
    assert [*problems, *validate(definition, CATALOG)] == []
    engine = make_engine(children=MemoryChildren(case.get("children", {})))
    end, journal, run_id = await run_definition(case["definition"], case["input"], mode=case["expect"].get("mode", "test"), engine=engine)
    check(end, journal, run_id, case["expect"])
