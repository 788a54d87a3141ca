"""A new name for a step: everything that names it by its key follows, in one edit."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.edits import Batch, Rename, label_of
from app.domain.errors import EditRefused
from app.domain.expressions import compile_expression, references_in
from app.domain.json_value import dumps
from app.domain.keys import key_of
from app.domain.renaming import renaming
from app.domain.validation import validate
from app.domain.workflow import BlockGroup, Definition, Edge, Graph, Step, graph_keys, graph_to_json
from tests.catalog import CATALOG
from tests.e2e.examples import definition as example_definition


def graph(*steps: Step, edges: tuple[Edge, ...] = (), groups: tuple[BlockGroup, ...] = ()) -> Graph:
    return Graph({s.id: s for s in steps}, {e.id: e for e in edges}, {g.id: g for g in groups})


def transform(id: str, name: str, output: object = None) -> Step:
    return Step(id, name, "transform", {"output": output})


def renamed(before: Graph, id: str, name: str) -> Graph:
    return renaming(before, CATALOG, id, name).apply(before)


def test_templates_expressions_and_conditions_follow() -> None:
    before = graph(
        transform("a", "Fetch page", 1),
        transform(
            "b", "Use", {"x": ["{{ steps.fetch_page.output.url }} and \\{{ steps.fetch_page }}", 'say {{ steps["Fetch page"].status }}']}
        ),
        Step("c", "Ask", "condition", {"expression": "steps.fetch_page.output.n > 1"}),
        Step("m", "Each", "map", {"expression": "item + steps.fetch_page.output", "input_path": "$.steps"}),
        edges=(Edge("e", "b", "c", "steps.fetch_page.output.ok && $.fetch_page"),),
        groups=(
            BlockGroup("g", "Repeat", "while", {"condition": "size(steps.fetch_page.output) < 3"}),
            BlockGroup("s", "Choose", "switch_case", {"cases": ["steps.fetch_page.output == 1"]}),
            BlockGroup("t", "Pick", "switch_case", {"expression": "steps.fetch_page.output", "cases": ["steps.fetch_page.output"]}),
        ),
    )
    after = renamed(before, "a", "Load it")
    assert after.steps["a"].name == "Load it"
    assert after.steps["b"].config["output"] == {
        "x": ["{{ steps.load_it.output.url }} and \\{{ steps.fetch_page }}", "say {{ steps.load_it.status }}"]
    }
    assert after.steps["c"].config["expression"] == "steps.load_it.output.n > 1"
    assert after.steps["m"].config == {"expression": "item + steps.load_it.output", "input_path": "$.steps"}
    assert after.edges["e"].condition == "steps.load_it.output.ok && $.fetch_page"
    assert after.groups["g"].config["condition"] == "size(steps.load_it.output) < 3"
    assert after.groups["s"].config["cases"] == ["steps.load_it.output == 1"]
    assert after.groups["t"].config == {"expression": "steps.load_it.output", "cases": ["steps.fetch_page.output"]}


def test_where_connections_meet_the_field_of_the_input_follows() -> None:
    before = graph(
        transform("a", "Left", 1),
        transform("b", "Right", 2),
        transform("c", "Both", "{{ $.left + $.right }}"),
        transform("d", "One", "{{ $.left }}"),
        edges=(Edge("e1", "a", "c"), Edge("e2", "b", "c"), Edge("e3", "a", "d")),
    )
    after = renamed(before, "a", "First")
    assert after.steps["c"].config["output"] == "{{ $.first + $.right }}"
    assert after.steps["d"].config["output"] == "{{ $.left }}"


def test_what_is_pinned_and_noted_stays_as_it_is() -> None:
    before = graph(
        transform("a", "A", 1),
        Step("b", "B", "transform", {"output": 1, "pinned_output": "{{ steps.a.output }}", "notes": "{{ steps.a }}"}),
    )
    assert isinstance(renaming(before, CATALOG, "a", "C"), Rename)


def test_a_name_with_the_same_key_changes_nothing_else() -> None:
    before = graph(transform("a", "Fetch page", 1), transform("b", "B", "{{ steps.fetch_page.output }}"))
    assert renaming(before, CATALOG, "a", "fetch-PAGE") == Rename("a", "fetch-PAGE")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("Other", "There is already a step or group called “Other”; names must differ."),
        ("o-ther", None),
        ("OTHER!", "“OTHER!” is too close to “Other”: expressions would call both other."),
        ("   ", "A step or group needs a name."),
    ],
)
def test_a_name_that_cannot_be_told_from_another_is_refused(name: str, says: str | None) -> None:
    before = graph(transform("a", "A", 1), transform("b", "Other", 2))
    if says is None:
        renaming(before, CATALOG, "a", name)
        return
    with pytest.raises(EditRefused) as refusal:
        renaming(before, CATALOG, "a", name)
    assert str(refusal.value) == says


def test_a_key_that_two_have_is_not_followed() -> None:
    before = graph(transform("a", "Twin", 1), transform("b", "twin", 2), transform("c", "C", "{{ steps.twin.output }}"))
    assert renamed(before, "a", "Alone").steps["c"].config["output"] == "{{ steps.twin.output }}"


def test_names_without_letters_keep_what_names_them() -> None:
    before = graph(transform("a", "☀", 1), transform("b", "☂", 2), transform("c", "C", "{{ steps.step_1.output + steps.step_2.output }}"))
    after = renamed(before, "a", "Sun")
    assert after.steps["c"].config["output"] == "{{ steps.sun.output + steps.step_1.output }}"


def test_the_undo_menu_says_rename() -> None:
    before = graph(transform("a", "A", 1), transform("b", "B", "{{ steps.a.output }}"))
    edit = renaming(before, CATALOG, "a", "Z")
    assert isinstance(edit, Batch) and label_of(edit) == "Rename"


@pytest.mark.parametrize("example", ["ticket-triage", "chase-invoice", "order-lines", "refine-until-good", "parallel-research"])
def test_every_node_of_an_example_can_be_renamed_and_it_stays_valid(example: str) -> None:
    definition = example_definition(example)
    before = {(problem.code, problem.id) for problem in validate(definition, CATALOG)}
    changed = definition.graph
    for id in [*changed.steps, *changed.groups]:
        changed = renamed(changed, id, f"Node {id[-4:]} {len(id)} renamed {list(changed.steps).index(id) if id in changed.steps else 'g'}")
    after = {(problem.code, problem.id) for problem in validate(definition.with_graph(changed), CATALOG)}
    assert after == before


NAMES = st.sampled_from(["A", "b c", "B-C", "é", "☀", "1st", "steps", "Long name, with a comma", "x" * 40])


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    names = draw(st.lists(NAMES, min_size=2, max_size=6, unique_by=lambda name: key_of(name) or name))
    before = graph(*(transform(f"s{at}", name) for at, name in enumerate(names)))
    keys = graph_keys(before)
    form = st.sampled_from(
        ["{{{{ steps.{key}.output }}}}", 'a {{{{ size([steps["{name}"].output]) }}}} b', "{key}", "{{{{ $.{key} }}}}", "{{{{ steps.{key} "]
    )
    steps = []
    for step in before.steps.values():
        other = draw(st.sampled_from(list(before.steps.values())))
        text = draw(form).format(key=keys[other.id], name=other.name)
        steps.append(transform(step.id, step.name, draw(st.sampled_from([text, [text], {"k": text}]))))
    return graph(*steps)


def meant(of: Graph) -> list[set[str]]:
    """The ids of the steps that each config names."""
    id_of = {key: id for id, key in graph_keys(of).items()}
    return [{id_of[key] for key in references_in(dict(step.config)).steps if key in id_of} for step in of.steps.values()]


@settings(max_examples=300, deadline=None)
@given(graphs(), st.integers(0, 5), st.sampled_from(["New", "☁", "2nd", "b  c", "a new one"]))
def test_after_a_rename_every_expression_means_the_same_steps_and_undo_is_exact(before: Graph, at: int, name: str) -> None:
    id = f"s{at % len(before.steps)}"
    try:
        edit = renaming(before, CATALOG, id, name)
    except EditRefused:
        return
    after = edit.apply(before)
    assert meant(after) == meant(before)
    assert dumps(graph_to_json(edit.invert(before).apply(after))) == dumps(graph_to_json(before))


def test_a_rename_among_ten_thousand_steps_is_quick() -> None:
    steps = [transform(f"s{at}", f"Step {at}", f"{{{{ steps.step_{max(0, at - 1)}.output }}}}") for at in range(10_000)]
    before = graph(*steps)
    for step in steps[:3]:
        compile_expression(f"steps.{step.key}.output")
    begin = time.perf_counter()
    after = renamed(before, "s0", "Zero")
    assert time.perf_counter() - begin < 2.0
    assert after.steps["s1"].config["output"] == "{{ steps.zero.output }}"


def test_renaming_what_is_gone_says_so() -> None:
    with pytest.raises(EditRefused):
        renaming(Definition("empty").graph, CATALOG, "nothing", "x")
