from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.domain.errors import AppError
from app.platform import vault as vault_module
from app.platform.vault import MasterKeyMissing, Place, Vault, VaultBroken, key_id_of

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "wycheproof_aes_gcm.json"
OLD, NEW = b"o" * 32, b"n" * 32
HERE = Place("00000000-0000-0000-0000-000000000001", "5b0c1c1e-0000-4000-8000-000000000002", "API_KEY")
VALUE = "sk-live-4eC39HqLyjWDarjtT1zdp7dc"


def vectors() -> list[dict[str, object]]:
    groups = json.loads(VECTORS.read_text())["testGroups"]
    return [{**case, "bits": group["ivSize"]} for group in groups for case in group["tests"]]


@pytest.mark.skipif(not VECTORS.exists(), reason=f"the shared vectors are not at {VECTORS}")
def test_the_primitive_agrees_with_every_wycheproof_vector() -> None:
    checked = 0
    for case in vectors():
        key, nonce, bound, plain, sealed, tag = (bytes.fromhex(str(case[name])) for name in ("key", "iv", "aad", "msg", "ct", "tag"))
        if not 64 <= int(str(case["bits"])) <= 1024:
            with pytest.raises(ValueError, match="[Nn]once"):  # sizes the library does not take at all
                AESGCM(key).encrypt(nonce, plain, bound)
        elif case["result"] == "valid":
            assert AESGCM(key).encrypt(nonce, plain, bound) == sealed + tag, case["tcId"]
            assert AESGCM(key).decrypt(nonce, sealed + tag, bound) == plain, case["tcId"]
        else:
            with pytest.raises(InvalidTag):
                AESGCM(key).decrypt(nonce, sealed + tag, bound)
        checked += 1
    assert checked == 316


@pytest.mark.skipif(not VECTORS.exists(), reason=f"the shared vectors are not at {VECTORS}")
def test_our_boxes_open_the_vectors_of_our_sizes() -> None:
    ours = [case for case in vectors() if case["bits"] == 96 and len(str(case["key"])) == 64]
    for case in ours:
        key, nonce, bound, plain, sealed, tag = (bytes.fromhex(str(case[name])) for name in ("key", "iv", "aad", "msg", "ct", "tag"))
        box = nonce + sealed + tag
        if case["result"] == "valid":
            assert vault_module._unshut(key, box, bound) == plain
        else:
            with pytest.raises(InvalidTag):
                vault_module._unshut(key, box, bound)
    assert len(ours) == 66


@pytest.mark.parametrize("value", [VALUE, "", "日本\n😀", "x" * 65_536])
def test_what_was_sealed_opens(value: str) -> None:
    vault = Vault(OLD)
    sealed = vault.seal(value, HERE)
    assert vault.open(sealed, HERE) == value and Vault(OLD).open(sealed, HERE) == value
    assert sealed.startswith("v1:") and sealed.isascii() and (not value or value not in sealed)


def test_a_webhooks_key_fits_its_column() -> None:
    assert len(Vault(OLD).seal("whsec_" + base64.b64encode(bytes(32)).decode(), HERE)) <= 255


def test_no_two_sealings_are_alike() -> None:
    vault = Vault(OLD)
    first = vault.seal(VALUE, HERE)
    texts = {vault.seal(VALUE, HERE, beside=first) for _ in range(500)}
    assert len(texts) == 500


@pytest.mark.parametrize(
    "elsewhere",
    [
        Place("00000000-0000-0000-0000-000000000009", HERE.id, HERE.name),
        Place(HERE.tenant_id, "x", HERE.name),
        Place(HERE.tenant_id, HERE.id, "OTHER"),
    ]
    + [Place(HERE.tenant_id + HERE.id, "", HERE.name), Place(HERE.tenant_id, HERE.id + HERE.name, "")],
)
def test_a_row_copied_elsewhere_does_not_open(elsewhere: Place) -> None:
    vault = Vault(OLD)
    with pytest.raises(VaultBroken, match="Set it again"):
        vault.open(vault.seal(VALUE, HERE), elsewhere)


