"""The step types: what each may be told, its ports, and (where a step does work of its own) its runner."""

from __future__ import annotations

from app.domain.catalog import StepType
from app.steps.condition import CONDITION
from app.steps.join import JOIN
from app.steps.llm import LLM
from app.steps.map import MAP
from app.steps.subflow import SUBFLOW
from app.steps.tool import TOOL
from app.steps.transform import TRANSFORM
from app.steps.wait import WAIT

STEP_TYPES: dict[str, StepType] = {kind.type: kind for kind in (LLM, TOOL, CONDITION, MAP, JOIN, SUBFLOW, TRANSFORM, WAIT)}
