"""What a regular expression costs RE2 to prepare, estimated from its text.

RE2 never backtracks, but it prepares a pattern anew for every use, and a repetition is prepared as often as it may
repeat: `\\pL{1,300}` takes 340 ms (measured 2026-11), `\\d{4}` next to nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache

_REPEAT = re.compile(r"\{(\d+)(?:,(\d*))?\}")
# A class of Unicode letters is hundreds of ranges of bytes; so is any class when case is ignored.
_WIDE = 1_500
_CLASS = 8
_UNICODE_CLASS = re.compile(r"\\[pP](?:\{[^}]*\}|.)?", re.DOTALL)


@lru_cache(maxsize=1_024)
def regex_cost(pattern: str) -> int:
    """About the number of microseconds to prepare `pattern`; on a pattern that RE2 refuses, any number."""
    groups = [0]
    last = 0
    position = 0
    ignores_case = "(?" in pattern and "i" in pattern
    while position < len(pattern):
        letter = pattern[position]
        if letter == "(":
            groups.append(0)
            last, position = 0, position + 1
        elif letter == ")":
            last = groups.pop() if len(groups) > 1 else 0
            groups[-1] += last
            position += 1
        elif repeat := _REPEAT.match(pattern, position):
            times = max(int(number[:5]) for number in repeat.groups() if number)
            groups[-1] += last * max(times - 1, 0)
            last *= max(times, 1)
            position = repeat.end()
        else:
            last, position = _atom(pattern, position, ignores_case=ignores_case)
            groups[-1] += last
    return sum(groups)


def _atom(pattern: str, position: int, *, ignores_case: bool) -> tuple[int, int]:
    """The cost of the atom at `position`, and where the next one begins."""
    letter = pattern[position]
    if unicode_class := _UNICODE_CLASS.match(pattern, position):
        return _WIDE, unicode_class.end()
    if letter == "\\":
        return _CLASS, position + 2
    if letter != "[":
        return (_CLASS if ignores_case or letter == "." or letter > "\x7f" else 1), position + 1
    end = position + 1
    while end < len(pattern) and (pattern[end] != "]" or end == position + 1):
        end += 2 if pattern[end] == "\\" else 1
    inside = pattern[position:end]
    wide = ignores_case or not inside.isascii() or inside.startswith("[^")
    return (_WIDE if _UNICODE_CLASS.search(inside) else 64 if wide else _CLASS), end + 1
