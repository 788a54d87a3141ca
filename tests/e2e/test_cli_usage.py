"""Whatever is typed wrong ends with status 2 and one clear sentence; nothing is kept of it."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.terminal import TOP, Terminal, transform

GONE = "00000000-0000-4000-8000-000000000000"
OFFLINE = [
    ["bogus"],
    ["--bogus"],
    ["run"],
    ["run", "a", "b"],
    ["run", "--input"],
    ["run", "missing.workflow.json"],
    ["run", "missing/flow"],
    ["run", "{good}", "--input", "{"],
    ["run", "{good}", "--input", "NaN"],
    ["run", "{good}", "--input", ""],
    ["run", "{good}", "--input", "@missing.json"],
    ["run", "{good}", "--input", "@{data}"],
    ["run", "{good}", "--mode", "fast"],
    ["run", "{good}", "--bogus"],
    ["run", "{broken}"],
    ["run", "{cut}"],
    ["run", "{empty}"],
    ["run", "{binary}"],
    ["validate"],
    ["validate", "missing.workflow.json"],
    ["validate", "{data}"],
    ["validate", "{broken}"],
    ["validate", "{cut}"],
    ["validate", "bad\u0001name"],
    ["validate", "x" * 5000],
    ["import"],
    ["import", "{broken}", "--publish"],
    ["import", "{good}", "--publish=maybe"],
    ["publish"],
    ["export"],
    ["export", "a", "b", "c"],
    ["export", "a", "--version", "-1"],
    ["export", "a", "--version", "one"],
    ["runs", "bogus"],
    ["runs", "show"],
    ["runs", "cancel"],
    ["runs", "resume"],
    ["runs", "list", "--status", "sleeping"],
    ["runs", "list", "--limit", "0"],
    ["db", "bogus"],
    ["db", "upgrade", "9999"],
    ["db", "stamp"],
    ["db", "stamp", "nowhere"],
    ["db", "downgrade", "yesterday"],
    ["secrets", "bogus"],
    ["secrets", "set"],
    ["secrets", "set", "A", "value-as-argument"],
    ["secrets", "set", "not-a-name"],
    ["secrets", "set", "TOO_SHORT"],
    ["serve", "--bogus"],
    ["worker", "now"],
]
ONLINE = [
    ["run", "nothing of this name"],
    ["run", GONE],
    ["run", "{picky}", "--input", '{"n": "many"}'],
    ["publish", "nothing of this name"],
    ["export", GONE],
    ["export", "nothing", "{data}/x.json"],
    ["runs", "show", GONE],
    ["runs", "show", "no uuid"],
    ["runs", "cancel", GONE],
    ["runs", "resume", GONE],
    ["runs", "list", "--workflow", "nothing"],
    ["secrets", "delete", "NOTHING"],
]


@pytest.fixture(scope="module")
def places(terminal: Terminal) -> dict[str, str]:
    (terminal.data_dir / "binary.workflow.json").write_bytes(bytes(range(256)))
    return {
        "good": terminal.workflow(transform("a", 1), name="good"),
        "picky": terminal.workflow(transform("a", 1), name="picky", input_schema={"properties": {"n": {"type": "integer"}}}),
        "broken": terminal.workflow({"id": "a", "name": "A", "type": "nope", "config": {}}, name="broken"),
        "cut": terminal.file("cut.workflow.json", '{"name": "cut", "steps": ['),
        "empty": terminal.file("empty.workflow.json", ""),
        "binary": str(terminal.data_dir / "binary.workflow.json"),
        "data": str(terminal.data_dir),
    }


def run_all(terminal: Terminal, places: dict[str, str], cases: list[list[str]]) -> list[str]:
    """What is wrong with how each ended."""

    def one(case: list[str]) -> str:
        arguments = [part.replace("{", "{{").replace("}", "}}") if part in ("{", '{"n": "many"}') else part for part in case]
        done = terminal.run(*[part.format(**places) for part in arguments])
        shown = " ".join(case)[:80]
        if done.status != 2:
            return f"{shown}: status {done.status}, {done.err}"
        if len(done.sentences) != 1 or done.out:
            return f"{shown}: {done.out}{done.err}"
        return ""

    with ThreadPoolExecutor(2) as pool:
        return [fault for fault in pool.map(one, cases) if fault]


@pytest.mark.timeout(240)
def test_wrong_usage_is_one_sentence_and_status_2(terminal: Terminal, places: dict[str, str]) -> None:
    assert len(OFFLINE) + len(ONLINE) >= 40
    assert run_all(terminal, places, OFFLINE) == []
    assert run_all(terminal, places, ONLINE) == []
    assert terminal.run("runs", "list", "--json").json == []


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"ORCHESTRION_DATABASE_URL": "mysql://x/y"}, "ORCHESTRION_DATABASE_URL"),
        ({"ORCHESTRION_DATABASE_URL": "postgresql://localhost:1/none"}, "database"),
        ({"ORCHESTRION_DATA_DIR": "/dev/null/here"}, "/dev/null/here"),
        ({"ORCHESTRION_WORKER_CONCURRENCY": "many"}, "ORCHESTRION_WORKER_CONCURRENCY"),
        ({"ORCHESTRION_FAILPOINT": "what"}, "ORCHESTRION_FAILPOINT"),
    ],
)
def test_a_machine_that_is_set_up_wrong_is_told_in_one_sentence(terminal: Terminal, settings: dict[str, str], named: str) -> None:
    done = terminal.run("list", **settings)
    assert done.status in (1, 2)
    (sentence,) = done.sentences
    assert sentence.startswith("error: ")
    assert named in sentence


def test_every_problem_of_a_file_is_on_stderr_and_in_the_json(terminal: Terminal) -> None:
    steps = [
        {"id": "a", "name": "A", "type": "nope", "config": {}},
        {"id": "b", "name": "B", "type": "wait", "config": {"until": 5, "x": 1}},
    ]
    file = terminal.workflow(*steps, name="faulty")
    done = terminal.run("validate", file, "--json")
    codes = [problem["code"] for problem in done.json["problems"]]
    assert (done.status, "unknown_type" in codes, "unknown_field" in codes) == (2, True, True)
    assert all(set(problem) >= {"severity", "code", "message", "id"} for problem in done.json["problems"])
    assert len(done.sentences) == len(codes)
    ran = terminal.run("run", file)
    assert (ran.status, len(ran.sentences), ran.out) == (2, len(codes), "")
    assert terminal.run("import", file).status == 2
    assert terminal.run("list", "faulty", "--json").json == []


def test_a_good_file_is_valid_without_a_database(terminal: Terminal, places: dict[str, str]) -> None:
    done = terminal.run("validate", places["good"], "--json", ORCHESTRION_DATABASE_URL="postgresql://localhost:1/none")
    assert (done.status, done.json, done.err) == (0, {"problems": []}, "")


def test_help_names_every_command(terminal: Terminal) -> None:
    shown = terminal.run("--help").out
    for command in ("run", "validate", "import", "publish", "export", "list", "runs", "serve", "worker", "db", "doctor", "secrets"):
        assert f"\n  {command} " in shown
        assert terminal.run(command, "--help").status == 0


def test_the_version_is_told(terminal: Terminal) -> None:
    assert terminal.run("--version").out.startswith("orchestrion ")


def test_text_from_a_file_cannot_steer_the_terminal(terminal: Terminal) -> None:
    file = terminal.workflow({"id": "\x1b[2J\x1b]0;x\x07\u202e", "name": "A", "type": "\x1b[31mnope", "config": {}}, name="evil")
    done = terminal.run("validate", file)
    assert done.status == 2
    assert not set("\x1b\x07\u202e") & set(done.err)


def test_a_closed_pipe_ends_quietly(terminal: Terminal, places: dict[str, str]) -> None:
    big = terminal.workflow(transform("a", "x" * 500_000), name="big")
    terminal.run("import", big)
    process = subprocess.Popen(
        terminal.command("export", "big"), env=terminal.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait(30) == 141
    assert said == ""


def test_naughty_names_are_imported_run_and_found_again(terminal: Terminal) -> None:
    names = ["Ω≈ç√∫", "'; DROP TABLE runs; --", "--help", "%s%n", "\U0001f600" * 3, "<b>x</b>", "a\nb", "name with  spaces"]
    for number, name in enumerate(names):
        file = terminal.file(f"naughty{number}.workflow.json", json.loads(json.dumps({"name": name, "steps": [transform("a", name)]})))
        done = terminal.run("run", file, "--json")
        assert (done.status, done.json["output"]) == (0, name)
    assert set(names) <= {row["name"] for row in terminal.run("list", "--json").json}


def test_a_list_loads_no_window_no_http_and_no_migrations(terminal: Terminal) -> None:
    code = (
        "import sys; from app.cli import run_command; status = run_command(sys.argv[1:]);"
        "heavy = {'PySide6', 'httpx', 'alembic', 'keyring', 'numpy'} & set(sys.modules); sys.exit(str(heavy) if heavy else status)"
    )
    for arguments in (["list"], ["validate", terminal.workflow(transform("a", 1), name="light")]):
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments], cwd=TOP, env=terminal.env, capture_output=True, text=True, check=False, timeout=60
        )
        assert (done.returncode, done.stderr) == (0, "")
