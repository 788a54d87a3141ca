"""Settings are understood or refused in one sentence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.platform.errors import DataDirUnusable, SettingInvalid
from app.platform.settings import load_settings, unknown_settings


@pytest.fixture(autouse=True)
def only_our_variables(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    for name in [name for name in os.environ if name.startswith("ORCHESTRION_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ORCHESTRION_DATA_DIR", str(place))


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_a_postgres_url_becomes_one(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    monkeypatch.setenv("ORCHESTRION_DATABASE_URL", f"{scheme}://ada:pw@db.example:5433/flows?sslmode=verify-full")
    assert load_settings().database_url == "postgresql://ada:pw@db.example:5433/flows?sslmode=verify-full"


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DATABASE_URL", "mysql://u:p@h/d", "must look like postgresql://"),
        ("DATABASE_URL", "postgres://u:p@h", "names no database"),
        ("DATABASE_URL", "postgres://u:p/q@h:x/d", "host or port"),
        ("LOG_LEVEL", "loud", "must be one of debug, info, warning or error"),
        ("WORKER_CONCURRENCY", "many", "must be a whole number"),
        ("WORKER_CONCURRENCY", "0", "must be at least 1"),
        ("WORKER_CONCURRENCY", "5000", "must be at most 1000"),
        ("EGRESS_ALLOW", "localhost", "'localhost' is not host:port"),
        ("EGRESS_ALLOW", "a:1,b:99999", "'b:99999' is not host:port"),
        ("FAILPOINT", "commit", "must look like name:3:kill"),
    ],
)
def test_a_broken_value_is_one_sentence_that_names_the_setting(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(f"ORCHESTRION_{name}", value)
    with pytest.raises(SettingInvalid, match=sentence) as caught:
        load_settings()
    assert str(caught.value).startswith(f"ORCHESTRION_{name}")
    assert "\n" not in str(caught.value)


def test_a_broken_url_does_not_repeat_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRION_DATABASE_URL", "http://ada:hunter22@db/flows")
    with pytest.raises(SettingInvalid) as caught:
        load_settings()
    assert "hunter22" not in str(caught.value)


def test_a_misspelt_variable_is_told_what_was_meant() -> None:
    assert unknown_settings({"ORCHESTRION_EGRES_ALLOW": "x", "PATH": "/bin", "ORCHESTRION_DATA_DIR": "/x"}) == [
        "ORCHESTRION_EGRES_ALLOW is not a setting of Orchestrion; did you mean ORCHESTRION_EGRESS_ALLOW?"
    ]


def test_allowed_hosts_are_split_and_lowered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRION_EGRESS_ALLOW", "LocalHost:11434, 10.0.0.7:80,[fd00::1]:443,")
    assert load_settings().egress_allow == ("localhost:11434", "10.0.0.7:80", "[fd00::1]:443")


def test_the_file_is_read_below_the_environment(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    (place / "settings.toml").write_text('worker_concurrency = 7\nlog_level = "debug"\n')
    monkeypatch.setenv("ORCHESTRION_LOG_LEVEL", "error")
    settings = load_settings()
    assert (settings.worker_concurrency, settings.log_level) == (7, "error")


@pytest.mark.parametrize(("text", "sentence"), [("worker_concurency = 7", "did you mean worker_concurrency"), ("a = ", "no valid TOML")])
def test_a_broken_file_is_one_sentence(place: Path, text: str, sentence: str) -> None:
    (place / "settings.toml").write_text(text)
    with pytest.raises(SettingInvalid, match=sentence):
        load_settings()


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRION_DATABASE_URL", "")
    assert load_settings().database_url is None


def test_a_new_data_directory_is_private_to_its_user(place: Path) -> None:
    made = load_settings(data_dir=place / "new" / "inner").ensure_data_dir()
    assert made.stat().st_mode & 0o066 == 0


def test_a_data_directory_that_is_a_file_is_refused_with_the_reason(place: Path) -> None:
    (place / "file").write_text("")
    with pytest.raises(DataDirUnusable, match="it is a file; choose another"):
        load_settings(data_dir=place / "file").ensure_data_dir()
