"""The vault: secret values sealed with AES-256-GCM under a key per tenant, which the master key wraps.

A sealed text carries all that opening it needs, except the master key::

    v1 : key id : wrapped data key : sealed value          (base64url without padding; each box is nonce, ciphertext, tag)

The key id is ``MASTER.DATA``: which master key wrapped, and which data key sealed. The tenant's data key travels inside
each of its rows instead of in a table of its own, so a row is whole by itself: it can be re-sealed alone, rotation can be
killed between any two rows, and a backup of the rows is a backup of the keys. `beside` hands over any row of the same
tenant, so that the tenant's data key is used again. What is sealed is bound to its place (tenant, row id, name, key id)
by the additional data: a row copied to another tenant or name does not open.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.domain.errors import AppError

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
_VERSION = "v1"


class VaultBroken(AppError):
    """A sealed value cannot be opened."""

    code = "vault.broken"


class MasterKeyMissing(VaultBroken):
    """A sealed value belongs to a master key that this installation does not have."""

    code = "vault.other_key"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed value belongs: it opens nowhere else. `id` is the row's, `name` the secret's (or what it is for)."""

    tenant_id: str
    id: str
    name: str


class Vault:
    """Seals and opens with one master key; `retired` ones still open, so that rotation can go row by row."""

    def __init__(self, master_key: bytes, *, retired: Sequence[bytes] = ()) -> None:
        self._current = _MasterKey.of(master_key)
        self._by_id = {key.id: key for key in (*map(_MasterKey.of, retired), self._current)}

    @property
    def master_id(self) -> str:
        """Names the current master key without telling anything about it; the beginning of each key id made under it."""
        return self._current.id

    def seal(self, value: str, place: Place, *, beside: str | None = None) -> str:
        """The value as text for a column. `beside`: any sealed text of the same tenant, whose data key is then used again.

        One that is damaged or waits for rotation is passed over, and a new data key made: it must not keep others from being set.
        """
        data_key = self._data_key_beside(beside, place) or _DataKey.new(self._current, place.tenant_id)
        box = _shut(data_key.key, value.encode(), _bound("secret", data_key.key_id, place.tenant_id, place.id, place.name))
        return ":".join((_VERSION, data_key.key_id, _text(data_key.wrapped), _text(box)))

    def open(self, sealed: str, place: Place) -> str:
        """The value that was sealed for this place.

        Raises:
            MasterKeyMissing: another master key sealed it.
            VaultBroken: it was changed, or belongs to another place.
        """
        _, box = _parsed(sealed, place)
        data_key = self._unwrapped(sealed, place)
        try:
            return _unshut(data_key.key, box, _bound("secret", data_key.key_id, place.tenant_id, place.id, place.name)).decode()
        except InvalidTag:
            raise VaultBroken(
                f'The secret "{place.name}" cannot be opened: its row was changed or copied from elsewhere. Set it again.'
            ) from None

    def reseal(self, sealed: str, place: Place, *, beside: str | None = None) -> str:
        """The same value under the current master key, with a new nonce: one row's step of a rotation.

        Without `beside` it gets a new data key; with the first row that was re-sealed as `beside`, the tenant shares one again.
        """
        return self.seal(self.open(sealed, place), place, beside=beside)

    def is_current(self, sealed: str) -> bool:
        """Whether the current master key wraps this one; a rotation takes the rows for which it does not."""
        return key_id_of(sealed).partition(".")[0] == self._current.id

    def _data_key_beside(self, beside: str | None, place: Place) -> _DataKey | None:
        try:
            return self._unwrapped(beside, place) if beside is not None and self.is_current(beside) else None
        except VaultBroken:
            return None

    def _unwrapped(self, sealed: str, place: Place) -> _DataKey:
        wrapped, _ = _parsed(sealed, place)
        key_id = key_id_of(sealed)
        master_id = key_id.partition(".")[0]
        master = self._by_id.get(master_id)
        if master is None:
            raise MasterKeyMissing(
                f'The secret "{place.name}" was sealed with master key {master_id}, but this installation has {self._current.id}. '
                "Restore that key from your backup (ORCHESTRION_MASTER_KEY or the key ring), or set the secret again."
            )
        try:
            return _DataKey(key_id, _unshut(master.key, wrapped, _bound("data key", key_id, place.tenant_id)), wrapped)
        except InvalidTag:
            raise VaultBroken(
                f'The secret "{place.name}" cannot be opened: its key was changed or belongs to another tenant. Set it again.'
            ) from None


def key_id_of(sealed: str) -> str:
    """What goes into the column `key_id`."""
    parts = sealed.split(":")
    if len(parts) != 4 or parts[0] != _VERSION:
        raise VaultBroken("A sealed value is not in a form that this version knows; it was damaged or written by a newer version.")
    return parts[1]


@dataclass(frozen=True, slots=True, repr=False)
class _MasterKey:
    id: str
    key: bytes

    @classmethod
    def of(cls, key: bytes) -> _MasterKey:
        if len(key) != KEY_BYTES:
            raise VaultBroken(f"The master key must have {KEY_BYTES} bytes, this one has {len(key)}; restore it from your backup.")
        return cls(hmac.new(key, b"orchestrion master key id", hashlib.sha256).hexdigest()[:8], key)


@dataclass(frozen=True, slots=True, repr=False)
class _DataKey:
    key_id: str
    key: bytes
    wrapped: bytes

    @classmethod
    def new(cls, master: _MasterKey, tenant_id: str) -> _DataKey:
        key = secrets.token_bytes(KEY_BYTES)
        key_id = f"{master.id}.{secrets.token_hex(4)}"
        return cls(key_id, key, _shut(master.key, key, _bound("data key", key_id, tenant_id)))


def _shut(key: bytes, plain: bytes, bound: bytes) -> bytes:
    """Random 96-bit nonces: far below 2^32 boxes per key, where NIST SP 800-38D (8.3) draws the line."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound)


def _unshut(key: bytes, box: bytes, bound: bytes) -> bytes:
    if len(box) < NONCE_BYTES + TAG_BYTES:
        raise InvalidTag
    return AESGCM(key).decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], bound)


def _bound(*parts: str) -> bytes:
    """Additional data that reads in one way only, whatever the parts contain."""
    return json.dumps(["orchestrion", _VERSION, *parts], separators=(",", ":")).encode()


def _parsed(sealed: str, place: Place) -> tuple[bytes, bytes]:
    key_id_of(sealed)
    _, _, wrapped, box = sealed.split(":")
    try:
        return _bytes(wrapped), _bytes(box)
    except (binascii.Error, ValueError):
        raise VaultBroken(f'The secret "{place.name}" cannot be opened: its row was changed. Set it again.') from None


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
