"""The examples that ship with the program: each is valid, runs to its end and gives what it promises."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from app.adapters.egress import Egress
from app.domain.json_schema import SchemaChecker
from app.domain.validation import validate
from app.engine.ports import RunEnd
from tests.catalog import CATALOG
from tests.e2e.examples import NAMES, PLACE, by_name, definition, document, example_input, hurried
from tests.fakes.memory_engine import MemoryChildren, MemoryJournal, make_engine, run_definition

ON_THE_NETWORK = {"fetch-with-fallback", "site-check"}

TICKET = "Refund for order 1184"
EXPECTED: dict[str, Any] = {
    "chase-invoice": {"invoice": "INV-77", "sent": "a call about INV-77"},
    "daily-digest": {"digest": "Weather: Rain came early. The fields were ready.\nMarkets: The market rose. Then it fell.", "count": 2},
    "hello-workflow": "HELLO, ADA!",
    "order-lines": {
        "orders": [{"order": "A-1", "total": 3.5, "without_price": 0}, {"order": "A-2", "total": 0.5, "without_price": 1}],
        "sum": 4,
    },
    "parallel-research": {
        "summary": "vector databases: Twelve pages on vector databases; Three papers on vector databases; An article on vector databases.",
        "sources": 3,
    },
    "pay-with-care": {"order": "order-7", "paid": False, "message": "Sorry: the card was refused. Nothing was charged."},
    "refine-until-good": {
        "text": "A few words on autumn light. Better, round 1. Better, round 2. Better, round 3.",
        "turns": 3,
        "content": True,
    },
    "route-by-language": {"reply": "Guten Tag! Where is my order?"},
    "summarise-text": {"summary": "Rain came early. The fields were ready."},
    "ticket-triage": {
        "to": "customer",
        "reply": f"Hello, thank you for writing about “{TICKET}”. Your refund of 129.5 for invoice INV-2041 is on its way.",
    },
}


@pytest.fixture(scope="session")
def httpserver_listen_address() -> tuple[str, int]:
    return ("127.0.0.1", 0)


@pytest.fixture
async def egress(httpserver: HTTPServer) -> AsyncIterator[Egress]:
    """Allowed to reach the test's own server, as ORCHESTRION_EGRESS_ALLOW would say."""
    door = Egress(allow=f"127.0.0.1:{httpserver.port}")
    yield door
    await door.aclose()


async def run_example(name: str, input: Any, *, egress: Egress | None = None) -> tuple[RunEnd, list[str]]:
    """How it ended, and which places have a completed row."""
    journal = MemoryJournal()
    workflows = {name: hurried(found) for name, found in by_name().items()}
    engine = make_engine(journal, children=MemoryChildren(workflows=workflows), egress=egress)
    end, journal, run_id = await run_definition(hurried(document(name)), input, engine=engine)
    return end, journal.ran(run_id)


# All of them


@pytest.mark.parametrize("name", NAMES)
def test_it_is_valid_without_a_warning(name: str) -> None:
    assert validate(definition(name), CATALOG, known_workflows=by_name()) == []


@pytest.mark.parametrize("name", NAMES)
def test_its_input_fits_its_schema_and_is_what_run_takes_at_first(name: str) -> None:
    assert SchemaChecker().check(document(name)["input_schema"], example_input(name)) == []
    assert definition(name).example_input == example_input(name)


@pytest.mark.parametrize("name", NAMES)
def test_its_file_is_written_as_every_other(name: str) -> None:
    for kind in ("workflow", "input"):
        text = (PLACE / f"{name}.{kind}.json").read_text(encoding="utf-8")
        assert text == json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n"


def test_every_example_is_run_by_these_tests() -> None:
    assert len(NAMES) >= 8 and set(NAMES) == set(EXPECTED) | ON_THE_NETWORK


@pytest.mark.parametrize("name", EXPECTED)
async def test_it_runs_to_its_end_with_its_input(name: str) -> None:
    end, _ = await run_example(name, example_input(name))
    assert (end.status, end.output) == ("completed", EXPECTED[name]), end.error


# Ticket triage, all ways through


@pytest.mark.parametrize(
    ("changes", "to", "said", "went_through"),
    [
        ({}, "customer", "is on its way", ["refund_with_fallback.try/issue_refund", "refund_with_fallback.finally/write_ledger"]),
        ({"amount": 900}, "team lead", "Our finance team looks", ["refund_with_fallback.catch/ask_finance"]),
        ({"body": "I see an error"}, "customer", "We can see the error", ["each_attachment[0]/read_attachment", "describe_bug"]),
        ({"body": "How do I export?", "subject": "Urgent question"}, "team lead", "How to export your data", ["pick_best_match"]),
        ({"amount": None, "attachments": None, "body": "An error"}, "customer", "We can see the error", ["describe_bug"]),
    ],
    ids=["refund", "refused", "bug", "question", "little_said"],
)
async def test_a_ticket_takes_the_way_of_its_kind(changes: dict[str, Any], to: str, said: str, went_through: Sequence[str]) -> None:
    given = {key: value for key, value in {**example_input("ticket-triage"), **changes}.items() if value is not None}
    end, ran = await run_example("ticket-triage", given)
    assert end.status == "completed" and isinstance(end.output, dict), end.error
    assert end.output["to"] == to and said in str(end.output["reply"])
    for place in went_through:
        assert any(path.endswith(place) for path in ran), (place, ran)


