"""Transform: any JSON with templates in it."""

from __future__ import annotations

from app.domain.catalog import Config, StepType
from app.domain.json_value import dumps
from app.domain.step_configs import TransformConfig
from app.engine.ports import StepContext, StepReturn

SHOWN_CHARS = 80


def _summary(config: Config) -> str:
    """What it makes, in a line: the keys of an object, the text itself, else JSON."""
    output = config.get("output")
    if isinstance(output, dict) and output:
        return ", ".join(output)[:SHOWN_CHARS]
    return (output if isinstance(output, str) else dumps(output))[:SHOWN_CHARS]


TRANSFORM = StepType(
    type="transform",
    title="Transform",
    category="data",
    icon="braces",
    description="Shape data",
    config_model=TransformConfig,
    default_config={"output": "{{ $ }}"},
    free_fields=frozenset({"output"}),
    summary=_summary,
)


class TransformRunner:
    """Its templates are resolved before it runs: what is left is the output."""

    async def run(self, context: StepContext) -> StepReturn:
        return StepReturn(context.config.get("output"))
