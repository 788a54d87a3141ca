"""One test for each rule of semantics §2 to §6 that no case file shows."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app.engine.activity import Activity
from app.engine.ports import RunEnd, StepContext, StepFailed, StepReturn
from tests.engine.workflows import Doc, chain, edge, group, step, tool, workflow
from tests.fakes.memory_engine import MemoryChildren, MemoryJournal, MemorySecrets, claim, make_engine, run_definition


async def run(doc: Doc, input: Any = None, **more: Any) -> RunEnd:
    end, _, _ = await run_definition(doc, {} if input is None else input, **more)
    return end


async def output(doc: Doc, input: Any = None, **more: Any) -> Any:
    end = await run(doc, input, **more)
    assert end.status == "completed", end.error
    return end.output


async def error(doc: Doc, input: Any = None, **more: Any) -> dict[str, Any]:
    end = await run(doc, input, **more)
    assert end.status == "failed", end.output
    return dict(end.error or {})


def t(id: str, out: Any, group: str | None = None, role: str = "body", **config: Any) -> Doc:
    return step(id, "transform", group, role, output=out, **config)


# Data


async def test_a_name_that_has_no_letters_gets_a_key_with_a_number() -> None:
    doc = workflow(t("日本", 1), t("b", "{{ steps.step_1.output }}"), edges=[edge("日本", "b")])
    assert await output(doc) == 1


async def test_a_skipped_step_is_seen_as_skipped() -> None:
    doc = workflow(t("a", {"n": 1}), t("b", 1), t("c", "{{ [steps.b.status, steps.b.output] }}"),
                   edges=[edge("a", "b", "false"), edge("b", "c"), edge("a", "c")])  # fmt: skip
    assert await output(doc) == ["skipped", None]


async def test_two_edges_from_one_group_count_as_one_input() -> None:
    doc = workflow(group("g", "parallel"), t("x", 1, "g"), t("y", 2, "g"), t("end", "{{ $ }}"), edges=[edge("x", "end"), edge("y", "end")])
    assert await output(doc) == {"x": 1, "y": 2}


async def test_an_error_in_a_condition_fails_in_the_name_of_its_source() -> None:
    found = await error(workflow(t("a", {"n": 1}), t("b", 1), edges=[edge("a", "b", "$.missing > 1")]))
    assert (found["type"], found["step"]) == ("ExpressionError", "a")
    assert "missing" in found["message"]


async def test_nul_and_lone_surrogates_are_replaced_and_noted() -> None:
    end, journal, run_id = await run_definition(workflow(tool("a", response="x\u0000y\ud800")), {})
    assert end.output == "x\ufffdy\ufffd"
    assert journal.rows(run_id)[0].notes


async def test_an_output_over_4_mib_is_an_error() -> None:
    doc = workflow(t("a", "x" * 1000), group("g", "foreach", input_path="$.l"), t("b", "{{ $.item }}" * 3, "g"), edges=[])
    big = "x" * 2_000_000
    assert (await error(doc, {"l": [big]}))["type"] == "LimitExceeded"


async def test_what_a_value_contains_is_not_expanded_again() -> None:
    assert await output(workflow(t("a", "{{ input.s }}"), t("b", "{{ $ }}"), edges=chain("a", "b")), {"s": "{{ 1 + 1 }}"}) == "{{ 1 + 1 }}"


# Secrets


async def test_what_the_adapter_gives_stands_in_for_what_the_step_leaves_out() -> None:
    given = {"mock": {"response": ["{{ secrets.KEY }}", 1], "delay_ms": 1}}
    engine = make_engine(secrets=MemorySecrets({"KEY": "s3cr3t-value"}), adapter_defaults=given)
    assert await output(workflow(tool("a")), engine=engine) == ["••••••", 1]
    assert await output(workflow(tool("a", response="{{ input.x }}")), {"x": 5}, engine=engine) == 5
    each = workflow(step("m", "map", input_path="$.l", adapter_id="mock"))
    assert await output(each, {"l": [7]}, engine=engine) == {"items": [["••••••", 1]], "count": 1, "errors": []}
    given["mock"] = {"delay_ms": -1}
    assert (await error(workflow(tool("b")), engine=engine))["type"] == "ValidationError"


async def test_a_secret_is_used_and_never_shown() -> None:
    secrets = MemorySecrets({"KEY": "s3cr3t-value"})
    journal = MemoryJournal()
    doc = workflow(tool("a", response="Bearer {{ secrets.KEY }}"), tool("b", error="no {{ secrets.KEY }}", on_error={"action": "continue"}))
    end, _, run_id = await run_definition(doc, {}, engine=make_engine(journal, secrets=secrets))
    assert "s3cr3t" not in str(end)
    assert "s3cr3t" not in str(journal.rows(run_id))


# Retry, timeout, on_error


class Flaky:
    """Fails with the given errors in turn, then answers with the attempt."""

    def __init__(self, *errors: StepFailed) -> None:
        self.errors = list(errors)
        self.calls: list[str] = []

    async def run(self, context: StepContext) -> StepReturn:
        self.calls.append(context.idempotency_key)
        if self.errors:
            raise self.errors.pop(0)
        return StepReturn(context.attempt)


async def test_only_listed_error_types_are_tried_again() -> None:
    retry = {"max_attempts": 3, "initial_interval_ms": 0, "retry_on": ["Timeout"]}
    flaky = Flaky(StepFailed("HttpError", "502"))
    found = await error(workflow(tool("a", retry=retry)), engine=make_engine(runners={"tool": flaky}))
    assert (found["type"], found["attempt"]) == ("HttpError", 1)


async def test_what_cannot_be_helped_by_retrying_is_not_tried_again() -> None:
    flaky = Flaky(StepFailed("HttpError", "400", retryable=False))
    await error(workflow(tool("a", retry={"max_attempts": 3})), engine=make_engine(runners={"tool": flaky}))
    assert len(flaky.calls) == 1


async def test_every_attempt_has_the_same_idempotency_key() -> None:
    flaky = Flaky(StepFailed("HttpError", "502"), StepFailed("HttpError", "502"))
    doc = workflow(tool("a", retry={"max_attempts": 3, "initial_interval_ms": 0}))
    assert await output(doc, engine=make_engine(runners={"tool": flaky})) == 3
    assert len(set(flaky.calls)) == 1
    assert flaky.calls[0].endswith(":/a")


async def test_retry_after_is_honoured() -> None:
    flaky = Flaky(StepFailed("RateLimited", "slow down", retry_after_s=0.2))
    loop = asyncio.get_running_loop()
    before = loop.time()
    await output(workflow(tool("a", retry={"max_attempts": 2, "initial_interval_ms": 0})), engine=make_engine(runners={"tool": flaky}))
    assert loop.time() - before >= 0.2


async def test_a_retry_policy_may_hold_templates() -> None:
    flaky = Flaky(StepFailed("HttpError", "502"))
    doc = workflow(tool("a", retry={"max_attempts": "{{ input.n }}", "initial_interval_ms": 0}))
    assert await output(doc, {"n": 2}, engine=make_engine(runners={"tool": flaky})) == 2


async def test_a_runner_that_breaks_fails_its_step_with_a_sentence() -> None:
    class Broken:
        async def run(self, context: StepContext) -> StepReturn:
            raise KeyError("inner detail")

    found = await error(workflow(tool("a")), engine=make_engine(runners={"tool": Broken()}))
    assert found["type"] == "AdapterError"
    assert "inner detail" not in found["message"]


async def test_continue_renders_its_output_with_the_error_in_sight() -> None:
    doc = workflow(tool("a", error="boom", on_error={"action": "continue", "output": {"why": "{{ error.message }}"}}))
    assert await output(doc) == {"why": "boom"}


@pytest.mark.parametrize(
    "broken",
    [
        step("a", "condition", expression="$.missing", on_error={"action": "continue", "output": "soft"}),
        step("a", "map", input_path="$.missing", expression="item", on_error={"action": "continue", "output": "soft"}),
        step("a", "subflow", workflow_id="gone", on_error={"action": "continue", "output": "soft"}),
        step("a", "wait", duration_ms="{{ 'x' }}", on_error={"action": "continue", "output": "soft"}),
        step("a", "transform", output="{{ $.missing }}", on_error={"action": "continue", "output": "soft"}),
    ],
    ids=lambda doc: doc["type"],
)
async def test_on_error_softens_every_step_type(broken: Doc) -> None:
    assert await output(workflow(broken, t("b", "{{ [$, steps.a.error.step] }}"), edges=chain("a", "b")), mode="production") == [
        "soft",
        "a",
    ]


async def test_a_config_is_checked_again_after_its_templates_are_resolved() -> None:
    found = await error(workflow(tool("a", delay_ms="{{ input.d }}")), {"d": "soon"})
    assert found["type"] == "ValidationError"
    assert "delay_ms" in found["message"]


# Modes


async def test_pins_stand_in_for_their_steps_in_test_runs_only() -> None:
    doc = workflow(t("a", "real", pinned_output="pinned"))
    assert await output(doc, mode="test") == "pinned"
    assert await output(doc, mode="production") == "real"


async def test_a_disabled_condition_lets_its_true_port_pass() -> None:
    doc = workflow(step("c", "condition", expression="false", disabled=True), t("yes", "y"), t("no", "n"),
                   edges=[edge("c", "yes", "result"), edge("c", "no", "!result")])  # fmt: skip
    assert await output(doc) == "y"


async def test_a_wait_takes_its_time_in_production() -> None:
    loop = asyncio.get_running_loop()
    before = loop.time()
    await output(workflow(step("w", "wait", duration_ms=120)), mode="production")
    assert loop.time() - before >= 0.1


async def test_a_run_over_its_time_limit_fails_with_timeout_and_finally_still_ran() -> None:
    doc = workflow(group("g", "try_catch"), tool("long", "g", "try", delay_ms=60_000), t("tidy", 1, "g", "finally"),
                   settings={"run_timeout_ms": 100})  # fmt: skip
    end, journal, run_id = await run_definition(doc, {})
    assert (end.status, (end.error or {})["type"]) == ("failed", "Timeout")
    assert "/g.finally/tidy" in journal.ran(run_id)


# Joins


def race(**config: Any) -> Doc:
    return workflow(t("s", 1), t("a", {"x": {"p": 1}}), t("b", {"x": {"q": 2}}), step("j", "join", **config),
                    edges=[edge("s", "a"), edge("s", "b", "$ > 1"), edge("a", "j"), edge("b", "j")])  # fmt: skip


async def test_too_few_inputs_fail_a_join_that_needs_more() -> None:
    found = await error(race(mode="n_of", n=2))
    assert (found["type"], found["step"]) == ("JoinNotSatisfied", "j")


async def test_a_join_with_no_input_at_all_is_skipped() -> None:
    doc = race(mode="n_of", n=2)
    doc["edges"][0]["condition"] = "false"
    end, journal, run_id = await run_definition(doc, {})
    assert end.status == "completed"
    assert {row.path: row.status for row in journal.rows(run_id)}["/j"] == "skipped"


async def test_deep_merge_goes_into_objects() -> None:
    doc = race(merge="deep")
    doc["edges"][1]["condition"] = None
    assert await output(doc) == {"x": {"p": 1, "q": 2}}


async def test_deep_merge_of_something_else_says_which() -> None:
    doc = race(merge="deep")
    doc["steps"][1]["config"]["output"] = 5
    assert "a gave something else" in (await error(doc))["message"]


# Groups


async def test_parallel_without_fail_fast_lets_all_parts_end_first() -> None:
    doc = workflow(group("p", "parallel", fail_fast=False), tool("bad", "p", error="boom"), tool("good", "p", response="g", delay_ms=50))
    end, journal, run_id = await run_definition(doc, {})
    assert end.status == "failed"
    assert journal.ran(run_id) == ["/p/good"]


async def test_parallel_with_fail_fast_cancels_the_others() -> None:
    doc = workflow(group("p", "parallel"), tool("bad", "p", error="boom", delay_ms=20), tool("long", "p", delay_ms=60_000))
    end, journal, run_id = await run_definition(doc, {})
    assert end.status == "failed"
    assert {row.path: row.status for row in journal.rows(run_id)}["/p/long"] == "cancelled"


async def test_parallel_first_without_fail_fast_bears_a_failure() -> None:
    doc = workflow(group("p", "parallel", complete="first", fail_fast=False, cancel_remaining=True), tool("bad", "p", error="boom"),
                   tool("good", "p", response="g", delay_ms=30))  # fmt: skip
    assert await output(doc) == {"good": "g"}


async def test_parallel_n_takes_the_first_n() -> None:
    doc = workflow(group("p", "parallel", complete="n", n=2, cancel_remaining=True), tool("a", "p", response="a"), tool("b", "p", response="b"),
                   tool("late", "p", delay_ms=60_000))  # fmt: skip
    assert await output(doc) == {"a": "a", "b": "b"}


async def test_an_error_in_catch_goes_on_outward_after_finally() -> None:
    doc = workflow(group("g", "try_catch"), tool("call", "g", "try", error="first"), tool("tell", "g", "catch", error="second"),
                   t("clean", 1, "g", "finally"))  # fmt: skip
    end, journal, run_id = await run_definition(doc, {})
    assert (end.error or {})["message"] == "second"
    assert journal.ran(run_id) == ["/g.finally/clean"]


async def test_an_inner_try_catches_before_an_outer_one() -> None:
    doc = workflow(group("outer", "try_catch"), group("inner", "try_catch", parent="outer", role="try"), tool("call", "inner", "try", error="boom"),
                   t("near", "inner", "inner", "catch"), t("far", "outer", "outer", "catch"))  # fmt: skip
    assert await output(doc) == "inner"


async def test_foreach_stops_when_complete_when_holds() -> None:
    doc = workflow(group("e", "foreach", input_path="$.l", complete_when="$.result > 1"), t("x", "{{ item }}", "e"))
    assert await output(doc, {"l": [1, 2, 3]}) == {"results": [1, 2], "iterations": 2, "completed": True, "errors": []}


async def test_a_while_that_may_stop_at_its_limit_says_that_it_did_not_complete() -> None:
    doc = workflow(group("w", "while", condition="true", max_iterations=2, on_limit="stop"), t("x", "{{ iteration }}", "w"))
    assert await output(doc) == {"results": [0, 1], "iterations": 2, "completed": False}


async def test_a_group_over_its_time_fails_with_timeout() -> None:
    doc = workflow(group("g", "foreach", input_path="$.l", timeout_ms=60), tool("long", "g", delay_ms=60_000))
    found = await error(doc, {"l": [1]})
    assert (found["type"], found["step"]) == ("Timeout", "g")


async def test_names_of_outer_scopes_stay_visible_and_the_nearest_wins() -> None:
    doc = workflow(t("first", 7), group("o", "foreach", input_path="$.rows"), group("i", "foreach", parent="o", input_path="$.item"),
                   t("x", "{{ [item, index, steps.first.output, input.rows[0][0]] }}", "i"), edges=[])  # fmt: skip
    doc["edges"] = [{"id": "e", "source_step_id": "first", "target_step_id": "x", "condition": None}]
    doc["block_groups"][0]["config"]["input_path"] = None
    doc["steps"][0]["config"]["output"] = [[1, 2], [3]]
    doc["steps"][1]["config"]["output"] = "{{ [item, index, size(steps.first.output)] }}"
    found = await output(doc)
    assert [turn["results"] for turn in found["results"]] == [[[1, 0, 2], [2, 1, 2]], [[3, 0, 2]]]


async def test_a_group_config_may_hold_templates() -> None:
    doc = workflow(group("w", "while", condition="true", max_iterations="{{ input.n }}", on_limit="stop"), t("x", 1, "w"))
    assert (await output(doc, {"n": 3}))["iterations"] == 3


async def test_groups_nest_to_32() -> None:
    groups = [group(f"g{i}", "parallel", parent=f"g{i - 1}" if i else None) for i in range(32)]
    found = await output(workflow(*groups, t("x", "deep", "g31")))
    for i in range(1, 32):
        found = found[f"g{i}"]
    assert found == {"x": "deep"}


async def test_every_role_and_turn_leaves_a_row() -> None:
    doc = workflow(group("e", "foreach", input_path="$.l"), t("x", "{{ item }}", "e"), group("i", "if_else", condition="true"), t("y", 1, "i", "then"),
                   t("never", 1), group("s", "parallel"), t("z", 1, "s"), edges=[edge("never", "z", "false")])  # fmt: skip
    _, journal, run_id = await run_definition(doc, {"l": [1, 2]})
    rows = {path: (row.role, row.iteration, row.status) for (id, path), row in journal.groups.items() if id == run_id}
    assert rows == {
        "/e[0]": ("body", 0, "completed"),
        "/e[1]": ("body", 1, "completed"),
        "/i.then": ("then", 0, "completed"),
        "/s": ("", 0, "skipped"),
    }


# Map, subflow


async def test_map_calls_an_adapter_per_item_and_keeps_the_order() -> None:
    doc = workflow(
        step(
            "m", "map", input_path="$.l", adapter_id="mock", delay_ms="{{ item }}", response="{{ item }}", parallel=True, max_concurrency=3
        )
    )
    end, journal, run_id = await run_definition(doc, {"l": [40, 1, 20]})
    assert end.output == {"items": [40, 1, 20], "count": 3, "errors": []}
    assert journal.ran(run_id) == ["/m", "/m[0]", "/m[1]", "/m[2]"]


async def test_map_runs_a_workflow_per_item() -> None:
    child = workflow(t("x", "{{ input * 2 }}"), name="double")
    engine = make_engine(children=MemoryChildren({"double": child}))
    assert (await output(workflow(step("m", "map", input_path="$.l", workflow_id="double")), {"l": [1, 2]}, engine=engine))["items"] == [
        2,
        4,
    ]


async def test_a_failed_child_is_a_subflow_error_with_its_reason() -> None:
    child = workflow(tool("x", error="deep trouble"), name="child")
    engine = make_engine(children=MemoryChildren({"child": child}))
    found = await error(workflow(step("call", "subflow", workflow_id="child")), engine=engine)
    assert (found["type"], found["step"]) == ("SubflowError", "call")
    assert "deep trouble" in found["message"]


async def test_a_subflow_that_calls_itself_for_ever_ends_at_16() -> None:
    doc = workflow(step("again", "subflow", workflow_id="self"), name="self")
    found = await error(doc, engine=make_engine(children=MemoryChildren({"self": doc})))
    assert "nested deeper than 16" in str(found)


async def test_a_subflow_that_is_not_waited_for_gives_its_run() -> None:
    children = MemoryChildren({"child": workflow(t("x", 1), name="child")})
    found = await output(workflow(step("call", "subflow", workflow_id="child", wait=False)), engine=make_engine(children=children))
    assert found == {"run_id": children.detached[0]}


# Prompts


async def test_an_answer_that_does_not_fit_is_asked_for_again_at_most_twice() -> None:
    schema = {"type": "object", "required": ["label"]}
    doc = workflow(step("ask", "llm", provider="mock", model="m", prompt="x", response_format="json", response="{}", output_schema=schema))
    found = await error(doc)
    assert found["type"] == "OutputSchemaError"


async def test_json_in_a_fence_is_read() -> None:
    answer = '```json\n{"a": 1}\n```'
    doc = workflow(step("ask", "llm", provider="mock", model="m", prompt="x", response_format="json", response=answer))
    assert (await output(doc))["json"] == {"a": 1}


# The run


async def test_an_output_that_does_not_fit_its_schema_fails_the_run() -> None:
    assert (await error(workflow(t("a", 1), output_schema={"type": "string"})))["type"] == "OutputSchemaError"


async def test_a_run_that_only_waits_long_is_given_back() -> None:
    suspended = asyncio.Event()
    engine = make_engine()
    activity = Activity(on_suspend=suspended.set)
    task = asyncio.ensure_future(
        engine.run_claimed(claim(workflow(step("w", "wait", duration_ms=3_600_000)), {}, mode="production"), activity)
    )
    await asyncio.wait_for(suspended.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert activity.abandoned
    assert 3500 < (activity.wake_in_s or 0) <= 3600
    assert isinstance(engine.journal, MemoryJournal)
    assert engine.journal.ends == {}
