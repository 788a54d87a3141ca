"""The local PostgreSQL lives through what machines and people do to it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from app.platform.errors import DiskFull, PermissionMissing, PostgresFailed, PostgresMissing, PostgresWrongVersion
from app.platform.local_postgres import LocalPostgres
from app.platform.postgres_process import live_processes, read_lock_file
from app.platform.server_account import server_account
from tests.conftest import short_directory

FAST = {"fsync": "off"}
HOLD = """
import sys
from pathlib import Path
from app.platform.local_postgres import LocalPostgres
server = LocalPostgres(Path(sys.argv[1]), settings={"fsync": "off"})
print(server.start(), flush=True)
if sys.stdin.readline().strip() == "stop":
    print(server.stop(), flush=True)
"""

as_root = pytest.mark.skipif(server_account() is None, reason="only root needs another account for its server")


@pytest.fixture(scope="module")
def ready_cluster() -> Iterator[Path]:
    """One directory that the tests of this file share; each finds it stopped."""
    root = short_directory()
    server = LocalPostgres(root, settings=FAST)
    server.start()
    server.stop()
    yield root
    shutil.rmtree(root)


@pytest.fixture
def root(ready_cluster: Path) -> Iterator[Path]:
    yield ready_cluster
    last = LocalPostgres(ready_cluster, settings=FAST)
    last.start()
    assert last.stop(), "somebody kept a lease"


@contextlib.contextmanager
def other_process(root: Path) -> Iterator[subprocess.Popen[str]]:
    """A second program on the same server."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def server_pid(root: Path) -> int:
    found = read_lock_file(root / "data")
    assert found is not None
    return found.pid


def test_a_fresh_start_makes_the_database_with_checksums_and_the_builtin_locale(root: Path) -> None:
    server = LocalPostgres(root, settings=FAST)
    with psycopg.connect(server.start()) as connection:
        row = connection.execute(
            "SELECT current_database(), current_setting('data_checksums'), datlocprovider, datlocale, current_setting('listen_addresses')"
            " FROM pg_database WHERE datname = current_database()"
        ).fetchone()
    assert row == ("orchestrion", "on", "b", "C.UTF-8", "")
    assert server.stop()


def test_without_the_password_nobody_gets_in(root: Path) -> None:
    server = LocalPostgres(root, settings=FAST)
    url = server.start()
    wrong = url.replace(server._password(), "guess")
    with pytest.raises(psycopg.OperationalError, match="authentication failed"):
        psycopg.connect(wrong)
    server.stop()
    if os.name == "posix":
        assert (root / "password").stat().st_mode & 0o777 == 0o600
        assert (root / "run").stat().st_mode & 0o777 == 0o700


@as_root
def test_as_root_the_server_runs_as_another_account(root: Path) -> None:
    server = LocalPostgres(root, settings=FAST)
    server.start()
    account = server_account()
    assert account is not None
    assert psutil.Process(server_pid(root)).uids().effective == account.user_id
    server.stop()


def test_the_last_one_out_stops_the_server(root: Path) -> None:
    first, second = LocalPostgres(root, settings=FAST), LocalPostgres(root, settings=FAST)
    first.start()
    second.start()
    assert not first.stop()
    assert second.is_running
    assert second.stop()
    assert not list(live_processes(root.resolve() / "data"))
    assert not first.stop(), "a second stop does nothing"


def test_after_kill_9_of_its_owner_the_next_start_finds_the_server_again(root: Path) -> None:
    with other_process(root) as owner:
        assert owner.stdout is not None
        owner.stdout.readline()
        before = server_pid(root)
        owner.kill()
        owner.wait()
    server = LocalPostgres(root, settings=FAST)
    server.start()
    assert server_pid(root) == before
    assert server.stop(), "the dead owner's lease is gone with it"


def test_two_processes_that_start_together_share_one_server(place: Path) -> None:
    with other_process(place) as left, other_process(place) as right:
        assert left.stdout and right.stdout and left.stdin and right.stdin
        assert left.stdout.readline() == right.stdout.readline() != ""
        assert len([pid for pid in live_processes(place.resolve() / "data") if psutil.Process(pid).ppid() not in {server_pid(place)}]) == 1
        answers = []
        for process in (left, right):
            process.stdin.write("stop\n")
            process.stdin.flush()
            answers.append(process.stdout.readline().strip())
    assert answers == ["False", "True"]


def test_a_lock_file_with_the_number_of_another_program_does_not_keep_the_server_down(root: Path) -> None:
    lock = root / "data" / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n{root}/data\n1700000000\n5432\n{root}/run\n\n  5432001    196608\nready   \n")
    server = LocalPostgres(root, settings=FAST)
    server.start()
    assert server_pid(root) != os.getpid()
    assert server.stop()


def test_a_torn_lock_file_does_not_keep_the_server_down(root: Path) -> None:
    (root / "data" / "postmaster.pid").write_text("77\n")
    server = LocalPostgres(root, settings=FAST)
    server.start()
    assert server.stop()


