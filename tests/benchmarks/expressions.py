"""How long expressions take: one JSON line per workload. Run as `python -m tests.benchmarks.expressions`."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from app.domain.expressions import ExpressionFailed, ExpressionInvalid, PathFailed, PathInvalid, compile_expression, render, select_all
from app.domain.expressions.expression import _compile
from app.domain.json_gate import normalise
from app.domain.json_schema import SchemaChecker
from app.domain.json_value import Json
from tests.domain.expressions.hostile import EXPRESSIONS, PATHS, SCOPE

DATA: dict[str, Json] = {
    "$": {"n": 10, "s": "a", "l": [1, 2, 3], "rows": [{"id": number, "price": number * 1.5} for number in range(1_000)]},
    "steps": {f"step_{number}": {"output": {"rows": list(range(1_000))}, "status": "completed", "error": None} for number in range(100)},
}
SMALL = (
    "$.n",
    "$.n + 1",
    "$.n > 3 && $.s == 'a'",
    "$.l.map(x, x * 2)",
    "default($.gone, 1)",
    "steps.step_7.status == 'completed'",
    "upper($.s)",
)


def per_call_us(call: Callable[[], object], *, calls: int) -> float:
    call()
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(calls):
            call()
        best = min(best, (time.perf_counter() - start) / calls)
    return round(best * 1e6, 2)


# Other programs on the machine do not count here.
def slowest_cpu_ms(calls: list[tuple[str, Callable[[], object]]]) -> tuple[float, str]:
    slowest = (0.0, "")
    for name, call in calls:
        start = time.process_time()
        try:
            call()
        except (ExpressionFailed, ExpressionInvalid, PathFailed, PathInvalid):
            pass
        slowest = max(slowest, (round((time.process_time() - start) * 1e3, 1), name))
    return slowest


def main() -> None:
    for text in SMALL:
        expression = compile_expression(text)
        print(json.dumps({"workload": f"evaluate {text}", "us": per_call_us(lambda e=expression: e.evaluate(DATA), calls=2_000)}))
    text = "$.rows.filter(r, r.price > 10 && r.id != 7).map(r, r.id)"
    print(
        json.dumps({"workload": "filter and map 1,000 rows", "us": per_call_us(lambda: compile_expression(text).evaluate(DATA), calls=5)})
    )
    print(
        json.dumps(
            {"workload": f"compile {text}", "us": per_call_us(lambda: (_compile.cache_clear(), compile_expression(text)), calls=200)}
        )
    )
    config: Json = {"url": "https://x/{{ $.n }}", "headers": {"a": "b"}, "body": {"rows": "{{ $.rows }}", "n": 1}}
    print(json.dumps({"workload": "render a config with two templates", "us": per_call_us(lambda: render(config, DATA), calls=2_000)}))
    rows = DATA["$"]
    print(json.dumps({"workload": "normalise 1,000 rows", "us": per_call_us(lambda: normalise(rows), calls=50)}))
    checker, schema = SchemaChecker(), {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
    print(json.dumps({"workload": "check against a schema", "us": per_call_us(lambda: checker.check(schema, {"n": 1}), calls=2_000)}))
    slow, name = slowest_cpu_ms([(text, lambda text=text: compile_expression(text).evaluate(SCOPE)) for text in EXPRESSIONS])
    print(json.dumps({"workload": f"slowest of {len(EXPRESSIONS)} hostile expressions", "cpu_ms": slow, "which": name[:80]}))
    slow, name = slowest_cpu_ms([(path, lambda path=path: select_all(path, SCOPE["$"])) for path in PATHS])
    print(json.dumps({"workload": f"slowest of {len(PATHS)} hostile paths", "cpu_ms": slow, "which": name[:80]}))


if __name__ == "__main__":
    main()
