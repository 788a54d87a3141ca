"""Every semantics case holds through the interpreter directly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.domain.catalog import Catalog
from app.domain.definition_file import parse_definition
from app.domain.json_schema import SchemaChecker
from app.domain.validation import validate
from tests.fakes.memory_engine import run_definition

CASES = Path(__file__).resolve().parents[3] / "shared" / "cases"
FILES = sorted(CASES.glob("*.json"))


def catalog() -> Catalog:
    from app.adapters.registry import ADAPTER_TYPES
    from app.groups import GROUP_TYPES
    from app.steps import STEP_TYPES

    return Catalog(STEP_TYPES, GROUP_TYPES, ADAPTER_TYPES)


def test_the_cases_are_there() -> None:
    assert len(FILES) >= 70


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
async def test_case_holds(file: Path) -> None:
    case = json.loads(file.read_text())
    expect = case["expect"]
    definition, problems = parse_definition(case["definition"])
    if definition is not None:
        problems = [*problems, *validate(definition, catalog())]
    if "exit" in expect:
        if "problem" in expect:
            assert expect["problem"] in [problem.code for problem in problems]
        else:
            assert definition is not None
            assert SchemaChecker().check(definition.input_schema, case["input"])
        return
    assert [problem for problem in problems if problem.severity == "error"] == []
    end, journal, run_id = await run_definition(case["definition"], case["input"], mode=expect.get("mode", "test"))
    assert end.status == expect["status"], end.error
    if "output" in expect:
        assert end.output == expect["output"]
    check_output(end.output, expect)
    for key, value in expect.get("error", {}).items():
        assert (end.error or {})[key] == value
    rows = [row for row in journal.rows(run_id) if row.status == "completed"]
    done = sorted(row.path for row in rows)
    if "ran" in expect:
        assert done == sorted(expect["ran"])
    for path in expect.get("not_ran", ()):
        assert path not in done
    for path, count in expect.get("attempts", {}).items():
        assert max(row.attempt for row in journal.rows(run_id) if row.path == path) == count
    for path, output in expect.get("path_output", {}).items():
        assert [row.output for row in rows if row.path == path] == [output]


def check_output(output: Any, expect: dict[str, Any]) -> None:
    for key, value in expect.get("subset", {}).items():
        assert output[key] == value
    if "errors_at" in expect:
        assert [error["index"] for error in output["errors"]] == expect["errors_at"]
