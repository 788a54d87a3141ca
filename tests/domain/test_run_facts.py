"""Of a run's rows those count that belong to the same turn; groups give what their turns gave."""

from __future__ import annotations

from app.domain.run_facts import facts_of, group_outcome
from app.domain.runs import GroupRunRow, StepRunRow
from app.domain.workflow import BlockGroup, Graph, Step

GRAPH = Graph(
    {
        "a": Step("a", "A", "tool", {}, block_group_id="g", group_role="body"),
        "b": Step("b", "B", "tool", {}, block_group_id="g", group_role="body"),
    },
    groups={"g": BlockGroup("g", "Each", "foreach"), "t": BlockGroup("t", "Guard", "try_catch"), "w": BlockGroup("w", "While", "while")},
)


def step(path: str, id: str, output: object, seq: int, status: str = "completed") -> StepRunRow:
    return StepRunRow(path, id, id, "tool", status, 1, input={"for": path}, output=output, seq=seq)


def turn(path: str, role: str, n: int, output: object = None, seq: int = 0, status: str = "completed", **more: object) -> GroupRunRow:
    return GroupRunRow(path, "g", role, n, status, output=output, seq=seq, **more)


def test_inside_a_loop_the_rows_of_the_same_turn_count() -> None:
    rows = {"a": [step(f"/each[{n}]/a", "a", n, n) for n in range(3)]}
    turns = [turn(f"/each[{n}]", "body", n, input={"item": f"i{n}", "index": n}, seq=n) for n in range(3)]
    facts = facts_of(GRAPH, lambda id: rows.get(id, []), lambda id: turns, at="/each[1]/b")
    assert facts.outcome("a").output == 1
    assert facts.loop("g") == {"item": "i1", "index": 1}
    assert facts.input_of("a").value == {"for": "/each[1]/a"}


def test_from_outside_the_last_turn_counts() -> None:
    rows = {"a": [step(f"/each[{n}]/a", "a", n, n) for n in range(3)]}
    assert facts_of(GRAPH, lambda id: rows.get(id, []), lambda id: []).outcome("a").output == 2


def test_a_loop_gives_the_results_of_its_turns_in_order() -> None:
    turns = [
        turn("/each[1]", "body", 1, "b", 5),
        turn("/each[0]", "body", 0, "a", 9),
        turn("/each[2]", "body", 2, None, 7, "failed", error={"type": "X"}),
    ]
    found = group_outcome("foreach", turns)
    assert found.output == {"results": ["a", "b", None], "iterations": 3, "completed": 2, "errors": [{"index": 2, "error": {"type": "X"}}]}


def test_a_try_gives_what_its_catch_gave_and_never_what_finally_gave() -> None:
    turns = [
        turn("/guard.try", "try", 0, None, 1, "failed"),
        turn("/guard.catch", "catch", 0, "caught", 2),
        turn("/guard.finally", "finally", 0, "x", 3),
    ]
    assert group_outcome("try_catch", turns).output == "caught"


def test_what_has_not_run_is_not_known() -> None:
    facts = facts_of(GRAPH, lambda id: [], lambda id: [])
    assert facts.outcome("a") is None
    assert facts.outcome("g") is None
    assert facts.input_of("a") is None
    assert facts.loop("w") is None