async def test_an_invoice_that_is_paid_is_thanked_for_and_nobody_waits() -> None:
    end, ran = await run_example("chase-invoice", {"invoice": "INV-1", "amount": 10, "paid": True})
    assert end.output == {"invoice": "INV-1", "sent": "thanks"}
    assert ran == ["/look_up_invoice", "/say_thanks", "/write_log"]


async def test_a_card_that_is_good_is_charged_and_the_lock_comes_back() -> None:
    end, ran = await run_example("pay-with-care", {"amount": 99})
    assert end.output == {"order": "order-7", "paid": True, "message": "Charged 99."}
    assert "/charge_safely.finally/release_lock" in ran


@pytest.mark.parametrize(("language", "reply"), [("fr", "Bonjour ! Hi"), ("it", "Hello! Hi")])
async def test_a_language_without_a_case_is_answered_by_default(language: str, reply: str) -> None:
    end, _ = await run_example("route-by-language", {"text": "Hi", "language": language})
    assert end.output == {"reply": reply}


# Over HTTP


async def test_a_busy_server_is_asked_again_and_its_page_is_taken(httpserver: HTTPServer, egress: Egress) -> None:
    httpserver.expect_ordered_request("/page").respond_with_data("busy", 503)
    httpserver.expect_ordered_request("/page").respond_with_data("busy", 503)
    httpserver.expect_ordered_request("/page").respond_with_data("the page", content_type="text/plain")
    given = {"url": httpserver.url_for("/page"), "mirror": httpserver.url_for("/mirror")}

    end, ran = await run_example("fetch-with-fallback", given, egress=egress)

    assert end.output == {"status": 200, "body": "the page"}, end.error
    asked = [request.path for request, _ in httpserver.log]
    keys = {request.headers["Idempotency-Key"] for request, _ in httpserver.log}
    assert asked == ["/page"] * 3 and len(keys) == 1
    assert ran == ["/page_or_mirror.finally/note_the_visit", "/page_or_mirror.try/fetch_page", "/report"]


async def test_a_server_that_stays_down_is_replaced_by_its_mirror(httpserver: HTTPServer, egress: Egress) -> None:
    httpserver.expect_request("/page").respond_with_data("down", 503)
    httpserver.expect_request("/mirror").respond_with_json({"from": "mirror"})
    given = {"url": httpserver.url_for("/page"), "mirror": httpserver.url_for("/mirror")}

    end, ran = await run_example("fetch-with-fallback", given, egress=egress)

    assert end.output == {"status": 200, "body": {"from": "mirror"}}, end.error
    assert [request.path for request, _ in httpserver.log] == ["/page"] * 3 + ["/mirror"]
    assert "/page_or_mirror.finally/note_the_visit" in ran and "/page_or_mirror.try/fetch_page" not in ran


async def test_a_page_that_is_not_there_is_not_asked_for_again(httpserver: HTTPServer, egress: Egress) -> None:
    httpserver.expect_request("/mirror").respond_with_data("found", content_type="text/plain")
    httpserver.expect_request("/page").respond_with_data("no such page", 404)
    given = {"url": httpserver.url_for("/page"), "mirror": httpserver.url_for("/mirror")}

    end, _ = await run_example("fetch-with-fallback", given, egress=egress)

    assert end.output == {"status": 200, "body": "found"}, end.error
    assert [request.path for request, _ in httpserver.log] == ["/page", "/mirror"]


async def test_sites_that_do_not_answer_are_told_by_name(httpserver: HTTPServer, egress: Egress) -> None:
    httpserver.expect_request("/ok").respond_with_data("here")
    httpserver.expect_request("/missing").respond_with_data("gone", 404)
    sites = [httpserver.url_for("/missing"), httpserver.url_for("/ok"), httpserver.url_for("/ok")]

    end, _ = await run_example("site-check", {"urls": sites}, egress=egress)

    assert end.status == "completed" and isinstance(end.output, dict), end.error
    assert end.output["up"] == 2
    assert [site["url"] for site in end.output["down"]] == [sites[0]] and "404" in end.output["down"][0]["why"]


async def test_a_private_address_that_nobody_allowed_is_never_called(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/ok").respond_with_data("here")
    end, _ = await run_example("site-check", {"urls": [httpserver.url_for("/ok")]})
    assert isinstance(end.output, dict) and end.output["up"] == 0
    assert "ORCHESTRION_EGRESS_ALLOW" in end.output["down"][0]["why"]
    assert httpserver.log == []
