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

if TYPE_CHECKING:
    from app.adapters.egress import Egress

ADAPTER_TYPES: Mapping[str, AdapterType] = MappingProxyType(
    {kind.id: kind for kind in (MockAdapter.type, HttpAdapter.type, OpenAiAdapter.type, AnthropicAdapter.type)}
)


def builtin_adapters(egress: Egress) -> Mapping[str, Adapter]:
    """The adapters of the rows whose type is builtin, by id."""
    adapters: tuple[Adapter, ...] = (MockAdapter(), HttpAdapter(egress), OpenAiAdapter(egress), AnthropicAdapter(egress))
    return MappingProxyType({adapter.type.id: adapter for adapter in adapters})
