"""A definition is read whole, with every fault and its place, whatever is thrown at it."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.domain.definition_file import parse_definition, parse_text, with_ids
from app.domain.problems import Problem
from app.domain.validation import validate
from app.domain.workflow import definition_to_json
from tests.catalog import CATALOG
from tests.engine.workflows import REFERENCE, step, workflow

SHARED = Path(__file__).resolve().parents[3] / "shared"
NAUGHTY: list[str] = json.loads((SHARED / "vectors" / "naughty_strings.json").read_text())
SEED = 20_261_124


@pytest.mark.parametrize("name", REFERENCE)
def test_what_was_read_is_written_the_same(name: str) -> None:
    definition, problems = parse_definition(REFERENCE[name])
    assert definition is not None
    assert problems == []
    again, problems = parse_definition(definition_to_json(definition))
    assert (again, problems) == (definition, [])


def test_other_ids_are_followed_by_every_reference() -> None:
    definition, _ = parse_definition(REFERENCE["nested"])
    assert definition is not None
    renamed = with_ids(definition, lambda kind, id: f"{kind}:{id}")
    assert renamed.graph.steps["step:cell"].block_group_id == "group:inner"
    assert renamed.graph.groups["group:inner"].parent_group_id == "group:outer"
    assert renamed.graph.edges["edge:list-cell"].target_step_id == "step:cell"
    back = with_ids(renamed, lambda kind, id: id.removeprefix(f"{kind}:"))
    assert back == definition


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda d: d["steps"][0].pop("name"), "/steps/0/name"),
        (lambda d: d["steps"][0].update(name=7), "/steps/0/name"),
        (lambda d: d["steps"][0].update(name="x" * 256), "/steps/0/name"),
        (lambda d: d["steps"][0].update(id=""), "/steps/0/id"),
        (lambda d: d["steps"][0].update(config=[]), "/steps/0/config"),
        (lambda d: d["steps"][0].update(position={"x": "left"}), "/steps/0/position/x"),
        (lambda d: d.update(steps={}), "/steps"),
        (lambda d: d["steps"].append(3), "/steps/3"),
        (lambda d: d.update(settings={"run_timeout_ms": 0}), "/settings/run_timeout_ms"),
        (lambda d: d.update(format="orchestrion/9"), "/format"),
    ],
)
def test_a_fault_tells_its_place(change: Any, place: str) -> None:
    document = copy.deepcopy(REFERENCE["sequence"])
    change(document)
    _, problems = parse_definition(document)
    assert [problem.place for problem in problems] == [place]


def findings(text: str) -> list[Problem]:
    definition, problems = parse_text(text)
    return problems if definition is None else [*problems, *validate(definition, CATALOG)]


WRONG: list[Any] = [
    None,
    True,
    -1,
    1e308,
    "",
    "x",
    [],
    {},
    [[]],
    {"a": {}},
    "{{",
    "{{ $.a }}",
    "\x00",
    2**70,
    "$" * 50,
    ["*"],
    {"$ref": "#"},
]


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if at:
        yield at
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, (*at, key))


def mutated(document: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    document = copy.deepcopy(document)
    for _ in range(rng.randint(1, 4)):
        all_places = list(places(document))
        *path, last = rng.choice(all_places)
        holder: Any = document
        for key in path:
            holder = holder[key]
        match rng.randrange(5):
            case 0:
                del holder[last]
            case 1:
                holder[last] = rng.choice(WRONG)
            case 2:
                holder[last] = rng.choice(NAUGHTY)
            case 3 if isinstance(holder, dict):
                holder[rng.choice(NAUGHTY) or "x"] = copy.deepcopy(holder[last])
            case _ if isinstance(holder, list):
                holder.append(copy.deepcopy(holder[last]))
    return document


def test_2000_fuzzed_definitions_give_sentences_and_never_an_exception() -> None:
    rng = random.Random(SEED)
    documents = list(REFERENCE.values()) + [json.loads(f.read_text())["definition"] for f in sorted((SHARED / "cases").glob("*.json"))]
    refused = 0
    for _ in range(2000):
        text = json.dumps(mutated(rng.choice(documents), rng))
        if rng.random() < 0.1:
            cut = rng.randrange(len(text))
            text = text[:cut] + rng.choice(["", "}", "\x00", '"', "é", "[" * 100]) + text[cut + rng.randrange(3) :]
        found = findings(text)
        refused += any(problem.severity == "error" for problem in found)
        for problem in found:
            assert problem.message.strip()
            assert "Traceback" not in problem.message
    print(f"seed {SEED}: {refused} of 2000 fuzzed definitions refused, 0 exceptions")
    assert refused > 1000


@pytest.mark.parametrize(
    "field", ["name", "description", "step_name", "id", "type", "expression", "template", "condition", "key", "role", "note"]
)
def test_naughty_strings_in_every_text_field_are_taken_or_refused_with_a_sentence(field: str) -> None:
    for text in NAUGHTY:
        document = workflow(
            step("a", "condition", expression=text if field == "expression" else "true"),
            step("b", output=f"{{{{ {text} }}}}" if field == "template" else {text: 1} if field == "key" else 1),
            edges=[{"id": "e", "source_step_id": "a", "target_step_id": "b", "condition": text if field == "condition" else None}],
            notes=[{"id": "n", "text": text if field == "note" else ""}],
        )
        if field in {"name", "description"}:
            document[field] = text
        elif field == "step_name":
            document["steps"][0]["name"] = text
        elif field in {"id", "type"}:
            document["steps"][1][field] = text
        elif field == "role":
            document["steps"][1]["group_role"] = text
        for problem in findings(json.dumps(document)):
            assert problem.message.strip()


def test_texts_that_are_no_json_are_one_problem() -> None:
    for text in ("", "{", "[1]", "nul", '{"name": 1, "name": 2}', "[" * 5000, '{"a": ' * 70 + "1" + "}" * 70):
        assert len(findings(text)) == 1
