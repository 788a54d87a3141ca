"""What can be wrong with the machine, each with the sentence that the user reads.

AppError
├── SettingInvalid              a setting that cannot be understood
├── DataDirUnusable             the data directory cannot be made or written
├── MasterKeyUnusable           the key of the vault is there, but is no key
└── DatabaseUnavailable
    ├── PostgresMissing         no PostgreSQL 16 or newer on this machine
    ├── PostgresWrongVersion    the data belongs to another major version
    ├── PostgresBusy            another process is starting or still using it
    ├── PostgresFailed          it was asked to start and did not
    └── DiskFull, PermissionMissing
"""

from __future__ import annotations

from app.domain.errors import AppError, DatabaseUnavailable


class SettingInvalid(AppError):
    """A setting cannot be understood."""

    code = "setting.invalid"


class DataDirUnusable(AppError):
    """The data directory cannot be used; choose another with ORCHESTRION_DATA_DIR."""

    code = "data_dir.unusable"


class MasterKeyUnusable(AppError):
    """The master key is not 32 bytes in base64; restore it from your backup."""

    code = "vault.key_unusable"


class PostgresMissing(DatabaseUnavailable):
    """There is no PostgreSQL 16 or newer on this machine; run `make setup`, or set ORCHESTRION_PG_BINDIR."""

    code = "postgres.missing"


class PostgresWrongVersion(DatabaseUnavailable):
    """The database was made by another version of PostgreSQL."""

    code = "postgres.version"


class PostgresBusy(DatabaseUnavailable):
    """Another process is starting or stopping the database; try again in a minute."""

    code = "postgres.busy"


class PostgresFailed(DatabaseUnavailable):
    """PostgreSQL was started and stopped at once; its log says why."""

    code = "postgres.failed"


class DiskFull(DatabaseUnavailable):
    """The disk is full; make room and start again."""

    code = "postgres.disk_full"


class PermissionMissing(DatabaseUnavailable):
    """The account that runs the database may not use its directory."""

    code = "postgres.permission"
