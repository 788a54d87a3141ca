"""There is one master key, wherever it is kept and however many processes ask first."""

from __future__ import annotations

import base64
import subprocess
import sys
from pathlib import Path

import pytest

from app.platform.errors import MasterKeyUnusable
from app.platform.keys import FILE_NAME, load_master_key, stored_master_key
from app.platform.settings import load_settings

KEY = bytes(range(32))


class MemoryStore:
    """A key store with the manners of a desktop's."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.locked:
            from keyring.errors import PasswordSetError

            raise PasswordSetError("locked")
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.entries[service, username]


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_the_environment_comes_first(place: Path, monkeypatch: pytest.MonkeyPatch, encode: object) -> None:
    key = b"\xff\xfe" * 16
    monkeypatch.setenv("ORCHESTRION_MASTER_KEY", encode(key).decode().rstrip("="))
    assert load_master_key(load_settings(data_dir=place)) == (key, "environment")
    assert not (place / FILE_NAME).exists()


@pytest.mark.parametrize("text", ["short", "AAAA", "%%%", base64.b64encode(b"x" * 31).decode(), "ключ"])
def test_a_broken_key_is_refused_and_not_repeated(place: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("ORCHESTRION_MASTER_KEY", text)
    with pytest.raises(MasterKeyUnusable, match="not 32 bytes in base64") as caught:
        load_master_key(load_settings(data_dir=place))
    assert text not in str(caught.value).replace("ORCHESTRION_MASTER_KEY", "")


def test_a_machine_without_a_key_store_gets_a_private_file(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ORCHESTRION_MASTER_KEY", raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    path = place / FILE_NAME
    key, where = stored_master_key(path)
    assert (len(key), where) == (32, "file")
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    assert stored_master_key(path) == (key, "file")
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_key_store_keeps_the_key_and_the_file_only_its_name(place: Path) -> None:
    store = MemoryStore()
    key, where = stored_master_key(place / FILE_NAME, store=store)
    assert where == "keyring"
    assert base64.b64encode(key).decode() not in (place / FILE_NAME).read_text()
    assert stored_master_key(place / FILE_NAME, store=store) == (key, "keyring")


def test_a_key_in_an_unreachable_store_is_not_replaced_by_a_new_one(place: Path) -> None:
    stored_master_key(place / FILE_NAME, store=MemoryStore())
    with pytest.raises(MasterKeyUnusable, match="log in there, or set ORCHESTRION_MASTER_KEY"):
        stored_master_key(place / FILE_NAME, store=MemoryStore())


def test_a_store_that_refuses_leaves_the_key_in_the_file(place: Path) -> None:
    store = MemoryStore()
    store.locked = True
    key, where = stored_master_key(place / FILE_NAME, store=store)
    assert where == "file"
    assert stored_master_key(place / FILE_NAME, store=MemoryStore())[0] == key


def test_a_damaged_file_is_refused_and_kept(place: Path) -> None:
    (place / FILE_NAME).write_text("torn")
    with pytest.raises(MasterKeyUnusable):
        stored_master_key(place / FILE_NAME)
    assert (place / FILE_NAME).read_text() == "torn"


def test_processes_that_race_for_the_first_key_agree(place: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from app.platform.keys import stored_master_key\n"
        "print('ready', flush=True); sys.stdin.readline(); print(stored_master_key(Path(sys.argv[1]))[0].hex())"
    )
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(place / FILE_NAME)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        for _ in range(6)
    ]
    for racer in racers:
        assert racer.stdout is not None
        racer.stdout.readline()
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("\n")
        racer.stdin.flush()
    keys = {racer.communicate()[0].strip() for racer in racers}
    assert len(keys) == 1
    assert len(keys.pop()) == 64
    assert [path.name for path in place.iterdir()] == [FILE_NAME]
