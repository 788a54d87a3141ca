"""Which control a field gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui.inspector.choice_fields import BooleanField, ChoiceField, SuggestField
from app.ui.inspector.field_info import UNSET, FieldInfo
from app.ui.inspector.fields import Field
from app.ui.inspector.json_field import JsonField
from app.ui.inspector.list_fields import CasesField, MappingField, RecordsField, TokensField
from app.ui.inspector.specs import LONG, FieldSpec, words_of
from app.ui.inspector.text_fields import DurationField, NumberField, TextField

if TYPE_CHECKING:
    from app.ui.inspector.context import FieldContext

_SLIDES_WITHIN = 10


def info_of(spec: FieldSpec, context: FieldContext | None) -> FieldInfo:
    default = spec.schema.get("default", UNSET if spec.required else None)
    return FieldInfo(
        spec.title,
        spec.name,
        spec.hint,
        required=spec.required,
        default=default,
        templates=spec.templates,
        context=context,
        names=spec.names,
        dollar=spec.dollar,
    )


def make_field(spec: FieldSpec, context: FieldContext | None = None) -> Field:
    """The control that fits a field's schema."""
    info, schema = info_of(spec, context), spec.schema
    if spec.control and (made := _by_name(spec, info)) is not None:
        return made
    if spec.choices is not None:
        return ChoiceField(info, spec.choices)
    if "enum" in schema:
        return ChoiceField(info, [(str(value), words_of(str(value))) for value in schema["enum"]])
    match schema.get("type"):
        case "boolean":
            return BooleanField(info)
        case "integer" | "number" if spec.path[-1].endswith("_ms"):
            return DurationField(info)
        case "integer" | "number" as kind:
            least, most = schema.get("minimum"), schema.get("maximum")
            slides = kind == "number" and least is not None and most is not None and most - least <= _SLIDES_WITHIN
            unit = "bytes" if spec.path[-1].endswith("_bytes") else ""
            return NumberField(info, whole=kind == "integer", least=least, most=most, unit=unit, slides=slides)
        case "array" if schema.get("items", {}).get("type") == "string":
            return TokensField(info, known=spec.known)
        case "array" if "properties" in schema.get("items", {}):
            return RecordsField(info, schema["items"], add=f"Add to {spec.title.lower()}")
        case "array":
            return JsonField(info, kind="array", lines=2)
        case "object" if _is_flat(schema):
            return MappingField(info, add=f"Add to {spec.title.lower()}")
        case "object":
            return JsonField(info, kind="object", lines=3)
        case "string":
            return TextField(info, many=not spec.bare and spec.path[-1] in LONG, bare=spec.bare, numbers=spec.path[-1] == "prompt")
        case _:
            return JsonField(info, lines=3)


def _by_name(spec: FieldSpec, info: FieldInfo) -> Field | None:
    match spec.control:
        case "model":
            return SuggestField(info, spec.known)
        case "cases":
            return CasesField(info)
        case "schema":
            from app.ui.inspector.schema_field import SchemaField

            return SchemaField(info)
        case "workflow" | "version":
            from app.ui.inspector.workflow_fields import VersionField, WorkflowField

            return WorkflowField(info) if spec.control == "workflow" else VersionField(info)
        case "tokens":
            return TokensField(info, known=spec.known)
        case _:
            return None


def _is_flat(schema: object) -> bool:
    """Names with plain values: what a table of two columns can show."""
    values = schema.get("additionalProperties") if isinstance(schema, dict) else None
    if not isinstance(values, dict):
        return False
    kinds = [option.get("type") for option in values.get("anyOf", [values]) if isinstance(option, dict)]
    return bool(kinds) and all(kind in {"string", "integer", "number", "boolean", "null", "array"} for kind in kinds)
