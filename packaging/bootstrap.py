"""Makes ``.venv`` ready from nothing but Python's standard library: the pinned uv, the locked packages, the launcher.

Everything is checked by hash. A second call with nothing changed only compares a stamp. A set-up that
was cut short is noticed by the mark it left and made anew. On Debian and as root, missing system
libraries are installed; everywhere else they are named together with the command.

Only syntax of old Pythons here, so that an old Python can say that it is too old.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
VENV = TOP / ".venv"
WINDOWS = os.name == "nt"
BIN = VENV / ("Scripts" if WINDOWS else "bin")
PYTHON = BIN / ("python.exe" if WINDOWS else "python")
UV = BIN / ("uv.exe" if WINDOWS else "uv")
LAUNCHER = BIN / ("orchestrion.cmd" if WINDOWS else "orchestrion")
STAMP = VENV / "orchestrion.stamp"
UNFINISHED = VENV / "orchestrion.unfinished"
UV_PIN = TOP / "packaging" / "uv.txt"
INPUTS = ("requirements.lock", "pyproject.toml", "packaging/uv.txt", "packaging/bootstrap.py")
OLDEST = (3, 11)

# Every module of the program with all that it imports; one that cannot be imported here is told of when it is used.
IMPORT_ALL = """
import importlib, pkgutil, app
for module in pkgutil.walk_packages(app.__path__, "app.", onerror=lambda name: None):
    try:
        importlib.import_module(module.name)
    except Exception:
        continue
