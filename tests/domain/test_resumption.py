"""Which rows a resumed run takes over, rule by rule."""

from __future__ import annotations

from app.domain.json_value import Json
from app.domain.resumption import kept_places
from app.domain.runs import GroupRunRow, StepRunRow
from app.domain.workflow import BlockGroup, Graph


def row(path: str, status: str = "completed", attempt: int = 1, *, final: bool = True) -> StepRunRow:
    error: Json = {"type": "AdapterError", "final": final} if status == "failed" else None
    return StepRunRow(path, "s", "S", "tool", status, attempt, error=error)


def turn(path: str, status: str) -> GroupRunRow:
    return GroupRunRow(path, "g", "body", 0, status)


def groups(**kinds: str) -> Graph:
    config: dict[str, dict[str, Json]] = {"collecting": {"on_item_error": "collect"}}
    return Graph(groups={name: BlockGroup(name, name, kind, config.get(name, {})) for name, kind in kinds.items()})


def kept(graph: Graph, steps: list[StepRunRow], turns: list[GroupRunRow] | None = None, error_at: str = "") -> list[str]:
    places = kept_places(graph, steps, turns or [], {"type": "X", "path": error_at})
    return [path if attempt == 1 else f"{path} {attempt}" for path, attempt in places]


def test_completed_rows_stay_with_their_earlier_attempts_and_the_failure_goes() -> None:
    steps = [row("/a", "failed", final=False), row("/a", "completed", 2), row("/b", "failed"), row("/c", "skipped"), row("/d", "lost")]
    assert kept(Graph(), steps, error_at="/b") == ["/a", "/a 2"]


def test_a_failure_that_a_catch_took_stays() -> None:
    steps = [row("/guard.try/x", "failed"), row("/guard.catch/y"), row("/z", "failed")]
    assert kept(groups(guard="try_catch"), steps, error_at="/z") == ["/guard.try/x", "/guard.catch/y"]


def test_a_failure_in_a_catch_runs_again_with_the_finally_and_without_the_try() -> None:
    steps = [row("/guard.try/x", "failed"), row("/guard.catch/y", "failed"), row("/guard.finally/f")]
    assert kept(groups(guard="try_catch"), steps, error_at="/guard.catch/y") == ["/guard.try/x"]


def test_the_last_try_runs_again_and_the_tries_before_it_do_not() -> None:
    steps = [row("/guard.try/x", "failed"), row("/guard.try[1]/x", "failed"), row("/guard.finally/f")]
    assert kept(groups(guard="try_catch"), steps, error_at="/guard.try[1]/x") == ["/guard.try/x"]


def test_a_finally_that_failed_runs_again_alone() -> None:
    steps = [row("/guard.try/x"), row("/guard.finally/e"), row("/guard.finally/f", "failed")]
    assert kept(groups(guard="try_catch"), steps, error_at="/guard.finally/f") == ["/guard.try/x", "/guard.finally/e"]


def test_collected_failures_stay_and_those_that_ended_a_loop_go() -> None:
    steps = [row("/collecting[0]/x", "failed"), row("/each[0]/x"), row("/each[1]/x", "failed")]
    assert kept(groups(collecting="foreach", each="foreach"), steps, error_at="/each[1]/x") == ["/collecting[0]/x", "/each[0]/x"]


def test_what_a_completed_part_left_behind_stays() -> None:
    steps = [row("/side/fast"), row("/side/slow", "cancelled"), row("/side/poor", "failed"), row("/side#first0"), row("/z", "failed")]
    turns = [turn("/side", "completed")]
    expected = ["/side/fast", "/side/slow", "/side/poor", "/side#first0"]
    assert kept(groups(side="parallel"), steps, turns, error_at="/z") == expected


def test_what_a_failed_part_left_behind_runs_again_and_its_decisions_fall() -> None:
    steps = [row("/side/fast"), row("/side/slow", "cancelled"), row("/side/poor", "failed"), row("/side#first0"), row("/join#first0")]
    assert kept(groups(side="parallel"), steps, [turn("/side", "failed")], error_at="/side/poor") == ["/side/fast", "/join#first0"]


def test_a_time_limit_that_ran_out_begins_again() -> None:
    steps = [row("/each[0]/x"), row("/each[1]/x", "cancelled"), row("/each#timeout", "completed"), row("/each#ended")]
    assert kept(groups(each="foreach"), steps, [turn("/each[0]", "completed")], error_at="/each") == ["/each[0]/x"]


def test_a_cancelled_run_keeps_all_that_completed() -> None:
    steps = [row("/a"), row("/b", "cancelled"), row("/guard.try/x", "cancelled"), row("/guard.finally/f"), row("/w", "waiting")]
    assert kept(groups(guard="try_catch"), steps) == ["/a"]


def test_an_inner_failure_that_an_outer_catch_took_stays() -> None:
    steps = [row("/guard.try/each[2]/x", "failed"), row("/guard.catch/y"), row("/z", "failed")]
    assert kept(groups(guard="try_catch", each="foreach"), steps, error_at="/z") == ["/guard.try/each[2]/x", "/guard.catch/y"]
