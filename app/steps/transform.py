"""Transform: any JSON with templates in it."""

from __future__ import annotations

from app.domain.catalog import StepType
from app.domain.json_value import dumps
from app.domain.step_configs import TransformConfig
from app.engine.ports import StepContext, StepReturn

TRANSFORM = StepType(
    type="transform",
    title="Transform",
    category="data",
    icon="braces",
    description="Shape data",
    config_model=TransformConfig,
    default_config={"output": "{{ $ }}"},
    summary=lambda config: dumps(config.get("output"))[:80],
)


class TransformRunner:
    """Its templates are resolved before it runs: what is left is the output."""

    async def run(self, context: StepContext) -> StepReturn:
        return StepReturn(context.config.get("output"))
