"""What is wrong with `settings.edge_routes` as anyone may have written them."""

from __future__ import annotations

from collections.abc import Iterator

from app.domain.json_value import Json

EDGE_ROUTES = "edge_routes"
STEP = 0.05
FARTHEST = 100_000
MAX_ID = 64


def route_faults(value: Json) -> Iterator[tuple[str, str, str]]:
    """(code, place below the setting, sentence) for each fault."""
    if not isinstance(value, dict):
        yield "bad_config", "", "“settings.edge_routes” is not an object of routes by edge."
        return
    for id, route in value.items():
        where = f"“settings.edge_routes.{id:.80}”"
        if not 1 <= len(id) <= MAX_ID or not isinstance(route, dict):
            yield "bad_config", f"/{id}", f"{where} is not a route of an edge."
            continue
        for name in route.keys() - {"t", "x", "y"}:
            yield "unknown_field", f"/{id}/{name}", f"{where}: “{name:.80}” is not a known field; there are: t, x, y."
        for name, low, high in (("t", STEP, 1 - STEP), ("x", -FARTHEST, FARTHEST), ("y", -FARTHEST, FARTHEST)):
            number = route.get(name, low)
            if isinstance(number, bool) or not isinstance(number, int | float) or not low - 1e-9 <= number <= high + 1e-9:
                yield "bad_config", f"/{id}/{name}", f"{where}: “{name}” is not a number from {low:g} to {high:,}."
