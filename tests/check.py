"""Everything that is checked without running the program: ``python -m tests.check``, one line each."""

from __future__ import annotations

import ast
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
LONGEST_MODULE = 400
LONGEST_FUNCTION = 60

COMMANDS = {
    "format": ["ruff", "format", "--check", "--quiet", "."],
    "lint": ["ruff", "check", "--quiet", "."],
    "types": ["mypy", "--no-error-summary"],
    "imports": ["lint-imports"],
    "circles": ["lint-imports", "--no-cache", "--config", "tests/circles.toml"],
}


def main() -> int:
    """Start all at once, tell each in turn; 1 when any failed."""
    begin = time.monotonic()
    running = {
        name: subprocess.Popen([BIN / command[0], *command[1:]], cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for name, command in COMMANDS.items()
    }
    fine = tell("sizes", "\n".join(oversized(TOP / "app")))
    for name, process in running.items():
        said, _ = process.communicate()
        said = said.rpartition("Broken contracts\n----------------")[2]  # without import-linter's banner
        fine &= tell(name, said.strip() if process.returncode else "", ended=process.returncode)
    print(f"checked in {time.monotonic() - begin:.1f} s")
    return 0 if fine else 1


def tell(name: str, complaints: str, *, ended: int = 0) -> bool:
    """Print how one check went; whether it went well."""
    fine = not complaints and ended == 0
    print(f"{name:<8} {'ok' if fine else 'FAILED'}", flush=True)
    if not fine:
        print(complaints or f"ended with status {ended}", flush=True)
    return fine


def oversized(top: Path) -> Iterator[str]:
    """Modules and functions that want to be two."""
    for path in sorted(top.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        shown = path.relative_to(top.parent)
        length = len(text.splitlines())
        if length > LONGEST_MODULE:
            yield f"{shown}: {length} lines, at most {LONGEST_MODULE}"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
                lines = node.end_lineno - node.lineno + 1
                if lines > LONGEST_FUNCTION:
                    yield f"{shown}:{node.lineno}: {node.name} has {lines} lines, at most {LONGEST_FUNCTION}"


if __name__ == "__main__":
    sys.exit(main())
