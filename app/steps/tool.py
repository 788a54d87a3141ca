"""Tool: a call of an adapter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from app.adapters.protocol import Adapter, CallContext
from app.domain.catalog import Config, StepType
from app.domain.step_configs import COMMON_FIELDS, ToolConfig
from app.engine.ports import StepContext, StepFailed, StepReturn


def _summary(config: Config) -> str:
    if config.get("url"):
        return f"{config.get('method', 'GET')} {config['url']}"
    return str(config.get("adapter_id") or "")


TOOL = StepType(
    type="tool",
    title="Tool",
    category="integration",
    icon="plug",
    description="Call an adapter",
    config_model=ToolConfig,
    default_config={"adapter_id": "mock"},
    secrets_allowed=True,
    summary=_summary,
)


@dataclass(frozen=True, slots=True)
class TakenAdapter:
    """An adapter as a tenant may use it: `allow` are the private ``host:port`` it may reach."""

    adapter: Adapter
    allow: frozenset[str] = field(default_factory=frozenset)


class AdapterShelf(Protocol):
    """Which adapters a tenant has."""

    async def take(self, tenant_id: str, adapter_id: str) -> TakenAdapter | None:
        """None when there is none of that id, or it is switched off."""


async def taken(shelf: AdapterShelf, context: StepContext, adapter_id: str) -> TakenAdapter:
    found = await shelf.take(context.tenant_id, adapter_id)
    if found is None:
        raise StepFailed(
            "AdapterError", f"{context.name} needs the adapter “{adapter_id}”, which is switched off or gone.", retryable=False
        )
    return found


@dataclass(frozen=True, slots=True)
class ToolRunner:
    shelf: AdapterShelf
    mask: Callable[[str], str]

    async def run(self, context: StepContext) -> StepReturn:
        found = await taken(self.shelf, context, str(context.config.get("adapter_id")))
        own = {k: v for k, v in context.config.items() if k != "adapter_id" and (k not in COMMON_FIELDS or k == "timeout_ms")}
        return StepReturn(await found.adapter.run(own, CallContext.of(context, allow=found.allow, mask=self.mask)))
