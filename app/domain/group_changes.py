"""What becomes of a group's roles and settings when it gets another type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.domain.catalog import Catalog
from app.domain.json_value import Json, dumps
from app.domain.measures import roles_of
from app.domain.workflow import BlockGroup

# Settings that mean the same under another name: (old type, new type) to (old field, new field).
_SAME: Mapping[tuple[str, str], tuple[str, str]] = {
    ("parallel", "foreach"): ("max_concurrent", "max_workers"),
    ("foreach", "parallel"): ("max_workers", "max_concurrent"),
}


def counterparts(old: Sequence[str], new: Sequence[str]) -> dict[str, str]:
    """For each old role the new one in the same place from the top (try, then, body, case_0); more than there are join the last."""
    return {role: new[min(at, len(new) - 1)] for at, role in enumerate(old)}


def changed_config(catalog: Catalog, group: BlockGroup, type: str) -> tuple[dict[str, Json], tuple[str, ...]]:
    """The config under the new type, and the titles of settings that it does not know.

    What the new type needs and cannot take over starts as in a new group.
    """
    config: dict[str, Json] = dict(catalog.groups[type].default_config)
    given = {name: value for name, value in group.config.items() if value is not None}
    old_name, new_name = _SAME.get((group.type, type), ("", ""))
    translated = _translated(catalog, group, type)
    lost: list[str] = []
    fields = catalog.groups[type].config_model.model_fields
    for name, value in given.items():
        target = new_name if name == old_name else name
        if name in translated[0]:
            continue
        if target in fields and not catalog.group_faults(type, {**config, target: value}):
            config[target] = value
        elif not _says_nothing(catalog, group.type, name, value):
            lost.append(_title(catalog, group.type, name))
    config.update(translated[1])
    return config, tuple(lost)


def _translated(catalog: Catalog, group: BlockGroup, type: str) -> tuple[frozenset[str], dict[str, Json]]:
    """Settings that say the same in the other type's words: which they were, and what they become."""
    given = group.config
    match (group.type, type):
        case ("if_else", "switch_case"):
            return frozenset({"condition"}), {"cases": [given.get("condition") or "true"], "expression": None}
        case ("switch_case", "if_else"):
            cases = given.get("cases")
            if not isinstance(cases, list) or len(cases) != 1:
                return frozenset(), {}
            expression = given.get("expression")
            condition = f"({expression}) == {dumps(cases[0])}" if expression else str(cases[0])
            return frozenset({"cases", "expression"}), {"condition": condition}
        case (_, "switch_case"):  # a case for each role but the last
            return frozenset(), {"cases": ["true", *["false"] * (len(roles_of(group.type, given, catalog)) - 2)], "expression": None}
    return frozenset(), {}


def _says_nothing(catalog: Catalog, type: str, name: str, value: Json) -> bool:
    """Whether a setting is what it would be without being set, or what a new group starts with."""
    kind = catalog.groups.get(type)
    field = kind.config_model.model_fields.get(name) if kind is not None else None
    if field is None or kind is None:
        return False
    return bool(value == field.get_default(call_default_factory=True) or value == kind.default_config.get(name))


def _title(catalog: Catalog, type: str, name: str) -> str:
    kind = catalog.groups.get(type)
    field = kind.config_model.model_fields.get(name) if kind is not None else None
    return (field.title if field is not None else None) or name
