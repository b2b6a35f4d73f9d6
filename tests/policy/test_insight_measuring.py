"""What is measured of one lead: spans, whose promise it was, which way it went."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from models.lead import Stage
from models.outcome import OutcomeResult
from policy.insight.buckets import bucket_of
from policy.insight.measuring import LeadSeen, Measures, OfferSeen, measure

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
BERLIN = ZoneInfo("Europe/Berlin")


def minutes(number: float) -> datetime:
    """An instant so long after the lead was received."""
    return AT + number * MINUTE


ADA = OfferSeen(1, "ada", False, minutes(1), None, None, None)
BO = OfferSeen(2, "bo", False, minutes(16), None, None, None)
ADA_RAN_OUT = replace(ADA, ended_at=minutes(16), ran_out=True)
LEAD = LeadSeen(
    stage=Stage.OFFERED,
    received_at=AT,
    due_at=minutes(15),
    contacted_at=None,
    closed_at=None,
    changed_at=minutes(1),
    owner="ada",
    breached=False,
    backfill=False,
    points=47.0,
    offers=[ADA],
    results=[],
)


def seen(lead: LeadSeen = LEAD) -> Measures:
    """Measure a lead in Berlin."""
    return measure(lead, BERLIN)


def test_a_lead_that_is_offered_waits() -> None:
    """Nothing is decided yet: neither kept nor broken, neither accepted nor left."""
    found = seen()
    assert (AT.date(), 10, None) == (found.day, found.hour_of_week, found.answered_hour)
    assert (60, None, None, 900) == (found.offered_s, found.accepted_s, found.contacted_s, found.target_s)
    assert (None, None, None, False) == (found.kept, found.promise_rep_id, found.left_b, found.settled)
    assert ("ada", 40, 1, 0, 0, 0) == (
        *(found.rep_id, found.band, found.offers, found.declines, found.ran_out, found.handed),
    )


@pytest.mark.parametrize(("after", "kept"), [(14, True), (15, True), (15 + 1 / 60, False)])
def test_a_promise_is_kept_at_its_very_instant(after: float, kept: bool) -> None:
    """Late is strictly after due; and it was whose offer it was."""
    offer = replace(ADA, accepted_at=minutes(after))
    found = seen(replace(LEAD, stage=Stage.ACCEPTED, offers=[offer], breached=not kept))
    assert (kept, "ada") == (found.kept, found.promise_rep_id)
    assert (int(after * 60), bucket_of(int(after * 60))) == (found.accepted_s, found.accepted_b)


def test_a_broken_promise_is_whose_hands_it_broke_in() -> None:
    """Not of who took the lead later; the lead is theirs, the breach is not (R32)."""
    offers = [ADA_RAN_OUT, replace(BO, accepted_at=minutes(20))]
    found = seen(replace(LEAD, stage=Stage.ACCEPTED, owner="bo", breached=True, offers=offers))
    assert (False, "ada", "bo") == (found.kept, found.promise_rep_id, found.rep_id)
    assert (1200, 2, 1) == (found.accepted_s, found.offers, found.ran_out)


def test_a_promise_breaks_in_nobodys_hands_too() -> None:
    """While a lead is held nobody has it."""
    found = seen(replace(LEAD, stage=Stage.ROUTING, owner=None, offers=[], breached=True))
    assert (False, None, None) == (found.kept, found.promise_rep_id, found.rep_id)


def test_an_offer_that_ends_at_the_promises_instant_is_not_to_blame() -> None:
    """Who is asked from that instant on has it then."""
    offers = [replace(ADA, ended_at=minutes(15), ran_out=True), replace(BO, offered_at=minutes(15))]
    assert "bo" == seen(replace(LEAD, owner="bo", breached=True, offers=offers)).promise_rep_id


def test_the_first_acceptance_answers() -> None:
    """A lead that was given back afterwards, and is accepted late by another, was answered in time."""
    first = replace(ADA, accepted_at=minutes(5), ended_at=minutes(30))
    found = seen(replace(LEAD, owner="bo", offers=[first, replace(BO, accepted_at=minutes(40))]))
    assert (True, "ada", 300, "bo") == (found.kept, found.promise_rep_id, found.accepted_s, found.rep_id)


def test_contact_without_acceptance_answers() -> None:
    """Who got in touch need not have pressed anything before."""
    found = seen(replace(LEAD, stage=Stage.CONTACTED, offers=[replace(ADA, contacted_at=minutes(9))]))
    assert (True, "ada", 540, 540) == (found.kept, found.promise_rep_id, found.accepted_s, found.contacted_s)
    assert (True, None, 10) == (found.settled, found.left_b, found.answered_hour)


def test_contact_that_no_offer_tells_of_is_its_holders() -> None:
    """The lead alone says that somebody was in touch."""
    found = seen(replace(LEAD, stage=Stage.CONTACTED, owner="bo", contacted_at=minutes(9), offers=[ADA]))
    assert (True, "bo") == (found.kept, found.promise_rep_id)


def test_an_import_of_old_leads_is_promised_nothing() -> None:
    """It raises no alarms, so it keeps and breaks nothing."""
    found = seen(replace(LEAD, backfill=True, breached=True, offers=[replace(ADA, accepted_at=minutes(99))]))
    assert (None, None) == (found.kept, found.promise_rep_id)


def test_a_lead_that_goes_another_way_left_when_its_last_offer_ended() -> None:
    """Or when it was closed, if that was before; else when it last changed. Its promise is void."""
    ran_out = replace(LEAD, stage=Stage.NURTURING, owner=None, offers=[ADA_RAN_OUT], changed_at=minutes(99))
    found = seen(ran_out)
    assert (bucket_of(960), None, True, "ada") == (found.left_b, found.kept, found.settled, found.rep_id)
    assert bucket_of(120) == seen(replace(ran_out, closed_at=minutes(2))).left_b
    assert bucket_of(99 * 60) == seen(replace(ran_out, offers=[])).left_b


@pytest.mark.parametrize(
    ("results", "result", "qualified"),
    [
        ([], None, False),
        (["qualified"], "qualified", True),
        (["qualified", "lost"], "lost", True),
        (["qualified", "bad"], "bad", False),
        (["lost", "won"], "won", True),
        (["disqualified"], "disqualified", False),
    ],
)
def test_the_newest_result_counts_and_an_opportunity_stays_one(
    results: list[str], result: str | None, qualified: bool
) -> None:
    """Lost later, it still was one; taken back, it was none."""
    found = seen(replace(LEAD, results=[OutcomeResult(one) for one in results]))
    assert (result, qualified) == (found.result, found.qualified)


def test_a_senders_clock_makes_no_span_negative() -> None:
    """A lead that says it was received tomorrow was offered at once."""
    assert 0 == seen(replace(LEAD, received_at=minutes(60))).offered_s


@pytest.mark.parametrize(("points", "band"), [(None, None), (0.0, 0), (9.9, 0), (10.0, 10), (-0.5, -10), (1e9, 32767)])
def test_a_band_is_the_tens_of_the_points(points: float | None, band: int | None) -> None:
    """Whatever a policy gives."""
    assert band == seen(replace(LEAD, points=points)).band


def test_what_people_moved_is_counted() -> None:
    """Each offer that somebody ordered."""
    offers = [replace(ADA, declined=True, ended_at=minutes(3)), replace(BO, by_hand=True)]
    found = seen(replace(LEAD, offers=offers))
    assert (1, 1) == (found.declines, found.handed)
