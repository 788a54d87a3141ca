"""The help pages: their links lead somewhere, their examples work, and they name what there is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from app import cli
from app.adapters.mock import MockConfig
from app.domain.definition_file import parse_definition
from app.domain.expressions import ExpressionFailed, compile_expression, render
from app.domain.expressions.functions import FUNCTIONS
from app.domain.json_value import Json
from app.domain.problems import Problem
from app.domain.runs import ERROR_TYPES, RunStatus, StepStatus
from app.domain.validation import validate
from app.platform.settings import Settings
from app.ui.actions import SPECS
from tests.catalog import CATALOG
from tests.e2e.examples import by_name

TOP = Path(__file__).resolve().parent.parent
PAGES = {path.name: path.read_text(encoding="utf-8") for path in sorted((TOP / "resources" / "help").glob("*.md"))}
WITH_COMMANDS = {**PAGES, "README.md": (TOP / "README.md").read_text(encoding="utf-8")}
LONGEST_PAGE = 80


def blocks(text: str, kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def cells(line: str) -> list[str]:
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def examples(page: str, heading: str) -> Iterator[tuple[str, str]]:
    """(expression, what stands in the column `heading` beside it) for each row of the page's tables that have such a column."""
    columns: list[int] = []
    for line in PAGES[page].splitlines():
        if not line.startswith("|"):
            columns = []
        elif not columns:
            columns = [index for index, cell in enumerate(cells(line)) if cell == heading] or [-1]
        elif columns != [-1] and "---" not in line:
            row = cells(line)
            yield from ((row[index - 1].strip("`"), row[index].strip("`")) for index in columns if row[index - 1])


def scope_of(page: str) -> dict[str, Json]:
    found: dict[str, Json] = json.loads(blocks(PAGES[page], "json scope")[0])
    return found


def value_of(expression: str, scope: dict[str, Json]) -> Json:
    return render(expression, scope) if "{{" in expression else compile_expression(expression).evaluate(scope)


def problems_of(document: dict[str, Any]) -> list[Problem]:
    definition, problems = parse_definition(document)
    return [*problems, *(validate(definition, CATALOG) if definition else [])]


def commands(text: str) -> list[list[str]]:
    """The words of each `orchestrion …` of a page, up to the first that stands for something."""
    said = re.findall(r"`(?:\.venv/bin/)?orchestrion ([^`]+)`", text)
    said += [
        found
        for block in blocks(text, "sh")
        for found in re.findall(r"^(?:\w+=\S+ )*(?:\.venv/bin/)?orchestrion (.+)$", block, re.MULTILINE)
    ]
    return [found.replace("COMMAND ", "run ").split() for found in said]


# Pages


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_short_and_begins_with_its_name(page: str) -> None:
    lines = PAGES[page].splitlines()
    assert lines[0].startswith("# ") and len(lines) <= LONGEST_PAGE
    assert not re.search(r"!\[|<\w+[^>]*>", re.sub(r"`[^`\n]*`", "", PAGES[page])), "pictures and HTML are not shown in the program"


def test_every_page_is_reached_from_the_first() -> None:
    linked = set(re.findall(r"\]\(([\w-]+\.md)\)", PAGES["getting-started.md"]))
    assert linked == set(PAGES) - {"getting-started.md"}


# Examples


@pytest.mark.parametrize(
    ("page", "expression", "gives"),
    [(page, *row) for page in ("expressions.md", "templates-and-secrets.md") for row in examples(page, "Gives")],
)
def test_an_expression_gives_what_the_page_says(page: str, expression: str, gives: str) -> None:
    assert value_of(expression, scope_of(page)) == json.loads(gives)


@pytest.mark.parametrize(("expression", "says"), list(examples("expressions.md", "Says")))
def test_an_expression_fails_with_the_sentence_on_the_page(expression: str, says: str) -> None:
    with pytest.raises(ExpressionFailed) as failure:
        value_of(expression, scope_of("expressions.md"))
    assert str(failure.value) == says


@pytest.mark.parametrize("text", [block for page in PAGES.values() for block in blocks(page, "json workflow")])
def test_a_workflow_of_a_page_is_valid(text: str) -> None:
    assert problems_of(json.loads(text)) == []


