"""Why a step has not run: one sentence, from what is known of the run."""

from __future__ import annotations

from typing import Any

from app.domain.definition_file import read_definition
from app.domain.topology import topology_of
from app.domain.why import Seen, why_not_run
from tests.engine.workflows import edge, group, step, tool, workflow

DOC = workflow(
    tool("fetch"),
    step("ask", "condition", expression="$ > 1"),
    tool("yes"),
    tool("no"),
    tool("end"),
    group("lanes", "if_else", condition="$ > 1"),
    tool("big", "lanes", "then"),
    tool("small", "lanes", "else"),
    group("guard", "try_catch"),
    tool("risky", "guard", "try"),
    tool("tell", "guard", "catch"),
    edges=[
        edge("fetch", "ask"),
        edge("ask", "yes", "result"),
        edge("ask", "no", "!result"),
        edge("yes", "end", "$.ok"),
        edge("no", "end"),
        edge("fetch", "big"),
        edge("no", "risky"),
    ],
)
TOPOLOGY = topology_of(read_definition(DOC).graph)


def why(node: str, statuses: dict[str, str], roles: dict[str, list[str]] | None = None, **more: Any) -> str:
    return why_not_run(TOPOLOGY, node, Seen(statuses.get, lambda id: (roles or {}).get(id, []), **more))


def test_a_branch_that_was_not_taken_says_what_was_answered() -> None:
    done = {"fetch": "completed", "ask": "completed", "yes": "completed", "no": "skipped", "end": "skipped"}
    assert why("no", done, is_over=True) == "No wire to it was taken: “ask” answered true."
    assert why("end", done, is_over=True) == "No wire to it was taken: $.ok did not hold after “yes”; “no” was skipped."


def test_what_waits_says_for_what() -> None:
    assert why("ask", {"fetch": "running"}) == "It waits for “fetch”."
    assert why("ask", {}, paused_at=("fetch",)) == "It waits for “fetch”, where the run pauses."
    assert why("end", {"fetch": "completed", "ask": "running"}) == "It waits for “yes” and “no”."
    assert why("fetch", {}) == "It begins with the run."


def test_a_lane_that_was_not_taken_names_the_one_that_was() -> None:
    roles = {"lanes": ["else"]}
    assert why("big", {"fetch": "completed", "lanes": "completed"}, roles, is_over=True) == "“lanes” took its lane “else” instead."
    guard = {"guard": "completed", "no": "completed"}
    assert why("tell", guard, {"guard": ["try"]}, is_over=True) == "Nothing in “guard” failed, so its catch lane did not run."


def test_a_group_that_was_not_reached_says_so_for_what_is_in_it() -> None:
    assert (
        why("risky", {"no": "skipped", "guard": "skipped"}, is_over=True)
        == "“guard” did not run: no wire to it was taken: “no” was skipped."
    )


def test_a_run_that_ended_early_claims_nothing_about_answers() -> None:
    assert why("yes", {"fetch": "completed", "ask": "completed"}, is_over=True) == "The run ended before it came here."
    assert why("yes", {"fetch": "completed"}, is_over=True, part="fetch") == "This run was only about “fetch”."


def test_what_stands_in_a_group_before_which_the_run_pauses_says_so() -> None:
    assert why("risky", {"no": "completed"}, paused_at=("guard",)) == "The run pauses before “guard”."


def test_what_ran_needs_no_reason_and_a_run_that_ended_early_gives_its_own() -> None:
    assert why("fetch", {"fetch": "completed"}) == ""
    assert why("end", {"fetch": "failed"}, is_over=True) == "The run ended before it came here."
