"""Whatever a file holds: a sentence that names the place, nothing half kept, nothing slow."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Any

import psycopg

from app.domain.access import Actor
from app.domain.definition_file import parse_text
from app.domain.errors import AppError
from app.domain.validation import validate
from app.services import Services
from tests.catalog import CATALOG

SHARED = Path(__file__).resolve().parents[3] / "shared"
CASES = [json.loads(path.read_text())["definition"] for path in sorted((SHARED / "cases").glob("*.json"))]
SEED = 20_261_124
TWISTS: list[Any] = [
    None,
    True,
    0,
    -1,
    2**70,
    1.5,
    "",
    " ",
    "{{",
    "{{ $.",
    "a" * 300,
    "\x00",
    "\ud800",
    "g",
    [],
    [[]],
    {},
    {"x": 1},
    "$..*",
    "steps.zz",
]


def twisted(dice: random.Random, value: Any) -> Any:
    """The same document with one to three places changed, left out, doubled or exchanged."""
    document = json.loads(json.dumps(value))
    for _ in range(dice.randint(1, 3)):
        place = document
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = dice.choice(keys)
            inside = place[key]
            if isinstance(inside, dict | list) and inside and dice.random() < 0.8:
                place = inside
                continue
            match dice.randrange(4):
                case 0:
                    place[key] = dice.choice(TWISTS)
                case 1:
                    del place[key]
                case 2 if isinstance(place, list):
                    place.append(inside)
                case 2:
                    place[str(key) + dice.choice(["", "_", "\u202e"])] = inside
                case _:
                    place[key] = dice.choice(keys)
            break
    return document


def test_two_thousand_twisted_definitions_are_judged_in_sentences() -> None:
    dice = random.Random(SEED)
    print(f"seed {SEED}")
    for number in range(2000):
        text = json.dumps(twisted(dice, dice.choice(CASES)))
        begin = time.process_time()
        definition, problems = parse_text(text)
        if definition is not None:
            problems = [*problems, *validate(definition, CATALOG)]
        assert time.process_time() - begin < 2, (number, text)
        for problem in problems:
            assert problem.message.endswith((".", "…", "?", ")")), (number, problem)
            assert problem.code
            assert "\x00" not in problem.message


async def test_what_is_kept_of_twisted_definitions_is_kept_whole(services: Services, admin: Actor, database_url: str) -> None:
    dice = random.Random(SEED + 1)
    print(f"seed {SEED + 1}")
    kept = refused = 0
    for _ in range(250):
        document = twisted(dice, dice.choice(CASES))
        before = await services.workflows.count(admin)
        try:
            id = await services.workflows.import_document(admin, document)
        except AppError:
            refused += 1
            assert await services.workflows.count(admin) == before
            continue
        kept += 1
        stored = await services.workflows.export(admin, id)
        assert [step["name"] for step in stored["steps"]] == [step["name"] for step in document.get("steps") or []]
        assert len(stored["edges"]) == len(document.get("edges") or [])
        again = await services.workflows.import_document(admin, stored)
        assert again != id
    with psycopg.connect(database_url, autocommit=True) as connection:
        orphans = connection.execute(
            "SELECT count(*) FROM steps s LEFT JOIN workflows w ON w.id = s.workflow_id WHERE w.id IS NULL"
        ).fetchone()
    assert orphans == (0,)
    assert kept > 20
    assert refused > 20


async def test_naughty_strings_come_back_as_they_went_in(services: Services, admin: Actor) -> None:
    naughty = [
        text for text in json.loads((SHARED / "vectors" / "naughty_strings.json").read_text()) if text.strip() and "\x00" not in text
    ]
    for start in range(0, len(naughty), 100):
        part = naughty[start : start + 100]
        steps = [
            {"id": f"s{i}", "name": f"S{i}", "type": "transform", "config": {"output": 1, "notes": text}} for i, text in enumerate(part)
        ]
        notes = [{"id": f"n{i}", "text": text} for i, text in enumerate(part)]
        id = await services.workflows.import_document(
            admin, {"name": part[0][:255], "description": "\n".join(part), "steps": steps, "notes": notes}
        )
        stored = await services.workflows.export(admin, id)
        assert stored["name"] == part[0][:255]
        assert stored["description"] == "\n".join(part)
        assert [step["config"]["notes"] for step in stored["steps"]] == part
        assert [note["text"] for note in stored["notes"]] == part


async def test_naughty_names_of_workflows_are_found_again(services: Services, admin: Actor) -> None:
    naughty = [
        text for text in json.loads((SHARED / "vectors" / "naughty_strings.json").read_text()) if text.strip() and "\x00" not in text
    ]
    dice = random.Random(SEED + 2)
    for name in dice.sample([text for text in naughty if len(text) <= 255], 60):
        id = await services.workflows.create(admin, name)
        assert id in [row.id for row in await services.workflows.list(admin, search=name)]
