"""Small ways to write definitions for tests, and six reference workflows that use everything."""

from __future__ import annotations

from typing import Any

Doc = dict[str, Any]


def step(id: str, type: str = "transform", group: str | None = None, role: str | None = "body", **config: Any) -> Doc:
    return {
        "id": id,
        "name": id,
        "type": type,
        "config": config,
        "block_group_id": group,
        "group_role": role if group is not None else None,
    }


def group(id: str, type: str, parent: str | None = None, role: str | None = "body", **config: Any) -> Doc:
    return {
        "id": id,
        "name": id,
        "type": type,
        "config": config,
        "parent_group_id": parent,
        "group_role": role if parent is not None else None,
    }


def edge(source: str, target: str, condition: str | None = None) -> Doc:
    return {"id": f"{source}-{target}", "source_step_id": source, "target_step_id": target, "condition": condition}


def chain(*ids: str) -> list[Doc]:
    return [edge(a, b) for a, b in zip(ids, ids[1:], strict=False)]


def workflow(*elements: Doc, edges: list[Doc] | None = None, name: str = "w", **more: Any) -> Doc:
    return {
        "format": "orchestrion/1",
        "name": name,
        "steps": [e for e in elements if "block_group_id" in e],
        "block_groups": [e for e in elements if "parent_group_id" in e],
        "edges": edges or [],
        **more,
    }


def tool(id: str, group: str | None = None, role: str | None = "body", **config: Any) -> Doc:
    """A step with an effect that a test counts: the runner under test is given by the test."""
    return step(id, "tool", group, role, adapter_id="mock", **config)


SEQUENCE = workflow(
    tool("a", response=1), tool("b", response="{{ $ + 1 }}"), tool("c", response="{{ $ + 1 }}"), edges=chain("a", "b", "c"), name="sequence"
)
DIAMOND = workflow(
    tool("start", response={"n": 5}),
    step("big", "condition", expression="$.n > 3"),
    tool("yes", response="y"),
    tool("no", response="n"),
    tool("side", response="s"),
    step("meet", "join"),
    tool("end", response="{{ $ }}"),
    edges=[
        edge("start", "big"),
        edge("big", "yes", "result"),
        edge("big", "no", "!result"),
        edge("start", "side"),
        edge("yes", "meet"),
        edge("no", "meet"),
        edge("side", "meet"),
        edge("meet", "end"),
    ],
    name="diamond",
)
NESTED = workflow(
    tool("list", response=[[1, 2], [3]]),
    group("outer", "foreach", input_path="$"),
    group("inner", "foreach", parent="outer", input_path="$.item", parallel=True),
    tool("cell", "inner", response="{{ item * 10 }}"),
    tool("after", response="{{ $.iterations }}"),
    edges=[edge("list", "cell"), edge("cell", "after")],
    name="nested",
)
GUARDED = workflow(
    group("guard", "try_catch", retry_count=1),
    tool("try_it", "guard", "try", error="boom"),
    tool("tell", "guard", "catch", response="caught {{ $.error.message }}"),
    tool("clean", "guard", "finally", response="cleaned"),
    tool("after", response="{{ $ }}!"),
    edges=[edge("tell", "after")],
    name="guarded",
)
LOOPING = workflow(
    tool("seed", response={"n": 0}),
    group("loop", "while", condition="$.n < 3"),
    tool("inc", "loop", response={"n": "{{ $.n + 1 }}"}),
    tool("report", response="{{ $.iterations }}"),
    edges=[edge("seed", "inc"), edge("inc", "report")],
    name="looping",
)
SIDE_BY_SIDE = workflow(
    group("both", "parallel"),
    tool("left", "both", response="l"),
    tool("left_on", "both", response="{{ $ }}l"),
    tool("right", "both", response="r"),
    step("each", "map", input_path="$.list", adapter_id="mock", response="{{ item }}"),
    tool("end", response="{{ $ }}"),
    edges=[*chain("left", "left_on"), edge("left_on", "end"), edge("each", "end")],
    name="side-by-side",
)
REFERENCE = {doc["name"]: doc for doc in (SEQUENCE, DIAMOND, NESTED, GUARDED, LOOPING, SIDE_BY_SIDE)}
INPUT = {"list": [1, 2, 3]}
