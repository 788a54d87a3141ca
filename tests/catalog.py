"""The catalog that tests validate against: the real step types, groups and adapters."""

from __future__ import annotations

from app.adapters.registry import ADAPTER_TYPES
from app.domain.catalog import Catalog
from app.groups import GROUP_TYPES
from app.steps import STEP_TYPES

CATALOG = Catalog(STEP_TYPES, GROUP_TYPES, ADAPTER_TYPES)
