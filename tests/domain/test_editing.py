"""Undo is exact over every edit and every editing operation, and no act of a person breaks a graph."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from app.domain.edit_codec import EDITS
from tests.domain.editing_machine import Editing, kinds_in

QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


def run(sequences: int, steps: int) -> None:
    reached: set[type] = set()
    acts = 0

    class Watched(Editing):
        def teardown(self) -> None:
            nonlocal acts
            acts += len(self.done)
            for edit, _ in self.done:
                reached.update(kinds_in(edit))
            super().teardown()

    run_state_machine_as_test(
        Watched,
        settings=settings(max_examples=sequences, stateful_step_count=steps, deadline=None, suppress_health_check=QUIET, database=None),
    )
    print(f"{sequences:,} sequences, {acts:,} acts kept: undo all was the start, redo all the end, nothing broken in between")
    missing = set(EDITS.values()) - reached
    assert not missing, f"no operation of the machine makes these; add a rule to tests/domain/editing_machine.py: {missing}"


def test_undo_all_is_the_start_redo_all_is_the_end_and_nothing_breaks_in_between() -> None:
    run(1_000, 12)


@pytest.mark.soak
@pytest.mark.timeout(3_600)
def test_the_same_over_ten_thousand_sequences() -> None:
    run(10_000, 12)
