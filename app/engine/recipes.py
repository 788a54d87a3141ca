"""A step's config made ready once for all the times it is executed: where templates stand, which secrets it names, what was checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import cast

from app.domain.catalog import Catalog, ConfigFault
from app.domain.expressions import has_template, references_in, render
from app.domain.json_value import Json, dumps

NOT_RESOLVED = frozenset({"pinned_output", "on_error", "notes", "disabled"})
MOST_RECIPES = 4096

Config = Mapping[str, Json]


@dataclass(slots=True)
class Recipe:
    """One config. `made_of` is the very object it was made from, `defaults` what its adapter gave where the step leaves it out;
    `fixed` holds every field, `open` those with templates in them."""

    made_of: Config
    defaults: Config | None
    fixed: dict[str, Json]
    open: dict[str, Json]
    secrets: tuple[str, ...]
    checked_again: bool
    _faults: Callable[[Config], list[ConfigFault]]
    _checked: list[ConfigFault] | None = None

    def resolved(self, scope: Mapping[str, Json], secret: Callable[[str], str]) -> Config:
        """The config with its templates replaced.

        Raises:
            ExpressionFailed, ExpressionInvalid: a template has no value here, or cannot be read.
        """
        if not self.open:
            return self.fixed
        return {**self.fixed, **cast(dict[str, Json], render(cast(Json, self.open), scope, secrets=secret))}

    def faults(self, resolved: Config) -> list[ConfigFault]:
        """What does not fit after the templates were resolved; where they cannot change that, a config is checked once."""
        if self.checked_again:
            return self._faults(resolved)
        if self._checked is None:
            self._checked = self._faults(self.fixed)
        return self._checked


@dataclass(slots=True)
class Recipes:
    """The recipes of the configs seen lately, found by the identity of the config."""

    _by_id: dict[tuple[str, int], Recipe] = field(default_factory=dict)

    def of(self, catalog: Catalog, type: str, config: Config, defaults: Config | None) -> Recipe:
        key = (type, id(config))
        recipe = self._by_id.get(key)
        if recipe is None or recipe.made_of is not config or (recipe.defaults is not defaults and recipe.defaults != defaults):
            if len(self._by_id) >= MOST_RECIPES:
                self._by_id.clear()
            recipe = self._by_id[key] = _recipe(catalog, type, config, defaults)
        return recipe


def _recipe(catalog: Catalog, type: str, config: Config, defaults: Config | None) -> Recipe:
    if defaults:
        catalog = replace(catalog, defaults={catalog.adapter_of(type, config) or "": defaults})
    raw_fields = catalog.steps[type].raw_fields
    fixed = {name: value for name, value in catalog.with_defaults(type, config).items() if name not in NOT_RESOLVED}
    open = {name: value for name, value in fixed.items() if name not in raw_fields and has_template(dumps(value))}
    secrets = tuple(sorted(references_in(cast(Json, open)).secrets))
    checked_again = not catalog.steps[type].free_fields.issuperset(open)
    return Recipe(config, defaults, fixed, open, secrets, checked_again, lambda resolved: catalog.step_faults(type, resolved))
