"""Running, watching, cancelling and resuming from the command line."""

from __future__ import annotations

import json
import signal
import time
from typing import Any

import psycopg
import pytest

from tests.e2e.terminal import Terminal, mock, transform

STEP_FIELDS = {"path", "name", "type", "status", "attempt", "input", "output", "error", "started_at", "completed_at", "duration_ms"}
RUN_FIELDS = {"id", "workflow", "status", "mode", "triggered_by", "started_at", "completed_at", "error"}


def test_a_file_runs_and_its_json_has_the_shape_of_the_semantics(terminal: Terminal) -> None:
    file = terminal.workflow(transform("first", {"n": "{{ input.x + 1 }}"}), transform("second", "{{ $.n * 2 }}"), name="shape")
    done = terminal.run("run", file, "--input", '{"x": 1}', "--json")
    assert (done.status, done.err) == (0, "")
    ran = done.json
    assert set(ran) == {"id", "status", "output", "error", "steps"}
    assert (ran["status"], ran["output"], ran["error"]) == ("completed", 4, None)
    assert [set(step) for step in ran["steps"]] == [STEP_FIELDS, STEP_FIELDS]
    assert terminal.run("runs", "show", ran["id"], "--json").json == ran
    (row,) = [row for row in terminal.run("runs", "list", "--json").json if row["id"] == ran["id"]]
    assert set(row) == RUN_FIELDS
    assert (row["workflow"], row["status"], row["mode"], row["triggered_by"], row["error"]) == (
        "shape",
        "completed",
        "test",
        "manual",
        None,
    )


def test_input_comes_from_the_command_line_a_file_or_a_pipe(terminal: Terminal) -> None:
    file = terminal.workflow(transform("a", "{{ input }}"), name="echo")
    given = {"text": "ü", "big": 123456789012345678901234567890}
    text = json.dumps(given)
    for arguments, piped in (["--input", text], None), (["-i", "@" + terminal.file("in.json", text)], None), (["-i", "@-"], text):
        assert terminal.run("run", file, *arguments, "--json", given=piped).json["output"] == given
    assert terminal.run("run", file, "--json").json["output"] == {}


def test_progress_is_on_stderr_and_the_output_on_stdout(terminal: Terminal) -> None:
    done = terminal.run(
        "run",
        terminal.workflow(transform("a", 1), mock("b", fail_first_n=1, retry={"max_attempts": 2, "initial_interval_ms": 1}, response=2)),
    )
    assert (done.status, json.loads(done.out)) == (0, 2)
    assert [line.split()[1] for line in done.sentences[:3]] == ["/a", "/b", "/b"]
    assert "flow: completed" in done.sentences[-1]


def test_a_failed_run_ends_with_status_1_and_its_error(terminal: Terminal) -> None:
    file = terminal.workflow(mock("call", error="the far end said no"), name="fails")
    done = terminal.run("run", file)
    assert (done.status, done.out) == (1, "")
    assert "the far end said no" in done.sentences[-1]
    ran = terminal.run("run", file, "--json")
    assert ran.status == 1
    error = ran.json["error"]
    assert (error["type"], error["step"], error["path"], error["attempt"]) == ("AdapterError", "call", "/call", 1)
    assert set(error) == {"type", "message", "step", "path", "attempt", "retryable", "details"}


def test_a_name_runs_its_published_version_in_production(terminal: Terminal) -> None:
    pinned = transform("a", 1)
    pinned["config"]["pinned_output"] = 7
    file = terminal.workflow(pinned, transform("b", "{{ [$, run.mode, run.workflow_version] }}"), name="Named one")
    assert terminal.run("run", file, "--json").json["output"] == [7, "test", 1]
    assert terminal.run("run", file, "--mode", "production", "--json").json["output"] == [1, "production", 1]
    unpublished = terminal.run("run", "Named one")
    assert (unpublished.status, len(unpublished.sentences)) == (2, 1)
    imported = terminal.run("import", file, "--publish", "--json").json
    assert (imported["name"], imported["version"]) == ("Named one", 1)
    for name in ("Named one", imported["id"]):
        assert terminal.run("run", name, "--json").json["output"] == [1, "production", 1]
    assert terminal.run("run", "Named one", "--mode", "test", "--json").json["output"] == [7, "test", 2]
    assert terminal.run("publish", "Named one", "--note", "again", "--json").json["version"] == 2


