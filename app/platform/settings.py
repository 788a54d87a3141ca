"""What can be set from outside: ``ORCHESTRION_…`` in the environment, then ``settings.toml`` in the data directory.

Every wrong value is one sentence that names the setting; a value that may hold a secret is never repeated.
"""

from __future__ import annotations

import difflib
import logging
import os
import re
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit

from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from app.platform.errors import DataDirUnusable, SettingInvalid
from app.platform.server_account import machine_directory, server_account, server_directory

logger = logging.getLogger(__name__)

PREFIX = "ORCHESTRION_"
FILE_NAME = "settings.toml"
_HOST_PORT = re.compile(r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?):(?P<port>[0-9]{1,5})")
_FAILPOINT = re.compile(r"[a-z][a-z0-9_.-]*:[1-9][0-9]*:(?:kill|raise|hang)")


def default_data_dir() -> Path:
    """The user's own place; as root one that the account of the database server can reach."""
    return machine_directory() if server_account() else user_data_path("orchestrion", appauthor=False)


class Settings(BaseSettings):
    """All settings, checked. Make it with `load_settings`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True, env_ignore_empty=True, hide_input_in_errors=True)

    data_dir: Path = Field(default_factory=default_data_dir)
    database_url: str | None = None
    """A PostgreSQL of your own instead of the local one, always as ``postgresql://``."""
    pg_bindir: Path | None = None
    """The directory with the programs of the local PostgreSQL."""
    master_key: SecretStr | None = None
    egress_allow: Annotated[tuple[str, ...], NoDecode] = ()
    """Private addresses that steps may call, as ``host:port``, in lower case."""
    failpoint: str | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    worker_concurrency: int = Field(default=50, ge=1, le=1000)
    """How many runs one process executes at a time."""
    listen: str = "127.0.0.1:8642"
    """Where webhooks are listened for, as ``host:port``."""
    public_url: str | None = None
    """Where a proxy is reached that forwards to ``listen``, such as ``https://hooks.example.org``."""

    secret_names: ClassVar[frozenset[str]] = frozenset({"database_url", "master_key"})

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        assert isinstance(env_settings, EnvSettingsSource)
        named = init_settings().get("data_dir") or env_settings().get("data_dir")
        data_dir = Path(named).expanduser() if named else default_data_dir()
        return (init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=data_dir / FILE_NAME))

    @field_validator("data_dir", "pg_bindir")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        return Path(os.path.abspath(path.expanduser())) if path else None  # noqa: PTH100 - links stay as the user named them

    @field_validator("database_url")
    @classmethod
    def _postgresql(cls, url: str | None) -> str | None:
        if url is None:
            return None
        scheme, separator, rest = url.strip().partition("://")
        if not separator or scheme not in ("postgres", "postgresql", "postgresql+psycopg"):
            raise ValueError("it must look like postgresql://user:password@host:5432/database")
        try:
            parts = urlsplit(f"postgresql://{rest}")
            _ = parts.port
        except ValueError:
            raise ValueError("its host or port cannot be read; encode special characters in the password, such as @ as %40") from None
        if not parts.path.strip("/"):
            raise ValueError("it names no database; it must end like …/orchestrion")
        return f"postgresql://{rest}"

    @field_validator("log_level", mode="before")
    @classmethod
    def _lower(cls, level: object) -> object:
        return level.strip().lower() if isinstance(level, str) else level

    @field_validator("egress_allow", mode="before")
    @classmethod
    def _host_ports(cls, value: object) -> object:
        entries = value.split(",") if isinstance(value, str) else value
        if not isinstance(entries, list | tuple) or not all(isinstance(entry, str) for entry in entries):
            raise ValueError("it must be a list of host:port")
        allowed = [entry.strip().lower() for entry in entries if entry.strip()]
        for entry in allowed:
            found = _HOST_PORT.fullmatch(entry)
            if found is None or not 1 <= int(found["port"]) <= 65535:
                raise ValueError(f"'{entry}' is not host:port, such as localhost:11434")
        return tuple(allowed)

    @field_validator("listen")
    @classmethod
    def _address(cls, text: str) -> str:
        host, colon, port = text.strip().rpartition(":")
        if not colon or not host or not port.isdigit() or int(port) > 65_535:
            raise ValueError("it must look like 127.0.0.1:8642")
        return text.strip()

    @field_validator("public_url")
    @classmethod
    def _http_url(cls, text: str | None) -> str | None:
        if text is None:
            return None
        try:
            parts = urlsplit(text.strip())
            _ = parts.port
        except ValueError:
            raise ValueError("its host or port cannot be read") from None
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("it must look like https://hooks.example.org")
        return text.strip().rstrip("/")

    @field_validator("failpoint")
    @classmethod
    def _place_count_deed(cls, failpoint: str | None) -> str | None:
        if failpoint is not None and not _FAILPOINT.fullmatch(failpoint):
            raise ValueError("it must look like name:3:kill, with kill, raise or hang")
        return failpoint

    @property
    def postgres_dir(self) -> Path:
        """Where the local PostgreSQL of this data directory lives; made by `ensure_data_dir` before."""
        return server_directory(self.data_dir)

    @property
    def log_dir(self) -> Path:
        return self.data_dir / "logs"

    def ensure_data_dir(self) -> Path:
        """Make the data directory, private to this user, and see that it can be written.

        As root the account of the database server must be able to walk through it, nothing more.

        Raises:
            DataDirUnusable: it cannot be made or written, with the reason.
        """
        as_root = server_account() is not None
        try:
            fresh = not self.data_dir.exists()
            self.data_dir.mkdir(parents=True, exist_ok=True, mode=0o711 if as_root else 0o700)
            if as_root and not fresh and not any(self.data_dir.iterdir()):
                self.data_dir.chmod(self.data_dir.stat().st_mode | 0o011)  # given to us empty, so it is ours to open a little
            with tempfile.TemporaryFile(dir=self.data_dir):
                pass
        except OSError as error:
            reason = "it is a file" if isinstance(error, FileExistsError | NotADirectoryError) else (error.strerror or str(error)).lower()
            raise DataDirUnusable(
                f"The data directory {self.data_dir} cannot be used: {reason}; choose another with ORCHESTRION_DATA_DIR."
            ) from error
        return self.data_dir


