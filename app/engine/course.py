"""Which part of a definition a run interprets: all of it, what one step needs, or that step alone (semantics §6).

A partial run interprets the scopes around its place without what the place does not need. Everything on the way there is done
as ever: a condition decides, a loop takes its list apart, so the step gets what it would get in a whole run.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.partial import reached
from app.domain.places import in_first_turns, way_to, without_retries
from app.domain.run_requests import RunRequest
from app.engine.frames import Settled
from app.engine.plan import Plan
from app.engine.ports import MISSING, Value

_NEEDED_ROLES = {"try": ("try",), "catch": ("try", "catch")}


class Withheld(Exception):
    """Where one step is tested, something else would have to run: it does not."""


class Course:
    """The course of one interpretation."""

    def __init__(self, plan: Plan, request: RunRequest) -> None:
        self.target = ""
        """The place of a partial run that ends there; empty for a run that goes to the end."""
        self.only = request.kind == "only"
        self.given: Value = request.given.value if request.given is not None else MISSING
        self.end: Settled | None = None
        """How the target ended."""
        self.begun = False
        self._wanted: dict[str, dict[str, None]] = {}
        self._on_way: dict[str, None] = {}
        self._turns: dict[str, int] = {}
        self._roles: dict[str, tuple[str, ...]] = {}
        if request.kind in ("to", "only"):
            self._follow(plan, in_first_turns(plan.definition.graph, request.path))

    def _follow(self, plan: Plan, path: str) -> None:
        backward = {node: [link.source for link in links] for node, links in plan.incoming.items()}
        for stand in way_to(plan.definition.graph, path):
            self._wanted[stand.scope] = {**reached(backward, stand.node), stand.node: None}
            self._on_way[stand.path] = None
            if stand.turn is not None:
                self._turns[stand.path] = stand.turn
            elif stand.role is not None:
                self._roles[stand.path] = _NEEDED_ROLES.get(stand.role, ("try", "catch", stand.role))
            self.target = stand.path

    def nodes(self, path: str, nodes: Sequence[str]) -> tuple[str, ...]:
        """Those nodes of the scope at `path` that are interpreted."""
        if not self.target:
            return tuple(nodes)
        wanted = self._wanted.get(without_retries(path))
        return tuple(nodes) if wanted is None else tuple(node for node in nodes if node in wanted)

    def takes_role(self, path: str, role: str) -> bool:
        """Whether this role of the group at `path` is interpreted."""
        roles = self._roles.get(without_retries(path)) if self.target else None
        return roles is None or role in roles

    def takes_turn(self, path: str, turn: int) -> bool:
        """Whether this turn of the for-each at `path` is interpreted."""
        wanted = self._turns.get(without_retries(path)) if self.target else None
        return wanted is None or wanted == turn

    def ends_with_turn(self, path: str, turn: int) -> bool:
        """Whether the while at `path` is left after this turn."""
        return bool(self.target) and self._turns.get(without_retries(path)) == turn

    def is_target(self, path: str) -> bool:
        return bool(self.target) and without_retries(path) == self.target

    def may_stay_unknown(self, scope: str, path: str) -> bool:
        """Whether a node may be left without an output: it only leads to the step that is tested."""
        return self.only and without_retries(scope) in self._wanted and without_retries(path) not in self._on_way

    def forbids(self, path: str) -> bool:
        """Whether nothing may be executed at this place."""
        if not self.only:
            return False
        place = without_retries(path)
        return not (place == self.target or place.startswith((f"{self.target}/", f"{self.target}[", f"{self.target}.", f"{self.target}#")))
