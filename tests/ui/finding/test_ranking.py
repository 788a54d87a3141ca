"""How well a text fits what was typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ui.finding.ranking import Query, Rank, folded


@pytest.mark.parametrize(
    ("typed", "text", "rank", "fits"),
    [
        ("run", "Run", Rank.ALL, ["Run"]),
        ("import", "Import…", Rank.ALL, ["Import…"]),
        ("rep", "Replay this run", Rank.BEGINS, ["Rep"]),
        ("rep", "Send reply", Rank.WORD, ["rep"]),
        ("ply", "Send reply", Rank.INSIDE, ["ply"]),
        ("rep", "Resume paused run", Rank.WORD_STARTS, ["Re", "p"]),
        ("run zoom", "Zoom to the run", Rank.WORD, ["Zoom", "run"]),
        ("sr", "send_reply", Rank.WORD_STARTS, ["s", "r"]),
        ("ztf", "Zoom to fit", Rank.WORD_STARTS, ["Z", "t", "f"]),
        ("zmft", "Zoom to fit", Rank.LETTERS, ["Z", "m", "f", "t"]),
    ],
)
def test_a_text_fits_by_its_best_place(typed: str, text: str, rank: Rank, fits: list[str]) -> None:
    match = Query(typed).match(text)
    assert match is not None
    assert match.rank is rank
    assert [text[start:end] for start, end in match.spans] == fits


@pytest.mark.parametrize(("typed", "text"), [("xyz", "Send reply"), ("oo", "Orion soon to go x"), ("tig", "get it")])
def test_what_is_not_there_does_not_fit(typed: str, text: str) -> None:
    match = Query(typed).match(text)
    assert match is None or match.rank is Rank.INSIDE


def test_nothing_typed_fits_everything() -> None:
    assert Query("  ").match("anything") is not None
    assert not Query("  ")


@given(st.text(max_size=60), st.text(max_size=300))
def test_spans_lie_in_the_text_in_order(typed: str, text: str) -> None:
    match = Query(typed).match(text)
    if match is not None:
        edges = [edge for span in match.spans for edge in span]
        assert edges == sorted(edges)
        assert not edges or (edges[0] >= 0 and edges[-1] <= len(text))


@given(st.text(max_size=100))
def test_folding_keeps_places(text: str) -> None:
    assert len(folded(text)) == len(text)
