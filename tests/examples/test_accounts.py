"""The sample accounts fit the sample roster, and the sample leads are known by them."""

from pathlib import Path

from config.load import read_roster
from models.facts import LeadFacts
from policy.cleaning.hygiene import clean
from policy.cleaning.reading import read
from policy.matching.cascade import match
from policy.matching.sought import Sought
from runtime import clock
from runtime.accounts import Line, read_lines
from runtime.intake.rows import Format, read_rows

EXAMPLES = Path(__file__).parents[2] / "examples"


def lines() -> list[Line]:
    """Read the accounts as `accounts load` does."""
    with (EXAMPLES / "accounts.csv").open(encoding="utf-8", newline="") as file:
        return list(read_lines(file))


def leads() -> list[LeadFacts]:
    """Read and clean the sample leads."""
    rows = read_rows((EXAMPLES / "leads.csv").read_text(encoding="utf-8"), Format.CSV)
    return [clean(read(row.data)[0], f"l{row.line}", clock.now()) for row in rows]


def test_every_person_they_name_is_in_the_roster() -> None:
    """And every line is an account."""
    roster = read_roster(EXAMPLES / "roster.yaml")
    assert [()] * 9 == [line.problems for line in lines()]
    accounts = [line.account for line in lines() if line.account]
    people = {person for one in accounts for person in (one.owner, one.relationship, one.success) if person}
    assert people <= {rep.id for rep in roster.reps}


def test_leads_of_each_known_company_are_known_by_it() -> None:
    """All but the subsidiary, which nobody of the samples works for."""
    accounts = [line.account for line in lines() if line.account]
    matched = [match(Sought.of(facts), accounts, {}) for facts in leads()]
    known = {found.account.id for found in matched if not isinstance(found, tuple)}
    assert {one.id for one in accounts} - {"panasonic-energy"} == known
