"""The example workflows of a new installation: kept and published, so that they can be run by their names."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import app
from app.domain.access import Actor
from app.domain.definition_file import parse_text
from app.domain.errors import AppError
from app.domain.workflow import Definition
from app.services.workflows import WorkflowUseCases

logger = logging.getLogger(__name__)

TOUR = "Ticket triage"
"""The example a new installation opens with: the one changed last stands first in the list."""


def examples_dir() -> Path:
    """Where the examples are: beside the package, in a checkout as in an installed tree."""
    return Path(app.__file__).resolve().parent.parent / "resources" / "examples"


async def add_examples(workflows: WorkflowUseCases, actor: Actor, directory: Path) -> int:
    """Keep and publish every example where there is no workflow at all; how many. One that cannot be kept is left out, and logged."""
    if await workflows.count(actor) or await workflows.count(actor, deleted=True):
        return 0
    added = 0
    for definition in await asyncio.to_thread(_read, directory):
        try:
            await workflows.publish(actor, await workflows.keep(actor, definition, by_name=True))
            added += 1
        except AppError:
            logger.exception("example %s was left out", definition.name)
    return added


def _read(directory: Path) -> list[Definition]:
    """Those that call other workflows come late, since what they call must be published; the tour comes last."""
    found = [parse_text(path.read_bytes())[0] for path in sorted(directory.glob("*.workflow.json"))]
    definitions = [definition for definition in found if definition is not None]
    return sorted(definitions, key=lambda definition: (definition.name == TOUR, _calls_others(definition)))


def _calls_others(definition: Definition) -> bool:
    return any(step.type == "subflow" or "workflow_id" in step.config for step in definition.graph.steps.values())