@pytest.mark.parametrize("text", [block for page in PAGES.values() for block in blocks(page, "json step")])
def test_a_step_of_a_page_is_valid(text: str) -> None:
    step = json.loads(text)
    assert problems_of({"name": "W", "steps": [{"id": "s", "name": "S", **step}]}) == []


@pytest.mark.parametrize("text", [block for page in PAGES.values() for block in blocks(page, "json group")])
def test_a_group_of_a_page_is_valid(text: str) -> None:
    group = json.loads(text)
    role = CATALOG.groups[group["type"]].roles(group["config"])[0]
    inside = {"id": "s", "name": "S", "type": "transform", "config": {"output": 1}, "block_group_id": "g", "group_role": role}
    assert problems_of({"name": "W", "steps": [inside], "block_groups": [{"id": "g", "name": "G", **group}]}) == []


def test_every_block_of_json_is_of_a_kind_that_is_checked() -> None:
    kinds = {kind for page in PAGES.values() for kind in re.findall(r"^```(.+)$", page, re.MULTILINE)}
    assert kinds <= {"json scope", "json workflow", "json step", "json group", "sh"}


# What there is


def test_the_expressions_page_names_every_function() -> None:
    assert [name for name in FUNCTIONS if name != "dyn" and not re.search(rf"\b{name}\b", PAGES["expressions.md"])] == []


def test_the_pages_name_every_type_of_step_and_group_and_every_adapter() -> None:
    assert [kind for kind in CATALOG.steps if f"| `{kind}` |" not in PAGES["workflows-and-steps.md"]] == []
    assert [kind for kind in CATALOG.groups if f"| `{kind}` |" not in PAGES["block-groups.md"]] == []
    assert [kind for kind in CATALOG.adapters if kind not in PAGES["adapters.md"]] == []
    assert [name for name in MockConfig.model_fields if f"`{name}`" not in PAGES["adapters.md"]] == []


def test_the_pages_name_every_error_type_and_state() -> None:
    assert [kind for kind in ERROR_TYPES if f"`{kind}`" not in PAGES["workflows-and-steps.md"]] == []
    states = {state.value for state in (*RunStatus, *StepStatus)}
    assert [state for state in states if f"`{state}`" not in PAGES["runs-and-recovery.md"]] == []


def test_the_first_page_names_every_example() -> None:
    assert [name for name in by_name() if name not in PAGES["getting-started.md"]] == []


@pytest.mark.parametrize("page", WITH_COMMANDS)
def test_a_page_names_only_commands_and_options_that_there_are(page: str) -> None:
    cli._add_groups()
    for words in commands(WITH_COMMANDS[page]):
        command: Any = typer.main.get_command(cli.app)
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]
        assert not hasattr(command, "commands") or not words or words[0].isupper() or words[0].startswith("-"), (page, words)
        known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
        assert [word for word in words if word.startswith("--") and word not in known] == [], (page, words)


def test_the_command_line_page_names_every_command() -> None:
    cli._add_groups()
    page = PAGES["command-line.md"]
    for name, command in typer.main.get_command(cli.app).commands.items():  # type: ignore[attr-defined]
        assert f"`orchestrion {name}" in page, name
        for inner in getattr(command, "commands", {}):
            assert f"{name} {inner}" in page, (name, inner)


def test_settings_are_named_as_they_are_called() -> None:
    known = {f"ORCHESTRION_{name.upper()}" for name in Settings.model_fields}
    for page, text in WITH_COMMANDS.items():
        assert set(re.findall(r"ORCHESTRION_[A-Z_]*[A-Z]", text)) <= known, page
    told = set(re.findall(r"^\| `(ORCHESTRION_\w+)`", PAGES["command-line.md"], re.MULTILINE))
    assert told == known - {"ORCHESTRION_FAILPOINT"}  # for tests of durability only


def test_keys_are_those_of_the_window() -> None:
    keys = {key for spec in SPECS for key in spec.keys}
    for page, text in WITH_COMMANDS.items():
        assert set(re.findall(r"`((?:Ctrl|Shift|Alt)\+[^`]+|F\d+)`", text)) <= keys, page
