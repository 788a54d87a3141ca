"""Which adapters the program has: their types as plain data, and the adapters themselves around an egress.

Importing this loads no HTTP library, so that forms and validation cost nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from app.adapters.anthropic import AnthropicAdapter
from app.adapters.http import HttpAdapter
from app.adapters.mock import MockAdapter
from app.adapters.openai import OpenAiAdapter
from app.adapters.protocol import Adapter
from app.domain.catalog import AdapterType
from app.domain.json_value import Json

if TYPE_CHECKING:
    from app.adapters.egress import Egress

ADAPTER_TYPES: Mapping[str, AdapterType] = MappingProxyType(
    {kind.id: kind for kind in (MockAdapter.type, HttpAdapter.type, OpenAiAdapter.type, AnthropicAdapter.type)}
)

DEFAULT_KEYS: Mapping[str, str] = MappingProxyType(
    {"openai": "{{ secrets.OPENAI_API_KEY }}", "anthropic": "{{ secrets.ANTHROPIC_API_KEY }}"}
)
"""The key of a provider's own server, unless the step names another."""


def builtin_adapters(egress: Egress) -> Mapping[str, Adapter]:
    """The adapters of the rows whose type is builtin, by id."""
    adapters: tuple[Adapter, ...] = (MockAdapter(), HttpAdapter(egress), OpenAiAdapter(egress), AnthropicAdapter(egress))
    return MappingProxyType({adapter.type.id: adapter for adapter in adapters})


def with_default_key(adapter_id: str, config: Mapping[str, Json]) -> Mapping[str, Json]:
    """The config with the template of the adapter's usual key, where the step names neither a key nor a server of its own.

    For the moment before templates are resolved, so that a missing secret is told as such. A server of one's own gets no key
    unasked: it might not be trusted with it, and a local one needs none.
    """
    if adapter_id not in DEFAULT_KEYS or config.get("api_key") is not None or config.get("base_url") is not None:
        return config
    return {**config, "api_key": DEFAULT_KEYS[adapter_id]}
