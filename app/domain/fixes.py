"""What could be meant where an expression has a fault: at most two changes of its text that would mend it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from app.domain.completion import known_at, spot_at
from app.domain.data_scope import DataScope
from app.domain.expressions.function_help import HELP
from app.domain.previews import Fault

_CLOSE: Final = 0.5
_MOST: Final = 2


@dataclass(frozen=True, slots=True)
class Fix:
    """Words for a link, and what it does: `text` in place of what stands from `start` to `end`."""

    words: str
    start: int
    end: int
    text: str

    def applied(self, whole: str) -> str:
        return whole[: self.start] + self.text + whole[self.end :]


def fixes_for(text: str, fault: Fault, scope: DataScope, *, bare: bool) -> tuple[Fix, ...]:
    """The likeliest first."""
    if "no closing }}" in fault.sentence:
        return (Fix("Close it with }}", len(text), len(text), "}}" if text.endswith(" ") else " }}"),)
    if "== compares" in fault.sentence:
        return (Fix("Use ==", fault.start, fault.start + 1, "=="),)
    if "&& means and" in fault.sentence:
        return (Fix("Use &&", fault.start, fault.start + 1, "&&"),)
    if "|| means or" in fault.sentence:
        return (Fix("Use ||", fault.start, fault.start + 1, "||"),)
    written = text[fault.start : fault.end]
    found = [Fix(f"Use {name}", fault.start, fault.end, name) for name in _meant(text, fault, written, scope, bare=bare)]
    if not fault.is_invalid and (whole := _path_around(text, fault)) is not None:
        start, end = whole
        found = [*found[:1], Fix("Use null where it is missing", start, end, f"default({text[start:end]}, null)")]
    return tuple(found[:_MOST])


def _meant(text: str, fault: Fault, written: str, scope: DataScope, *, bare: bool) -> list[str]:
    spot = spot_at(text, fault.end, bare=bare)
    if spot is None or not written:
        return []
    if spot.base == "steps":
        names = list(scope.steps)
    elif spot.base:
        known = known_at(spot.base, scope, spot.expression)
        names = [str(key) for key, _ in known.children() if isinstance(key, str)] if known is not None else []
    else:
        names = [*(s.path for s in scope.sources if "." not in s.path), "steps", *scope.steps, *HELP]
    close = get_close_matches(written, names, n=_MOST, cutoff=_CLOSE)
    return [f"steps.{name}.output" if not spot.base and name in scope.steps else name for name in close if name != written]


def _path_around(text: str, fault: Fault) -> tuple[int, int] | None:
    """The path whose last part is at fault, if nothing else stands in it."""
    before = re.search(r"(?:\$|[A-Za-z_]\w*)(?:\.\w+|\[\d+\])*\.$", text[: fault.start])
    return None if before is None or text[fault.end : fault.end + 1] in {".", "[", "("} else (before.start(), fault.end)
