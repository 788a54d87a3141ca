"""A second opinion on what a definition means: sequential, recursive, as plain as can be. It shares no code with the engine.

It knows only the workflows that `test_reference` draws: steps that wrap, pass or fail, and all six groups.
"""

from __future__ import annotations

from typing import Any

Doc = dict[str, Any]
Scope = tuple[str | None, str | None]


class Failed(Exception):
    pass


class Naive:
    def __init__(self, doc: Doc) -> None:
        self.steps = {s["id"]: s for s in doc["steps"]}
        self.groups = {g["id"]: g for g in doc["block_groups"]}
        self.edges = doc["edges"]

    def parent(self, id: str) -> Scope:
        if id in self.steps:
            return self.steps[id]["block_group_id"], self.steps[id]["group_role"]
        return self.groups[id]["parent_group_id"], self.groups[id]["group_role"]

    def standing_in(self, id: str, scope: Scope) -> str | None:
        """The node of the scope that is, or holds, this element."""
        current: str | None = id
        while current is not None and self.parent(current) != scope:
            current = self.parent(current)[0]
        return current

    def run(self, scope: Scope, given: Any, names: Doc) -> Any:
        ends = self.ends(scope, given, names)
        return None if not ends else next(iter(ends.values())) if len(ends) == 1 else ends

    def ends(self, scope: Scope, given: Any, names: Doc) -> Doc:
        nodes = [id for id in [*self.steps, *self.groups] if self.parent(id) == scope]
        pairs = [
            (self.standing_in(e["source_step_id"], scope), self.standing_in(e["target_step_id"], scope), e["condition"]) for e in self.edges
        ]
        links = [(a, b, c) for a, b, c in pairs if a is not None and b is not None and a != b]
        settled: dict[str, tuple[bool, Any]] = {}
        left = list(nodes)
        while left:
            node = next(n for n in left if all(a in settled for a, b, _ in links if b == n))
            left.remove(node)
            incoming = [(a, c) for a, b, c in links if b == node]
            taken: Doc = {}
            for source, condition in incoming:
                ran, output = settled[source]
                if ran and self.holds(condition, output, names):
                    taken.setdefault(source, output)
            if incoming and not taken:
                settled[node] = (False, None)
                continue
            value = given if not taken else next(iter(taken.values())) if len(taken) == 1 else taken
            settled[node] = (True, self.node(node, value, names))
        return {n: settled[n][1] for n in nodes if settled[n][0] and not any(a == n for a, _, _ in links)}

    def holds(self, condition: str | None, dollar: Any, names: Doc) -> bool:
        match condition:
            case None | "true":
                return True
            case "false":
                return False
            case "$":
                return bool(dollar)
            case "has($.v)":
                return isinstance(dollar, dict) and "v" in dollar
            case "iteration < 2":
                return bool(names["iteration"] < 2)
        raise AssertionError(condition)

    def node(self, id: str, given: Any, names: Doc) -> Any:
        return self.step(self.steps[id], given, names) if id in self.steps else self.group(self.groups[id], given, names)

    def step(self, step: Doc, given: Any, names: Doc) -> Any:
        config = step["config"]
        if config.get("disabled"):
            return given
        if step["type"] == "tool":
            if config.get("on_error"):
                return config["on_error"]["output"]
            raise Failed(config["error"])
        output = config["output"]
        if output == "{{ $ }}":
            return given
        if output == {"v": "{{ $ }}"}:
            return {"v": given}
        return names["index"] if output == "{{ index }}" else output

    def group(self, group: Doc, given: Any, names: Doc) -> Any:
        id, config = group["id"], group["config"]

        def role(name: str, dollar: Any, **more: Any) -> Any:
            return self.run((id, name), dollar, {**names, **more}) if self.has(id, name) else given

        match group["type"]:
            case "parallel":
                return self.ends((id, "body"), given, names) if self.has(id, "body") else given
            case "if_else":
                return role("then" if self.holds(config["condition"], given, names) else "else", given)
            case "switch_case":
                for index, case in enumerate(config["cases"]):
                    if self.holds(case, given, names):
                        return role(f"case_{index}", given)
                return role("default", given)
            case "try_catch":
                try:
                    output = role("try", given)
                except Failed:
                    if not self.has(id, "catch"):
                        role("finally", given)
                        raise
                    try:
                        output = role("catch", "caught")
                    except Failed:
                        role("finally", given)
                        raise
                role("finally", given)
                return output
            case "foreach":
                return self.foreach(id, config, given, names) if self.has(id, "body") else given
        if not self.has(id, "body"):
            return given
        results: list[Any] = []
        while self.holds(config["condition"], results[-1] if results else given, {**names, "iteration": len(results)}):
            results.append(role("body", results[-1] if results else given, iteration=len(results)))
        return {"results": results, "iterations": len(results), "completed": True}

    def has(self, group: str, role: str) -> bool:
        return any(self.parent(id) == (group, role) for id in [*self.steps, *self.groups])

    def foreach(self, id: str, config: Doc, given: Any, names: Doc) -> Any:
        if not isinstance(given, list):
            raise Failed("it needs a list")
        results: list[Any] = []
        errors = []
        for index, item in enumerate(given):
            try:
                results.append(self.run((id, "body"), {"item": item, "index": index}, {**names, "item": item, "index": index}))
            except Failed:
                if config.get("on_item_error") != "collect":
                    raise
                results.append(None)
                errors.append(index)
        return {"results": results, "iterations": len(results), "completed": True, "errors": errors}
