"""An expression, compiled once and evaluated often."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from app.domain.expressions.errors import ExpressionFailed, ExpressionInvalid
from app.domain.expressions.evaluation import build
from app.domain.expressions.frame import Frame, Run
from app.domain.expressions.parser import parse
from app.domain.expressions.syntax import Constant, Local, Member, Node, References, Root, Secret, StepRoot
from app.domain.expressions.work import check_size
from app.domain.json_value import Json

SecretSource = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Expression:
    """Text that gives a value in a scope. Made by `compile_expression`."""

    text: str
    references: References
    _run: Run
    _slots: int
    _is_path: bool

    def evaluate(self, scope: Mapping[str, Json], *, secrets: SecretSource | None = None) -> Json:
        """The value in `scope`: `$`, `input`, `steps`, `item`, `index`, `iteration`, `error`, `run`, `result`.

        A path gives the value itself, not a copy: it belongs to the scope. `secrets` gives a secret by its name; without it they are
        looked up in `scope["secrets"]`.

        Raises:
            ExpressionFailed: the sentence says what was there instead of what the expression needs.
        """
        frame = Frame(scope, slots=self._slots, secrets=secrets or _from_scope(scope))
        try:
            value = self._run(frame)
        except RecursionError:
            raise ExpressionFailed("The expression is nested too deeply to be evaluated here.") from None
        if not self._is_path and isinstance(value, list | dict | str):
            check_size(value)
        return value


def compile_expression(text: str, *, secrets: bool = False) -> Expression:
    """The expression that `text` is; the same text gives the same object while it is remembered.

    Raises:
        ExpressionInvalid: it cannot be read, or names something that is not there; with `secrets` unset also `secrets.NAME`.
    """
    return _compile(text, secrets)


_REMEMBERED: Final = 4_096


@lru_cache(maxsize=_REMEMBERED)
def _compile(text: str, secrets: bool) -> Expression:
    try:
        syntax = parse(text, secrets=secrets)
        run = build(text, syntax)
    except RecursionError:
        raise ExpressionInvalid("The expression is nested too deeply.", 1) from None
    return Expression(text, syntax.references, run, syntax.slots, _is_path(syntax.tree))


def project(scope: Mapping[str, Json], references: References) -> dict[str, Json]:
    """Only those parts of the scope that are named, so that nothing else has to be carried or converted."""
    found = {name: value for name, value in scope.items() if name in references.roots and name != "steps"}
    if "steps" in references.roots and "steps" in scope:
        steps = scope["steps"]
        if isinstance(steps, Mapping):  # a chain of scopes, nearest first, is one as well
            names = list(steps) if references.whole_steps else [key for key in sorted(references.steps) if key in steps]
            steps = {key: steps[key] for key in names}
        found["steps"] = steps
    return found


def _is_path(node: Node) -> bool:
    while isinstance(node, Member):
        if not isinstance(node.key, Constant) and not _is_path(node.key):
            return False
        node = node.base
    return isinstance(node, Root | StepRoot | Secret | Local | Constant)


def _from_scope(scope: Mapping[str, Json]) -> SecretSource | None:
    known = scope.get("secrets")
    if not isinstance(known, Mapping):
        return None

    def find(name: str) -> str:
        value = known.get(name)
        if not isinstance(value, str):
            raise ExpressionFailed(f"There is no secret {name}.")
        return value

    return find
