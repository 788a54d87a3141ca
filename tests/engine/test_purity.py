"""The domain and the interpreter know no clock, no randomness, no world and no unordered collection."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

APP = Path(__file__).resolve().parents[2] / "app"
INTERPRETER = [
    APP / "engine" / name for name in ("interpreter.py", "groups.py", "composites.py", "lanes.py", "plan.py", "course.py", "pauses.py")
]
FILES = sorted((APP / "domain").rglob("*.py")) + INTERPRETER
FORBIDDEN_MODULES = {"time", "random", "os", "secrets", "socket", "threading", "subprocess", "sqlalchemy", "psycopg", "httpx", "PySide6"}
FORBIDDEN_CALLS = {
    "asyncio.wait",
    "asyncio.wait_for",
    "asyncio.as_completed",
    "asyncio.TaskGroup",
    "asyncio.timeout",
    "uuid.uuid4",
    "uuid.uuid1",
    "uuid4",
    "datetime.now",
    "datetime.utcnow",
    "eval",
    "exec",
    "compile",
    "open",
    "id",
    "hash",
}
BY_DESIGN = {
    # The time limit of an expression is a limit, not an input: no value depends on it.
    "app/domain/expressions/work.py": {"time"},
    # Which object it is finds what was worked out for it before; what that is does not depend on it.
    "app/domain/workflow.py": {"calls id", "calls hash"},
}


def dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def is_set(node: ast.expr) -> bool:
    if isinstance(node, ast.Set | ast.SetComp):
        return True
    return isinstance(node, ast.Call) and dotted(node.func) in {"set", "frozenset"}


def impurities(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (f"imports {alias.name}" for alias in node.names if alias.name.split(".")[0] in FORBIDDEN_MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in FORBIDDEN_MODULES:
            yield f"imports {node.module}"
        elif isinstance(node, ast.Call) and dotted(node.func) in FORBIDDEN_CALLS:
            yield f"calls {dotted(node.func)}"
        elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension) and is_set(node.iter):
            yield f"iterates over a set at line {node.iter.lineno}"


@pytest.mark.parametrize("file", FILES, ids=[str(file.relative_to(APP)) for file in FILES])
def test_no_impurity(file: Path) -> None:
    allowed = BY_DESIGN.get(str(file.relative_to(APP.parent)), set())
    found = [what for what in impurities(ast.parse(file.read_text())) if what.removeprefix("imports ") not in allowed]
    assert found == []


@pytest.mark.parametrize(
    "text",
    ["import time", "from random import choice", "asyncio.wait(tasks)", "x = uuid.uuid4()", "for a in {1, 2}: pass", "[a for a in set(b)]"],
)
def test_the_walk_finds_what_it_looks_for(text: str) -> None:
    assert list(impurities(ast.parse(text)))