def test_a_row_changed_anywhere_does_not_open() -> None:
    vault = Vault(OLD)
    sealed = vault.seal(VALUE, HERE)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    spare = {len(part) and sealed.index(part) + len(part) - 1 for part in sealed.split(":")[2:]}  # last characters hold unused bits
    for at, character in enumerate(sealed):
        if at in spare:
            continue
        other = "0" if character != "0" else "1"
        if character in alphabet:
            other = alphabet[(alphabet.index(character) + 1) % 64]
        with pytest.raises(VaultBroken):
            vault.open(sealed[:at] + other + sealed[at + 1 :], HERE)


@pytest.mark.parametrize("text", ["", "plain", "v1:", "v2:a.b:c:d", "v1:a.b:c:d", "v1:a:b:c:d", "v1:{}:!!:??", "v1:a.b::"])
def test_what_was_never_sealed_is_told_as_broken(text: str) -> None:
    with pytest.raises(VaultBroken):
        Vault(OLD).open(text, HERE)


@pytest.mark.parametrize("cut", [1, 20, 60])
def test_a_row_cut_short_does_not_open(cut: int) -> None:
    vault = Vault(OLD)
    with pytest.raises(VaultBroken):
        vault.open(vault.seal(VALUE, HERE)[:-cut], HERE)


def test_another_master_key_is_told_as_such_with_what_to_do() -> None:
    sealed = Vault(OLD).seal(VALUE, HERE)
    with pytest.raises(MasterKeyMissing, match="ORCHESTRION_MASTER_KEY") as caught:
        Vault(NEW).open(sealed, HERE)
    assert Vault(OLD).master_id in str(caught.value) and isinstance(caught.value, VaultBroken) and isinstance(caught.value, AppError)


@pytest.mark.parametrize("key", [b"", b"short", b"x" * 31, b"x" * 33])
def test_a_master_key_has_32_bytes(key: bytes) -> None:
    with pytest.raises(VaultBroken, match="32 bytes"):
        Vault(key)


def test_a_tenants_rows_share_a_data_key_and_tenants_do_not() -> None:
    vault = Vault(OLD)
    first = vault.seal(VALUE, HERE)
    second = vault.seal("another value", Place(HERE.tenant_id, "2", "OTHER"), beside=first)
    assert key_id_of(first) == key_id_of(second) and first.split(":")[2] == second.split(":")[2]
    theirs = Place("00000000-0000-0000-0000-000000000009", "3", "THEIRS")
    stolen = vault.seal("their value", theirs, beside=first)  # another tenant's row is no help: it does not unwrap here
    assert key_id_of(stolen) != key_id_of(first) and vault.open(stolen, theirs) == "their value"


def test_a_damaged_neighbour_does_not_keep_a_secret_from_being_set() -> None:
    vault = Vault(OLD)
    for beside in ("", "v1:x:y:z", vault.seal(VALUE, HERE)[:-90], Vault(NEW).seal(VALUE, HERE)):
        assert vault.open(vault.seal(VALUE, HERE, beside=beside), HERE) == VALUE


def test_rotation_goes_row_by_row_and_can_stop_between_any_two() -> None:
    places = [Place(HERE.tenant_id, str(number), f"NAME_{number}") for number in range(6)]
    first = Vault(OLD).seal("value 0", places[0])
    rows = [first] + [Vault(OLD).seal(f"value {number}", place, beside=first) for number, place in enumerate(places) if number]
    for stop in range(len(rows) + 1):
        both = Vault(NEW, retired=[OLD])  # what each start after a kill has
        assert [both.open(row, place) for row, place in zip(rows, places, strict=True)] == [f"value {number}" for number in range(6)]
        left = [number for number, row in enumerate(rows) if not both.is_current(row)]
        assert len(left) == len(rows) - stop
        if left:
            done = next((row for row in rows if both.is_current(row)), None)
            rows[left[0]] = both.reseal(rows[left[0]], places[left[0]], beside=done)
    alone = Vault(NEW)
    assert [alone.open(row, place) for row, place in zip(rows, places, strict=True)] == [f"value {number}" for number in range(6)]
    assert len({key_id_of(row) for row in rows}) == 1 and key_id_of(rows[0]).startswith(f"{alone.master_id}.")
    with pytest.raises(MasterKeyMissing):
        Vault(OLD).open(rows[0], places[0])


def test_keys_do_not_show_in_what_is_printed() -> None:
    vault = Vault(OLD)
    assert "oooo" not in repr(vault) + repr(vars(vault)) and "oooo" not in vault.master_id
