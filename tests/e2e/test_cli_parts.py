"""Parts of a workflow from the command line: --to, --from, --only."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.e2e.terminal import Terminal, transform


@pytest.fixture
def file(terminal: Terminal) -> str:
    steps = transform("first", {"n": "{{ default(input.x, 1) }}"}), transform("second", "{{ $.n + 1 }}"), transform("third", "{{ $ * 10 }}")
    return terminal.workflow(*steps, name="parts")


def paths(ran: Any) -> list[str]:
    return [step["path"] for step in ran["steps"]]


def test_a_file_runs_up_to_a_step_from_it_on_and_one_step_alone(terminal: Terminal, file: str) -> None:
    up_to = terminal.run("run", file, "--to", "second", "--input", '{"x": 4}', "--json").json
    assert (up_to["output"], paths(up_to), set(up_to)) == (5, ["/first", "/second"], {"id", "status", "output", "error", "steps"})
    onward = terminal.run("run", file, "--from", "second", "--of", up_to["id"], "--json").json
    assert (onward["output"], paths(onward)) == (50, ["/first", "/second", "/third"])
    assert onward["steps"][0] == up_to["steps"][0]
    assert terminal.run("run", file, "--only", "/third", "--input", "7", "--json").json["output"] == 70
    done = terminal.run("run", "parts", "--only", "third")
    assert (done.status, json.loads(done.out)) == (0, 50)
    assert "test, only third" in terminal.run("runs", "list").out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--to", "first", "--only", "first"], "exclude one another"),
        (["--to", "nobody"], "There is no step “nobody”"),
        (["--to", "first", "--mode", "production"], "mode test only"),
        (["--of", "x"], "--of goes with"),
        (["--from", "first", "--input", "1"], "leave out --input"),
        (["--to", "first", "--of", "x"], "leave out --of"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(terminal: Terminal, file: str, arguments: list[str], says: str) -> None:
    done = terminal.run("run", file, *arguments)
    assert (done.status, done.out) == (2, "")
    assert says in done.err