def test_running_a_file_again_keeps_one_workflow(terminal: Terminal) -> None:
    file = terminal.workflow(transform("a", 1), name="again")
    terminal.run("run", file)
    terminal.run("run", file)
    (row,) = [row for row in terminal.run("list", "--json").json if row["name"] == "again"]
    assert (row["status"], row["version"], row["steps"]) == ("draft", 0, 1)
    exported = terminal.run("export", "again").json
    assert exported["steps"][0]["config"] == {"output": 1}
    target = terminal.data_dir / "out.workflow.json"
    assert terminal.run("export", "again", str(target)).status == 0
    assert json.loads(target.read_text()) == exported
    assert terminal.run("validate", str(target)).status == 0


def test_only_its_own_run_is_taken_up(terminal: Terminal) -> None:
    file = terminal.workflow(transform("a", 1), name="mine")
    terminal.run("import", file, "--publish")
    with psycopg.connect(terminal.env["ORCHESTRION_DATABASE_URL"], autocommit=True) as connection:
        other = connection.execute(
            "INSERT INTO runs (tenant_id, workflow_id, workflow_version) SELECT tenant_id, id, 1 FROM workflows WHERE name = 'mine'"
            " RETURNING id::text"
        ).fetchone()
    assert other is not None
    assert terminal.run("run", "mine", "--json").status == 0
    assert terminal.run("runs", "show", other[0], "--json").json["status"] == "pending"
    assert terminal.run("runs", "cancel", other[0], "--json").json == {"id": other[0], "status": "cancelled"}


def test_a_tenant_without_a_free_place_makes_it_wait(terminal: Terminal) -> None:
    url = terminal.env["ORCHESTRION_DATABASE_URL"]
    file = terminal.workflow(transform("a", 1), name="patient")
    set_most = "UPDATE tenants SET settings = settings || jsonb_build_object('max_concurrent_runs', %s::int)"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(set_most, (0,))
        process = terminal.start("run", file, "--json")
        try:
            wait_for(
                connection,
                "SELECT 1 FROM runs r JOIN workflows w ON w.id = r.workflow_id WHERE w.name = 'patient' AND r.status = 'pending'",
            )
        finally:
            connection.execute(set_most, (10,))
    out, _ = process.communicate(timeout=30)
    assert (process.returncode, json.loads(out)["status"]) == (0, "completed")


@pytest.mark.parametrize("as_json", [False, True])
def test_ctrl_c_cancels_the_run_and_its_finally_still_runs(terminal: Terminal, as_json: bool) -> None:
    guard = {"id": "g", "name": "guard", "type": "try_catch", "config": {}}
    slow = mock("slow", delay_ms=30_000) | {"block_group_id": "g", "group_role": "try"}
    clean = transform("clean", "done") | {"block_group_id": "g", "group_role": "finally"}
    name = f"slow{as_json}"
    path = terminal.file(f"{name}.workflow.json", {"name": name, "steps": [slow, clean], "block_groups": [guard]})
    process = terminal.start("run", path, *(["--json"] if as_json else []))
    with psycopg.connect(terminal.env["ORCHESTRION_DATABASE_URL"], autocommit=True) as connection:
        running = "SELECT 1 FROM step_runs s JOIN runs r ON r.id = s.run_id JOIN workflows w ON w.id = r.workflow_id WHERE w.name = %s"
        wait_for(connection, running, name)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in err
    (row,) = [row for row in terminal.run("runs", "list", "--json").json if row["workflow"] == name]
    assert row["status"] == "cancelled"
    shown = terminal.run("runs", "show", row["id"], "--json").json
    assert {step["path"]: step["status"] for step in shown["steps"]} == {
        "/guard.try/slow": "cancelled",
        "/guard.finally/clean": "completed",
    }
    if as_json:
        assert json.loads(out) == shown


def test_another_terminal_cancels_a_run(terminal: Terminal) -> None:
    process = terminal.start("run", terminal.workflow(mock("slow", delay_ms=30_000), name="from afar"), "--json")
    with psycopg.connect(terminal.env["ORCHESTRION_DATABASE_URL"], autocommit=True) as connection:
        running = (
            "SELECT r.id::text FROM step_runs s JOIN runs r ON r.id = s.run_id JOIN workflows w ON w.id = r.workflow_id WHERE w.name = %s"
        )
        (run,) = wait_for(connection, running, "from afar")
    assert terminal.run("runs", "cancel", run).status == 0
    out, _ = process.communicate(timeout=30)
    assert (process.returncode, json.loads(out)["status"]) == (130, "cancelled")
    assert terminal.run("runs", "cancel", run, "--json").json == {"id": run, "status": "cancelled"}


