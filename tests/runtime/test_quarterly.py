"""The chore that reviews quarters: each once, the day after it ends, by whichever worker is first; by hand any time."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from config.load import open_policy
from policy.insight.quarter import Findings, Quarter, SilentRule, Sums, UnevenTeam
from policy.insight.shares import share
from policy.reviewing import Reviewer
from runtime.quarterly import KIND, SCHEDULED, NothingToReview, Quarterly, keep, write
from runtime.quarterly_words import written
from runtime.store import Store
from tests.cli.house import policy_text
from tests.db.samples import AT, roster
from tests.db.test_figures import lead
from tests.runtime.conftest import Clock

Q1 = Quarter(2026, 1)


async def house(store: Store, *days: date) -> None:
    """Publish a policy, load a roster, and measure a lead of each day."""
    rule = 'rules: [{name: web, when: source == "web", pool: demo}]'
    opened = open_policy(policy_text().replace("rules: []", rule), "policy.yaml")
    await store.policies.publish(opened.version, opened.policy.name, opened.text, by="tests", at=AT)
    await store.rosters.save(roster(), at=AT)
    async with store.database.writing() as session:
        session.add_all([lead(f"lead{place}", day=day) for place, day in enumerate(days)])


async def test_a_quarter_is_reviewed_once_by_many_workers(store: Store, clock: Clock) -> None:
    """Not on the last day, nor on the first of the next: a day later, by one of three; and never again."""
    await house(store, date(2026, 3, 2))
    for clock.now in (datetime(2026, 3, 31, 12, tzinfo=UTC), datetime(2026, 4, 1, 23, 59, tzinfo=UTC)):
        assert not await Quarterly(store, clock).once()
        assert [] == await store.reports.list(KIND)
    clock.now = datetime(2026, 4, 2, tzinfo=UTC)
    workers = [Quarterly(store, clock) for _ in range(3)]
    await asyncio.gather(*(worker.once() for worker in workers))
    [kept] = await store.reports.list(KIND)
    assert (SCHEDULED, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)) == (
        kept.created_by,
        kept.since,
        kept.until,
    )
    assert kept.text.startswith("# Quarterly review 2026Q1\n")
    clock.now += timedelta(days=40)
    for worker in (*workers, Quarterly(store, clock)):
        await worker.once()
    assert [kept.id] == [one.id for one in await store.reports.list(KIND)]


async def test_one_that_was_asked_for_does_not_stand_for_the_scheduled_one(store: Store, clock: Clock) -> None:
    """Who asks before the quarter is over has only its first days."""
    await house(store, date(2026, 3, 2))
    await keep(store, await write(store, Q1), by="mia", at=AT)
    clock.now = datetime(2026, 4, 2, tzinfo=UTC)
    await Quarterly(store, clock).once()
    assert [SCHEDULED, "mia"] == [one.created_by for one in await store.reports.list(KIND)]


async def test_where_there_was_nothing_nothing_is_reviewed(store: Store, clock: Clock) -> None:
    """A new house has no quarter to look back at; a policy has to be there."""
    with pytest.raises(NothingToReview):
        await write(store, Q1)
    await house(store, date(2026, 4, 1))
    clock.now = datetime(2026, 4, 2, tzinfo=UTC)
    assert not await Quarterly(store, clock).once()
    assert [] == await store.reports.list(KIND)


async def test_rules_that_took_no_lead_are_named_in_words(store: Store) -> None:
    """The one lead came by a rule that the policy has not: its own are silent; one lead is no reason to drop them."""
    await house(store, date(2026, 3, 2))
    found = await write(store, Q1)
    assert [{"rule": "web", "before": 0, "surely": False}] == found.document["found"]["silent"]
    assert [] == list(found.document["to_do"])
    assert "## Rules that no longer fire\n\n| rule | leads in 2025Q4 |  |" in found.text
    assert "| web | none either | may be chance |" in found.text
    assert "These are too few to judge points by." in found.text


def test_names_are_neither_markup_nor_lines_of_the_document() -> None:
    """A rule, a policy and a team may be called what they like: the document stays a document."""
    bad = "<img src=x onerror=alert(1)> [go](javascript:alert(1)) | `x` \r# title\u2028\u202eend"
    plain = "\\<img src=x onerror=alert(1)\\> \\[go\\](javascript:alert(1)) \\| \\`x\\`  # title  end"
    none = share(0, 0)
    sums = Sums(0, 0, none, none, none)
    uneven = UnevenTeam(bad, bad, 250, 100.0, 10, 2.5)
    found = Findings(Q1, bad, sums, sums, (SilentRule(bad, 0, False),), (), (uneven,), ())
    text = written(found, Reviewer(open_policy(policy_text(), "policy.yaml").policy).review())
    assert f"under the policy {plain}." in text
    assert f"\n| {plain} | none either | may be chance |\n" in text
    assert f"\n- {plain}: 150 fewer leads" in text
    assert not set(text) & {"\r", "\u2028", "\u202e"}