"""

# What Qt opens at run time: the library, its package on Debian, its package on Fedora.
QT_LIBRARIES = (
    ("libGL.so.1", "libgl1", "libglvnd-glx"),
    ("libEGL.so.1", "libegl1", "libglvnd-egl"),
    ("libxkbcommon.so.0", "libxkbcommon0", "libxkbcommon"),
    ("libdbus-1.so.3", "libdbus-1-3", "dbus-libs"),
    ("libfontconfig.so.1", "libfontconfig1", "fontconfig"),
    ("libglib-2.0.so.0", "libglib2.0-0", "glib2"),
    ("libxcb-cursor.so.0", "libxcb-cursor0", "xcb-util-cursor"),
    ("libxkbcommon-x11.so.0", "libxkbcommon-x11-0", "libxkbcommon-x11"),
    ("libxcb-icccm.so.4", "libxcb-icccm4", "xcb-util-wm"),
    ("libxcb-keysyms.so.1", "libxcb-keysyms1", "xcb-util-keysyms"),
    ("libxcb-image.so.0", "libxcb-image0", "xcb-util-image"),
    ("libxcb-render-util.so.0", "libxcb-render-util0", "xcb-util-renderutil"),
    ("libxcb-randr.so.0", "libxcb-randr0", "libxcb"),
    ("libxcb-shape.so.0", "libxcb-shape0", "libxcb"),
    ("libxcb-sync.so.1", "libxcb-sync1", "libxcb"),
    ("libxcb-xfixes.so.0", "libxcb-xfixes0", "libxcb"),
    ("libxcb-xkb.so.1", "libxcb-xkb1", "libxcb"),
)


class Problem(Exception):
    """What is wrong, in one sentence."""


def main(arguments: list[str] | None = None) -> int:
    """Set up, or with --check only say what is missing; the exit status."""
    parser = argparse.ArgumentParser(description="Make .venv ready for Orchestrion.")
    parser.add_argument("--check", action="store_true", help="change nothing, print what is wrong")
    options = parser.parse_args(arguments)
    newer = newer_python()
    if newer is not None:
        return subprocess.call([newer, __file__, *sys.argv[1:]])
    try:
        require_python(sys.version_info[:3])
        if options.check:
            return report(problems())
        with one_at_a_time():
            set_up()
        provide_qt_libraries()
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped; the next `make setup` starts again cleanly.", file=sys.stderr)
        return 130
    return 0


# Python


def require_python(version: tuple[int, ...]) -> None:
    if tuple(version[:2]) < OLDEST:
        found, wanted = (".".join(map(str, numbers[:2])) for numbers in (version, OLDEST))
        raise Problem(
            f"Orchestrion needs Python {wanted} or newer, and this is {found}; install a newer one, or name it: make PYTHON=python3.12"
        )


def newer_python() -> str | None:
    """Another Python of this machine that is new enough, when this one is not."""
    if sys.version_info[:2] >= OLDEST:
        return None
    names = (f"python3.{minor}" for minor in (13, 12, 11, 14))
    return next(filter(None, map(shutil.which, names)), None)


# The environment


def set_up() -> None:
    """Bring ``.venv`` to what the lock says; nothing when it is there already."""
    wanted = fingerprint()
    if is_ready(wanted):
        return
    if not is_sound():
        say(f"Making .venv with Python {sys.version_info[0]}.{sys.version_info[1]}")
        make_venv()
    UNFINISHED.touch()
    with contextlib.suppress(FileNotFoundError):
        STAMP.unlink()
    environment = dict(os.environ, UV_PYTHON_DOWNLOADS="never", VIRTUAL_ENV=str(VENV))
    environment.pop("PYTHONPATH", None)
    if not has_pinned_uv():
        say(f"Installing uv {pinned_uv()}")
        run(
            [PYTHON, "-m", "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", UV_PIN],
            environment,
            "uv could not be installed; is there a network, and a package index that pip knows?",
        )
    say("Installing the locked packages (some 500 MB the first time)")
    quiet = [] if sys.stderr.isatty() else ["--quiet"]  # a progress bar for eyes, no list of packages for a log
    run(
        [UV, "pip", "sync", *quiet, "--require-hashes", "--only-binary", ":all:", "--python", PYTHON, TOP / "requirements.lock"],
        environment,
        "The packages could not be installed; the lines above say why. Then run `make setup` again.",
    )
    install_program()
    compile_program()
    STAMP.write_text(wanted + "\n", encoding="utf-8")
    UNFINISHED.unlink()
    say(f"Ready: {LAUNCHER.relative_to(TOP)}")


def fingerprint() -> str:
    """Everything that the environment depends on; another one means that it has to be brought up to date."""
    digest = hashlib.sha256()
    for part in (sys.version, sys.base_prefix, str(VENV)):
        digest.update(part.encode() + b"\0")
    for name in INPUTS:
        digest.update((TOP / name).read_bytes() + b"\0")
    return digest.hexdigest()


def is_ready(wanted: str) -> bool:
    try:
        return STAMP.read_text(encoding="utf-8").strip() == wanted and not UNFINISHED.exists() and PYTHON.exists() and LAUNCHER.exists()
    except OSError:
        return False


def is_sound() -> bool:
    """Whether ``.venv`` can be built upon: finished the last time, made by this Python, and with pip."""
    if UNFINISHED.exists() or not PYTHON.exists():
        return False
    ask = "import sys, pip; print(sys.version_info[:3], sys.prefix)"
    answer = subprocess.run([str(PYTHON), "-c", ask], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return answer.returncode == 0 and answer.stdout.decode().strip() == f"{tuple(sys.version_info[:3])} {VENV}"


def make_venv() -> None:
    if VENV.exists():
        shutil.rmtree(str(VENV))
    VENV.mkdir()
    UNFINISHED.touch()
    base = Path(getattr(sys, "_base_executable", sys.executable))  # never a venv of a venv
    made = venv_of(base)
    if made.returncode != 0 and can_use_apt():
        apt_install(["python3-venv"])
        made = venv_of(base)
    if made.returncode != 0:
        last = (made.stdout.decode(errors="replace").strip().splitlines() or ["no reason given"])[-1]
        raise Problem(f"Python's venv does not work here ({last}); on Debian: apt install python3-venv")


def venv_of(base: Path) -> subprocess.CompletedProcess:
    return subprocess.run([str(base), "-m", "venv", str(VENV)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)


def pinned_uv() -> str:
    return UV_PIN.read_text(encoding="utf-8").split("==", 1)[1].split()[0]


def has_pinned_uv() -> bool:
    try:
        answer = subprocess.run([str(UV), "--version"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    except OSError:
        return False
    return answer.stdout.decode().split()[1:2] == [pinned_uv()]


def install_program() -> None:
    """A path file and a launcher: nothing is built, so nothing has to be fetched for a build."""
    if WINDOWS:
        site_packages = VENV / "Lib" / "site-packages"
        text = '@"%~dp0python.exe" -m app %*\r\n'
    else:
        site_packages = VENV / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
        text = launcher_text(PYTHON)
    (site_packages / "orchestrion.pth").write_text(f"{TOP}\n", encoding="utf-8")
    draft = LAUNCHER.with_name(LAUNCHER.name + ".draft")
    draft.write_text(text, encoding="utf-8")
    draft.chmod(0o755)
    draft.replace(LAUNCHER)


def compile_program() -> None:
    """Leave byte code of what the program imports, so that its first start is as quick as the others.

    Everything in ``.venv`` takes five times as long and 70 MB more. Nothing depends on it: a failure only means a slower start.
    """
    environment = dict(os.environ, QT_QPA_PLATFORM="offscreen")
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment.pop("PYTHONPATH", None)
    subprocess.call([str(PYTHON), "-c", IMPORT_ALL], cwd=str(TOP), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def launcher_text(python: Path) -> str:
    """A script for `python`; through sh when the system could not read its path from the first line."""
    first = f"#!{python}\n"
    if " " in str(python) or len(os.fsencode(first)) > 127:
        first = f"#!/bin/sh\n'''exec' \"{python}\" \"$0\" \"$@\"\n' '''\n"
    return first + "import sys\n\nfrom app.__main__ import main\n\nsys.exit(main())\n"


# The system


def missing_qt_libraries() -> list[tuple[str, str, str]]:
    """The rows of `QT_LIBRARIES` that the system does not have; Windows and macOS have all they need."""
    if not sys.platform.startswith("linux"):
        return []
    return [row for row in QT_LIBRARIES if not can_load(row[0])]


def can_load(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def provide_qt_libraries() -> None:
    missing = missing_qt_libraries()
    if missing and can_use_apt():
        packages = [row[1] for row in missing]
        say(f"Installing system libraries for the window: {' '.join(packages)}")
        apt_install(packages)
        missing = [row for row in missing if not loads_in_new_process(row[0])]
    if missing:
        print(libraries_sentence(missing), file=sys.stderr)


def loads_in_new_process(library: str) -> bool:
    """This process may remember that it was not there."""
    return subprocess.call([sys.executable, "-c", "import ctypes, sys; ctypes.CDLL(sys.argv[1])", library], stderr=subprocess.DEVNULL) == 0


def libraries_sentence(missing: list[tuple[str, str, str]], *, fedora: bool | None = None) -> str:
    names = ", ".join(row[0] for row in missing)
    if fedora is None:
        fedora = shutil.which("dnf") is not None
    command = "dnf install " if fedora else "apt install "
    packages = sorted({row[2] if fedora else row[1] for row in missing})
    return f"The window needs system libraries that are missing ({names}); install them with: sudo {command}{' '.join(packages)}"


def can_use_apt() -> bool:
    return not WINDOWS and os.geteuid() == 0 and Path("/etc/debian_version").exists() and shutil.which("apt-get") is not None


def apt_install(packages: list[str]) -> None:
    """Install; when that fails, refresh the list of packages once and try again. Failing is told by who needs them."""
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    apt = shutil.which("apt-get") or "apt-get"
    install = [apt, "install", "--yes", "-qq", "--no-install-recommends", *packages]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment}
    if subprocess.call(install, **quiet) != 0:
        subprocess.call([apt, "update", "-qq"], **quiet)
        subprocess.call(install, **quiet)


# Telling


def problems() -> list[str]:
    """Everything that keeps Orchestrion from running here, a sentence each."""
    found = []
    if not VENV.exists():
        found.append("There is no .venv yet; run: make setup")
    elif UNFINISHED.exists():
        found.append("The last set-up was cut short; run: make setup")
    elif not is_ready(fingerprint()):
        found.append("The packages in .venv are not those of requirements.lock; run: make setup")
    missing = missing_qt_libraries()
    if missing:
        found.append(libraries_sentence(missing))
    return found


def report(found: list[str]) -> int:
    for sentence in found:
        print(sentence)
    if not found:
        print("Everything is in place.")
    return 1 if found else 0


def say(sentence: str) -> None:
    print(f"{sentence} …" if not sentence.startswith("Ready") else sentence, flush=True)


def run(command: list[str | Path], environment: dict[str, str], sentence: str) -> None:
    if subprocess.call([str(part) for part in command], cwd=str(TOP), env=environment) != 0:
        raise Problem(sentence)


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two of us at once would undo each other; the second waits, and finds everything done."""
    if WINDOWS:
        yield
        return
    import fcntl

    with Path(__file__).open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main())
