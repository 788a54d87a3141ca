"""Workflows to open in tests and pictures."""

from __future__ import annotations

from app.domain.workflow import BlockGroup, Definition, Edge, Graph, Note, Position, Size, Step

PROMPT = """You are a support agent for {{ input.org }}.
Reply in a friendly tone, in {{ steps.classify_intent.output.language }}.

Ticket:
{{ input.body }}

Facts:
{{ steps.rerank_results.output }}"""


def _mock(response: object) -> dict[str, object]:
    return {"adapter_id": "mock", "response": response}


def _http(method: str, url: str) -> dict[str, object]:
    return {"adapter_id": "http", "method": method, "url": url}


def _llm(prompt: str) -> dict[str, object]:
    return {"provider": "mock", "model": "claude-sonnet", "prompt": prompt}


def ticket_triage() -> Definition:
    """A workflow of every kind of thing: groups, branches, a note."""
    steps = [
        Step("new_ticket", "New ticket", "tool", _mock({"body": "Where is my refund?"}), Position(0, 300)),
        Step("classify", "Classify intent", "llm", _llm("Which intent is {{ $.body }}?"), Position(230, 300)),
        Step("route", "Needs a refund?", "condition", {"expression": "$.text == 'refund'"}, Position(460, 300)),
        Step("fetch", "Fetch invoice", "tool", _http("GET", "https://pay.example.com/v1/invoices"), Position(750, 70), "refund", "try"),
        Step("issue", "Issue refund", "tool", _http("POST", "https://pay.example.com/v1/refunds"), Position(985, 70), "refund", "try"),
        Step("tell", "Notify finance", "tool", _mock("told"), Position(750, 220), "refund", "catch"),
        Step("flag", "Flag account", "transform", {"output": {"flag": True}}, Position(985, 220), "refund", "catch"),
        Step("extract", "Extract text", "tool", _mock("text"), Position(750, 430), "each", "body"),
        Step("summarise", "Summarise", "llm", _llm("Summarise {{ $ }}"), Position(985, 430), "each", "body"),
        Step("search", "Search docs", "tool", _mock([]), Position(750, 580)),
        Step("rerank", "Rerank results", "transform", {"output": "{{ $ }}"}, Position(985, 580)),
        Step("draft", "Draft reply", "llm", {**_llm(PROMPT), "temperature": 0.3}, Position(1300, 320)),
        Step("send", "Send reply", "tool", _http("POST", "https://desk.example.com/replies"), Position(1560, 320)),
    ]
    edges = [
        ("new_ticket", "classify", None),
        ("classify", "route", None),
        ("route", "fetch", "result"),
        ("route", "extract", "!result"),
        ("route", "search", "!result"),
        ("fetch", "issue", None),
        ("tell", "flag", None),
        ("extract", "summarise", None),
        ("search", "rerank", None),
        ("issue", "draft", None),
        ("summarise", "draft", None),
        ("rerank", "draft", "size($) > 0"),
        ("draft", "send", None),
    ]
    groups = [
        BlockGroup("refund", "Refund with fallback", "try_catch", {"retry_count": 1}, position=Position(720, -10), size=Size(490, 330)),
        BlockGroup("each", "For each attachment", "foreach", {"input_path": "$.items"}, position=Position(720, 350), size=Size(490, 180)),
    ]
    graph = Graph(
        steps={step.id: step for step in steps},
        edges={f"e{at}": Edge(f"e{at}", source, target, condition) for at, (source, target, condition) in enumerate(edges)},
        groups={group.id: group for group in groups},
        notes={"n1": Note("n1", "Refunds above 200 € always go to\na person. Owner: CX", Position(0, 440), Size(220, 90))},
    )
    return Definition("Ticket triage", graph, "Sorts support mail, refunds what is due, answers the rest")


def chain(name: str = "Hello, workflow", *, length: int = 3) -> Definition:
    """Steps in a row on the mock adapter."""
    steps = {f"s{at}": Step(f"s{at}", f"Step {at}", "tool", _mock(at), Position(at * 240, 100)) for at in range(length)}
    edges = {f"e{at}": Edge(f"e{at}", f"s{at}", f"s{at + 1}") for at in range(length - 1)}
    return Definition(name, Graph(steps=steps, edges=edges), "Three steps on the mock adapter")