def test_a_failed_run_is_resumed_from_the_failed_step_on(terminal: Terminal) -> None:
    file = terminal.workflow(mock("first", response=1), mock("call", response="{{ secrets.LATER == 'abcdefgh' }}"), name="resumed")
    old = terminal.run("run", file, "--json")
    assert (old.status, old.json["error"]["type"]) == (1, "SecretMissing")
    assert terminal.run("secrets", "set", "LATER", given="abcdefgh\n").status == 0
    new = terminal.run("runs", "resume", old.json["id"], "--json")
    assert (new.status, new.json["output"]) == (0, True)
    assert new.json["id"] != old.json["id"]
    assert new.json["steps"][0] == old.json["steps"][0]
    refused = terminal.run("runs", "resume", new.json["id"])
    assert (refused.status, len(refused.sentences)) == (2, 1)


def test_a_subflow_that_is_missing_is_a_problem_before_the_run(terminal: Terminal) -> None:
    parent = terminal.workflow({"id": "s", "name": "S", "type": "subflow", "config": {"workflow_id": "The child"}}, name="The parent")
    assert [problem["code"] for problem in terminal.run("validate", parent, "--json").json["problems"]] == ["missing_subflow"]
    assert terminal.run("run", parent).status == 2
    terminal.run("import", terminal.workflow(transform("a", "{{ input }}"), name="The child"), "--publish")
    assert terminal.run("validate", parent, "--json").json == {"problems": []}
    done = terminal.run("run", parent, "--input", '{"x": 1}', "--json")
    assert (done.status, done.json["output"]) == (0, {"x": 1})


def test_the_runs_that_steps_made_are_found_from_the_run_that_made_them(terminal: Terminal) -> None:
    terminal.run("import", terminal.workflow(transform("a", "{{ input }}"), name="Made by a step"), "--publish")
    each = {"input_path": "$.list", "workflow_id": "Made by a step"}
    parent = terminal.workflow({"id": "m", "name": "Each", "type": "map", "config": each}, name="Makes runs")
    ran = terminal.run("run", parent, "--input", '{"list": [1, 2]}', "--json").json
    made = terminal.run("runs", "list", "--parent", ran["id"], "--json").json
    assert [set(row) for row in made] == [RUN_FIELDS, RUN_FIELDS]
    assert [(row["workflow"], row["status"], row["triggered_by"]) for row in made] == [("Made by a step", "completed", "subflow")] * 2
    ids = {row["id"] for row in made}
    assert not ids & {row["id"] for row in terminal.run("runs", "list", "--json").json}
    assert ids | {ran["id"]} <= {row["id"] for row in terminal.run("runs", "list", "--children", "--json").json}
    shown = terminal.run("runs", "show", ran["id"]).out.partition("Runs that its steps made:")[2]
    assert [line.split()[0] for line in shown.splitlines() if any(id in line for id in ids)] == ["/each[0]", "/each[1]"]
    assert "Runs that" not in terminal.run("runs", "show", made[0]["id"]).out
    unknown = terminal.run("runs", "list", "--parent", "nothing")
    assert (unknown.status, len(unknown.sentences)) == (2, 1)


def test_without_a_display_the_example_runs_in_the_terminal(terminal: Terminal) -> None:
    done = terminal.run()
    assert done.status == 0
    assert "no display" in done.sentences[0]
    assert any(line.split()[1] == "/classify_intent" for line in done.sentences)


def wait_for(connection: psycopg.Connection[Any], question: str, *values: object) -> Any:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if row := connection.execute(question, values).fetchone():  # type: ignore[arg-type]
            return row
    raise AssertionError(question)


def test_sigterm_gives_the_run_back_for_another_process(terminal: Terminal) -> None:
    process = terminal.start("run", terminal.workflow(mock("slow", delay_ms=30_000), name="given back"))
    with psycopg.connect(terminal.env["ORCHESTRION_DATABASE_URL"], autocommit=True) as connection:
        question = (
            "SELECT r.id::text FROM step_runs s JOIN runs r ON r.id = s.run_id JOIN workflows w ON w.id = r.workflow_id WHERE w.name = %s"
        )
        (run,) = wait_for(connection, question, "given back")
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=30)
        assert process.returncode == 143
        assert run in err.splitlines()[-1]
        assert connection.execute("SELECT status, owner FROM runs WHERE id = %s", (run,)).fetchone() == ("running", None)
    assert terminal.run("runs", "cancel", run).status == 0
