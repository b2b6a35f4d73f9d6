"""The maker of test leads: the same numbers give the same bytes, and every lead is one that a door lets in."""

from datetime import timedelta
from pathlib import Path

from runtime.intake.rows import Format, read_rows
from runtime.intake.taking import read_lead
from tools.make_leads import BEGIN, leads, write


def test_the_same_numbers_give_the_same_bytes(tmp_path: Path) -> None:
    """In order of receipt; shuffled, the same leads in another order."""
    for name, shuffled in (("a", False), ("b", False), ("c", True)):
        write(tmp_path / name, 200, days=9, shuffled=shuffled)
    first, again, mixed = ((tmp_path / name).read_text() for name in "abc")
    assert first == again != mixed
    assert sorted(first.splitlines()) == sorted(mixed.splitlines())


def test_every_lead_is_let_in(tmp_path: Path) -> None:
    """Within its days, with companies and people that come back."""
    write(tmp_path / "leads.csv", 400, days=9)
    rows = list(read_rows((tmp_path / "leads.csv").read_text(), Format.CSV))
    facts = [read_lead(row, BEGIN, lambda: "x") for row in rows]
    instants = [one.received_at for one in facts]
    assert (400, sorted(instants)) == (len(facts), instants)
    assert BEGIN <= instants[0] <= instants[-1] < BEGIN + timedelta(days=9)
    assert not [one.notes for one in facts if one.notes]
    assert 200 < len({one.company.domain for one in facts}) < 350 < len({one.email for one in facts}) < 400


def test_nobody_is_real() -> None:
    """Addresses and companies end as nothing on the internet does."""
    for row in leads(50):
        assert row["email"].endswith(".example")
        assert row["company.domain"].endswith(".example")
