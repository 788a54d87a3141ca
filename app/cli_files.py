"""Files and JSON that a command is given."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from app.cli_session import UsageRefused
from app.domain.definition_file import parse_text
from app.domain.errors import DefinitionInvalid
from app.domain.json_gate import BODY_BYTES, DEFINITION_BYTES, receive
from app.domain.json_value import Json, JsonRejected
from app.domain.problems import Problem, has_errors
from app.domain.validation import validate
from app.domain.workflow import Definition


def read_workflow(path: Path) -> tuple[Definition | None, list[Problem]]:
    """A file's definition and everything that is wrong with it, other workflows aside."""
    definition, problems = parse_text(_bytes_of(path, DEFINITION_BYTES))
    if definition is not None:
        from app.adapters.registry import ADAPTER_TYPES
        from app.domain.catalog import Catalog
        from app.groups import GROUP_TYPES
        from app.steps import STEP_TYPES

        problems = [*problems, *validate(definition, Catalog(STEP_TYPES, GROUP_TYPES, ADAPTER_TYPES))]
    return definition, problems


def opened_file(path: Path) -> Definition:
    """A file's definition.

    Raises:
        DefinitionInvalid: it has errors.
    """
    definition, problems = read_workflow(path)
    refuse_errors(problems)
    assert definition is not None, "a file without a definition has an error"
    return definition


def refuse_errors(problems: Sequence[Problem]) -> None:
    if has_errors(list(problems)):
        raise DefinitionInvalid(problems)


def has_children(definition: Definition) -> bool:
    """Whether it calls other workflows, which only the database knows."""
    return any(step.config.get("workflow_id") is not None for step in definition.graph.steps.values())


def parse_input(text: str | None) -> Json:
    """The input of a run: JSON, @FILE, or @- for stdin; nothing is an empty object."""
    if text is None:
        return {}
    source: str | bytes = text
    where = "--input"
    if text.startswith("@"):
        where = text[1:] if text != "@-" else "The standard input"
        source = sys.stdin.buffer.read(BODY_BYTES + 1) if text == "@-" else _bytes_of(Path(text[1:]), BODY_BYTES)
    try:
        value, notes = receive(source)
    except JsonRejected as error:
        raise UsageRefused(f"{where} cannot be taken as JSON: {error}") from None
    del notes  # what was replaced is of no use to who typed it: the run shows its input
    return value


def write_text(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageRefused(f"{path} cannot be written: {_reason(error)}.") from None


def _bytes_of(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except (OSError, ValueError) as error:
        raise UsageRefused(f"{str(path)[:200]} cannot be read: {_reason(error)}.") from None


def _reason(error: OSError | ValueError) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()
