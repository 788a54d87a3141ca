"""Random definitions give the same output as a naive sequential reading of them."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.engine.naive import Failed, Naive
from tests.engine.workflows import group, step, workflow
from tests.fakes.memory_engine import run_definition

ROLES = {
    "parallel": ["body"],
    "if_else": ["then", "else"],
    "switch_case": ["case_0", "case_1", "default"],
    "try_catch": ["try", "catch", "finally"],
    "foreach": ["body"],
    "while": ["body"],
}
CONDITIONS = ["true", "false", "$", "has($.v)"]
OUTPUTS: list[Any] = ["{{ $ }}", {"v": "{{ $ }}"}, 1, 0, "text", [], [1, 2], None, {"v": 7}]
SEEN: Counter[str] = Counter()


@st.composite
def definitions(draw: st.DrawFn) -> dict[str, Any]:
    """Up to 5 groups nested in one another, up to 12 steps anywhere in them, edges that go forward only and cross no roles."""
    groups: list[dict[str, Any]] = []
    for i in range(draw(st.integers(0, 5))):
        parent = draw(st.sampled_from([None, *groups])) if groups else None
        kind = draw(st.sampled_from(sorted(ROLES)))
        role = draw(st.sampled_from(ROLES[parent["type"]])) if parent else None
        groups.append(group(f"g{i}", kind, parent["id"] if parent else None, role, **draw(group_config(kind))))
    steps = []
    for i in range(draw(st.integers(1, 12))):
        holder = draw(st.sampled_from([None, *groups]))
        role = draw(st.sampled_from(ROLES[holder["type"]])) if holder else None
        steps.append(draw(a_step(f"s{i}", holder["id"] if holder else None, role)))
    doc = workflow(*steps, *groups)
    reader = Naive(doc)
    order = {id: draw(st.floats(0, 1)) for id in [*reader.steps, *reader.groups]}
    seen: set[tuple[str, str]] = set()
    for a, b in draw(st.lists(st.tuples(st.sampled_from(steps), st.sampled_from(steps)), max_size=14)):
        pair = (a["id"], b["id"])
        if pair in seen or not forward(reader, order, *pair):
            continue
        seen.add(pair)
        condition = draw(st.sampled_from([None, None, "true", "false", "$", "has($.v)"]))
        doc["edges"].append({"id": "-".join(pair), "source_step_id": pair[0], "target_step_id": pair[1], "condition": condition})
    return doc


def group_config(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    match kind:
        case "if_else":
            return st.builds(lambda c: {"condition": c}, st.sampled_from(CONDITIONS))
        case "switch_case":
            return st.builds(lambda a, b: {"cases": [a, b]}, st.sampled_from(CONDITIONS), st.sampled_from(CONDITIONS))
        case "while":
            return st.just({"condition": "iteration < 2"})
        case "foreach":
            return st.builds(lambda p, c: {"parallel": p, "on_item_error": c}, st.booleans(), st.sampled_from(["fail", "collect"]))
        case "parallel":
            return st.builds(lambda n: {"max_concurrent": n}, st.sampled_from([1, 2, 5]))
    return st.just({})


@st.composite
def a_step(draw: st.DrawFn, id: str, holder: str | None, role: str | None) -> dict[str, Any]:
    kind = draw(st.integers(0, 9))
    if kind == 0:
        return step(id, "tool", holder, role, adapter_id="mock", error="boom")
    if kind == 1:
        return step(id, "tool", holder, role, adapter_id="mock", error="boom", on_error={"action": "continue", "output": "soft"})
    if kind == 2:
        return step(id, "transform", holder, role, output="unused", disabled=True)
    return step(id, "transform", holder, role, output=draw(st.sampled_from(OUTPUTS)))


def forward(reader: Naive, order: dict[str, float], a: str, b: str) -> bool:
    """Whether an edge leads onward in its scope, in the order drawn, so that no circle can come about."""
    if a == b:
        return False
    above: dict[tuple[str | None, str | None], str] = {}
    current: str | None = a
    while current is not None:
        above[reader.parent(current)] = current
        current = reader.parent(current)[0]
    current = b
    while current is not None:
        scope = reader.parent(current)
        if scope in above:
            return above[scope] != current and (order[above[scope]], above[scope]) < (order[current], current)
        if any(known[0] == scope[0] for known in above):
            return False
        current = scope[0]
    return False


def indexes(value: Any) -> Any:
    """Outputs with the errors of loops told by index alone: the reference knows no error objects."""
    if isinstance(value, dict):
        if "errors" in value and "results" in value:
            value = {**value, "errors": [e["index"] if isinstance(e, dict) else e for e in value["errors"]]}
        return {key: indexes(item) for key, item in value.items()}
    return [indexes(item) for item in value] if isinstance(value, list) else value


def caught(value: Any) -> Any:
    """What a catch role is given, made comparable."""
    if isinstance(value, dict):
        if set(value) == {"error", "input"}:
            return "caught"
        return {key: caught(item) for key, item in value.items()}
    return [caught(item) for item in value] if isinstance(value, list) else value


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(definitions(), st.sampled_from([{}, {"v": 1}, [], [1, {"v": 2}], 3, None]))
async def test_random_definitions_mean_what_a_naive_reading_says(doc: dict[str, Any], given_input: Any) -> None:
    try:
        expected: Any = Naive(doc).run((None, None), given_input, {})
        status = "completed"
    except Failed:
        expected, status = None, "failed"
    end, _, _ = await run_definition(doc, given_input)
    SEEN[status] += 1
    assert end.status == status, end.error
    if status == "completed":
        assert caught(indexes(end.output)) == caught(indexes(expected))


def test_the_comparison_saw_runs_of_both_kinds() -> None:
    print(f"reference: {dict(SEEN)}")
    assert SEEN["completed"] > 50
    assert SEEN["failed"] > 20
