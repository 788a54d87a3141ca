"""Another name for a step or group, with everything that calls it by its key.

Expressions name a step by its key, which follows from its name; without this a new name would break them. Where several
connections meet, `$` has a field per source, named by its key too: such paths follow as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping

from app.domain.catalog import Catalog
from app.domain.edits import Batch, GraphEdit, Rename, SetCondition, SetConfig
from app.domain.errors import EditRefused
from app.domain.expressions.rewriting import rewritten_in, with_input_fields_renamed, with_steps_renamed
from app.domain.json_value import Json
from app.domain.keys import key_of
from app.domain.workflow import BlockGroup, Graph, Step, graph_keys

NOT_READ = frozenset({"pinned_output", "notes"})
"""Fields of a config whose templates are text like any other."""


def renaming(graph: Graph, catalog: Catalog, id: str, name: str) -> GraphEdit:
    """The rename and every change of an expression that follows from it, as one edit.

    Raises:
        EditRefused: there is no such element, the name is empty, or another one already has its key.
    """
    name = name.strip()
    node = graph.steps.get(id) or graph.groups.get(id)
    if node is None:
        raise EditRefused("This step or group is not there any more.")
    if not name:
        raise EditRefused("A step or group needs a name.")
    _refuse_clash(graph, id, name)
    renamed = _renamed_keys(graph, id, name)
    changes = list(_changes(graph, catalog, renamed, id)) if renamed else []
    return Batch((Rename(id, name), *changes), "Rename") if changes else Rename(id, name)


def _refuse_clash(graph: Graph, id: str, name: str) -> None:
    key = key_of(name)
    for part in (graph.steps, graph.groups):
        for other in part.values():
            if other.id != id and (other.name == name or (key and key_of(other.name) == key)):
                if other.name == name:
                    raise EditRefused(f"There is already a step or group called “{name:.80}”; names must differ.")
                raise EditRefused(f"“{name:.80}” is too close to “{other.name:.80}”: expressions would call both {key:.80}.")


def _renamed_keys(graph: Graph, id: str, name: str) -> Mapping[str, str]:
    """Old keys and new ones. A key that two have is left alone: nobody can say which of them was meant."""
    node = graph.steps.get(id) or graph.groups[id]
    if key_of(node.name) and key_of(node.name) == key_of(name):
        return {}
    before, after = graph_keys(graph), graph_keys(Rename(id, name).apply(graph))
    times = Counter(before.values())
    return {old: after[one] for one, old in before.items() if after[one] != old and times[old] == 1}


def _changes(graph: Graph, catalog: Catalog, renamed: Mapping[str, str], id: str) -> Iterator[GraphEdit]:
    several = Counter(edge.target_step_id for edge in graph.edges.values())
    meets = {edge.target_step_id for edge in graph.edges.values() if edge.source_step_id == id and several[edge.target_step_id] > 1}
    for part in (graph.steps, graph.groups):
        node: Step | BlockGroup
        for node in part.values():
            config = _config(node, catalog, renamed, by_field=node.id in meets)
            if config is not None:
                yield SetConfig(node.id, config)
    for edge in graph.edges.values():
        if (
            edge.condition
            and _may_name(edge.condition, renamed)
            and (condition := with_steps_renamed(edge.condition, renamed)) != edge.condition
        ):
            yield SetCondition(edge.id, condition)


def _config(node: Step | BlockGroup, catalog: Catalog, renamed: Mapping[str, str], *, by_field: bool) -> Mapping[str, Json] | None:
    """The config with new keys; None when it names none of them."""

    def rewrite(text: str) -> str:
        text = with_steps_renamed(text, renamed)
        return with_input_fields_renamed(text, renamed) if by_field else text

    changed: dict[str, Json] = {}
    for name, value in node.config.items():
        if name in NOT_READ or not _may_name(value, renamed):
            continue
        new = _expressions(value, rewrite) if is_expression(node, name, catalog) else rewritten_in(value, rewrite)
        if new is not value and new != value:
            changed[name] = new
    return {**node.config, **changed} if changed else None


def is_expression(node: Step | BlockGroup, name: str, catalog: Catalog) -> bool:
    """Whether a field of a config is an expression (or a list of them) by itself, without `{{ }}`."""
    kind = catalog.steps.get(node.type) if isinstance(node, Step) else catalog.groups.get(node.type)
    if kind is not None and name in kind.expression_fields:
        return True
    return isinstance(node, BlockGroup) and node.type == "switch_case" and name == "cases" and not node.config.get("expression")


def _expressions(value: Json, rewrite: Callable[[str], str]) -> Json:
    if isinstance(value, list):
        return [_expressions(item, rewrite) for item in value]
    return rewrite(value) if isinstance(value, str) else value


def _may_name(value: Json, keys: Collection[str]) -> bool:
    """Quick: whether some text in it could name one of these. Most do not, and are not read."""
    if isinstance(value, str):
        return any(key in value for key in keys) or ("[" in value and "steps" in value)
    if isinstance(value, list):
        return any(_may_name(item, keys) for item in value)
    return isinstance(value, dict) and any(_may_name(item, keys) for item in value.values())