@pytest.mark.parametrize("how", ["kill", "stop_immediately"])
def test_what_was_committed_is_there_after_the_server_was_killed(place: Path, how: str) -> None:
    server = LocalPostgres(place)
    with psycopg.connect(server.start()) as connection:
        connection.execute("CREATE TABLE kept (id int)")
        connection.execute("INSERT INTO kept VALUES (1)")
    getattr(server, how)()
    assert not server.is_running
    with psycopg.connect(server.start()) as connection:
        assert connection.execute("SELECT id FROM kept").fetchall() == [(1,)]
    assert server.is_running
    assert server.stop()


@pytest.mark.skipif(os.name != "posix", reason="Windows has no zombies")
def test_a_zombie_is_not_a_running_server(root: Path) -> None:
    with other_process(root) as owner:
        assert owner.stdout is not None
        owner.stdout.readline()
        # Stopped, the owner cannot reap the server that it started.
        os.kill(owner.pid, signal.SIGSTOP)
        os.waitpid(owner.pid, os.WUNTRACED)  # until all its threads stand still
        dead = server_pid(root)
        os.kill(dead, signal.SIGKILL)
        server = LocalPostgres(root, settings=FAST)
        server.start()
        assert psutil.Process(dead).status() == psutil.STATUS_ZOMBIE
        assert server_pid(root) != dead
        owner.kill()
    assert server.stop()


def test_a_creation_that_was_cut_short_is_swept_away_and_done_again(place: Path) -> None:
    half = place / "data.init-4711"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    server = LocalPostgres(place, settings=FAST)
    said: list[str] = []
    server._on_progress = said.append
    server.start()
    assert said == ["Creating the database…", "Starting the database…"]
    assert not half.exists()
    assert server.stop()


def test_a_path_too_long_for_a_socket_gets_a_short_private_one(place: Path) -> None:
    deep = place / ("a" * 60) / ("b" * 60)
    if server_account():
        deep.mkdir(parents=True)
        for directory in (place, deep.parent):
            directory.chmod(0o711)
    server = LocalPostgres(deep, settings=FAST)
    with psycopg.connect(server.start()) as connection:
        row = connection.execute("SHOW unix_socket_directories").fetchone()
    assert row is not None
    assert len(row[0]) < 60
    assert Path(row[0]).stat().st_mode & 0o777 == 0o700
    assert server.stop()
    assert not Path(row[0]).exists()


def test_data_of_another_major_version_is_named_and_not_touched(place: Path) -> None:
    (place / "data").mkdir()
    (place / "data" / "PG_VERSION").write_text("9\n")
    with pytest.raises(PostgresWrongVersion, match=r"made by PostgreSQL 9, and .* holds \d+; set ORCHESTRION_PG_BINDIR"):
        LocalPostgres(place).start()


def test_a_parameter_that_postgresql_refuses_is_told_in_its_words(root: Path) -> None:
    with pytest.raises(PostgresFailed, match="shared_buffers") as caught:
        LocalPostgres(root, settings={**FAST, "shared_buffers": "lots"}).start()
    assert "\n" not in str(caught.value)


def test_a_directory_without_programs_is_refused(place: Path) -> None:
    with pytest.raises(PostgresMissing, match="no PostgreSQL 16 or newer"):
        LocalPostgres(place, binaries=place).start()


@as_root
def test_as_root_a_private_parent_is_named(place: Path) -> None:
    inner = place / "inner"
    with pytest.raises(PermissionMissing, match="cannot reach"):
        LocalPostgres(inner).start()


def test_a_lease_lost_to_a_crash_of_the_server_still_ends_with_the_last_one_out(root: Path) -> None:
    first, second = LocalPostgres(root, settings=FAST), LocalPostgres(root, settings=FAST)
    first.start()
    second.start()
    first.kill()
    assert not second.is_running
    second.start()
    first.start()
    assert second.is_running
    assert not second.stop()
    assert first.stop()


@as_root
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs a small file system of its own")
def test_a_full_disk_is_one_sentence_and_does_not_spoil_the_next_start(place: Path) -> None:
    place.chmod(0o711)
    small = place / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=30m", "tmpfs", small], capture_output=True).returncode:
        pytest.skip("this container may not mount")
    try:
        with pytest.raises(DiskFull, match=r"^The disk that holds .*small/server is full; make room and start again\.$"):
            LocalPostgres(small / "server", settings=FAST).start()
        subprocess.run(["mount", "-o", "remount,size=200m", small], check=True)
        server = LocalPostgres(small / "server", settings=FAST)
        server.start()
        assert server.stop()
    finally:
        subprocess.run(["umount", small], check=True)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_that_may_not_be_written_is_named(place: Path) -> None:
    place.chmod(0o500)
    with pytest.raises(PermissionMissing, match="You may not write to .*; choose another place with ORCHESTRION_DATA_DIR"):
        LocalPostgres(place / "server").start()
