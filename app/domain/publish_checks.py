"""The checklist before publishing: which checks there are, and what only a published version would suffer from."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from app.domain.json_value import Json
from app.domain.problems import Problem
from app.domain.workflow import Definition, Step

CHECKS: Final[Mapping[str, frozenset[str]]] = {
    "graph": frozenset({"cycle", "dangling_edge", "duplicate_edge", "self_edge", "crosses_roles", "empty"}),
    "names": frozenset({"duplicate_key"}),
    "groups": frozenset({"group_cycle", "bad_role", "empty_group"}),
    "step types": frozenset({"unknown_type"}),
    "settings of steps": frozenset({"bad_config", "unknown_field"}),
    "expressions": frozenset({"bad_expression"}),
    "references": frozenset({"not_upstream"}),
    "schemas": frozenset({"bad_schema"}),
    "adapters": frozenset({"unknown_adapter"}),
    "sub-workflows": frozenset({"missing_subflow"}),
    "secrets": frozenset({"secret_missing"}),
    "pins": frozenset({"pinned"}),
    "limits": frozenset({"limit"}),
}
"""What a problem's code belongs to, in the order in which passed checks are listed."""
MOST_PINNED: Final = 3
"""More pinned steps than this are one finding."""
_SECRET: Final = re.compile(r"(?<![\w.])secrets\s*\.\s*([A-Za-z_][A-Za-z0-9_]*)")


def passed_checks(problems: Iterable[Problem]) -> tuple[str, ...]:
    """The checks that found nothing."""
    codes = {problem.code for problem in problems}
    return tuple(name for name, own in CHECKS.items() if codes.isdisjoint(own))


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Errors first, then warnings, each as they were found."""
    return sorted(problems, key=lambda problem: problem.severity != "error")


def production_warnings(definition: Definition, secrets: Collection[str] | None) -> list[Problem]:
    """What goes well in a test and not in production. `secrets` are the names that are set; None: not asked."""
    found: list[Problem] = []
    for step in definition.graph.steps.values():
        if secrets is not None:
            found += _missing_secrets(step, secrets)
    pinned = [step for step in definition.graph.steps.values() if step.config.get("pinned_output") is not None]
    if len(pinned) > MOST_PINNED:
        names = ", ".join(step.name for step in pinned[:MOST_PINNED])
        message = f"{len(pinned):,} steps have a pinned output, which only test runs use: {names} and {len(pinned) - MOST_PINNED:,} more."
        return [*found, Problem("warning", "pinned", message, pinned[0].id, "/config/pinned_output")]
    for step in pinned:
        message = f"{step.name} has a pinned output, which only test runs use: in production the step itself runs."
        found.append(Problem("warning", "pinned", message, step.id, "/config/pinned_output"))
    return found


def _missing_secrets(step: Step, secrets: Collection[str]) -> Iterator[Problem]:
    told: set[str] = set()
    for place, text in _texts(step.config, "/config"):
        for name in _SECRET.findall(text):
            if "{{" in text and name not in secrets and name not in told:
                told.add(name)
                message = f"The secret {name} is not set here: {step.name} will fail."
                yield Problem("warning", "secret_missing", message, step.id, place)


def _texts(value: Json | Mapping[str, Json], place: str) -> Iterator[tuple[str, str]]:
    """Every text inside a value with its place, pins and notes left out: nothing in them is resolved."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if place != "/config" or key not in {"pinned_output", "notes"}:
                yield from _texts(inner, f"{place}/{key.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, f"{place}/{index}")
