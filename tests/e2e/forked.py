"""The program's commands in processes of their own, forked from one that has imported the program.

A command spends most of its time on imports: forked it takes a third of the time, and two hundred of them are a minute of a
test run. All else is as in a process started afresh: arguments, environment, streams, signals, exit status.
"""

from __future__ import annotations

import atexit
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

TOP = Path(__file__).resolve().parents[2]
STREAMS = ("in", "out", "err")


class Forked:
    """Talks to the process that forks. Any number of threads may run commands at once."""

    def __init__(self) -> None:
        self._place = tempfile.TemporaryDirectory(prefix="fork-", dir="/tmp")
        self._address = str(Path(self._place.name) / "s")
        environment = {key: value for key, value in os.environ.items() if not key.startswith("ORCHESTRION_")}
        command = [sys.executable, "-m", "tests.e2e.forked", self._address]
        self._process = subprocess.Popen(command, cwd=TOP, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n"
        atexit.register(self.close)

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
        self._place.cleanup()

    def run(
        self, arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str], input: str = "", timeout: float
    ) -> subprocess.CompletedProcess[str]:
        """As `subprocess.run` with text captured.

        Raises:
            subprocess.TimeoutExpired: it was killed after `timeout` seconds.
        """
        with tempfile.TemporaryDirectory(prefix="c-", dir=self._place.name) as place:
            (Path(place) / "in").write_bytes(input.encode())
            wish = {"arguments": list(arguments), "cwd": str(cwd), "env": dict(env), "place": place}
            status = self._lived(wish, arguments, timeout)
            out, err = ((Path(place) / name).read_bytes().decode() for name in ("out", "err"))
        return subprocess.CompletedProcess(list(arguments), status, out, err)

    def _lived(self, wish: Mapping[str, Any], arguments: Sequence[str], timeout: float) -> int:
        with socket.socket(socket.AF_UNIX) as ear:
            ear.settimeout(timeout)
            ear.connect(self._address)
            ear.sendall(json.dumps(wish).encode() + b"\n")
            with ear.makefile("rb") as told:
                pid = int(told.readline())
                try:
                    return int(told.readline())
                except TimeoutError:
                    os.kill(pid, signal.SIGKILL)
                    raise subprocess.TimeoutExpired(list(arguments), timeout) from None


@cache
def forked() -> Forked:
    """The one of this process."""
    return Forked()


# The process that forks: no threads, no loop.


def main(address: str) -> None:
    import app.backend
    import app.cli
    import app.platform.logs

    app.cli._add_groups()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who waits for a command is another process
    with socket.socket(socket.AF_UNIX) as server, selectors.DefaultSelector() as selector:
        server.bind(address)
        server.listen(64)
        selector.register(server, selectors.EVENT_READ)
        selector.register(sys.stdin, selectors.EVENT_READ)
        print("ready", flush=True)
        while True:
            for key, _ in selector.select():
                if key.fileobj is sys.stdin:
                    return
                caller, _ = server.accept()
                if os.fork() == 0:
                    server.close()
                    _attend(caller)
                caller.close()


def _attend(caller: socket.socket) -> None:
    """Fork one command, tell its number and then its exit status, negative for a signal."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with caller.makefile("rwb", buffering=0) as told:
        wish = json.loads(told.readline())
        pid = os.fork()
        if pid == 0:
            _live(wish)
        told.write(b"%d\n" % pid)
        told.write(b"%d\n" % os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    os._exit(0)


def _live(wish: Mapping[str, Any]) -> None:
    """The command's whole life."""
    from app.__main__ import main as program

    os.chdir(wish["cwd"])
    os.environ.clear()
    os.environ.update(wish["env"])
    for number, name in enumerate(STREAMS):
        stream: BinaryIO = open(Path(wish["place"]) / name, "rb" if number == 0 else "wb")  # noqa: SIM115 - as long as the process
        os.dup2(stream.fileno(), number, inheritable=True)
    sys.stdin, sys.stdout = open(0, encoding="utf-8", closefd=False), open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", buffering=1, closefd=False)  # noqa: SIM115
    sys.argv = ["orchestrion", *wish["arguments"]]
    status = 1
    try:
        program()
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        threading._shutdown()
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(status)


if __name__ == "__main__":
    main(sys.argv[1])