def load_settings(**overrides: Any) -> Settings:
    """The settings of this process; `overrides` win over the environment, which wins over the file.

    Raises:
        SettingInvalid: the first setting that cannot be understood.
    """
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        raise SettingInvalid(_sentence(error)) from None
    except tomllib.TOMLDecodeError as error:
        raise SettingInvalid(f"{FILE_NAME} in the data directory is no valid TOML: {error}.") from None
    except OSError as error:
        raise SettingInvalid(f"The settings cannot be read: {error.strerror or error} ({error.filename}).") from None
    for notice in unknown_settings(os.environ):
        logger.warning("%s", notice)
    return settings


def unknown_settings(environment: Mapping[str, str]) -> list[str]:
    """A sentence for each ``ORCHESTRION_…`` variable that means nothing, with what was probably meant."""
    known = [f"{PREFIX}{name.upper()}" for name in Settings.model_fields]
    notices = []
    for name in sorted(environment):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            close = difflib.get_close_matches(name.upper(), known, n=1)
            notices.append(f"{name} is not a setting of Orchestrion{f'; did you mean {close[0]}?' if close else '.'}")
    return notices


def _sentence(error: ValidationError) -> str:
    """Our own words for the first of pydantic's complaints."""
    first = error.errors(include_url=False)[0]
    field = str(first["loc"][0]) if first["loc"] else "value"
    if first["type"] == "extra_forbidden":
        close = difflib.get_close_matches(field, Settings.model_fields, n=1)
        return f"{FILE_NAME} has '{field}', which is not a setting{f'; did you mean {close[0]}?' if close else '.'}"
    name = f"{PREFIX}{field.upper()}"
    match first["type"]:
        case "value_error":
            reason = str(first["ctx"]["error"])
        case "literal_error":
            reason = f"it must be one of {first['ctx']['expected'].replace(chr(39), '')}"
        case "greater_than_equal":
            reason = f"it must be at least {first['ctx']['ge']}"
        case "less_than_equal":
            reason = f"it must be at most {first['ctx']['le']}"
        case "int_parsing" | "int_type" | "int_from_float":
            reason = "it must be a whole number"
        case _:
            reason = first["msg"][:1].lower() + first["msg"][1:]
    given = first.get("input")
    shown = "" if field in Settings.secret_names or not isinstance(given, str | int | float) else f" ('{given}')"
    return f"{name}{shown} cannot be used: {reason}."
