"""The program as a person at a terminal has it: a process for each command, in an installation of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.forked import forked

TOP = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Done:
    """What a command left: its exit status and what it said."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def sentences(self) -> list[str]:
        return [line for line in self.err.splitlines() if line.strip()]


class Terminal:
    """Runs commands. No command may ever show a traceback, whatever a test is about."""

    def __init__(self, data_dir: Path, **settings: str) -> None:
        self.data_dir = data_dir
        kept = {key: value for key, value in os.environ.items() if not key.startswith("ORCHESTRION_")}
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "PYTHONDONTWRITEBYTECODE"):
            kept.pop(name, None)
        self.env: Mapping[str, str] = {
            **kept,
            "ORCHESTRION_DATA_DIR": str(data_dir),
            **settings,
        }

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "app", *arguments]

    def run(self, *arguments: str, given: str | None = None, timeout_s: float = 60, **settings: str) -> Done:
        done = forked().run(arguments, cwd=TOP, env={**self.env, **settings}, input=given or "", timeout=timeout_s)
        assert "Traceback" not in done.stderr + done.stdout, done.stderr
        return Done(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str, **settings: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*arguments),
            cwd=TOP,
            env={**self.env, **settings},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def file(self, name: str, content: Any) -> str:
        """A file in the data directory; what is no text is written as JSON."""
        path = self.data_dir / name
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return str(path)

    def workflow(self, *steps: dict[str, Any], name: str = "flow", **more: Any) -> str:
        """A workflow file of steps in a chain."""
        ids = [step["id"] for step in steps]
        edges = [{"id": f"{a}-{b}", "source_step_id": a, "target_step_id": b} for a, b in zip(ids, ids[1:], strict=False)]
        return self.file(f"{name}.workflow.json", {"format": "orchestrion/1", "name": name, "steps": list(steps), "edges": edges, **more})

    def logs(self) -> str:
        return "".join(path.read_text() for path in (self.data_dir / "logs").glob("*"))


def transform(id: str, output: Any) -> dict[str, Any]:
    return {"id": id, "name": id, "type": "transform", "config": {"output": output}}


def mock(id: str, **config: Any) -> dict[str, Any]:
    return {"id": id, "name": id, "type": "tool", "config": {"adapter_id": "mock", **config}}


def said(process: subprocess.Popen[str], text: str) -> str:
    """Read a process's stderr until a line holds `text`; that line."""
    assert process.stderr is not None
    seen = []
    for line in process.stderr:
        seen.append(line)
        if text in line:
            return line
    raise AssertionError(f"{text!r} was never said, but: {''.join(seen)}")
