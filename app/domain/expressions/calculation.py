"""Operators, done by CEL: text goes in with values for its free names, a JSON value comes out.

CEL (cel-cpp) is given trees of operators only. Loops, functions and fields are ours, because its loops copy the whole
list for every item (2,000 items: 105 ms; a nested map: 20 GB, measured 2026-11 with cel-expr-python 0.1.3), and its
messages do not say what was there. Traps that this module keeps away from the rest:

- An error comes back as a value of type ERROR, not as an exception.
- Integers and doubles do not mix: every number goes in as a double. Where an integer takes part that a double cannot
  hold, integers are tried as integers first, so that nothing is rounded as long as they meet only their like.
- A NUL ends a text without a word, and a lone surrogate is a RuntimeError.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final, cast

from app.domain.expressions.errors import ExpressionFailed, WorkExceeded
from app.domain.expressions.frame import Frame, Run
from app.domain.expressions.regex_cost import regex_cost
from app.domain.expressions.work import Work, finite, is_true
from app.domain.json_value import Json

if TYPE_CHECKING:
    from cel_expr_python import cel

_EXACT: Final = 1 << 53
_INT64: Final = 1 << 63
_UNBOUND = re.compile(r'No value with name "(\w+)"')
_OVERLOAD = re.compile(r"No matching overloads found : (.*)", re.DOTALL)
_OPERATOR_TYPES = re.compile(r"_?([^_()]+)_\((.*)\)")
_SHORT: Final = 256
_KINDS: Final = {
    "double": "a number",
    "int64": "a number",
    "uint64": "a number",
    "string": "a string",
    "bool": "a boolean",
    "null_type": "null",
    "list": "a list",
    "map": "an object",
    "google.protobuf.Timestamp": "a timestamp",
    "google.protobuf.Duration": "a duration",
}


@dataclass(frozen=True, slots=True)
class Slot:
    """A free name of a calculation, and what finds its value; `for_truth`: only whether it is true is asked."""

    name: str
    run: Run
    for_truth: bool


class Calculation:
    """One tree of operators as CEL text, with its integers written as doubles; `exact` is the same with integers."""

    __slots__ = ("_absorbs", "_column", "_copies", "_cost", "_exact", "_program", "_slots", "_text")

    def __init__(
        self, text: str, *, exact: str, slots: tuple[Slot, ...], operators: int, additions: int, absorbs: bool, column: int
    ) -> None:
        """`absorbs`: there is a && or || in it, so that an operand without a value may not matter."""
        self._text, self._exact, self._slots, self._absorbs, self._column = text, exact, slots, absorbs, column
        self._cost = 5 + operators
        # Joining n texts one after the other copies the first one n times.
        self._copies = 1 + operators + additions * additions // 2
        self._program: cel.Expression | None = None

    def run(self, frame: Frame) -> Json:
        """What the text gives with the values of its slots.

        Raises:
            ExpressionFailed: it cannot be calculated, or a slot that matters has no value.
        """
        frame.work.spend(self._cost)
        values: dict[str, Json] = {}
        data: dict[str, object] = {}
        failures: dict[str, ExpressionFailed] = {}
        plain = True
        for slot in self._slots:
            name = slot.name
            try:
                value = slot.run(frame)
            except WorkExceeded:
                raise
            except ExpressionFailed as error:
                if not self._absorbs:
                    raise
                failures[name] = error
                continue
            values[name] = value = is_true(value) if slot.for_truth else value
            # Nearly all that operators meet is plain; this loop is run for every item of every list.
            kind = value.__class__
            if kind is float or kind is bool or value is None:
                data[name] = value
            elif kind is int and -_EXACT <= value <= _EXACT:  # type: ignore[operator]
                data[name] = float(value)  # type: ignore[arg-type]
            elif kind is str and len(value) <= _SHORT and "\x00" not in value:  # type: ignore[arg-type, operator]
                data[name] = value
            else:
                plain = False
        try:
            return _plain(_evaluated(self._compiled(), data)) if plain else self._converted(frame.work, values)
        except _Unbound as unbound:
            raise failures[unbound.name] from None
        except ExpressionFailed as error:
            error.column = error.column or self._column
            raise

    def _compiled(self) -> cel.Expression:
        if self._program is None:
            self._program = compiled(self._text)
        return self._program

    def _converted(self, work: Work, values: dict[str, Json]) -> Json:
        doubles = _Conversion(work, copies=self._copies)
        try:
            data = doubles.data(values)
        except OverflowError:
            raise ExpressionFailed("A number in it is too large to calculate with.") from None
        if doubles.rounded:
            integers = _Conversion(work, copies=self._copies, number=_int64)
            try:
                return _plain(_evaluated(compiled(self._exact), integers.data(values)))
            except ExpressionFailed:
                pass  # Some number in it is no integer, or the result has more than 64 bits: doubles must do.
        return _plain(_evaluated(self._compiled(), data))


class _Unbound(Exception):
    """The calculation needed a name that has no value."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def matches(work: Work, text: str, pattern: str) -> bool:
    """Whether RE2's `pattern` is found in `text`."""
    cost = regex_cost(pattern)
    work.spend(8 + len(pattern) // 8 + len(text) // 256 + cost * (1 + min(len(text), 10_000) // 400))
    if cost * len(text) > 40_000_000:
        raise WorkExceeded("This text is too long for this pattern; take a simpler pattern or a part of the text.")
    data = _Conversion(work, copies=1).data({"text": text, "pattern": pattern})
    return bool(_evaluated(compiled("text.matches(pattern)"), data))


def dumps(text: str) -> str:
    """A text as JSON, in quotes."""
    return json.dumps(text, ensure_ascii=False)


@lru_cache(maxsize=4_096)
def compiled(text: str) -> cel.Expression:
    """CEL's program for a text that this package has written; kept, as a compilation costs ten evaluations."""
    return _environment().compile(text, disable_check=True)


@cache
def _environment() -> cel.Env:
    # Loaded with the first expression and not with the window: it is 14 MB.
    from cel_expr_python import cel

    return cel.NewEnv()


@cache
def _error_type() -> cel.Type:
    from cel_expr_python import cel

    return cel.Type.ERROR


def _evaluated(program: cel.Expression, data: dict[str, object]) -> object:
    try:
        value = program.eval(data=data)
        plain = value.plain_value()
    except (RuntimeError, ValueError, OverflowError, TypeError) as error:
        raise ExpressionFailed(_first_sentence(str(error))) from None
    if isinstance(plain, str) and value.type() == _error_type():
        _fail(plain)
    return plain


def _fail(message: str) -> None:
    if match := _UNBOUND.search(message):
        raise _Unbound(match.group(1))
    if match := _OVERLOAD.search(message):
        raise ExpressionFailed(_no_overload(match.group(1)))
    raise ExpressionFailed(_first_sentence(message))


def _no_overload(signature: str) -> str:
    match = _OPERATOR_TYPES.fullmatch(signature)
    if match is None:
        return f"The values do not fit {signature.partition('(')[0].strip('_')}."
    operator, kinds = match.group(1), [_KINDS.get(kind.strip(), kind.strip()) for kind in match.group(2).split(",")]
    advice = " Use string(…) to make text of a value." if operator == "+" and "a string" in kinds else ""
    return f"{operator} does not work on {' and '.join(kinds)}.{advice}"


def _first_sentence(message: str) -> str:
    line = message.strip().splitlines()[0] if message.strip() else "no reason was given"
    reason = re.sub(r"^[A-Z_]+: ", "", line).removesuffix(".")
    return f"The expression failed: {reason}."


def _int64(number: int) -> int | float:
    return number if -_INT64 <= number < _INT64 else float(number)


class _Conversion:
    """JSON values as CEL wants them, at a cost that follows their size. `rounded`: an integer has lost something."""

    __slots__ = ("_copies", "_number", "_work", "rounded")

    def __init__(self, work: Work, *, copies: int, number: Callable[[int], int | float] = float) -> None:
        self._work, self._copies, self._number = work, copies, number
        self.rounded = False

    def data(self, values: Mapping[str, Json]) -> dict[str, object]:
        return {name: self.convert(value) for name, value in values.items()}

    def convert(self, value: Json) -> object:
        # In the order of how often they come.
        if isinstance(value, str):
            return self._text(value)
        if value is None or isinstance(value, bool | float):
            return value
        if isinstance(value, int):
            self.rounded = self.rounded or not -_EXACT <= value <= _EXACT
            return self._number(value)
        if isinstance(value, list):
            self._work.spend(len(value) * self._copies)
            return [self.convert(item) for item in value]
        self._work.spend(2 * len(value))
        return {self._text(key): self.convert(item) for key, item in value.items()}

    def _text(self, text: str) -> str:
        if len(text) > _SHORT:
            self._work.spend_chars(len(text) * self._copies)
        return text.replace("\x00", "\ufffd") if "\x00" in text else text


def _plain(value: object) -> Json:
    if value is True or value is False:
        return value
    if isinstance(value, float):
        try:
            return finite(value)
        except ArithmeticError as error:
            raise ExpressionFailed(f"The expression failed: {error}.") from None
    if isinstance(value, str | int) or value is None:
        return value
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, timedelta):
        return f"{cast(float, finite(value.total_seconds()))}s"
    raise ExpressionFailed("The expression gives something that is not JSON.")
