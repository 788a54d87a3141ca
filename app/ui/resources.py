"""Where the files that ship with the program are: icons, fonts, examples."""

from __future__ import annotations

from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2] / "resources"


def resource_path(*parts: str) -> Path:
    """A shipped file; the same layout in a checkout and in a bundle, where `resources` lies beside `app`."""
    return _ROOT.joinpath(*parts)
