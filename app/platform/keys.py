"""The master key of the vault: from the environment, the system's key store, or a private file.

``master.key`` in the data directory either holds the key or says under which name the key
store has it. It is made once, and the first of several processes wins; a key is never made
anew while the old one is only out of reach, because that would lose every secret.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import logging
import secrets
from pathlib import Path
from typing import Protocol

from app.platform.errors import MasterKeyUnusable
from app.platform.private_file import keep_first
from app.platform.server_account import IS_WINDOWS
from app.platform.settings import Settings

logger = logging.getLogger(__name__)

FILE_NAME = "master.key"
SERVICE = "orchestrion"
KEY_BYTES = 32
_IN_STORE = "keyring:"

# Never another: some of keyring's plugins keep passwords in clear text.
_TRUSTED_STORES = (
    "keyring.backends.SecretService",
    "keyring.backends.kwallet",
    "keyring.backends.libsecret",
    "keyring.backends.macOS",
    "keyring.backends.Windows",
)


class KeyStore(Protocol):
    """The part of a keyring backend that we use."""

    def get_password(self, service: str, username: str) -> str | None: ...
    def set_password(self, service: str, username: str, password: str) -> None: ...
    def delete_password(self, service: str, username: str) -> None: ...


def load_master_key(settings: Settings) -> tuple[bytes, str]:
    """The 32 bytes, and where they are kept: ``environment``, ``keyring`` or ``file``. Made on first use.

    Raises:
        MasterKeyUnusable: it is broken, or lies in a key store that is not reachable from here.
    """
    if settings.master_key is not None:
        return _decode(settings.master_key.get_secret_value(), "ORCHESTRION_MASTER_KEY"), "environment"
    return stored_master_key(settings.ensure_data_dir() / FILE_NAME)


def stored_master_key(path: Path, *, store: KeyStore | None = None) -> tuple[bytes, str]:
    """The key that `path` holds or points to; `store` stands in for the system's key store."""
    try:
        content = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        content = _first_key(path, store if store is not None else system_key_store())
    if not content.startswith(_IN_STORE):
        _keep_private(path)
        return _decode(content, str(path)), "file"
    key = _from_store(content.removeprefix(_IN_STORE), store if store is not None else system_key_store())
    if key is None:
        raise MasterKeyUnusable(
            "The master key of your secrets lies in the key store of your desktop session, which cannot be reached from here; "
            "log in there, or set ORCHESTRION_MASTER_KEY."
        )
    return _decode(key, "the system's key store"), "keyring"


def system_key_store() -> KeyStore | None:
    """The key store of this desktop when it is one that we trust; None on a machine without."""
    import keyring
    from keyring.backends.chainer import ChainerBackend

    found = keyring.get_keyring()
    for backend in found.backends if isinstance(found, ChainerBackend) else [found]:
        if type(backend).__module__ in _TRUSTED_STORES:
            trusted: KeyStore = backend
            return trusted
    return None


def _first_key(path: Path, store: KeyStore | None) -> str:
    """Make a key, keep it in the store or in the file; the file's content, which another process may have made first."""
    key = base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
    entry = f"master-{secrets.token_hex(8)}"
    if store is None or not _put_in_store(store, entry, key):
        return keep_first(path, key).strip()
    content = keep_first(path, f"{_IN_STORE}{entry}").strip()
    if content != f"{_IN_STORE}{entry}":
        _remove_from_store(store, entry)
    return content


def _put_in_store(store: KeyStore, entry: str, key: str) -> bool:
    from keyring.errors import KeyringError

    try:
        store.set_password(SERVICE, entry, key)
        return store.get_password(SERVICE, entry) == key
    except KeyringError as error:
        logger.warning("the key store of this system refused the master key (%s); it is kept in a private file", error)
        return False


def _from_store(entry: str, store: KeyStore | None) -> str | None:
    from keyring.errors import KeyringError

    if store is None:
        return None
    with contextlib.suppress(KeyringError):
        return store.get_password(SERVICE, entry)
    return None


def _remove_from_store(store: KeyStore, entry: str) -> None:
    from keyring.errors import KeyringError

    with contextlib.suppress(KeyringError):
        store.delete_password(SERVICE, entry)


def _keep_private(path: Path) -> None:
    """A copy or a restore may have opened the file to others."""
    if not IS_WINDOWS and path.stat().st_mode & 0o077:
        with contextlib.suppress(PermissionError):
            path.chmod(0o600)
            logger.warning("%s could be read by others; it is private again", path)


def _decode(text: str, where: str) -> bytes:
    try:
        key = base64.b64decode(text.strip().replace("-", "+").replace("_", "/") + "=" * (-len(text.strip()) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise MasterKeyUnusable(f"The master key in {where} is not 32 bytes in base64; restore it from your backup.")
    return key
