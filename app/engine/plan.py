"""A definition made ready to be interpreted: its scopes, links, keys and references, worked out once for all its runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.catalog import Catalog
from app.domain.expressions import References, compile_expression, references_in
from app.domain.group_configs import GroupConfig
from app.domain.topology import Link, Scope, topology_of
from app.domain.workflow import BlockGroup, Definition, Step, graph_keys


@dataclass
class Plan:
    """What the interpreter looks up again and again. Built from a definition without errors."""

    definition: Definition
    catalog: Catalog

    def __post_init__(self) -> None:
        graph = self.definition.graph
        topology = topology_of(graph)
        self.nodes: dict[Scope, tuple[str, ...]] = dict(topology.nodes)
        self.incoming: dict[str, list[Link]] = {}
        self.outgoing: dict[str, list[Link]] = {}
        for links in topology.links.values():
            for link in links:
                self.incoming.setdefault(link.target, []).append(link)
                self.outgoing.setdefault(link.source, []).append(link)
        self.keys: dict[str, str] = graph_keys(graph)
        self.followers = self._followers()
        """What alone comes after a node and waits for nothing else: both are run one after the other by one task."""
        self._references: dict[str, References] = {}

    def _followers(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for id, links in self.outgoing.items():
            target = links[0].target
            if len(links) == 1 and len(self.incoming[target]) == 1 and self.node(target).type != "join":
                found[id] = target
        return found

    def node(self, id: str) -> Step | BlockGroup:
        graph = self.definition.graph
        return graph.steps.get(id) or graph.groups[id]

    def nodes_in(self, group_id: str, role: str) -> tuple[str, ...]:
        return self.nodes.get((group_id, role), ())

    def references(self, id: str) -> References:
        """Which names the whole config of a step or group mentions, its expression fields included."""
        found = self._references.get(id)
        if found is None:
            node = self.node(id)
            kind = self.catalog.steps[node.type] if isinstance(node, Step) else self.catalog.groups[node.type]
            found = references_in(dict(node.config))
            for name in sorted(kind.expression_fields):
                text = node.config.get(name)
                if isinstance(text, str):
                    found = merged(found, compile_expression(text).references)
            self._references[id] = found
        return found

    def parts_of(self, nodes: tuple[str, ...]) -> list[tuple[str, ...]]:
        """The connected parts of some nodes, each in document order, ordered by their first node."""
        part_of: dict[str, int] = {}
        parts: list[list[str]] = []
        wanted = dict.fromkeys(nodes)
        for start in nodes:
            if start in part_of:
                continue
            index = len(parts)
            parts.append([])
            todo = [start]
            part_of[start] = index
            while todo:
                here = todo.pop()
                neighbours = [link.target for link in self.outgoing.get(here, ())] + [link.source for link in self.incoming.get(here, ())]
                for other in neighbours:
                    if other in wanted and other not in part_of:
                        part_of[other] = index
                        todo.append(other)
        for node in nodes:
            parts[part_of[node]].append(node)
        return [tuple(part) for part in parts]

    def group_config(self, group: BlockGroup, resolved: Mapping[str, object]) -> GroupConfig:
        """The group's config as a model; raises pydantic's ValidationError."""
        return self.catalog.groups[group.type].config_model.model_validate(resolved)


def merged(a: References, b: References) -> References:
    return References(
        roots=a.roots | b.roots, steps=a.steps | b.steps, secrets=a.secrets | b.secrets, whole_steps=a.whole_steps or b.whole_steps
    )
