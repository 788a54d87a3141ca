"""A workflow as a tree, in the order in which it runs."""

from __future__ import annotations

import random
import time

from app.domain.outline import Branch, outline_of
from app.domain.workflow import BlockGroup, Edge, Graph, Step
from tests.catalog import CATALOG
from tests.ui.samples import chain, ticket_triage


def told(branches: tuple[Branch, ...], depth: int = 0) -> list[str]:
    lines = []
    for branch in branches:
        lines += ["  " * depth + branch.name, *told(branch.inside, depth + 1)]
    return lines


def test_steps_come_in_the_order_in_which_they_run_with_groups_and_roles() -> None:
    assert told(outline_of(ticket_triage().graph, CATALOG)) == [
        "New ticket",
        "Classify intent",
        "Needs a refund?",
        "Refund with fallback",
        "  try",
        "    Fetch invoice",
        "    Issue refund",
        "  catch",
        "    Notify finance",
        "    Flag account",
        "  finally",
        "For each attachment",
        "  Extract text",
        "  Summarise",
        "Search docs",
        "Rerank results",
        "Draft reply",
        "Send reply",
    ]


def test_the_order_does_not_depend_on_the_document() -> None:
    graph = chain(length=12).graph
    steps = list(graph.steps.values())
    random.Random(4).shuffle(steps)
    assert [branch.name for branch in outline_of(Graph({s.id: s for s in steps}, graph.edges), CATALOG)] == [
        f"Step {at}" for at in range(12)
    ]


def test_a_circle_and_a_role_or_group_that_is_not_there_lose_nothing() -> None:
    steps = [
        Step("a", "A", "transform"),
        Step("b", "B", "transform"),
        Step("c", "C", "transform", {}, block_group_id="g", group_role="odd"),
    ]
    steps.append(Step("d", "D", "transform", {}, block_group_id="nowhere", group_role="body"))
    graph = Graph(
        {s.id: s for s in steps},
        {"1": Edge("1", "a", "b"), "2": Edge("2", "b", "a")},
        {"g": BlockGroup("g", "G", "foreach")},
    )
    lines = told(outline_of(graph, CATALOG))
    assert sorted(line.strip() for line in lines if len(line.strip()) == 1) == ["A", "B", "C", "D", "G"]


def test_an_empty_workflow_has_no_branches() -> None:
    assert outline_of(Graph(), CATALOG) == ()


def test_ten_thousand_steps_are_told_within_a_second_of_work() -> None:
    graph = chain(length=10_000).graph
    begin = time.process_time()
    assert len(outline_of(graph, CATALOG)) == 10_000
    assert time.process_time() - begin < 1.0
