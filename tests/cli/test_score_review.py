"""The review of the points from the command line: a document, or JSON, of what outcomes show (R40)."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from db.leads import Leads
from db.outcomes import Outcomes
from models.lead import Company, LeadType, Stage
from models.outcome import Outcome, OutcomeResult
from runtime.store import Store
from tests.cli.driving import Cli
from tests.cli.house import ROSTER, policy_text
from tests.cli.test_trials import opened
from tests.db.samples import facts, newcomer, standing

LONG_AGO = datetime.now(UTC).replace(microsecond=0) - timedelta(days=60)
POLICY = policy_text()


async def ended(store: Store, lead_id: str, employees: int, result: OutcomeResult) -> None:
    """A lead of a company of this size, and what became of it."""
    about = facts(lead_id, company=Company(employees=employees), type=LeadType.NEWSLETTER, received_at=LONG_AGO)
    await Leads(store.database).admit(newcomer(lead_id, about, at=LONG_AGO))
    await Leads(store.database).record(standing(lead_id, 1, Stage.CLOSED, at=LONG_AGO, closed=True))
    later = LONG_AGO + timedelta(days=9)
    await Outcomes(store.database).record(lead_id, Outcome(result=result, at=later), key="k", now=later)


@pytest.fixture
async def shell(cli: Cli) -> Cli:
    """A house whose policy gives points for size, and ten leads whose outcome is known."""
    for name, text in {"roster.yaml": ROSTER, "policy.yaml": POLICY}.items():
        cli.write(name, text)
    assert 0 == (await cli("roster", "load", "roster.yaml")).code
    assert 0 == (await cli("policy", "publish", "policy.yaml", "--by", "ops")).code
    async with opened(cli) as store:
        for n in range(10):
            result = OutcomeResult.WON if n < 4 else OutcomeResult.LOST
            await ended(store, f"lead{n}", 100 if n % 2 else 3, result)
    return cli


async def test_the_review_is_a_document(shell: Cli, tmp_path: Path) -> None:
    """Bands, threshold and rules, and that ten leads show nothing yet; in a file where one is named."""
    told = await shell("score", "review")
    assert 0 == told.code
    assert "10 leads whose outcome is known; 4 of them converted:" in told.out
    for part in ("too few to judge the model by", "## Conversion by points", "## The threshold", "## Rule by rule"):
        assert part in told.out
    out = tmp_path / "review.md"
    written = await shell("score", "review", "--out", str(out))
    assert (0, told.out) == (written.code, out.read_text("utf-8"))


async def test_the_review_as_json(shell: Cli) -> None:
    """Counts, rates and intervals; `--since` leaves out what is older."""
    found = json.loads((await shell("score", "review", "--json")).out)
    assert ({"leads": 10, "converted": 4}, False) == (found["leads"], found["enough"])
    assert 10 == sum(band["counted"]["leads"] for band in found["bands"])
    later = (LONG_AGO + timedelta(days=1)).date().isoformat()
    none = json.loads((await shell("score", "review", "policy.yaml", "--since", later, "--json")).out)
    assert (0, found["policy"]) == (none["leads"]["leads"], none["policy"])


async def test_what_cannot_be_reviewed_is_said(shell: Cli) -> None:
    """A policy nobody has, a day that is none, a file nobody can write."""
    for words in (("nowhere",), ("--since", "yesterweek"), ("--out", "/nowhere/at/all.md")):
        assert 2 == (await shell("score", "review", *words)).code
