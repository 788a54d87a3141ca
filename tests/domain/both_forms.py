"""Workflows of every shape for tests of sub-workflows, and what two forms of one give for the same input."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from app.domain.json_value import Json
from app.domain.topology import ancestry
from app.domain.workflow import BlockGroup, Definition, Edge, Graph, Step, definition_to_json, graph_keys
from tests.fakes.memory_engine import MemoryChildren, make_engine, run_definition

INPUTS: tuple[Json, ...] = ({"n": 1, "list": [1, 2, 3]}, {"n": 5, "list": []}, {"n": -2, "list": [{"n": 3}]})


def ids() -> Any:
    numbers = itertools.count(1)
    return lambda kind: f"{kind}-{next(numbers)}"


def ends_of(graph: Graph, children: Mapping[str, Definition] | None = None) -> list[tuple[str, Json]]:
    """Status and output of a run with each input; an error's type and words differ between the forms and do not count."""

    async def all_of() -> list[tuple[str, Json]]:
        found: list[tuple[str, Json]] = []
        for value in INPUTS:
            known = {id: definition_to_json(child) for id, child in (children or {}).items()}
            engine = make_engine(children=MemoryChildren(workflows=known))
            end, _, _ = await run_definition(definition_to_json(Definition.of(graph)), value, mode="production", engine=engine)
            found.append((end.status, end.output if end.status == "completed" else None))
        return found

    return asyncio.run(all_of())


def graph_of(*elements: Step | BlockGroup | Edge) -> Graph:
    return Graph(
        {e.id: e for e in elements if isinstance(e, Step)},
        {e.id: e for e in elements if isinstance(e, Edge)},
        {e.id: e for e in elements if isinstance(e, BlockGroup)},
    )


def t(id: str, output: Json = "{{ $ }}", group: str | None = None, role: str = "body", **config: Json) -> Step:
    return Step(id, id, "transform", {"output": output, **config}, block_group_id=group, group_role=role if group else None)


def c(id: str, expression: str, group: str | None = None, role: str = "body") -> Step:
    return Step(id, id, "condition", {"expression": expression}, block_group_id=group, group_role=role if group else None)


def join(id: str, group: str | None = None, role: str = "body", **config: Json) -> Step:
    return Step(id, id, "join", config, block_group_id=group, group_role=role if group else None)


def g(id: str, type: str, parent: str | None = None, role: str = "body", **config: Json) -> BlockGroup:
    return BlockGroup(id, id, type, config, parent, role if parent else None)


def e(source: str, target: str, condition: str | None = None) -> Edge:
    return Edge(f"{source}>{target}", source, target, condition)


def chain(*steps: str) -> tuple[Edge, ...]:
    return tuple(e(a, b) for a, b in itertools.pairwise(steps))


CONDITIONS = (None, None, None, "input.n > 0", "!(input.n > 0)", "true", "false", "input.n > 3")
GROUPS = (
    ("foreach", ("body",), {"input_path": "$.list"}),
    ("foreach", ("body",), {"input_path": "$.list", "parallel": True}),
    ("try_catch", ("try", "catch", "finally"), {}),
    ("if_else", ("then", "else"), {"condition": "input.n > 2"}),
    ("parallel", ("body",), {}),
    ("while", ("body",), {"condition": "iteration < 2", "max_iterations": 3}),
)


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Up to three groups, one of them perhaps nested, and up to nine steps with wires, conditions and names of what came before."""
    groups: dict[str, BlockGroup] = {}
    places: list[tuple[str | None, str | None]] = [(None, None)]
    for number in range(draw(st.integers(0, 3))):
        type, roles, config = draw(st.sampled_from(GROUPS))
        parent, role = draw(st.sampled_from(places))
        id = f"g{number}"
        groups[id] = BlockGroup(id, id, type, config, parent, role)
        places += [(id, each) for each in roles]
    steps: dict[str, Step] = {}
    edges: dict[str, Edge] = {}
    for number in range(draw(st.integers(2, 9))):
        id = f"s{number}"
        group, role = draw(st.sampled_from(places))
        kind = draw(st.sampled_from(("transform", "transform", "transform", "condition", "join")))
        config: dict[str, Json] = {
            "transform": {"output": {"is": id, "of": "{{ $ }}", "list": [1, {"n": 2}], "n": "{{ input.n }}"}},
            "condition": {"expression": draw(st.sampled_from(("input.n > 0", "true", "false")))},
            "join": {"merge": draw(st.sampled_from(("object", "array")))},
        }[kind]
        steps[id] = Step(id, id, kind, config, block_group_id=group, group_role=role)
        graph = Graph(steps, edges, groups)
        for other in draw(st.lists(st.sampled_from(sorted(steps)), max_size=3, unique=True)):
            from app.domain.connecting import why_not_connect

            if other != id and why_not_connect(graph, other, id) is None:
                condition = draw(st.sampled_from(CONDITIONS))
                if steps[other].type == "condition" and draw(st.booleans()):
                    condition = draw(st.sampled_from(("result", "!result")))
                edges[f"{other}>{id}"] = Edge(f"{other}>{id}", other, id, condition)
                graph = Graph(steps, dict(edges), groups)
    return named(draw, Graph(steps, edges, groups))


def named(draw: st.DrawFn, graph: Graph) -> Graph:
    """Some steps name what comes before them, and what the groups around them give."""
    from app.domain.topology import topology_of
    from app.domain.visibility import Visibility

    visibility, keys = Visibility(graph, topology_of(graph)), graph_keys(graph)
    steps = dict(graph.steps)
    for id, step in graph.steps.items():
        if step.type != "transform" or not draw(st.booleans()):
            continue
        texts = [f"steps.{keys[other]}.{draw(st.sampled_from(('output', 'output', 'status')))}" for other in visibility.upstream(id)]
        texts += [root for root in ("item", "index", "iteration") if root in visibility.of(id).roots]
        texts += ["input", "run.mode"]
        chosen = draw(st.sampled_from(texts))
        output = step.config["output"]
        assert isinstance(output, dict)
        steps[id] = replace(step, config={"output": {**output, "named": f"{{{{ {chosen} }}}}"}})
    return replace(graph, steps=steps)


@st.composite
def selections(draw: st.DrawFn) -> tuple[Graph, list[str]]:
    """A graph and some nodes that stand side by side in it."""
    graph = draw(graphs())
    nodes = [*graph.steps, *graph.groups]
    scopes: dict[object, list[str]] = {}
    for id in nodes:
        scopes.setdefault(ancestry(graph, id)[0][1], []).append(id)
    inside = draw(st.sampled_from([scopes[key] for key in scopes]))
    chosen = draw(st.lists(st.sampled_from(inside), min_size=1, max_size=5, unique=True))
    return graph, chosen
