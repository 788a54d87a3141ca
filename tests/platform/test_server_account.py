"""Where the server's files lie when root starts the program from a private home."""

from __future__ import annotations

import shutil
from pathlib import Path

import psycopg
import pytest

from app.platform.local_postgres import LocalPostgres
from app.platform.postgres_binaries import find_binaries, reachable_binaries
from app.platform.server_account import can_enter, server_account, server_directory

pytestmark = pytest.mark.skipif(server_account() is None, reason="only root needs another account for its server")


@pytest.fixture
def machine(place: Path) -> Path:
    """Stands in for /var/lib/orchestrion."""
    place.chmod(0o711)
    return place / "machine"


@pytest.fixture
def home(place: Path) -> Path:
    private = place / "home"
    private.mkdir(mode=0o700)
    return private


def test_a_reachable_data_directory_holds_its_own_server(place: Path) -> None:
    place.chmod(0o711)
    assert server_directory(place) == place / "postgres"


def test_below_a_private_home_the_server_lives_outside_and_is_found_again(machine: Path, home: Path) -> None:
    chosen = server_directory(home, outside=machine)
    assert chosen.parent == machine / "servers"
    assert server_directory(home) == chosen, "the choice is remembered"
    server = LocalPostgres(chosen, settings={"fsync": "off"})
    with psycopg.connect(server.start()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert server.stop()
    assert home.stat().st_mode & 0o777 == 0o700, "the home stays as private as it was"


def test_programs_in_a_private_home_are_copied_to_where_the_account_runs_them(machine: Path, home: Path) -> None:
    found = find_binaries()
    tree = found.directory.parents[1]
    if found.directory.parent.name != "pginstall":
        pytest.skip("the system's PostgreSQL lies outside every home")
    ignore = shutil.ignore_patterns("include", "timezone", "extension")
    shutil.copytree(tree, home / tree.name, ignore=ignore)
    shutil.copytree(tree.with_name(f"{tree.name}.libs"), home / f"{tree.name}.libs")
    private = find_binaries(home / tree.name / "pginstall" / "bin")
    assert not can_enter(private.directory, server_account())

    copied = reachable_binaries(private, server_account(), outside=machine)

    assert can_enter(copied.directory, server_account())
    assert find_binaries(copied.directory).major == found.major
    assert reachable_binaries(private, server_account(), outside=machine) == copied
