"""The graph that the canvas is measured on: cells of 100 steps with nested groups, chains, branches and merges."""

from __future__ import annotations

from collections.abc import Iterator

from app.domain.workflow import BlockGroup, Edge, Graph, Position, Size, Step

CELL = 100


def large_graph(cells: int = 100) -> Graph:
    """Cells of 100 steps: 30 of each cell in a group with a nested one, the rest around it; chains, branches and merges."""
    steps: dict[str, Step] = {}
    groups: dict[str, BlockGroup] = {}
    for cell in range(cells):
        left, top = cell % 10 * 3000, cell // 10 * 1320
        outer, inner = f"g{cell}", f"n{cell}"
        groups[outer] = BlockGroup(outer, f"Each part {cell}", "foreach", {}, None, None, Position(left, top), Size(1400, 660))
        groups[inner] = BlockGroup(inner, f"Guard {cell}", "try_catch", {}, outer, "body", Position(left + 740, top + 60), Size(620, 560))
        for number in range(CELL):
            key = f"s{cell}_{number}"
            if number < 18:
                place, group, role = (left + 24 + number % 3 * 230, top + 70 + number // 3 * 96), outer, "body"
            elif number < 30:
                index = number - 18
                role = ("try", "catch", "finally")[index // 4]
                place, group = (left + 764 + index % 2 * 230, top + 150 + index // 2 * 78), inner
            else:
                index = number - 30
                place, group, role = (left + 1500 + index % 6 * 235, top + 10 + index // 6 * 100), None, None
            steps[key] = _step(key, number, Position(*place), group, role)
    return Graph(steps, {edge.id: edge for edge in _edges(cells)}, groups)


def _step(key: str, number: int, at: Position, group: str | None, role: str | None) -> Step:
    kinds = (
        ("tool", {"adapter_id": "http", "method": "GET", "url": f"/v1/items/{number}"}),
        ("llm", {"provider": "mock", "model": "mock-1", "prompt": "{{ $ }}"}),
        ("transform", {"output": {"n": "{{ $.n }}"}}),
        ("join", {"mode": "all"}),
        ("condition", {"expression": f"$.count > {number}"}),
    )
    type, config = kinds[number % 5 if number >= 30 and number % 25 == 0 else number % 4]
    return Step(key, f"Step {key[1:].replace('_', ' ')}", type, config, at, group, role)


def _edges(cells: int) -> Iterator[Edge]:
    """Half again as many edges as steps: within a cell onward by 1, 3 or 7, and some from cell to cell."""
    made: set[tuple[str, str]] = set()
    wanted = cells * CELL * 3 // 2
    for hop in (1, 7, 3, 11):
        for cell in range(cells):
            for number in range(CELL - hop):
                if len(made) == wanted:
                    return
                if not _same_part(number, number + hop):
                    continue
                ends = f"s{cell}_{number}", f"s{cell}_{number + hop}"
                if ends not in made:
                    made.add(ends)
                    yield Edge(f"e{len(made)}", *ends, "$.ok && $.count > 3" if len(made) % 10 == 0 else None)
        for cell in range(cells - 1):
            ends = f"s{cell}_{90 + hop % 9}", f"s{cell + 1}_{hop % 9}"
            if len(made) < wanted and ends not in made:
                made.add(ends)
                yield Edge(f"e{len(made)}", *ends, None)


def _same_part(a: int, b: int) -> bool:
    """No edge between two roles of one group; out of a group and into it is fine."""
    if 18 <= a < 30 and 18 <= b < 30:
        return (a - 18) // 4 == (b - 18) // 4
    return True
