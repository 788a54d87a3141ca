"""Every semantics case holds through the interpreter directly."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.domain.definition_file import parse_definition
from app.domain.json_schema import SchemaChecker
from app.domain.validation import validate
from tests.catalog import CATALOG
from tests.engine.case_check import check
from tests.fakes.memory_engine import run_definition

CASES = Path(__file__).resolve().parents[3] / "shared" / "cases"
FILES = sorted(CASES.glob("*.json"))


def test_the_cases_are_there() -> None:
    assert len(FILES) >= 70


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
async def test_case_holds(file: Path) -> None:
    case = json.loads(file.read_text())
    expect = case["expect"]
    definition, problems = parse_definition(case["definition"])
    if definition is not None:
        problems = [*problems, *validate(definition, CATALOG)]
    if "exit" in expect:
        if "problem" in expect:
            assert expect["problem"] in [problem.code for problem in problems]
        else:
            assert definition is not None
            assert SchemaChecker().check(definition.input_schema, case["input"])
        return
    assert [problem for problem in problems if problem.severity == "error"] == []
    end, journal, run_id = await run_definition(case["definition"], case["input"], mode=expect.get("mode", "test"))
    check(end, journal, run_id, expect)
