"""Partial runs through services, engine and PostgreSQL: who may, what is copied, what is on record of them."""

from __future__ import annotations

from typing import Any

import pytest

from app.backend import Backend
from app.domain.access import PermissionDenied, Role
from app.domain.errors import DefinitionInvalid, InputRefused
from app.domain.json_value import Given
from app.domain.places import PlaceUnknown
from app.domain.run_requests import Part
from app.domain.runs import RunDetail
from app.services.errors import NothingToStartFrom, PartRefused
from app.worker import see_to_the_end
from tests.services.conftest import document, transform
from tests.services.test_resume import mock

LINE = document(
    mock("first", response={"n": 1}),
    mock("second", response="{{ $.n + 1 }}"),
    mock("third", response="{{ $ * 10 }}"),
    edges=[("first", "second"), ("second", "third")],
)


class Parts:
    """Runs parts of one kept workflow, to their end."""

    def __init__(self, backend: Backend) -> None:
        self.backend, self.runs, self.actor = backend, backend.services.runs, backend.actor
        self.workflow = ""

    async def keep(self, source: dict[str, Any]) -> str:
        self.workflow = await self.backend.services.workflows.import_document(self.actor, source, keep_as_draft=True)
        return self.workflow

    async def whole(self, input: Any = None) -> RunDetail:
        return await self.ended(await self.runs.start(self.actor, self.workflow, input, "test"))

    async def part(self, part: Part) -> RunDetail:
        return await self.ended(await self.runs.start_part(self.actor, self.workflow, part))

    async def ended(self, run: str) -> RunDetail:
        await see_to_the_end(self.backend, run)
        return await self.runs.show(self.actor, run)


@pytest.fixture
async def parts(backend: Backend) -> Parts:
    found = Parts(backend)
    await found.keep(LINE)
    return found


def times(detail: RunDetail) -> dict[str, Any]:
    return {step.path: step.completed_at for step in detail.steps}


async def test_to_a_step_is_a_test_run_that_the_list_tells_apart(parts: Parts) -> None:
    run = await parts.part(Part("to", "second"))
    assert (run.run.status, run.output, [step.path for step in run.steps]) == ("completed", 2, ["/first", "/second"])
    row = (await parts.runs.list(parts.actor))[0]
    assert (row.mode, row.kind, row.kind_step, row.resumed_from) == ("test", "to", "second", None)
    assert len(run.definition["steps"]) == 3


async def test_only_one_step_takes_its_input_from_the_newest_run(parts: Parts) -> None:
    before = await parts.whole()
    run = await parts.part(Part("only", "third"))
    assert (run.output, run.run.kind, run.run.resumed_from) == (20, "only", before.run.id)
    assert {path: time for path, time in times(run).items() if path != "/third"} == {
        path: time for path, time in times(before).items() if path != "/third"
    }
    assert times(run)["/third"] > times(before)["/third"]


async def test_tests_of_single_steps_stand_on_one_another(parts: Parts) -> None:
    before = await parts.whole()
    second = await parts.part(Part("only", "second", given=Given({"n": 6}), of=before.run.id))
    assert second.output == 7
    third = await parts.part(Part("only", "third", of=second.run.id))
    assert (third.output, sorted(times(third))) == (70, ["/first", "/second", "/third"])


async def test_from_a_step_on_copies_what_stands_before_it(parts: Parts) -> None:
    before = await parts.whole({"x": 1})
    run = await parts.part(Part("from", "second"))
    assert (run.run.kind, run.run.resumed_from, run.output, run.input) == ("from", before.run.id, 20, {"x": 1})
    assert times(run)["/first"] == times(before)["/first"]
    assert times(run)["/second"] > times(before)["/third"]


async def test_from_a_step_on_after_an_edit_goes_on_with_the_new_draft(parts: Parts) -> None:
    failing = document(mock("first", response=1), mock("second", error="no"), edges=[("first", "second")])
    parts.workflow = await parts.backend.services.workflows.keep(parts.actor, await _read(failing))
    before = await parts.whole()
    assert before.run.status == "failed"
    opened = await parts.backend.services.workflows.open(parts.actor, parts.workflow)
    step = next(step for step in opened.definition.graph.steps.values() if step.name == "second")
    from app.domain.edits import SetConfig

    edit = SetConfig(step.id, {"adapter_id": "mock", "response": "{{ $ + 1 }}"})
    await parts.backend.services.editing.save(parts.actor, parts.workflow, [edit], opened.revision)
    run = await parts.part(Part("from", "second"))
    assert (run.run.status, run.output) == ("completed", 2)
    assert times(run)["/first"] == times(before)["/first"]


