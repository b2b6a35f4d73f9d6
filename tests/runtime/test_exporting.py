"""Cells of an export: what a spreadsheet reads back, and never a formula of a stranger's."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.outcome import OutcomeResult
from runtime.exporting import FORMULA, _lines, cell


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""),
        (True, "true"),
        (12000.0, "12000"),
        (-4.5, "-4.5"),
        (-7, "-7"),
        (datetime(2026, 3, 2, 9, tzinfo=UTC), "2026-03-02T09:00:00Z"),
        (OutcomeResult.WON, "won"),
        (["Acme", "Acme Group"], "Acme;Acme Group"),
        ([], ""),
        ("Mona", "Mona"),
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+46812345678", "'+46812345678"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t'=1"),
        ("\uff1d1+1", "'\uff1d1+1"),
        (["=1", "b"], "'=1;b"),
        (["b", "=1"], "b;'=1"),
        ("Mona;=HYPERLINK(1)", "Mona;'=HYPERLINK(1)"),
        ('Mona;"=1"', 'Mona;\'"=1"'),
        ("two\n =1", "two\n' =1"),
        (' "=1"', '\' "=1"'),
        ("a-b; c+d", "a-b; c+d"),
        ("a\x00b\x1b[2J", "a\ufffdb\ufffd[2J"),
        ("two\r\nlines", "two\nlines"),
    ],
)
def test_a_cell_is_what_it_was(value: Any, expected: str) -> None:
    """Numbers of ours stay numbers; a stranger's text that begins like a formula gets a quote."""
    assert expected == cell(value)


TEXTS = st.text(max_size=20) | st.text('=-@;\t\n", a', max_size=8)


@given(st.lists(st.lists(TEXTS, min_size=2, max_size=2), max_size=5))
def test_whatever_is_written_is_read_back_and_no_cell_is_a_formula(rows: list[list[str]]) -> None:
    """One line a row, as RFC 4180 has them."""
    cells = [[cell(text) for text in row] for row in rows]
    text = _lines(cells)
    assert cells == list(csv.reader(io.StringIO(text, newline="")))
    assert not [one for row in cells for one in row if one.startswith(FORMULA)]
    assert len(rows) == text.count("\r\n")
    for delimiter in ";\t":  # as a spreadsheet of another country reads the same file
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            later = row[1:]  # the first cell of a line begins where ours does
            assert not [one for one in later if one.lstrip(' "').startswith(FORMULA[:4])], row
