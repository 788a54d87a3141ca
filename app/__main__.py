"""`orchestrion`, from the command line to its exit status."""

from __future__ import annotations

import sys


def main() -> None:
    """The entry point of the installed program."""
    from app.cli import run_command

    sys.exit(run_command(sys.argv[1:]))


if __name__ == "__main__":
    main()