async def test_a_run_that_was_given_back_in_the_middle_goes_on_as_the_part_that_it_is(parts: Parts) -> None:
    before = await parts.whole()
    id = await parts.runs.start_part(parts.actor, parts.workflow, Part("only", "second"))
    assert parts.backend.room is not None
    claimed = await parts.backend.room.queue.claim_one(id)
    assert claimed is not None
    assert (claimed.request.kind, claimed.request.path, claimed.is_new) == ("only", "/second", False)
    await parts.backend.room.queue.give_back(claimed.handle)
    run = await parts.ended(id)
    assert (run.output, sorted(times(run)), times(run)["/first"]) == (2, ["/first", "/second"], times(before)["/first"])


async def test_errors_elsewhere_in_the_draft_do_not_keep_a_finished_step_from_running(parts: Parts) -> None:
    await parts.keep(document(transform("a", "a", 1), transform("b", "b", "{{ steps.nobody.output }}"), name="Half", edges=[("a", "b")]))
    assert (await parts.part(Part("to", "a"))).output == 1
    with pytest.raises(DefinitionInvalid):
        await parts.part(Part("to", "b"))


async def test_a_start_is_checked_as_that_of_any_run_is(parts: Parts, as_role: Any, audit: Any) -> None:
    with pytest.raises(PermissionDenied):
        await parts.runs.start_part(as_role(Role.VIEWER), parts.workflow, Part("to", "second"))
    with pytest.raises(PlaceUnknown):
        await parts.part(Part("to", "nobody"))
    with pytest.raises(NothingToStartFrom):
        await parts.part(Part("from", "second"))
    join = document(mock("a"), {"id": "j", "name": "j", "type": "join", "config": {}}, name="J", edges=[("a", "j")])
    await parts.keep(join)
    with pytest.raises(PartRefused):
        await parts.part(Part("only", "j", given=Given(1)))
    await parts.keep(document(transform(), name="Strict", input_schema={"type": "object", "required": ["x"]}))
    with pytest.raises(InputRefused):
        await parts.part(Part("to", "A", input={}))
    assert (await parts.part(Part("to", "A", input={"x": 1}))).run.status == "completed"
    assert audit()[-1] == ("execute", "run")


async def test_it_is_known_before_a_test_whether_there_is_data_for_it(parts: Parts) -> None:
    async def data(step: str) -> tuple[bool, Given | None]:
        found = await parts.runs.step_data(parts.actor, parts.workflow, Part("only", step))
        return found.is_known, found.input

    assert (await data("first"), await data("third")) == ((True, None), (False, None))
    await parts.part(Part("to", "second"))
    assert await data("second") == (True, Given({"n": 1}))
    assert await data("third") == (True, None)
    pinned = document(mock("a", pinned_output=1), mock("b"), mock("c"), name="Pinned", edges=[("a", "b"), ("b", "c")])
    await parts.keep(pinned)
    assert (await data("b"), await data("c")) == ((True, None), (False, None))


async def test_a_run_of_another_workflow_gives_no_data(parts: Parts) -> None:
    before = await parts.whole()
    await parts.keep({**LINE, "name": "Other"})
    with pytest.raises(NothingToStartFrom, match="another workflow"):
        await parts.part(Part("from", "second", of=before.run.id))


async def _read(source: dict[str, Any]) -> Any:
    from app.domain.definition_file import read_definition

    return read_definition(source)


async def test_a_part_that_failed_is_resumed_as_the_part_that_it_is(parts: Parts) -> None:
    await parts.keep(
        document(mock("a", response=1), mock("b", response="{{ secrets.MISSING }}"), mock("c"), name="F", edges=[("a", "b"), ("b", "c")])
    )
    failed = await parts.part(Part("to", "b"))
    assert failed.run.status == "failed"
    await parts.backend.services.credentials.set(parts.actor, "MISSING", "abcdefgh")
    again = await parts.ended(await parts.runs.resume(parts.actor, failed.run.id))
    assert (again.run.status, again.run.kind, sorted(times(again))) == ("completed", "to", ["/a", "/b"])
    assert times(again)["/a"] == times(failed)["/a"]
