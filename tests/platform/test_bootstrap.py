"""The set-up decides rightly what there is to do; it is loaded as the script that it is."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / "packaging" / "bootstrap.py"


@pytest.fixture
def checkout(place: Path) -> Path:
    """A copy of what the set-up reads, in a directory whose name has a space."""
    top = place / "my checkout"
    (top / "packaging").mkdir(parents=True)
    for name in ("requirements.lock", "pyproject.toml", "packaging/uv.txt", "packaging/bootstrap.py"):
        (top / name).write_bytes((SCRIPT.parents[1] / name).read_bytes())
    return top.resolve()


@pytest.fixture
def bootstrap(checkout: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap_of_test", checkout / "packaging" / "bootstrap.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def finished(bootstrap: ModuleType) -> str:
    """A `.venv` that looks as a finished set-up leaves it."""
    wanted = bootstrap.fingerprint()
    bootstrap.BIN.mkdir(parents=True)
    bootstrap.PYTHON.touch()
    bootstrap.LAUNCHER.touch()
    bootstrap.STAMP.write_text(wanted)
    return wanted


def test_a_finished_set_up_is_left_alone(bootstrap: ModuleType) -> None:
    assert bootstrap.is_ready(finished(bootstrap))


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml", "packaging/uv.txt"])
def test_a_changed_input_calls_for_a_new_set_up(bootstrap: ModuleType, checkout: Path, name: str) -> None:
    finished(bootstrap)
    with (checkout / name).open("a") as file:
        file.write("\n# changed\n")
    assert not bootstrap.is_ready(bootstrap.fingerprint())


def test_a_set_up_that_was_cut_short_is_not_built_upon(bootstrap: ModuleType) -> None:
    wanted = finished(bootstrap)
    bootstrap.UNFINISHED.touch()
    assert not bootstrap.is_ready(wanted)
    assert not bootstrap.is_sound()
    assert bootstrap.problems()[0] == "The last set-up was cut short; run: make setup"


def test_a_venv_without_a_working_python_is_made_anew(bootstrap: ModuleType) -> None:
    bootstrap.BIN.mkdir(parents=True)
    bootstrap.PYTHON.symlink_to("/nowhere/python3")
    assert not bootstrap.is_sound()


def test_a_venv_of_another_place_is_made_anew(bootstrap: ModuleType) -> None:
    bootstrap.BIN.mkdir(parents=True)
    bootstrap.PYTHON.symlink_to(sys.executable)
    assert not bootstrap.is_sound()


def test_an_old_python_is_told_so(bootstrap: ModuleType) -> None:
    with pytest.raises(bootstrap.Problem, match=r"needs Python 3\.11 or newer, and this is 3\.9; install a newer one"):
        bootstrap.require_python((3, 9, 2))


def test_missing_libraries_are_named_with_the_command_of_the_system(bootstrap: ModuleType) -> None:
    rows = [row for row in bootstrap.QT_LIBRARIES if row[0] in ("libEGL.so.1", "libxcb-cursor.so.0")]
    assert bootstrap.libraries_sentence(rows, fedora=False).endswith("install them with: sudo apt install libegl1 libxcb-cursor0")
    assert bootstrap.libraries_sentence(rows, fedora=True).endswith("install them with: sudo dnf install libglvnd-egl xcb-util-cursor")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has a .cmd file")
def test_the_launcher_starts_from_a_path_with_spaces(bootstrap: ModuleType, checkout: Path) -> None:
    python = checkout / "a python"
    python.symlink_to(sys.executable)
    (checkout / "app").mkdir()
    (checkout / "app" / "__main__.py").write_text("def main():\n    print('started')\n    return 3\n")
    launcher = checkout / "orchestrion"
    launcher.write_text(bootstrap.launcher_text(python))
    launcher.chmod(0o755)
    done = subprocess.run([launcher], capture_output=True, text=True, cwd="/", env={"PYTHONPATH": str(checkout)})
    assert (done.stdout, done.returncode) == ("started\n", 3), done.stderr


def test_the_check_changes_nothing_and_says_what_to_do(checkout: Path) -> None:
    before = sorted(checkout.rglob("*"))
    done = subprocess.run([sys.executable, "-B", checkout / "packaging" / "bootstrap.py", "--check"], capture_output=True, text=True)
    assert done.returncode == 1
    assert "There is no .venv yet; run: make setup" in done.stdout
    assert sorted(checkout.rglob("*")) == before


def test_the_pinned_uv_comes_with_hashes_and_no_address(bootstrap: ModuleType) -> None:
    text = (SCRIPT.parent / "uv.txt").read_text()
    assert text.startswith(f"uv=={bootstrap.pinned_uv()}")
    assert text.count("--hash=sha256:") > 10
    assert "://" not in text


@pytest.mark.skipif(sys.platform == "win32", reason="the environment of the test is linked")
def test_the_set_up_leaves_byte_code_of_what_the_program_imports(
    bootstrap: ModuleType, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    (checkout / "app" / "part").mkdir(parents=True)
    for name, text in {"__init__.py": "", "part/__init__.py": "", "part/one.py": "", "broken.py": "import no_such_library"}.items():
        (checkout / "app" / name).write_text(text)
    bootstrap.BIN.mkdir(parents=True)
    bootstrap.PYTHON.symlink_to(sys.executable)
    bootstrap.compile_program()
    assert {path.name.split(".")[0] for path in (checkout / "app").rglob("*.pyc")} == {"__init__", "one", "broken"}
